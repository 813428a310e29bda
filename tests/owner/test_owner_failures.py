"""What goes wrong around an owner, and how little of it spreads."""

import asyncio
import time
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest
from websockets.asyncio.client import connect

from actors import link_server, owner_service, standing_loop
from actors.commit_loop import CommitLoop
from actors.events import (
    Attached,
    CheckpointWritten,
    CommitReturned,
    Detached,
    PartTaken,
    Regranted,
    Ticked,
)
from actors.events import Submitted as Submitted_
from actors.owner_service import OwnerService
from storage.memory_accounts import MemoryAccounts
from storage.memory_directory import MemoryDirectory
from storage.memory_log import CommitFailure
from storage.memory_tables import MemoryTables
from storage.ports import OwnerAddress
from tests.owner.owner_conversation import retitling
from tests.owner.owner_gateway import SECRET, Gateway, linked
from tests.owner.owner_world import GatedLog
from weft.errors import WeftError
from weft.limits import UNLOAD_AFTER_SECONDS
from weft.wire.link import Attach, Ended, LinkHello, Submitted, Taken

PATIENCE_SECONDS = 10.0


class Directory(MemoryDirectory):
    """Tells when a lock has been released, and can be silent about heartbeats."""

    def __init__(self) -> None:
        super().__init__(time.monotonic)
        self.released = asyncio.Event()
        self.announced = asyncio.Event()
        self.claimed = asyncio.Event()
        self.is_deaf = False
        self.stays_deaf = False

    async def announce_owner(self, address: OwnerAddress, ttl_seconds: float) -> None:
        if self.is_deaf:
            self.is_deaf = self.stays_deaf
            raise WeftError("storage_unavailable")
        await super().announce_owner(address, ttl_seconds)
        self.announced.set()

    def forget(self) -> None:
        """As a Redis that was restarted without its data; the next call fails, as it would."""
        self._locks.clear()
        self._owners.clear()
        self.is_deaf = True

    async def claim(self, dashboard_id: UUID, address: OwnerAddress) -> OwnerAddress:
        holder = await super().claim(dashboard_id, address)
        self.claimed.set()
        return holder

    async def release(self, dashboard_id: UUID, address: OwnerAddress) -> None:
        await super().release(dashboard_id, address)
        self.released.set()


class Place:
    """One owner on memory twins, and Ann's dashboards."""

    def __init__(self) -> None:
        self.now_ms = 1_000_000
        self.log = GatedLog(MemoryTables())
        self.log.is_open = True
        self.accounts = MemoryAccounts(self.log.tables)
        self.directory = Directory()
        self.owner = OwnerService(
            "owner-1",
            self.log,
            self.accounts,
            self.directory,
            secret=SECRET,
            clock_ms=lambda: self.now_ms,
        )

    async def start(self) -> None:
        self.url = (await self.owner.start()).url
        self.ann = await self.accounts.create_user("ann@example.org", "ann")
        self.board = await self.new_board()

    async def new_board(self) -> UUID:
        return await self.accounts.create_dashboard(self.ann, "Sales")

    def break_heart(self) -> None:
        """Of Ann's dashboard, from the next event on."""

        def broken(event: object) -> None:
            raise ZeroDivisionError("a bug")

        heart = self.owner._hosting.dashboards[self.board].heart
        heart.handle = broken  # type: ignore[method-assign, assignment]


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    place = Place()
    await place.start()
    yield place
    place.log.tables.unavailable = False
    await place.owner.stop()


async def works(gateway: Gateway, place: Place, board: UUID | None = None) -> None:
    """Somebody can join and edit."""
    number, joined = await gateway.join(board or place.board, place.ann)
    await gateway.submit(number, 1, joined["version"], retitling(str(uuid4())))
    (submission,) = await gateway.published()
    assert submission["version"] == joined["version"] + 1
    await gateway.detach(number)


# --- links -------------------------------------------------------------------------------------


async def test_a_gateway_that_does_not_know_the_secret_is_refused(place: Place) -> None:
    async with linked(place.url, secret="guessed") as gateway:
        assert await gateway.closed() == 4401


