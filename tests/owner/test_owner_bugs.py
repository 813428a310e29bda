"""Law 10 for bugs of ours: each stays in its dashboard, and is told with its cause."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest

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
from tests.owner.failing_place import Place, works
from tests.owner.owner_conversation import retitling
from tests.owner.owner_gateway import Gateway, linked
from weft.wire.link import Ended, Taken


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    place = Place()
    await place.start()
    yield place
    place.log.tables.unavailable = False
    await place.owner.stop()


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
