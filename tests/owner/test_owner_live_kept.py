"""Conversations about live data: what is kept of it, and when."""

from typing import Any
from uuid import UUID

import pytest

from actors.events import (
    CheckpointWritten,
    Fed,
    Fenced,
    HandedOver,
    LiveWritten,
    MoveAsked,
    Stopped,
    Ticked,
)
from actors.instructions import (
    Commit,
    End,
    HandOver,
    PassOn,
    Unload,
    WriteCheckpoint,
    WriteLive,
)
from storage.ports import Checkpoint, LiveValue, OwnerAddress
from tests.owner.owner_conversation import (
    DASHBOARD,
    OTHER_WIDGET,
    WIDGET,
    only,
    state_of,
    typing,
)
from tests.owner.owner_feeding import AGE_MS, RETRY_MS, Feeding


@pytest.fixture
def talk() -> Feeding:
    return Feeding()


def values_of(order: WriteLive) -> dict[str, Any]:
    return {str(each.widget_id): each.value for each in order.values}


def written(order: WriteLive, *without: str) -> LiveWritten:
    ids = frozenset(each.widget_id for each in order.values) - {UUID(each) for each in without}
    return LiveWritten(ids, 0)


def test_live_data_is_written_beside_a_checkpoint(talk: Feeding) -> None:
    talk.feed({"n": 1}, at_ms=1_000)
    talk.edit(typing("x"))
    only(WriteCheckpoint, talk.tell(Ticked(AGE_MS)))
    order = only(WriteLive, talk.tell(CheckpointWritten(1)))
    assert values_of(order) == {WIDGET: {"n": 1}}
    assert talk.tell(written(order)) == []
    assert talk.tell(Ticked(9 * AGE_MS)) == [], "once"


def test_live_data_of_a_dashboard_that_nobody_edits_is_written_too(talk: Feeding) -> None:
    talk.feed({"n": 1}, at_ms=1_000)
    talk.feed({"n": 2}, at_ms=AGE_MS)
    assert talk.tell(Ticked(999 + AGE_MS)) == []
    order = only(WriteLive, talk.tell(Ticked(1_000 + AGE_MS)))
    assert values_of(order) == {WIDGET: {"n": 2}}
    talk.feed({"n": 3}, at_ms=1_500 + AGE_MS)
    assert talk.tell(Ticked(5 * AGE_MS)) == [], "one at a time"
    order = only(WriteLive, talk.tell(written(order)))
    assert values_of(order) == {WIDGET: {"n": 3}}


def test_what_could_not_be_written_is_tried_again_later(talk: Feeding) -> None:
    talk.feed({"n": 1})
    talk.feed({"n": 1}, OTHER_WIDGET)
    only(WriteLive, talk.tell(Ticked(AGE_MS)))
    talk.feed({"n": 2}, at_ms=AGE_MS)
    assert talk.tell(LiveWritten(None, AGE_MS)) == []
    assert talk.tell(Ticked(AGE_MS + RETRY_MS - 1)) == []
    order = only(WriteLive, talk.tell(Ticked(AGE_MS + RETRY_MS)))
    assert values_of(order) == {WIDGET: {"n": 2}, OTHER_WIDGET: {"n": 1}}


def test_what_has_no_row_yet_is_written_beside_the_next_checkpoint(talk: Feeding) -> None:
    talk.feed({"n": 1})
    order = only(WriteLive, talk.tell(Ticked(AGE_MS)))
    assert talk.tell(written(order, WIDGET)) == []
    assert talk.tell(Ticked(9 * AGE_MS)) == []
    *_, checkpoint = talk.edit(typing("x"))
    assert isinstance(checkpoint, WriteCheckpoint)
    order = only(WriteLive, talk.tell(CheckpointWritten(1)))
    assert values_of(order) == {WIDGET: {"n": 1}}


def test_that_a_value_is_gone_is_written_too_and_then_forgotten(talk: Feeding) -> None:
    talk.feed({"n": 1})
    talk.told(0)
    order = only(WriteLive, talk.tell(Ticked(AGE_MS)))
    talk.tell(written(order))
    *_, checkpoint = talk.edit({"type": "removeWidget", "targetId": WIDGET})
    assert isinstance(checkpoint, WriteCheckpoint)
    talk.told(AGE_MS)
    order = only(WriteLive, talk.tell(CheckpointWritten(1)))
    assert values_of(order) == {WIDGET: None}
    talk.tell(written(order, WIDGET))
    assert talk.heart._live._held == {}