async def test_the_first_line_must_be_hello(place: Place) -> None:
    async with connect(place.url, proxy=None) as websocket:
        gateway = Gateway(websocket)
        await gateway.attach(place.board, place.ann)
        assert await gateway.closed() == 4401
    assert place.owner.status()["dashboards"] == 0


async def test_who_says_nothing_is_not_waited_for(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link_server, "LINK_HELLO_TIMEOUT_SECONDS", 0.01)
    async with connect(place.url, proxy=None) as websocket:
        assert await Gateway(websocket).closed() == 4408


@pytest.mark.parametrize("line", ["nonsense", '["attach", 1, {}]', '["hello", {}]', ""])
async def test_law10_a_line_that_does_not_fit_costs_that_link_alone(
    place: Place, line: str
) -> None:
    async with linked(place.url) as good, linked(place.url) as bad:
        await bad.join(place.board, place.ann)
        await bad.websocket.send(line)
        assert await bad.closed() == 4400
        await works(good, place)
    assert place.owner.status()["subscribers"] == 0


async def test_a_second_hello_does_not_fit(place: Place) -> None:
    async with linked(place.url) as gateway:
        await gateway.say(LinkHello(SECRET, "gateway-1"))
        assert await gateway.closed() == 4400


async def test_lines_that_come_with_hello_are_heard(place: Place) -> None:
    async with connect(place.url, proxy=None) as websocket:
        gateway = Gateway(websocket)
        attach = Attach(1, place.board, place.ann, "connection", uuid4(), None, False)
        await gateway.say(LinkHello(SECRET, "gateway-1"), attach)
        _, about, frame = await gateway.hear()
        assert (about, frame["type"]) == (1, "joined")


async def test_a_submission_before_the_join_or_after_the_end_reaches_nobody(place: Place) -> None:
    async with linked(place.url) as gateway:
        number, _ = await gateway.join(place.board, place.ann)
        await gateway.detach(number)
        for stray in (number, 77):
            await gateway.say(Submitted(stray, 1, 0, [retitling("Stray")]))
        await works(gateway, place)


async def test_law9_a_gateway_that_does_not_read_is_cut_and_holds_nobody_up(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link_server, "LINK_OUTGOING_MAX_BYTES", 10_000_000)
    async with linked(place.url) as reader, linked(place.url) as sleeper:
        await sleeper.join(place.board, place.ann)
        sleeper.websocket.transport.pause_reading()
        number, _ = await reader.join(place.board, place.ann)
        version = 0
        while place.owner.status()["links"] == 2:
            version += 1
            big = {"type": "update", "path": ["settings", "big"], "value": "x" * 500_000}
            await reader.submit(number, version, version - 1, big)
            (submission,) = await reader.published()
            assert submission["version"] == version
            assert version < 60, "nobody was cut"
        await works(reader, place)
        sleeper.websocket.transport.abort()


# --- stores ------------------------------------------------------------------------------------


async def test_without_redis_dashboards_are_opened_without_a_lock(place: Place) -> None:
    place.directory.unavailable = True
    async with linked(place.url) as gateway:
        await works(gateway, place)
    await place.owner.stop()
    rows = await place.log.read_rows(place.board)
    assert rows is not None
    assert rows.version == 1


async def test_without_postgresql_a_join_is_refused_for_now(place: Place) -> None:
    place.log.tables.unavailable = True
    async with linked(place.url) as gateway:
        ended = await gateway.ended(await gateway.attach(place.board, place.ann))
        assert (ended["code"], ended["retry"]) == ("storage_unavailable", "later")
        place.log.tables.unavailable = False
        await works(gateway, place)


async def test_law2_an_edit_waits_for_postgresql_to_come_back(place: Place) -> None:
    async with linked(place.url) as gateway:
        number, _ = await gateway.join(place.board, place.ann)
        place.log.failures.extend([CommitFailure.REFUSED, CommitFailure.HAPPENED])
        await gateway.submit(number, 1, 0, retitling("North"))
        (submission,) = await gateway.published()
        assert submission["version"] == 1
        await works(gateway, place)


