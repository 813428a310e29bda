"""Laws 3 and 4 after cuts, on real sockets: everyone at once, and who was away for long."""

import pytest

import weft
from benchmarks.offline import Network, disconnected, merge
from benchmarks.reconnect import cut_everyone
from tests.client.conversation import NOTE
from tests.client.test_client_whole_system import TEXT, House, served
from weft.client import backoff
from weft.limits import HISTORY_MAX_VERSIONS

CLIENTS, EDITS = 60, 20
OWN_EDITS, OTHER_EDITS = 150, 60


@pytest.fixture
async def house() -> House:
    house = House()
    await house.open_dashboard()
    return house


async def test_law4_sixty_who_are_cut_at_once_come_back_exactly_caught_up(house: House) -> None:
    tokens = [await house.token(f"user{number}") for number in range(6)]
    async with served(house) as url:
        back = await cut_everyone(url, tokens, house.dashboard_id, CLIENTS, EDITS)
    assert (len(back.seconds), back.exact) == (CLIENTS, CLIENTS)
    assert back.sockets == CLIENTS, "nobody had to try twice"
    assert max(back.seconds) < 10


async def test_law4_who_was_offline_for_long_rebases_first_and_keeps_every_edit(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The owner keeps fewer versions than were missed, so it could not transform over them."""
    monkeypatch.setattr(backoff, "RECONNECT_FIRST_SECONDS", 0.01)
    monkeypatch.setattr("actors.history.HISTORY_MAX_VERSIONS", OTHER_EDITS // 3)
    for room in ("joining", "snapshots"):
        monkeypatch.setattr(f"actors.{room}.TAIL_MAX_VERSIONS", OTHER_EDITS // 6)
    tokens = [await house.token(name) for name in ("bob", "cyd")]
    async with served(house) as url:
        async with weft.connect(url, tokens[0]) as client:
            widget_id = (board := await client.join(house.dashboard_id)).add_widget(NOTE)
            await board.saved()
        merged = await merge(
            url, tokens, house.dashboard_id, widget_id, own=OWN_EDITS, others=OTHER_EDITS
        )
    assert merged.same
    assert merged.kept == OWN_EDITS


async def test_an_owner_transforms_over_no_more_versions_than_stated() -> None:
    """docs/spec.md says 2,000."""
    assert HISTORY_MAX_VERSIONS == 2_000


async def test_what_is_lost_on_the_way_is_told_and_restored_in_one_call(house: House) -> None:
    """A value, and a widget, overwritten and removed by somebody who had not seen the edit."""
    tokens = [await house.token(name) for name in ("ann2", "bob2")]
    async with (
        served(house) as url,
        weft.connect(url, tokens[0]) as one,
        weft.connect(url, tokens[1]) as other,
    ):
        ann, bob = await one.join(house.dashboard_id), await other.join(house.dashboard_id)
        kept, removed = ann.add_widget(NOTE), ann.add_widget(NOTE)
        await ann.saved()
        await bob.reached(ann.version)
        ann.set(kept, "title", "Ann's")
        bob.set(kept, "title", "Bob's")
        with ann.batch():  # so it is not sent before the widget is gone
            ann.insert(removed, TEXT, 0, "edited ")
            bob.remove_widget(removed)
            await bob.saved()
            await ann.reached(bob.version)
        await ann.saved()
        await bob.reached(ann.version)
        notices = [(board, notice) for board in (ann, bob) for notice in board.notices()]
        assert {notice.reason for _, notice in notices} == {"superseded", "target_removed"}
        for board, notice in notices:
            board.restore(notice)
            await board.saved()
        await bob.reached(ann.version)
        await ann.reached(bob.version)
        assert ann.document == bob.document
        assert ann.document.value_at(removed, TEXT).startswith("edited ")
        assert ann.document.value_at(kept, ("title",)) in ("Ann's", "Bob's")


async def test_law18_whose_value_an_offline_edit_overwrites_is_told(house: House) -> None:
    """Bob comes back, moves his edit over Ann's, and wins; only Ann can know what was lost."""
    tokens = [await house.token(name) for name in ("ann3", "bob3")]
    network = Network()
    async with (
        served(house) as url,
        weft.connect(url, tokens[0]) as one,
        weft.connect(url, tokens[1], create_connection=network.make, proxy=None) as other,
    ):
        ann, bob = await one.join(house.dashboard_id), await other.join(house.dashboard_id)
        widget_id = ann.add_widget(NOTE)
        await ann.saved()
        await bob.reached(ann.version)
        network.leave()
        await disconnected(bob)
        bob.set(widget_id, "title", "Bob's")
        ann.set(widget_id, "title", "Ann's")
        await ann.saved()
        network.is_away = False
        await bob.saved()
        await ann.reached(bob.version)
        (notice,) = ann.notices()
        assert (notice.loss.value, notice.lost_value) == ("superseded", "Ann's")
        assert bob.notices() == ()
