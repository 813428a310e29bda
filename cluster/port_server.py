"""Which ports we can listen on, and who answers where: asked before anything is started, so that
the answer is quick and clear.
"""

import errno
import random
import socket
import time

from weft.errors import WeftError

# Above those of Ray's workers, below those that systems give to connections: who claims one listens
# only seconds later, and by then either might have taken it.
FREE_PORTS = range(20_000, 32_768)
FREE_TRIES = 3
LOOK_AGAIN_SECONDS = 0.2
CONNECT_TIMEOUT_SECONDS = 5.0


def claim_port(host: str, port: int, flag: str, patience_seconds: float = 0.0) -> int:
    """`port` if it can be listened on; for 0 one of FREE_PORTS, which stays ours over restarts.

    `patience_seconds`: how long whoever holds it now may take to end. Raises WeftError
    misconfigured.
    """
    deadline = time.monotonic() + patience_seconds
    others = [] if port else random.sample(FREE_PORTS, FREE_TRIES)
    while True:
        try:
            return _claim(host, port or others.pop(), flag)
        except WeftError:
            if not others and (not port or time.monotonic() >= deadline):
                raise
        if port:
            time.sleep(LOOK_AGAIN_SECONDS)


def _claim(host: str, port: int, flag: str) -> int:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            return int(listener.getsockname()[1])
    except UnicodeError:  # no name that DNS could hold
        raise WeftError("misconfigured", f"{host!r} is no address (--host).") from None
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            reason = "is in use by another program; choose another, or 0 for any that is free"
        else:
            reason = f"cannot be listened on: {error.strerror}"
        message = f"Port {port} on {host} {reason} ({flag})."
        raise WeftError("misconfigured", message) from None


def reach(address: str, flag: str) -> None:
    """Raises WeftError misconfigured unless someone accepts connections at host:port."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), CONNECT_TIMEOUT_SECONDS):
            return
    except (OSError, ValueError) as error:
        message = f"Nobody answers at {address} ({flag}, HOST:PORT): {error}"
        raise WeftError("misconfigured", message) from None
