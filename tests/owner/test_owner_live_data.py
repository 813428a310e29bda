"""Conversations about live data: what feeds may give, who is told, what is kept."""

from typing import Any
from uuid import UUID

import orjson
import pytest

from actors import live_data
from actors.events import (
    CheckpointWritten,
    Detached,
    Fed,
    Fenced,
    HandedOver,
    LiveDue,
    LiveWritten,
    MoveAsked,
    Stopped,
    Ticked,
)
from actors.instructions import (
    Admit,
    Commit,
    End,
    HandOver,
    Instruction,
    PassOn,
    PublishLive,
    Reply,
    Unload,
    WakeLive,
    WriteCheckpoint,
    WriteLive,
)
from storage.ports import Checkpoint, LiveValue, OwnerAddress
from tests.owner.owner_conversation import (
    DASHBOARD,
    OTHER_WIDGET,
    WIDGET,
    Conversation,
    Json,
    only,
    opened_at,
    regranted,
    state_of,
    typing,
)
from weft.limits import (
    CHECKPOINT_EVERY_SECONDS,
    CHECKPOINT_RETRY_SECONDS,
    LIVE_MAX_BYTES_PER_DASHBOARD,
    LIVE_VALUE_MAX_BYTES,
)

AGE_MS = int(1000 * CHECKPOINT_EVERY_SECONDS)
RETRY_MS = int(1000 * CHECKPOINT_RETRY_SECONDS)


class Feeding(Conversation):
    """Ann follows; the thermometer feeds."""

    def __init__(self, role: str = "editor", **opened: Any) -> None:
        super().__init__(opened_at(**opened))
        self.joined = self.join("ann")
        only(Admit, self.attach("meter", role=role, feeds=True))
        self.number = 0

    def feed(self, value: Json, widget: str = WIDGET, at_ms: int = 0) -> list[Instruction]:
        """What else is said than the answer, which must be good."""
        answer, *more = self.fed(value, widget, at_ms)
        assert answer == {"number": self.number}
        return more

    def fed(self, value: Json, widget: str = WIDGET, at_ms: int = 0) -> list[Any]:
        """The answer, and what else is said."""
        self.number += 1
        answer, *more = self.tell(Fed("meter", self.number, widget, value, at_ms))
        assert isinstance(answer, Reply)
        assert answer.subscription == "meter"
        return [orjson.loads(answer.frame), *more]

    def refused(self, value: Json, widget: str = WIDGET) -> Json:
        answer, *more = self.fed(value, widget)
        assert more == []
        return answer

    def told(self, now_ms: int) -> Json:
        """The frame that goes to everyone."""
        first, *_ = self.tell(LiveDue(now_ms))
        assert isinstance(first, PublishLive)
        frame: Json = orjson.loads(first.frame)
        assert (frame["type"], frame["dashboardId"]) == ("data", str(DASHBOARD))
        return frame["values"]

    def edit(self, *operations: Json) -> list[Instruction]:
        self.sequence = getattr(self, "sequence", 0) + 1
        self.submit("ann", self.sequence, self.heart.durable_version, *operations)
        return self.commit()


@pytest.fixture
def talk() -> Feeding:
    return Feeding()


def test_what_is_fed_is_told_once_and_the_latest_wins(talk: Feeding) -> None:
    assert talk.feed({"n": 1}, at_ms=1_000) == [WakeLive(0)]
    assert talk.feed({"n": 2}, at_ms=1_001) == []
    assert talk.feed({"n": 3}, OTHER_WIDGET, at_ms=1_002) == []
    assert talk.told(1_003) == {
        WIDGET: {"at": 1_001, "value": {"n": 2}},
        OTHER_WIDGET: {"at": 1_002, "value": {"n": 3}},
    }
    assert talk.tell(LiveDue(1_100)) == []


def test_frames_come_at_most_thirty_times_a_second(talk: Feeding) -> None:
    talk.feed({"n": 1}, at_ms=1_000)
    talk.told(1_000)
    assert talk.feed({"n": 2}, at_ms=1_010) == [WakeLive(live_data.FRAME_EVERY_MS - 10)]
    talk.told(1_033)
    assert talk.feed({"n": 3}, at_ms=9_000) == [WakeLive(0)], "after a silence at once"


def test_times_rise_though_the_clock_does_not(talk: Feeding) -> None:
    talk.feed({"n": 1}, at_ms=1_000)
    talk.feed({"n": 2}, at_ms=400)
    assert talk.told(1_000)[WIDGET] == {"at": 1_001, "value": {"n": 2}}


def test_a_frame_has_a_bound_and_the_rest_its_turn(
    talk: Feeding, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_data, "LIVE_FRAME_MAX_BYTES", 1_000)
    talk.feed({"text": "x" * 900}, at_ms=1_000)
    talk.feed({"text": "y" * 900}, OTHER_WIDGET, at_ms=1_000)
    first, wake = talk.tell(LiveDue(1_000))
    assert isinstance(first, PublishLive)
    assert list(first.values) == [WIDGET]
    assert wake == WakeLive(live_data.FRAME_EVERY_MS)
    talk.feed({"text": "z" * 900}, at_ms=1_001)
    assert list(talk.told(1_040)) == [OTHER_WIDGET], "the longest waiting first"
    assert list(talk.told(1_080)) == [WIDGET]


def test_a_joiner_gets_the_latest_whether_it_was_told_or_not(talk: Feeding) -> None:
    assert "live" not in talk.joined
    talk.feed({"n": 1}, at_ms=1_000)
    talk.told(1_000)
    talk.feed({"n": 2}, OTHER_WIDGET, at_ms=1_001)
    assert talk.join("bob")["live"] == {
        WIDGET: {"at": 1_000, "value": {"n": 1}},
        OTHER_WIDGET: {"at": 1_001, "value": {"n": 2}},
    }


