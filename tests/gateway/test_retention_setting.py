"""Retention as it is set and run: what the settings say reaches the chores of an owner, months go,
and opening, catching up, editing and verifying go on as if nothing had happened.
"""

import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from websockets.asyncio.client import connect as connect_socket

import weft
from actors.owner_service import OwnerService
from cluster.settings import read_settings
from cluster.system_service import owner_order
from cluster.verify_command import verify_dashboards
from gateway.postgres_api_stores import api_stores
from gateway.service import GatewayService, GatewaySettings
from storage.memory_directory import MemoryDirectory
from storage.postgres_migrations import migrate
from storage.postgres_pool import PostgresStores, connect
from storage.upkeep_loop import chores
from tests.gateway.gateway_world import ADMIN_KEY, LINK_SECRET, Client
from tests.gateway.http_world import HttpWorld
from weft.models import DashboardPatch

pytestmark = pytest.mark.store
VARIABLES = {"WEFT_RETAIN_OPERATIONS_MONTHS": "1", "WEFT_RETAIN_AUDIT_MONTHS": "1"}


@pytest.fixture
async def stores(
    postgres_url: str, postgres_stores: PostgresStores
) -> AsyncIterator[PostgresStores]:
    """A database of its own, for partitions are of the whole table."""
    await postgres_stores.pool.execute("CREATE DATABASE retained")
    url = postgres_url.replace("/postgres?", "/retained?")
    await migrate(url)
    opened = await connect(url)
    yield opened
    await opened.close()
    await postgres_stores.pool.execute("DROP DATABASE retained WITH (FORCE)")


async def running(stores: PostgresStores, stack: AsyncExitStack) -> HttpWorld:
    directory = MemoryDirectory(clock=time.monotonic)
    every = api_stores(stores)
    owner = OwnerService("owner-1", stores.log, stores.accounts, directory, secret=LINK_SECRET)
    settings = GatewaySettings("gateway-1", LINK_SECRET, ADMIN_KEY)
    service = GatewayService(settings, every.identity.sessions, directory, every)
    await owner.start()
    stack.push_async_callback(owner.stop)
    await service.start()
    stack.push_async_callback(service.stop)
    return HttpWorld(service, owner, directory, every, ADMIN_KEY, stack)


def test_nothing_goes_unless_it_is_set() -> None:
    order = owner_order(read_settings({}, {}), "s")
    assert order.retention.cutoffs(datetime.now(UTC)) == {}
    order = owner_order(read_settings({}, {**VARIABLES, "WEFT_RETAIN_DROPS": "true"}), "s")
    kept = order.retention
    assert (kept.log_months, kept.trail_months, kept.drops) == (1, 1, True)


async def test_law4_what_the_settings_let_go_nobody_misses(stores: PostgresStores) -> None:
    async with AsyncExitStack() as stack:
        world = await running(stores, stack)
        ann = await world.person()
        dashboard = await world.dashboard(ann)
        for number in range(5):
            patch = DashboardPatch(title=f"Sales {number}")
            await ann.api.dashboards.change(dashboard.id, patch)
    # The owner has stopped, and so written its checkpoint. Three months pass.
    for table in ("operations", "audit_logs"):
        await stores.pool.execute(
            f"UPDATE {table} SET created_at = created_at - INTERVAL '95 days'"
        )
    order = owner_order(read_settings({}, VARIABLES), LINK_SECRET)
    done = {name: await chore() for name, chore in chores(stores.pool, order.retention).items()}
    gone = {name.rpartition("_20")[0] for name in done["partitions retired"].gone}
    assert gone == {"operations", "audit_logs"}
    assert not done["partitions retired"].held
    assert await stores.pool.fetchval("SELECT count(*) FROM operations") == 0
    async with AsyncExitStack() as stack:
        world = await running(stores, stack)
        client = await stack.enter_async_context(weft.connect(world.service.ws_url, ann.token))
        board = await client.join(dashboard.id)
        assert board.document.value_at(None, ("title",)) == "Sales 4"
        board.set(None, ["title"], "Costs")
        await board.saved()
        behind = Client(await stack.enter_async_context(connect_socket(world.service.ws_url)))
        await behind.hello(ann.token)
        asked = {"type": "join", "dashboardId": str(dashboard.id), "replicaId": str(uuid4())}
        await behind.send({**asked, "version": 2, "wantsTail": True})
        assert (await behind.receive())["code"] == "conflict"
        await behind.send({**asked, "version": 2})
        joined = await behind.receive()
        assert (joined["type"], joined["snapshot"]["version"], joined["version"]) == (
            "joined",
            5,
            6,
        )
        ((_, verified),) = await verify_dashboards(stores.log, [dashboard.id])
        assert verified.difference is None
    ((_, verified),) = await verify_dashboards(stores.log, [dashboard.id])
    assert verified.difference is None
