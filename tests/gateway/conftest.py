"""A gateway on memory twins before a fake owner, or before a real one; and one on PostgreSQL with a
real owner, for the HTTP API.
"""

import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from actors.owner_service import OwnerService
from gateway.postgres_api_stores import api_stores
from gateway.service import GatewayService, GatewaySettings
from storage.memory_accounts import MemoryAccounts
from storage.memory_directory import MemoryDirectory
from storage.memory_shared_identity import memory_shared_identity
from storage.memory_tables import MemoryTables
from storage.postgres_pool import PostgresStores
from tests.gateway.fake_owner import FakeOwner
from tests.gateway.gateway_world import ADMIN_KEY, LINK_SECRET, TOKEN_RULES, World
from tests.gateway.http_world import HttpWorld, all_of
from tests.gateway.owned_world import OwnedWorld, owned_world
from tests.gateway.webhook_receiver import Receiver
from weft.models import parse_network


@pytest.fixture
async def world() -> AsyncIterator[World]:
    tables = MemoryTables(clock=time.time)
    accounts = MemoryAccounts(tables)
    directory = MemoryDirectory()
    settings = GatewaySettings("gateway-1", LINK_SECRET, ADMIN_KEY, http_port=None)
    async with FakeOwner() as owner:
        await directory.announce_owner(owner.address, 60)
        service = GatewayService(settings, accounts, directory)
        await service.start()
        yield World(service, owner, accounts, directory, tables)
        await service.stop()


@pytest.fixture
async def owned() -> AsyncIterator[OwnedWorld]:
    async with owned_world() as world:
        yield world


@pytest.fixture(scope="session")
async def api(postgres_stores: PostgresStores) -> AsyncIterator[HttpWorld]:
    """Shared by all tests: make users and dashboards of your own."""
    directory = MemoryDirectory(clock=time.monotonic)
    stores, shared = api_stores(postgres_stores), memory_shared_identity(time.time)
    owner = OwnerService(
        "owner-1", postgres_stores.log, postgres_stores.accounts, directory, secret=LINK_SECRET
    )
    settings = GatewaySettings(
        "gateway-1",
        LINK_SECRET,
        ADMIN_KEY,
        token_rules=TOKEN_RULES,
        trusted_proxies=(parse_network("127.0.0.0/8"),),
        deliveries=None,  # tests of webhooks run deliverers of their own
    )
    service = GatewayService(settings, stores.identity.sessions, directory, stores, shared=shared)
    async with AsyncExitStack() as stack:
        await owner.start()
        stack.push_async_callback(owner.stop)
        await service.start()
        stack.push_async_callback(service.stop)
        await shared.cache.ask_epoch()
        yield HttpWorld(service, owner, directory, stores, ADMIN_KEY, stack)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver() as receiver:
        yield receiver


@pytest.fixture
async def no_other_webhooks(api: HttpWorld) -> None:
    """Those of other tests lead nowhere, and would be tried for every dashboard there is."""
    for other in await all_of(api.host.webhooks.all()):
        await api.host.webhooks.delete(other.id)