async def test_law6_a_revocation_waits_for_what_was_already_on_its_way(place: Place) -> None:
    bob = await place.accounts.create_user("bob@example.org", "bob")
    await place.accounts.share(place.board, bob, "editor")
    async with linked(place.url) as gateway:
        number, _ = await gateway.join(place.board, bob)
        other, _ = await gateway.join(place.board, place.ann)
        place.log.is_open = False
        await gateway.submit(number, 1, 0, retitling("North"))
        await gateway.submit(other, 7, 99, retitling("South"))
        assert (await gateway.reply(other))["code"] == "future_version", "so both have arrived"
        await place.accounts.share(place.board, bob, "viewer")
        revoking = asyncio.create_task(place.owner.regrant(place.board, bob))
        assert (await gateway.reply(number))["type"] == "permission"
        assert not revoking.done()
        place.log.open()
        await gateway.published()
        await revoking
        await gateway.submit(number, 2, 1, retitling("East"))
        assert (await gateway.reply(number))["code"] == "forbidden"


async def test_a_redis_that_forgot_everything_is_told_again(quick_place: Place) -> None:
    place = quick_place
    async with linked(place.url) as gateway:
        await gateway.join(place.board, place.ann)
        holder = await place.directory.holder(place.board)
        place.directory.forget()
        place.directory.claimed.clear()
        async with asyncio.timeout(PATIENCE_SECONDS):
            await place.directory.claimed.wait()
        assert await place.directory.holder(place.board) == holder is not None


