"""Owners that should not commit any more: stopped past their lease and woken, cut off from one
store and not from the other. The log keeps its order, the stale owner lets go as soon as it can
know, and every editor ends where the log does.
"""

import asyncio
import signal
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit
from uuid import UUID

import pytest

from cluster.chaos.log_service import read_head
from cluster.chaos.relay_server import Relay
from cluster.chaos.signal_service import Victim
from storage.embedded_postgres import SOCKET_NAME
from storage.postgres_pool import PostgresStores
from tests.chaos.house import LOOK_EVERY_SECONDS, PATIENCE_SECONDS, SECRET, House
from tests.chaos.owner_process import OwnerProcess, owner_process
from tests.patience import patient_directory
from tests.running_clock import RunningClock

pytestmark = pytest.mark.store

SOME = 10  # versions
LETS_GO_WITHIN_SECONDS = 2.0  # from when it could know: law 6's second, and one for slow machines


class Owners:
    """Two, in processes of their own, behind a relay. Started once for all tests."""

    def __init__(self, postgres_url: str, redis_url: str, stack: ExitStack) -> None:
        name = stack.enter_context(tempfile.TemporaryDirectory(prefix="weft-split-"))
        self.postgres_path, self.redis_path = Path(name) / SOCKET_NAME, Path(name) / "redis.sock"
        postgres_socket = Path(unquote(urlsplit(postgres_url).query[5:])) / SOCKET_NAME
        redis_socket = Path(unquote(urlsplit(redis_url).path))
        self.relay = Relay({self.postgres_path: postgres_socket, self.redis_path: redis_socket})
        stack.enter_context(self.relay.running())
        urls = (f"postgresql://postgres@/postgres?host={quote(name)}", f"unix://{self.redis_path}")
        self.processes = [
            stack.enter_context(owner_process(owner_id, *urls, SECRET))
            for owner_id in ("split-1", "split-2")
        ]


class Split(House):
    """A gateway in this process between them and the editors."""

    async def open_split(self, owners: Owners, stores: PostgresStores, redis_url: str) -> None:
        self.owners, self.relay = owners, owners.relay
        self.stores = stores
        self.directory = patient_directory(redis_url)
        self.stack.push_async_callback(self.directory.close)
        await self.add_gateway(stores, self.directory)
        await self.furnish()
        self.clock = await self.stack.enter_async_context(RunningClock())
        self.start_editing()
        await self.saved(SOME)

    async def holder(self) -> OwnerProcess:
        found = await self.directory.holder(self.dashboard_id)
        assert found is not None
        [process] = [each for each in self.owners.processes if each.owner_id == found.owner_id]
        return process

    async def forgotten(self) -> None:
        """Until the directory knows of no holder."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                if await self.directory.holder(self.dashboard_id) is None:
                    return
                await asyncio.sleep(LOOK_EVERY_SECONDS)

    async def newcomer(self) -> None:
        """Somebody joins at another gateway, which asks the directory afresh."""
        gateway = await self.add_gateway(self.stores, self.directory)
        self.start_editing([await self.add_editor("dov", gateway)])

    async def taken_over(self, stale: OwnerProcess) -> float:
        """Somebody else holds it, and editors save there; when that one had it open."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                found = await self.directory.holder(self.dashboard_id)
                if found is not None and found.owner_id != stale.owner_id:
                    break
                await asyncio.sleep(LOOK_EVERY_SECONDS)
        await self.saved(await self.head() + SOME)
        heir = await self.holder()
        return (await heir.last_stay(self.dashboard_id)).opened_at

    async def was_let_go(self, stale: OwnerProcess, since: float) -> None:
        """In time."""
        until = await let_go_at(stale, self.dashboard_id)
        assert self.clock.between(since, until) < LETS_GO_WITHIN_SECONDS

    async def head(self) -> int:
        return await read_head(self.postgres_url, self.dashboard_id)


async def let_go_at(stale: OwnerProcess, dashboard_id: UUID) -> float:
    """By its own clock, which is everybody's."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            stay = await stale.last_stay(dashboard_id)
            if stay.let_go_at is not None:
                return stay.let_go_at
            await asyncio.sleep(LOOK_EVERY_SECONDS)


@pytest.fixture(scope="module")
def owners(postgres_url: str, redis_url: str) -> Iterator[Owners]:
    with ExitStack() as stack:
        yield Owners(postgres_url, redis_url, stack)


@pytest.fixture
async def split(
    owners: Owners, postgres_stores: PostgresStores, postgres_url: str, redis_url: str
) -> AsyncIterator[Split]:
    async with AsyncExitStack() as stack:
        house = Split(postgres_url, stack)
        await house.open_split(owners, postgres_stores, redis_url)
        yield house


async def test_law5_an_owner_that_slept_past_its_lease_lets_go_when_it_is_woken(
    split: Split,
) -> None:
    stale = await split.holder()
    victim = Victim.of(stale.pid)
    victim.send(signal.SIGSTOP)
    try:
        await split.newcomer()
        await split.taken_over(stale)
    finally:
        woken_at = time.monotonic()
        victim.send(signal.SIGCONT)
        victim.close()
    await split.was_let_go(stale, woken_at)
    await split.rest()
    assert await split.violations() == []


async def test_law5_an_owner_without_redis_lets_go_when_somebody_has_taken_over(
    split: Split,
) -> None:
    stale = await split.holder()
    split.relay.cut(stale.pid, split.owners.redis_path)
    await split.forgotten()
    await split.saved(await split.head() + SOME)  # nobody who is there has noticed
    await split.newcomer()
    opened_at = await split.taken_over(stale)
    await split.was_let_go(stale, opened_at)
    split.relay.mend(stale.pid, split.owners.redis_path)
    await split.rest()
    assert await split.violations() == []


async def test_law5_an_owner_without_postgresql_gives_way_and_what_it_sent_comes_too_late(
    split: Split,
) -> None:
    stale = await split.holder()
    split.relay.cut(stale.pid, split.owners.postgres_path)
    opened_at = await split.taken_over(stale)
    await split.was_let_go(stale, opened_at)
    split.relay.mend(stale.pid, split.owners.postgres_path)
    await split.saved(await split.head() + SOME)
    await split.rest()
    assert await split.violations() == []
