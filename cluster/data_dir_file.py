"""One system per data directory: whoever uses it holds its lock, and the running one says where it
is to be found. The lock is the kernel's, so it ends with its holder however that one ends.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from weft.errors import WeftError

LOCK_NAME = "lock"
RUNNING_NAME = "running.json"


@dataclass(frozen=True, slots=True)
class Running:
    """Where the running system is. Holds what opens it, so the file is its user's alone."""

    pid: int
    ws: str
    http: str
    admin_key: str
    postgres_url: str
    redis_url: str
    tls_cert: str | None = None  # the file of its certificate
    ray_address: str = ""
    is_detached: bool = False  # it outlives the command that has started it


@contextmanager
def hold(data_dir: Path) -> Iterator[None]:
    """Make the directory if missing, and be its only user. Raises WeftError misconfigured."""
    try:
        data_dir.mkdir(mode=0o711, parents=True, exist_ok=True)
        descriptor = os.open(data_dir / LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise _unusable(data_dir, error) from None
    with os.fdopen(descriptor, "r+") as file:
        if not _lock(descriptor, fcntl.LOCK_EX):
            message = f"{data_dir} is in use by another Weft (process {file.read().strip()})."
            raise WeftError("misconfigured", message)
        file.truncate()
        file.write(str(os.getpid()))
        file.flush()
        yield


@contextmanager
def announce(data_dir: Path, running: Running) -> Iterator[None]:
    """Say where the system is, for as long as it is there. Call it while holding the lock."""
    note(data_dir, running)
    try:
        yield
    finally:
        forget(data_dir)


def note(data_dir: Path, running: Running) -> None:
    """For good. Call it while holding the lock."""
    path = data_dir / RUNNING_NAME
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(asdict(running), file)


def forget(data_dir: Path) -> None:
    (data_dir / RUNNING_NAME).unlink(missing_ok=True)


def find_running(data_dir: Path) -> Running | None:
    """The system that runs on this directory now, once it is ready. Raises WeftError misconfigured
    when it cannot be looked at."""
    try:
        with (data_dir / LOCK_NAME).open() as lock:
            is_held = not _lock(lock.fileno(), fcntl.LOCK_SH)
        running = Running(**json.loads((data_dir / RUNNING_NAME).read_text()))
        # If nobody holds it, what the file says of one in the foreground is of one that was killed.
        return running if is_held or running.is_detached else None
    except (FileNotFoundError, ValueError, TypeError):  # none there, or none of ours
        return None
    except OSError as error:
        raise _unusable(data_dir, error) from None


def refuse_detached(data_dir: Path) -> None:
    """Raises WeftError misconfigured when a detached system has its secrets here. Call it while
    holding the lock."""
    running = find_running(data_dir)
    if running is not None and running.is_detached:
        message = f"A detached Weft runs on {data_dir}: `weft down` ends it."
        raise WeftError("misconfigured", message)


def was_killed(data_dir: Path) -> bool:
    """Whether the system before was killed: then parts of it may live on for some seconds. Call it
    while holding the lock."""
    return (data_dir / RUNNING_NAME).exists()


def _unusable(data_dir: Path, error: OSError) -> WeftError:
    message = f"The data directory {data_dir} cannot be used: {error.strerror}."
    return WeftError("misconfigured", message)


def _lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