def test_before_it_leaves_everything_is_written(talk: Feeding) -> None:
    talk.edit(typing("x"))
    talk.feed({"n": 1})
    *ends, checkpoint = talk.tell(Stopped())
    assert [type(each) for each in ends] == [End, End]
    assert isinstance(checkpoint, WriteCheckpoint)
    order = only(WriteLive, talk.tell(CheckpointWritten(1)))
    assert talk.tell(written(order)) == [Unload()]


def test_a_value_that_cannot_be_written_does_not_keep_an_owner_from_stopping(
    talk: Feeding,
) -> None:
    talk.feed({"n": 1})
    *_, order = talk.tell(Stopped())
    assert isinstance(order, WriteLive)
    assert talk.tell(LiveWritten(None, 0)) == [Unload()]


def test_a_row_that_somebody_has_deleted_does_not_keep_it_from_leaving(talk: Feeding) -> None:
    talk.feed({"n": 1})
    *_, order = talk.tell(Stopped())
    assert isinstance(order, WriteLive)
    assert talk.tell(written(order, WIDGET)) == [Unload()]


def test_what_was_written_is_there_when_the_dashboard_is_opened_again() -> None:
    state = state_of()
    state["widgets"][OTHER_WIDGET]["type"] = "chart"
    gone = UUID("00000000-0000-4000-8000-000000000009")
    live = (
        LiveValue(UUID(WIDGET), {"n": 1}, 5_000),
        LiveValue(UUID(OTHER_WIDGET), {"series": "of an earlier type"}, 5_000),
        LiveValue(gone, {"n": 1}, 5_000),
    )
    talk = Feeding(checkpoint=Checkpoint(DASHBOARD, 0, state), live=live)
    assert talk.joined["live"] == {WIDGET: {"at": 5_000, "value": {"n": 1}}}
    assert talk.tell(Ticked(9 * AGE_MS)) == [], "nothing is written that was not fed since"
    talk.feed({"n": 2}, at_ms=1_000)
    assert talk.told(1_000) == {WIDGET: {"at": 5_001, "value": {"n": 2}}}


def test_law5_who_was_fenced_ends_who_feeds(talk: Feeding) -> None:
    talk.feed({"n": 1})
    instructions = talk.tell(Fenced())
    assert talk.ended(instructions) == {"ann": "owner_moved", "meter": "owner_moved"}
    assert not [each for each in instructions if isinstance(each, WriteLive | Commit)]


# --- when the dashboard moves ------------------------------------------------------------------

HEIR = OwnerAddress("owner-2", "i-2", "ws://heir/link")


def test_what_was_fed_is_written_before_the_dashboard_is_handed_over(talk: Feeding) -> None:
    talk.feed({"n": 1})
    order = only(WriteLive, talk.tell(MoveAsked(HEIR)))
    assert talk.tell(Fed("meter", 9, WIDGET, {"n": 2}, 5)) == [], "its gateway keeps it"
    assert talk.tell(written(order)) == [HandOver(HEIR)]
    ann, meter, _ = talk.tell(HandedOver(HEIR))
    assert ann == PassOn("ann", 0, HEIR)
    assert isinstance(meter, End)
    assert (meter.subscription, meter.error.code) == ("meter", "owner_moved")


def test_a_value_that_cannot_be_written_does_not_keep_a_dashboard_from_moving(
    talk: Feeding,
) -> None:
    talk.feed({"n": 1})
    only(WriteLive, talk.tell(MoveAsked(HEIR)))
    assert talk.tell(LiveWritten(None, 0)) == [HandOver(HEIR)]


def test_a_move_waits_for_commit_and_values_alike(talk: Feeding) -> None:
    talk.feed({"n": 1})
    talk.submit("ann", 1, 0, typing("x"))
    order = only(WriteLive, talk.tell(MoveAsked(HEIR)))
    published, *rest = talk.commit()
    assert rest == []
    assert b"committed" in published.frame  # type: ignore[union-attr]
    assert talk.tell(written(order)) == [HandOver(HEIR)]
