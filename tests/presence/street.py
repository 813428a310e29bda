"""Gateways in processes of their own before one owner, on a real PostgreSQL and Redis."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from uuid import UUID, uuid4

import weft
from actors.owner_service import OwnerService
from storage.postgres_pool import PostgresStores
from storage.redis_directory import RedisDirectory
from tests.presence.gateway_process import GatewayProcess, gateway_process
from tests.presence.town import Person

SECRET = "between gateways and owners"


@dataclass
class Street:
    stores: PostgresStores
    gateways: list[GatewayProcess]
    owner_id: UUID
    dashboard_id: UUID
    stack: AsyncExitStack

    @property
    def urls(self) -> list[str]:
        return [gateway.url for gateway in self.gateways]

    async def token(self) -> str:
        """Of a new user who may edit here."""
        accounts, name = self.stores.accounts, uuid4().hex
        user_id = await accounts.create_user(f"{name}@example.org", name)
        await accounts.share(self.dashboard_id, user_id, "editor")
        digest = hashlib.sha256(name.encode()).hexdigest()
        await accounts.create_session(user_id, digest, 3_600)
        return name

    async def person(self, gateway: int) -> Person:
        stack = AsyncExitStack()
        connecting = weft.connect(self.urls[gateway], await self.token())
        client = await stack.enter_async_context(connecting)
        board = await client.join(self.dashboard_id)
        self.stack.push_async_callback(stack.aclose)
        return Person(client, board, stack)


@asynccontextmanager
async def street(
    stores: PostgresStores, postgres_url: str, redis_url: str, *, gateways: int
) -> AsyncIterator[Street]:
    async with AsyncExitStack() as stack:
        directory = RedisDirectory(redis_url)
        stack.push_async_callback(directory.close)
        name = f"owner-{uuid4()}"
        owner = OwnerService(name, stores.log, stores.accounts, directory, secret=SECRET)
        await owner.start()
        stack.push_async_callback(owner.stop)
        running = [
            stack.enter_context(
                gateway_process(f"gateway-{uuid4()}", postgres_url, redis_url, SECRET)
            )
            for _ in range(gateways)
        ]
        name = uuid4().hex
        owner_id = await stores.accounts.create_user(f"{name}@example.org", name)
        dashboard_id = await stores.accounts.create_dashboard(owner_id, "Street")
        people = await stack.enter_async_context(AsyncExitStack())  # they go first
        yield Street(stores, running, owner_id, dashboard_id, people)
