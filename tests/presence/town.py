"""Several gateways before one owner, on memory twins but for presence, and people who watch."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Self
from uuid import UUID

import weft
from actors.owner_service import OwnerService
from gateway.service import GatewayService, GatewaySettings
from storage.presence import PresenceStore
from tests.client.test_client_whole_system import SECRET, House
from weft.client.board_loop import Board

PATIENCE_SECONDS = 60.0  # a bound for tests that fail; nothing waits for it to pass


class Person:
    """A client, and what its roster says."""

    def __init__(self, client: weft.Client, board: Board, stack: AsyncExitStack) -> None:
        self.client = client
        self.board = board
        self._stack = stack
        self._changed = asyncio.Event()
        board.listen(lambda _news: self._changed.set())

    @property
    def connection_id(self) -> str:
        return self.board._replica.copy.attendance.connection_id

    @property
    def names(self) -> list[str]:
        """Of everybody here, one for each connection."""
        people = self.board.people
        return sorted(person.user.username for person in people for _ in person.connections)

    async def until(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    async def sees(self, *names: str) -> None:
        await self.until(lambda: self.names == sorted(names))

    async def leave(self) -> None:
        await self._stack.aclose()


class Town(House):
    """`async with` it; every person connects to the gateway with that number."""

    def __init__(self, *stores: PresenceStore) -> None:
        super().__init__()
        self.stores = stores
        self.gateways: list[GatewayService] = []
        self._stack = AsyncExitStack()
        self._tokens: dict[str, str] = {}

    async def __aenter__(self) -> Self:
        owner = OwnerService("owner", self.log, self.accounts, self.directory, secret=SECRET)
        await owner.start()
        self._stack.push_async_callback(owner.stop)
        for number, store in enumerate(self.stores):
            self.gateways.append(await self.open_gateway(number, store))
        await self.open_dashboard()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def open_gateway(self, number: int, store: PresenceStore) -> GatewayService:
        settings = GatewaySettings(f"gateway-{number}", SECRET, "admin", http_port=None)
        gateway = GatewayService(settings, self.accounts, self.directory, presence=store)
        await gateway.start()
        self._stack.push_async_callback(gateway.stop)
        return gateway

    async def token_of(self, name: str) -> str:
        if name not in self._tokens:
            self._tokens[name] = await self.token(name)
        return self._tokens[name]

    async def person(self, name: str, gateway: int = 0, dashboard_id: UUID | None = None) -> Person:
        url = self.gateways[gateway].ws_url
        stack = AsyncExitStack()
        client = await stack.enter_async_context(weft.connect(url, await self.token_of(name)))
        board = await client.join(dashboard_id or self.dashboard_id)
        self._stack.push_async_callback(stack.aclose)
        return Person(client, board, stack)
