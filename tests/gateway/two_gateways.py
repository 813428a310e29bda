"""Gateways of one cluster, each with its own links to one Redis and one PostgreSQL."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from websockets.asyncio.client import connect

from actors.owner_service import OwnerService
from gateway.postgres_api_stores import api_stores
from gateway.service import GatewayService, GatewaySettings
from storage.postgres_pool import PostgresStores
from storage.presence import PresenceStore
from storage.redis_directory import RedisDirectory
from storage.redis_identity import redis_identity
from tests.gateway.gateway_world import ADMIN_KEY, LINK_SECRET, Client
from weft.client.admin import AdminClient
from weft.models import SessionCreate, User, UserCreate
from weft.wire.http import CollaboratorOrder, DashboardOrder

NO_REDIS = "redis://127.0.0.1:1"


@dataclass
class Gateway:
    service: GatewayService
    host: AdminClient  # the admin, at this gateway

    async def client(self, token: str) -> Client:
        """That has said hello."""
        client = Client(await connect(self.service.ws_url, proxy=None))
        assert (await client.hello(token))["type"] == "welcome"
        return client


class Cluster:
    def __init__(self, stores: PostgresStores, stack: AsyncExitStack) -> None:
        self.stores = stores
        self.stack = stack

    async def gateway(
        self, redis_url: str, presence: PresenceStore | None = None, **settings: Any
    ) -> Gateway:
        shared = await self.stack.enter_async_context(redis_identity(redis_url, self.stores.pool))
        directory = RedisDirectory(redis_url)
        self.stack.push_async_callback(directory.close)
        stores = api_stores(self.stores)
        service = GatewayService(
            GatewaySettings(f"gateway-{uuid4()}", LINK_SECRET, ADMIN_KEY, **settings),
            stores.identity.sessions,
            directory,
            stores,
            shared=shared,
            presence=presence,
        )
        await service.start()
        self.stack.push_async_callback(service.stop)
        host = AdminClient(service.http_url, ADMIN_KEY)
        self.stack.push_async_callback(host.close)
        return Gateway(service, host)

    async def owner(self, redis_url: str) -> OwnerService:
        directory = RedisDirectory(redis_url)
        self.stack.push_async_callback(directory.close)
        owner = OwnerService(
            f"owner-{uuid4()}",
            self.stores.log,
            self.stores.accounts,
            directory,
            secret=LINK_SECRET,
        )
        await owner.start()
        self.stack.push_async_callback(owner.stop)
        return owner


@asynccontextmanager
async def cluster_on(stores: PostgresStores) -> AsyncIterator[Cluster]:
    async with AsyncExitStack() as stack:
        yield Cluster(stores, stack)


async def person(host: AdminClient) -> User:
    name = f"u{uuid4().hex}"
    return await host.users.create(UserCreate(email=f"{name}@example.org", username=name))


async def token_of(host: AdminClient, user: User, **fields: Any) -> tuple[UUID, str]:
    """A session, and its token."""
    opened = await host.sessions.open(SessionCreate(user_id=user.id, **fields))
    return opened.id, opened.token


async def shared_dashboard(host: AdminClient, owner: User, *editors: User) -> UUID:
    board = await host.dashboards.create(DashboardOrder(title="Sales", owner_id=owner.id))
    for editor in editors:
        order = CollaboratorOrder(user_id=editor.id, role="editor", is_accepted=True)
        await host.collaborators.invite(board.id, order)
    return board.id
