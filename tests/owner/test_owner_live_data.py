"""Conversations about live data: what feeds may give, and who is told."""

import pytest

from actors import live_data
from actors.events import (
    Detached,
    LiveDue,
    Ticked,
)
from actors.instructions import (
    End,
    PublishLive,
    Unload,
    WakeLive,
)
from storage.ports import Checkpoint
from tests.owner.owner_conversation import (
    DASHBOARD,
    OTHER_WIDGET,
    WIDGET,
    Json,
    regranted,
    state_of,
    typing,
)
from tests.owner.owner_feeding import Feeding
from weft.limits import (
    LIVE_MAX_BYTES_PER_DASHBOARD,
    LIVE_VALUE_MAX_BYTES,
)


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
