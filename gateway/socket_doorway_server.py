"""Law 9 at the socket's door: who may shake hands, decided before anything is spent on them; and
that strangers may say little, for they have memory by the thousand.

What strangers do in a handshake is not logged: a flood of it would be one of log lines.
"""

import asyncio
import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request, Response
from websockets.protocol import State

from gateway.client_address import client_address
from gateway.doorway import Bounds, Doorway
from weft import limits
from weft.models.address import Network
from weft.wire.prompt_loop import PromptConnection

QUIET: Final = logging.getLogger("weft.gateway.handshakes")
QUIET.setLevel(logging.CRITICAL)  # and frames, which hold tokens, are never logged
RETRY_AFTER_SECONDS: Final = "1"

Count = Callable[[str], None]


class SocketDoorway:
    """`options` go to websockets' serve."""

    def __init__(
        self, bounds: Bounds, origins: tuple[str, ...], trusted_proxies: tuple[Network, ...]
    ) -> None:
        """`origins`: of pages that may connect, as a browser names them; none: any."""
        self._doorway = Doorway[ServerConnection](bounds)
        self._origins = frozenset(origins)
        self._trusted_proxies = trusted_proxies

    def options(self) -> dict[str, Any]:
        return {
            "create_connection": _counted(self._doorway),
            "process_request": self._judge,
            "open_timeout": limits.HELLO_TIMEOUT_SECONDS,
            "logger": QUIET,
        }

    def is_known(self, connection: ServerConnection) -> None:
        self._doorway.is_known(connection)
        connection.protocol.max_message_size = limits.FRAME_MAX_BYTES

    def _judge(self, connection: ServerConnection, request: Request) -> Response | None:
        """None: it may go on."""
        origins = request.headers.get_all("Origin")
        if self._origins and any(origin not in self._origins for origin in origins):
            return connection.respond(HTTPStatus.FORBIDDEN, "This origin may not connect.\n")
        peer = connection.remote_address
        forwarded_for = request.headers.get_all("X-Forwarded-For")
        address = client_address(peer and peer[0], forwarded_for, self._trusted_proxies)
        if not self._doorway.comes_from(connection, address):
            response = connection.respond(
                HTTPStatus.TOO_MANY_REQUESTS, "Too many connections come from this address.\n"
            )
            response.headers["Retry-After"] = RETRY_AFTER_SECONDS
            return response
        return None


def _counted(doorway: Doorway[ServerConnection]) -> type[ServerConnection]:
    class Counted(PromptConnection):
        _asked_bytes = 0  # of the handshake

        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            super().connection_made(transport)
            self.protocol.max_message_size = limits.HELLO_MAX_BYTES
            if not doorway.enters(self):
                self.transport.abort()
            elif (silent := doorway.makes_room()) is not None:
                silent.transport.abort()

        def data_received(self, data: bytes) -> None:
            """The library would take 128 headers of 8 kB each."""
            if self.protocol.state is State.CONNECTING:
                self._asked_bytes += len(data)
                if self._asked_bytes > limits.HANDSHAKE_MAX_BYTES:
                    self.transport.abort()
                    return
            super().data_received(data)

        def connection_lost(self, exc: Exception | None) -> None:
            doorway.leaves(self)
            super().connection_lost(exc)

    return Counted
