"""The Redis in which Ray's head remembers its cluster, so that another head can go on with it.

A store of Ray's own, on a loopback address: nothing of Weft is in it.
"""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from storage.embedded_redis import program
from weft.errors import WeftError

START_SECONDS = 60.0  # a bound for when it fails; nothing waits for it to pass
LOOK_AGAIN_SECONDS = 0.05


@contextmanager
def ray_memory(directory: Path, address: str) -> Iterator[None]:
    """`address`: host:port. Raises WeftError internal when it does not start."""
    host, _, port = address.partition(":")
    command = [str(program()), "--bind", host, "--port", port, "--save", ""]
    command += ["--protected-mode", "no"]  # any loopback address but the first is foreign to it
    with subprocess.Popen(
        command,
        cwd=directory,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C is for who asks Ray to end, not for what Ray needs then
    ) as process:
        try:
            _wait_for(host, int(port), process)
            yield
        finally:
            process.kill()


def _wait_for(host: str, port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        with suppress(OSError), socket.create_connection((host, port), 1.0):
            return
        if process.poll() is not None or time.monotonic() > deadline:
            raise WeftError("internal", f"The Redis of Ray does not start at {host}:{port}.")
        time.sleep(LOOK_AGAIN_SECONDS)
