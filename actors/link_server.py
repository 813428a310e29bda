"""The owner's end of the links: gateways connect here, and lines go both ways in batches.

Batching is natural: what is sent in one turn of the loop goes out as one message. Law 9, the
slow pay alone: a gateway that does not read is cut off, and nobody waits for it.
"""

import asyncio
import hmac
import logging
from contextlib import suppress
from typing import Protocol
from uuid import UUID

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from weft.errors import WeftError
from weft.limits import (
    LINK_CLOSE_TIMEOUT_SECONDS,
    LINK_HELLO_TIMEOUT_SECONDS,
    LINK_OUTGOING_MAX_BYTES,
    LINK_PING_INTERVAL_SECONDS,
    LINK_PING_TIMEOUT_SECONDS,
)
from weft.models.address import in_url
from weft.wire import close_codes
from weft.wire.link import LinkHello, Live, ToGateway, ToOwner, pack_to_gateway, unpack_to_owner
from weft.wire.prompt_loop import Outbox, PromptConnection

logger = logging.getLogger(__name__)


class Link:
    """One gateway's connection, seen from above: `send` never waits."""

    def __init__(self, connection: PromptConnection, gateway_id: str) -> None:
        self.gateway_id = gateway_id
        self.places: dict[int, UUID] = {}  # which dashboard each subscription is about
        self._connection = connection
        self._outbox = Outbox(connection)

    def send(self, line: ToGateway) -> None:
        self._outbox.put(pack_to_gateway((line,)), lossy=type(line) is Live)
        if self.waiting_bytes > LINK_OUTGOING_MAX_BYTES:
            logger.error("gateway %s does not read, its link is cut", self.gateway_id)
            self._connection.transport.abort()

    @property
    def waiting_bytes(self) -> int:
        return self._outbox.waiting_bytes

    async def flushed(self) -> None:
        """Wait until all that was sent is with the operating system, or the link is gone."""
        await self._outbox.flushed()


class LinkUser(Protocol):
    """Who answers what gateways ask."""

    def receive(self, link: Link, lines: list[ToOwner]) -> None: ...

    def link_lost(self, link: Link) -> None: ...


class LinkServer:
    def __init__(self, user: LinkUser, secret: str) -> None:
        self.links: set[Link] = set()
        self._user = user
        self._secret = secret.encode()
        self._server: Server | None = None

    async def start(self, host: str, address: str = "") -> str:
        """Listen on a free port; the URL for gateways, who reach this node at `address`."""
        self._server = await serve(
            self._connected,
            host,
            0,
            create_connection=PromptConnection,
            compression=None,
            max_size=LINK_OUTGOING_MAX_BYTES,
            open_timeout=LINK_HELLO_TIMEOUT_SECONDS,
            ping_interval=LINK_PING_INTERVAL_SECONDS,
            ping_timeout=LINK_PING_TIMEOUT_SECONDS,
            close_timeout=LINK_CLOSE_TIMEOUT_SECONDS,
        )
        port = self._server.sockets[0].getsockname()[1]
        return f"ws://{in_url(host, address)}:{port}/link"

    async def flushed(self) -> None:
        """Wait until every link has been written what waits in it."""
        await asyncio.gather(*(link.flushed() for link in self.links))

    async def stop(self) -> None:
        """Close every link."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _connected(self, connection: ServerConnection) -> None:
        try:
            with suppress(ConnectionClosed):
                await self._serve(connection)
        except TimeoutError:
            await connection.close(close_codes.HELLO_TIMEOUT, "no hello")
        except WeftError as error:
            logger.error("a link is closed: %s", error)
            await connection.close(close_codes.PROTOCOL_VIOLATION, "malformed line")

    async def _serve(self, connection: ServerConnection) -> None:
        assert isinstance(connection, PromptConnection)  # as `start` has them made
        async with asyncio.timeout(LINK_HELLO_TIMEOUT_SECONDS):
            first = unpack_to_owner(await connection.next_message())
        hello, lines = first[0], first[1:]
        if not isinstance(hello, LinkHello) or not self._is_trusted(hello):
            await connection.close(close_codes.UNAUTHENTICATED, "the secret is wrong")
            return
        link = Link(connection, hello.gateway_id)
        self.links.add(link)
        try:
            self._user.receive(link, lines)
            await connection.hand_over(
                lambda batch: self._user.receive(link, unpack_to_owner(batch))
            )
        finally:
            self.links.discard(link)
            self._user.link_lost(link)

    def _is_trusted(self, hello: LinkHello) -> bool:
        return hmac.compare_digest(hello.secret.encode(), self._secret)
