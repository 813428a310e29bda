"""What a simulated person makes of the frames: figures of others' edits, and a true text length."""

from typing import Any

import pytest

from loadtests.seat import (
    ACKNOWLEDGED,
    POINTER_VISIBLE,
    REFUSED,
    SENT_MAX,
    TEXT_PATH,
    VALUE_VISIBLE,
    VISIBLE,
    Seat,
    Sent,
    Sighting,
)
from loadtests.stage import Stage, StagedDashboard

DASHBOARD = StagedDashboard("board", "text", ["block"], ["chart"], ["t0", "t1"])


def pair() -> tuple[Seat, Seat]:
    """Two people of one process, joined to an empty text."""
    sent = Sent()
    seats = Seat(DASHBOARD, "left", sent), Seat(DASHBOARD, "right", sent)
    for seat in seats:
        seat.join()
        seat.told({"type": "welcome", "connectionId": f"{seat.replica_id}'s"}, 0)
        seat.told(joined(), 0)
    return seats


def joined(version: int = 1, text: str = "", **more: Any) -> dict[str, Any]:
    state = {"widgets": {"text": {"config": {"text": text}}}}
    snapshot = {"version": version, "state": state}
    told = {"type": "joined", "version": version, "snapshot": snapshot, "submissions": []}
    return told | {"lastSequence": 0} | more


def edit(kind: str, **how: Any) -> dict[str, Any]:
    return {"type": kind, "targetId": "text", "path": TEXT_PATH, **how}


def committed(version: int, replica: str, sequence: int, *operations: Any) -> dict[str, Any]:
    submission = {"version": version, "replicaId": replica, "sequence": sequence}
    return {"type": "committed", "submissions": [submission | {"operations": list(operations)}]}


def test_an_edit_is_acknowledged_to_its_author_and_visible_to_the_other() -> None:
    left, right = pair()
    insert = edit("insert", position=0, value="abc")
    message = left.submit([insert], now=10.0)
    assert (message["baseVersion"], message["sequence"], left.in_flight) == (1, 1, 1)
    frame = committed(2, "left", 1, insert)
    assert left.told(frame, 10.25) == [Sighting(ACKNOWLEDGED, 250.0)]
    assert right.told(frame, 10.5) == [Sighting(VISIBLE, 500.0)]
    assert left.in_flight is None
    assert (left.version, left.text_length) == (right.version, right.text_length) == (2, 3)


def test_the_length_of_the_text_follows_what_was_committed() -> None:
    left, _ = pair()
    left.told(joined(7, "hello", submissions=[]), 0)
    left.told(committed(8, "x", 1, edit("delete", position=1, length=3)), 0)
    left.told(committed(9, "x", 2, {"type": "move", "targetId": "block", "value": {"x": 1}}), 0)
    left.told(committed(10, "x", 3, {"type": "noop", "targetId": "text", "path": TEXT_PATH}), 0)
    left.told(committed(11, "x", 4, edit("insert", position=0, value="ab")), 0)
    assert (left.version, left.text_length) == (11, 4)


def test_a_state_in_parts_is_put_together_before_joined() -> None:
    left, _ = pair()
    left.join()
    assert left.snapshot_text is None
    left.told({"type": "snapshot", "text": '{"widg'}, 0)
    left.told({"type": "snapshot", "text": 'ets": {}}'}, 0)
    assert left.snapshot_text == '{"widgets": {}}'
    left.join()
    assert left.snapshot_text is None


def test_edits_of_another_process_are_followed_and_not_measured() -> None:
    left, _ = pair()
    assert left.told(committed(2, "elsewhere", 1, edit("insert", position=0, value="a")), 5) == []
    assert left.version == 2


@pytest.mark.parametrize("kind", ["rejected", "error"])
def test_a_refusal_is_a_failure_and_frees_the_way(kind: str) -> None:
    left, _ = pair()
    left.submit([edit("insert", position=0, value="a")], now=1)
    seen = left.told({"type": kind, "sequence": 1, "code": "rate_limited"}, 2)
    assert seen == [Sighting(REFUSED, 0.0, f"{kind}: rate_limited")]
    assert left.in_flight is None


def test_what_ended_is_joined_again_and_told() -> None:
    left, _ = pair()
    [seen] = left.told({"type": "ended", "code": "owner_unavailable"}, 2)
    assert seen.problem == "ended: owner_unavailable"
    assert not left.is_joined


def test_a_resent_id_is_acknowledged_and_sequences_rise_after_a_reconnect() -> None:
    left, _ = pair()
    left.submit([edit("insert", position=0, value="a")], now=1)
    assert left.told({"type": "acknowledged", "sequence": 1}, 2) == [Sighting(ACKNOWLEDGED, 1000.0)]
    left.join()
    left.told(joined(9, lastSequence=41), 3)
    assert left.submit([], now=4)["sequence"] == 42


def test_pointers_and_values_are_measured_where_others_see_them() -> None:
    left, right = pair()
    left.point(12.5, 3, now=1.0)
    move = {"connectionId": "left's", "cursor": {"x": 12.5, "y": 3}}
    frame = {"type": "presence", "changed": [move, {"connectionId": "right's"}], "left": []}
    assert right.told(frame, 1.1) == [Sighting(POINTER_VISIBLE, pytest.approx(100))]
    assert left.told(frame, 1.1) == []
    value = left.feed("chart", [1.0], now=2.0)["value"]
    values = {"chart": {"at": 1, "value": value}, "gone": {"at": 1}, "old": {"at": 1, "value": {}}}
    assert right.told({"type": "data", "values": values}, 2.5) == [Sighting(VALUE_VISIBLE, 500.0)]


def test_what_is_remembered_is_bounded() -> None:
    sent = Sent()
    for number in range(SENT_MAX + 1):
        sent.note(("a", number), 0)
    assert sent.since_ms(("a", 0), 1) is None
    assert sent.since_ms(("a", 1), 1) == 1000


def test_people_are_dealt_out_and_the_stage_survives_its_file() -> None:
    other = StagedDashboard("other", "text", [], [], ["t2"])
    stage = Stage.from_json(Stage("ws://x", [DASHBOARD, other]).to_json())
    dealt = [stage.place(number) for number in range(5)]
    assert [(board.id, token) for board, token in dealt] == [
        ("board", "t0"), ("other", "t2"), ("board", "t1"), ("other", "t2"), ("board", "t0"),
    ]  # fmt: skip