def test_law4_neither_log_nor_document_know_of_a_feed(talk: Feeding) -> None:
    before = talk.heart.sequencer.durable
    for number in range(100):
        talk.feed({"n": number}, at_ms=number)
    talk.told(100)
    assert talk.queued == talk.committed == []
    assert talk.heart.newest_version == 0
    assert talk.heart.sequencer.durable == before
    assert talk.heart.sequencer.durable.value_at(WIDGET, ("data",)) == {}


def test_law2_a_commit_under_way_does_not_hold_up_a_feed_nor_a_feed_an_edit(talk: Feeding) -> None:
    assert talk.submit("ann", 1, 0, typing("x")) == []
    assert talk.feed({"n": 1}, at_ms=1_000) == [WakeLive(0)]
    assert talk.told(1_000)[WIDGET]["value"] == {"n": 1}
    assert talk.submit("ann", 2, 0, typing("y")) != [], "one in flight per replica, as ever"
    published, *_ = talk.commit()
    assert b"committed" in published.frame  # type: ignore[union-attr]


def test_law6_a_feed_asks_for_what_an_edit_of_that_data_would() -> None:
    talk = Feeding(role="viewer")
    refusal = talk.refused({"n": 1})
    assert (refusal["code"], refusal["action"], refusal["resource"]) == (
        "forbidden", "write", "widget",
    )  # fmt: skip
    talk.tell(regranted("meter", "editor"))
    assert talk.feed({"n": 1}) == [WakeLive(0)]
    talk.tell(regranted("meter", "viewer"))
    assert talk.refused({"n": 2})["code"] == "forbidden"
    [ended] = talk.tell(regranted("meter", None))
    assert isinstance(ended, End)
    assert talk.refused({"n": 3})["code"] == "not_joined"
    assert talk.told(0)[WIDGET]["value"] == {"n": 1}


def test_law6_a_lock_keeps_feeds_out_as_it_keeps_edits_out(talk: Feeding) -> None:
    talk.attach("root", role="admin")
    lock = {"type": "update", "targetId": WIDGET, "path": ["isLocked"], "value": True}
    talk.submit("root", 1, 0, lock)
    talk.commit()
    assert (talk.refused({"n": 1})["code"], talk.refused({"n": 1})["reason"]) == (
        "forbidden", "locked",
    )  # fmt: skip
    talk.tell(regranted("meter", "admin"))
    assert talk.feed({"n": 1}) == [WakeLive(0)]


def test_law7_what_a_widget_of_that_type_cannot_show_is_refused() -> None:
    state = state_of()
    state["widgets"][WIDGET]["type"] = "chart"
    state["widgets"][OTHER_WIDGET]["type"] = "oddity"
    talk = Feeding(checkpoint=Checkpoint(DASHBOARD, 0, state))
    refusal = talk.refused({"series": [{"values": ["high"]}]})
    assert refusal["code"] == "invalid_message"
    assert refusal["errors"][0]["field"].startswith("data.series")
    assert talk.refused({"n": 1}, OTHER_WIDGET)["errors"][0]["rule"] == "unknown_widget_type"
    assert talk.refused({"n": 1}, "00000000-0000-4000-8000-000000000009")["code"] == (
        "target_missing"
    )
    assert talk.feed({"series": [{"values": [1, None, 2.5]}]}) == [WakeLive(0)]


def test_law7_a_value_and_all_values_together_have_a_bound(
    talk: Feeding, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert talk.refused({"text": "x" * LIVE_VALUE_MAX_BYTES})["code"] == "too_large"
    assert LIVE_MAX_BYTES_PER_DASHBOARD > LIVE_VALUE_MAX_BYTES
    monkeypatch.setattr(live_data, "LIVE_MAX_BYTES_PER_DASHBOARD", 100)
    talk.feed({"text": "x" * 60})
    assert talk.refused({"text": "x" * 60}, OTHER_WIDGET)["code"] == "limit_exceeded"
    talk.feed({"text": "y" * 60}), talk.feed({"text": "z"}), talk.feed({"a": 1}, OTHER_WIDGET)


@pytest.mark.parametrize(
    "another",
    [
        {"type": "removeWidget", "targetId": WIDGET},
        {"type": "update", "targetId": WIDGET, "path": ["type"], "value": "chart"},
    ],
    ids=["removed", "of another type"],
)
def test_a_widget_that_is_gone_or_another_one_has_no_live_data(
    talk: Feeding, another: Json
) -> None:
    talk.feed({"n": 1}, at_ms=1_000)
    talk.told(1_000)
    instructions = talk.edit(another)
    assert [each for each in instructions if isinstance(each, WakeLive)]
    assert "live" not in talk.join("bob")
    assert talk.told(2_000) == {WIDGET: {"at": 1_001}}


def test_an_edit_of_config_or_data_leaves_what_was_fed(talk: Feeding) -> None:
    talk.feed({"n": 1}, at_ms=1_000)
    talk.edit(typing("x"))
    talk.edit({"type": "update", "targetId": WIDGET, "path": ["data", "n"], "value": 7})
    assert talk.join("bob")["live"][WIDGET]["value"] == {"n": 1}


def test_who_feeds_receives_nothing_and_keeps_the_dashboard_open(talk: Feeding) -> None:
    talk.tell(Detached("ann"))
    talk.tell(Ticked(0))
    assert talk.tell(Ticked(10**9)) == []
    talk.tell(Detached("meter"))
    talk.tell(Ticked(10**9))
    assert talk.tell(Ticked(2 * 10**9)) == [Unload()]


# --- what is kept ------------------------------------------------------------------------------


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
