"""Where an embedded server puts its Unix socket: nobody else on the machine can reach it there."""

import hashlib
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

from weft.errors import WeftError

SOCKET_PATH_MAX_BYTES: Final = 100  # macOS allows 104, Linux 108


def socket_directory(data_directory: Path, socket_name: str) -> Path:
    """The data directory, or a private one under the temporary one if its path is too long."""
    directory = _place(data_directory, socket_name)
    directory.mkdir(mode=0o700, exist_ok=True)
    if os.geteuid() not in (0, directory.stat().st_uid):
        raise WeftError("misconfigured", f"{directory} belongs to another user")
    return directory


def remove_socket_directory(data_directory: Path, socket_name: str) -> None:
    """After the server has stopped: the private directory, if there was one."""
    directory = _place(data_directory, socket_name)
    if directory != data_directory:
        with suppress(OSError):  # gone already, or not empty
            directory.rmdir()


def _place(data_directory: Path, socket_name: str) -> Path:
    if len(os.fsencode(data_directory / socket_name)) <= SOCKET_PATH_MAX_BYTES:
        return data_directory
    digest = hashlib.sha256(os.fsencode(data_directory)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"weft-{digest}"
