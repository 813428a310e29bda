"""What goes wrong around an owner, and how little of it spreads."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from websockets.asyncio.client import connect

from actors import link_server, owner_service, standing_loop
from storage.memory_log import CommitFailure
from tests.owner.failing_place import Place, works
from tests.owner.owner_conversation import retitling
from tests.owner.owner_gateway import SECRET, Gateway, linked
from weft.limits import UNLOAD_AFTER_SECONDS
from weft.wire.link import Attach, LinkHello, Submitted

PATIENCE_SECONDS = 60.0


@pytest.fixture
async def place(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Place]:
    """Its owner does not stand back in an outage, however long one takes here."""
    monkeypatch.setattr(standing_loop, "LOG_PATIENCE_SECONDS", 60.0)
    place = Place()
    await place.start()
    yield place
    place.log.tables.unavailable = False
    await place.owner.stop()


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