async def test_being_stopped_without_postgresql_does_not_take_for_ever(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(owner_service, "STOP_TIMEOUT_SECONDS", 0.05)
    async with linked(place.url) as gateway:
        number, _ = await gateway.join(place.board, place.ann)
        place.log.tables.unavailable = True
        await gateway.submit(number, 1, 0, retitling("North"))
        async with asyncio.timeout(PATIENCE_SECONDS):
            await place.owner.stop()
        assert (await gateway.ended(number))["code"] == "going_away"


# --- bugs --------------------------------------------------------------------------------------


async def test_law10_a_broken_dashboard_is_dropped_and_opened_anew(place: Place) -> None:
    other = await place.new_board()
    async with linked(place.url) as gateway:
        number, _ = await gateway.join(place.board, place.ann)
        theirs, _ = await gateway.join(other, place.ann)
        place.break_heart()
        await gateway.submit(number, 1, 0, retitling("North"))
        ended = await gateway.ended(number)
        assert (ended["code"], ended["retry"]) == ("internal", "later")
        assert UUID(ended["cause"])
        await gateway.submit(theirs, 1, 0, retitling("South"))
        assert len(await gateway.published()) == 1
        await works(gateway, place)


HANDLERS = {
    Attached: lambda gateway, place, number: gateway.attach(place.board, place.ann),
    Submitted_: lambda gateway, place, number: gateway.submit(number, 1, 0, retitling("North")),
    CommitReturned: lambda gateway, place, number: gateway.submit(number, 1, 0, retitling("North")),
    Regranted: lambda gateway, place, number: place.owner.regrant(place.board, place.ann),
    Detached: lambda gateway, place, number: leave(gateway, place),
    PartTaken: lambda gateway, place, number: gateway.say(Taken(number)),
    Ticked: lambda gateway, place, number: tell(place, Ticked(place.now_ms)),
    CheckpointWritten: lambda gateway, place, number: tell(place, CheckpointWritten(0)),
}


async def leave(gateway: Gateway, place: Place) -> None:
    """Somebody else does."""
    number, _ = await gateway.join(place.board, place.ann)
    await gateway.detach(number)


async def tell(place: Place, event: Ticked | CheckpointWritten) -> None:
    place.owner._hosting.dashboards[place.board].handle(event)


@pytest.mark.parametrize("event", HANDLERS, ids=lambda event: event.__name__)
async def test_law10_a_bug_in_any_handler_stays_in_its_dashboard(
    place: Place, caplog: pytest.LogCaptureFixture, event: type
) -> None:
    def broken(_: object) -> None:
        raise ZeroDivisionError("a bug")

    other = await place.new_board()
    async with linked(place.url) as gateway:
        number, _ = await gateway.join(place.board, place.ann)
        theirs, _ = await gateway.join(other, place.ann)
        place.owner._hosting.dashboards[place.board].heart._handlers[event] = broken
        await HANDLERS[event](gateway, place, number)
        kind, about, ended = await gateway.hear()
        while about != number:  # whoever else was on the broken one, in any order
            kind, about, ended = await gateway.hear()
        assert (kind, ended["code"]) == (Ended, "internal")
        assert any(ended["cause"] in record.getMessage() for record in caplog.records)
        await gateway.submit(theirs, 1, 0, retitling("South"))
        heard = await gateway.hear()
        while heard[0] is Ended:  # whoever else was on the broken one
            heard = await gateway.hear()
        assert heard[1] == other
        await works(gateway, place)


async def test_law10_what_cannot_be_fingerprinted_costs_no_neighbour(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It once cost the link, and so every dashboard that is reached over it."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError("a bug")

    other = await place.new_board()
    async with linked(place.url) as gateway:
        number, _ = await gateway.join(place.board, place.ann)
        await gateway.join(other, place.ann)
        with monkeypatch.context() as patched:
            patched.setattr("actors.dashboard_service.fingerprint", broken)
            await gateway.submit(number, 1, 0, retitling("North"))
            assert (await gateway.ended(number))["code"] == "internal"
        await works(gateway, place, other)


async def test_law10_a_broken_commit_loop_begins_again(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> None:
        monkeypatch.undo()
        raise ZeroDivisionError("a bug")

    async with linked(place.url) as gateway:
        number, _ = await gateway.join(place.board, place.ann)
        monkeypatch.setattr(CommitLoop, "_take", broken)
        await gateway.submit(number, 1, 0, retitling("North"))
        assert (await gateway.ended(number))["code"] == "internal"
        await works(gateway, place)


async def test_a_bug_in_a_look_up_is_told_with_its_cause(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise ZeroDivisionError("a bug")

    async with linked(place.url) as gateway:
        await works(gateway, place)
        with monkeypatch.context() as patched:
            patched.setattr(place.accounts, "grants_of", broken)
            ended = await gateway.ended(await gateway.attach(place.board, place.ann))
        assert ended["code"] == "internal"
        assert UUID(ended["cause"])
        await works(gateway, place)


# --- time --------------------------------------------------------------------------------------


@pytest.fixture
async def quick_place(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Place]:
    """Ticks and beats as fast as the loop turns."""
    monkeypatch.setattr(owner_service, "TICK_EVERY_SECONDS", 0.001)
    monkeypatch.setattr(standing_loop, "HEARTBEAT_EVERY_SECONDS", 0.001)
    place = Place()
    await place.start()
    yield place
    await place.owner.stop()


async def test_an_idle_dashboard_is_saved_and_let_go(quick_place: Place) -> None:
    place = quick_place
    async with linked(place.url) as gateway:
        await works(gateway, place)
        place.directory.released.clear()
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not place.directory.released.is_set():
                place.now_ms += int(1000 * UNLOAD_AFTER_SECONDS)
                place.directory.announced.clear()
                await place.directory.announced.wait()
        assert place.owner.status()["dashboards"] == 0
        assert await place.log.checkpoints(place.board) == (0, 1)
        await works(gateway, place)


async def test_law5_an_owner_that_was_silent_looks_whether_it_was_replaced(
    quick_place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standing_loop, "HEARTBEAT_TTL_SECONDS", 0.05)
    place = quick_place
    kept = await place.new_board()
    async with linked(place.url) as gateway:
        number, _ = await gateway.join(place.board, place.ann)
        theirs, _ = await gateway.join(kept, place.ann)
        place.directory.is_deaf = place.directory.stays_deaf = True
        await place.log.open_dashboard(place.board)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not await silent(place):
                pass
        place.directory.is_deaf = False
        assert (await gateway.ended(number))["code"] == "owner_moved"
        await gateway.submit(theirs, 1, 0, retitling("Kept"))
        assert len(await gateway.published()) == 1


async def silent(place: Place) -> bool:
    """Whether the owner has been silent for so long that the directory has forgotten it."""
    await asyncio.sleep(0)
    return not await place.directory.owners()
