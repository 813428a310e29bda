"""Where clients connect: a socket each, and the farewell of all of them.

Frames are not compressed: the same bytes go to a whole room
(docs/decisions/0015-frames-are-not-compressed.md).
"""

import asyncio
import random
from ssl import SSLContext

from websockets.asyncio.server import Server, ServerConnection, serve

from gateway.client_connection_loop import ClientConnection, Surroundings
from gateway.session_events import GatewayStopping
from weft import limits
from weft.wire.prompt_loop import PromptConnection


class WebSocketServer:
    """Listens for clients; `stop` tells all of them to go elsewhere."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._clients: set[ClientConnection] = set()
        self._server: Server | None = None

    async def start(self, host: str, port: int, tls: SSLContext | None = None) -> int:
        """Returns the port, which is another one when 0 was asked for."""
        self._server = await serve(
            self._serve,
            host,
            port,
            reuse_port=True,  # whoever relieves this gateway listens before it stops
            compression=None,
            max_size=limits.FRAME_MAX_BYTES,
            max_queue=limits.INCOMING_MAX_FRAMES,
            write_limit=limits.OUTGOING_MAX_BYTES,
            ping_interval=limits.PING_INTERVAL_SECONDS,
            ping_timeout=limits.PING_INTERVAL_SECONDS,
            close_timeout=limits.CLOSE_TIMEOUT_SECONDS,
            ssl=tls,
            ssl_handshake_timeout=limits.HELLO_TIMEOUT_SECONDS if tls else None,
            **self._around.doorway.options(),
        )
        bound: int = self._server.sockets[0].getsockname()[1]
        return bound

    async def stop(self, *, is_relieved: bool = False) -> None:
        """`is_relieved`: another gateway listens here already, so each client is sent away at a
        moment of its own and comes back at once; otherwise all now, to come back at such a moment.
        """
        if self._server is None:
            return
        self._server.close(close_connections=False)
        clients = list(self._clients)
        if is_relieved:
            await asyncio.gather(*map(_send_away, clients))
        for client in clients:
            client.handle(GatewayStopping(random.randrange(limits.GOAWAY_SPREAD_MS)))
        try:
            async with asyncio.timeout(2 * limits.CLOSE_TIMEOUT_SECONDS):
                await self._server.wait_closed()
        except TimeoutError:  # somebody who has not even finished the handshake
            for connection in list(self._server.all_connections):
                connection.transport.abort()
            await self._server.wait_closed()

    def counts(self) -> dict[str, int]:
        return {
            "connections": len(self._clients),
            "sessions": sum(client.is_open for client in self._clients),
        }

    @property
    def waiting_bytes(self) -> int:
        """For all readers together."""
        return sum(client.waiting_bytes for client in self._clients)

    async def _serve(self, websocket: ServerConnection) -> None:
        assert isinstance(websocket, PromptConnection)  # as the doorway makes them
        client = ClientConnection(websocket, self._around)
        self._clients.add(client)
        try:
            await client.run()
        finally:
            self._clients.discard(client)


async def _send_away(client: ClientConnection) -> None:
    await asyncio.sleep(random.randrange(limits.GOAWAY_SPREAD_MS) / 1000)
    client.handle(GatewayStopping(0))
