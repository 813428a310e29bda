"""Law 6 read off the log: who types on while being revoked, whatever is cut off or paused."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.server import ServerConnection, serve

import gateway.grants_loop
from gateway.grants_loop import LinkedEnforcement
from storage.identity_ports import HOST
from storage.memory_directory import MemoryDirectory
from storage.ports import OwnerAddress
from storage.postgres_pool import PostgresStores
from tests.permission.permission_world import (
    SECRET,
    TOLD_WITHIN_SECONDS,
    House,
    Visitor,
    house_on,
)
from tests.running_clock import within
from weft.errors import WeftError

pytestmark = pytest.mark.store
ENOUGH = 30  # submissions: then the load is there, or the refusals are


@pytest.fixture
async def house(postgres_stores: PostgresStores) -> AsyncIterator[House]:
    async with house_on(postgres_stores) as house:
        yield house


class Misled(MemoryDirectory):
    """Believes that one owner has everything."""

    def __init__(self, holder: OwnerAddress | None) -> None:
        super().__init__()
        self.told = holder

    async def holder(self, dashboard_id: object) -> OwnerAddress | None:
        if self.told is None:
            raise WeftError("storage_unavailable")
        return self.told


@asynccontextmanager
async def silent_owner() -> AsyncIterator[OwnerAddress]:
    """As one that is paused: it takes everything, and says nothing."""

    async def listen(connection: ServerConnection) -> None:
        await connection.wait_closed()

    async with serve(listen, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        yield OwnerAddress("owner", "paused", f"ws://127.0.0.1:{port}/link")


@asynccontextmanager
async def enforcement_of(
    house: House, way: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[LinkedEnforcement]:
    patience_seconds = 0.2 if way == "owner paused" else 60.0
    monkeypatch.setattr(gateway.grants_loop.limits, "REGRANT_TIMEOUT_SECONDS", patience_seconds)
    async with silent_owner() as silent:
        enforce = house.enforcement(SECRET if way != "link refused" else "another secret")
        match way:
            case "owner paused":
                enforce._directory = Misled(silent)
            case "redis away":
                enforce._directory = Misled(None)
            case "redis forgot":
                enforce._directory = MemoryDirectory()
        yield enforce
        await enforce._links.close()


async def under_load(*visitors: Visitor) -> None:
    for visitor in visitors:
        already = visitor.counts["committed"]
        await visitor.until(lambda v=visitor, n=already: v.counts["committed"] > n + ENOUGH)


WAYS = ["owner reached", "link refused", "owner paused", "redis away", "redis forgot"]


@pytest.mark.parametrize("way", WAYS)
async def test_law6_after_a_demotion_has_returned_nothing_more_of_theirs_commits(
    house: House, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bob, cem = await house.member(), await house.member()
    typing, other = await house.typist(bob), await house.typist(cem)
    await under_load(typing, other)
    async with enforcement_of(house, way, monkeypatch) as enforce:
        await house.grant(bob, "viewer")
        await enforce.changed(house.board, bob)
        head = await house.head()
        async with within(TOLD_WITHIN_SECONDS):
            await typing.hears("permission", "ended")
        await typing.until(lambda: typing.counts["rejected forbidden"] > ENOUGH)
        await under_load(other)
        assert max(row.version for row in await house.written_by(bob)) <= head
        assert max(row.version for row in await house.written_by(cem)) > head
        seen = other.version
        await typing.until(lambda: typing.version >= seen), "a viewer goes on to see all"
        if way == "owner reached":
            assert not any(kind.startswith("ended") for kind in typing.counts | other.counts)


@pytest.mark.parametrize("way", WAYS)
async def test_law6_after_a_removal_has_returned_they_are_out_and_stay_out(
    house: House, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bob, cem = await house.member(), await house.member()
    typing, other = await house.typist(bob), await house.typist(cem)
    await under_load(typing, other)
    async with enforcement_of(house, way, monkeypatch) as enforce:
        await house.sharing.remove_collaborator(house.board, bob, HOST)
        await enforce([house.board])
        head = await house.head()
        async with within(TOLD_WITHIN_SECONDS):
            await typing.hears("ended")
        await typing.until(lambda: typing.counts["ended unknown_dashboard"] > 3)
        await under_load(other)
        assert max(row.version for row in await house.written_by(bob)) <= head
        if way == "owner reached":
            assert typing.counts["ended forbidden"] == 1
            assert not any(kind.startswith("ended") for kind in other.counts)


async def test_law6_who_is_not_told_because_nobody_has_it_open_is_not_waited_for(
    house: House,
) -> None:
    unopened = await house.stores.accounts.create_dashboard(house.ann, "Later")
    await house.enforce.changed(unopened)
    await house.enforce.changed(await house.person())
    opened = await house.log.open_dashboard(unopened)
    assert opened is not None


async def test_law6_without_postgresql_the_caller_hears_that_nothing_is_certain(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(_: object) -> None:
        raise WeftError("storage_unavailable")

    monkeypatch.setattr(house.log, "head", away)
    with pytest.raises(WeftError) as refused:
        await house.enforce([house.board])
    assert refused.value.code == "storage_unavailable"
