"""A gateway on memory twins, a fake owner behind it, and clients on real sockets before it."""

import asyncio
import hashlib
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID, uuid4

import orjson
from websockets.asyncio.client import ClientConnection, connect

from gateway.service import GatewayService
from gateway.signed_token import TokenRules
from storage.memory_accounts import MemoryAccounts
from storage.memory_directory import MemoryDirectory
from storage.memory_tables import MemoryTables
from tests.gateway.fake_owner import FakeOwner

LINK_SECRET = "the secret between gateways and owners"
ADMIN_KEY = "the key of the administrator"
TOKEN_RULES = TokenRules("x" * 32, ("HS256",), "weft", "host", creates_users=True)
T = TypeVar("T")
PATIENCE_SECONDS = 60.0  # a bound for tests that fail; nothing waits for it to pass


async def soon(awaited: Awaitable[T]) -> T:
    """What is about to happen, or a failure instead of a test that hangs."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        return await awaited


class Client:
    """A raw client: JSON in, JSON out."""

    def __init__(self, websocket: ClientConnection) -> None:
        self.websocket = websocket

    async def send(self, message: dict[str, Any]) -> None:
        await self.websocket.send(orjson.dumps(message).decode())

    async def receive(self) -> dict[str, Any]:
        """The next frame that is not on the lane of presence."""
        while (received := await self.receive_any())["type"] in ("presence", "roster"):
            pass
        return received

    async def receive_any(self) -> dict[str, Any]:
        received: dict[str, Any] = orjson.loads(await soon(self.websocket.recv()))
        return received

    async def closed(self) -> int | None:
        """The close code, once the server has closed."""
        await soon(self.websocket.wait_closed())
        return self.websocket.close_code

    async def hello(self, token: str) -> dict[str, Any]:
        await self.send({"type": "hello", "protocol": [1], "token": token})
        return await self.receive()

    async def join(self, dashboard_id: UUID) -> dict[str, Any]:
        await self.send(
            {"type": "join", "dashboardId": str(dashboard_id), "replicaId": str(uuid4())}
        )
        return await self.receive()


@dataclass
class World:
    """What a test of the shells works with."""

    service: GatewayService
    owner: FakeOwner
    accounts: MemoryAccounts
    directory: MemoryDirectory
    tables: MemoryTables
    dashboard_id: UUID = field(default_factory=uuid4)

    async def user(self) -> UUID:
        name = uuid4().hex
        return await self.accounts.create_user(f"{name}@example.org", name)

    async def token(self, ttl_seconds: float = 60.0, user_id: UUID | None = None) -> str:
        """Of this user, or of a new one."""
        token = uuid4().hex
        token_hash = hashlib.sha256(token.encode()).hexdigest()
        user_id = user_id or await self.user()
        await self.accounts.create_session(user_id, token_hash, ttl_seconds)
        return token

    async def client(self, **options: Any) -> Client:
        return Client(await connect(self.service.ws_url, proxy=None, **options))

    async def member(self, dashboard_id: UUID | None = None, **options: Any) -> Client:
        """A client that has said hello and joined."""
        client = await self.client(**options)
        assert (await client.hello(await self.token()))["type"] == "welcome"
        assert (await client.join(dashboard_id or self.dashboard_id))["type"] == "joined"
        return client
