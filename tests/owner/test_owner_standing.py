"""An owner that does not reach the log: nobody is kept with it when somebody else is there."""

import asyncio
import time
from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from actors import standing_loop
from actors.owner_service import OwnerService
from storage.memory_accounts import MemoryAccounts
from storage.memory_directory import MemoryDirectory
from storage.memory_log import MemoryLog
from storage.memory_tables import MemoryTables
from storage.ports import OwnerAddress
from tests.owner.owner_conversation import retitling
from tests.owner.owner_gateway import SECRET, linked

OTHER = OwnerAddress("owner-2", "its incarnation", "ws://127.0.0.1:1/link")
PATIENCE_SECONDS = 60.0


class Directory(MemoryDirectory):
    """Tells who has come and gone."""

    def __init__(self) -> None:
        super().__init__(time.monotonic)
        self.withdrawn = asyncio.Event()
        self.looked_for_others = asyncio.Event()
        self.announced = asyncio.Event()

    async def announce_owner(self, address: OwnerAddress, ttl_seconds: float) -> None:
        await super().announce_owner(address, ttl_seconds)
        self.announced.set()

    async def withdraw_owner(self, address: OwnerAddress) -> None:
        await super().withdraw_owner(address)
        self.withdrawn.set()

    async def owners(self) -> tuple[OwnerAddress, ...]:
        found = await super().owners()
        if self.withdrawn.is_set():
            self.looked_for_others.set()
        return found


class Place:
    def __init__(self) -> None:
        self.log = MemoryLog(MemoryTables())
        self.accounts = MemoryAccounts(self.log.tables)
        self.directory = Directory()
        self.owner = OwnerService("owner-1", self.log, self.accounts, self.directory, secret=SECRET)
        self.board = UUID(int=0)

    async def start(self) -> None:
        self.url = (await self.owner.start()).url
        self.ann = await self.accounts.create_user("ann@example.org", "ann")
        self.board = await self.accounts.create_dashboard(self.ann, "Sales")


@pytest.fixture
async def place(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Place]:
    """Its owner asks as fast as the loop turns, and has little patience."""
    monkeypatch.setattr(standing_loop, "FENCE_CHECK_SECONDS", 0.001)
    monkeypatch.setattr(standing_loop, "FENCE_TIMEOUT_SECONDS", 0.02)
    monkeypatch.setattr(standing_loop, "LOG_PATIENCE_SECONDS", 0.05)
    place = Place()
    await place.start()
    yield place
    place.log.tables.unavailable = False
    await place.owner.stop()


async def soon(event: asyncio.Event) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        await event.wait()


async def test_law5_who_does_not_reach_the_log_lets_go_when_somebody_else_is_there(
    place: Place,
) -> None:
    async with linked(place.url) as gateway:
        number, _ = await gateway.join(place.board, place.ann)
        await place.directory.announce_owner(OTHER, 60.0)
        place.log.tables.unavailable = True
        await gateway.submit(number, 1, 0, retitling("North"))
        assert (await gateway.ended(number))["code"] == "owner_moved"
        assert await place.directory.owners() == (OTHER,)
        again = await gateway.attach(place.board, place.ann)
        assert (await gateway.ended(again))["code"] == "storage_unavailable"
        place.directory.announced.clear()
        place.log.tables.unavailable = False
        await soon(place.directory.announced)
        _, joined = await gateway.join(place.board, place.ann)
        assert joined["version"] == 0, "what it had not committed it has not kept"


async def test_law2_where_nobody_else_is_an_edit_waits_for_the_log_to_come_back(
    place: Place,
) -> None:
    async with linked(place.url) as gateway:
        number, _ = await gateway.join(place.board, place.ann)
        place.log.tables.unavailable = True
        await gateway.submit(number, 1, 0, retitling("North"))
        await soon(place.directory.looked_for_others)
        place.directory.announced.clear()
        place.log.tables.unavailable = False
        [committed] = await gateway.published()
        assert (committed["version"], committed["sequence"]) == (1, 1)
        await soon(place.directory.announced)
        assert [each.owner_id for each in await place.directory.owners()] == ["owner-1"]


async def test_a_log_that_is_silent_is_not_asked_twice_at_once(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = asyncio.Event()
    asked = 0

    async def silent(dashboard_ids: object) -> dict[UUID, object]:
        nonlocal asked
        asked += 1
        await answer.wait()
        return {}

    monkeypatch.setattr(place.log, "heads", silent)
    await soon(place.directory.withdrawn)
    assert asked == 1
    place.directory.announced.clear()
    answer.set()
    await soon(place.directory.announced)


async def test_law5_who_waits_for_a_dashboard_to_open_is_let_go_when_the_log_is_silent(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found by cutting a node off from PostgreSQL: its owner had been asked just before it noticed,
    and kept everybody for the 30 s of a statement.
    """
    never = asyncio.Event()

    async def silent(_: object) -> None:
        await never.wait()

    await place.directory.announce_owner(OTHER, 60.0)
    async with linked(place.url) as gateway:
        monkeypatch.setattr(place.log, "open_dashboard", silent)
        number = await gateway.attach(place.board, place.ann)
        place.log.tables.unavailable = True
        assert (await gateway.ended(number))["code"] == "storage_unavailable"
        assert await place.directory.holder(place.board) is None, "the other may open it"
