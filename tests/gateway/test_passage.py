"""What a client is told, and an owner sent, when a subscription passes from owner to owner."""

from typing import Any
from uuid import uuid4

import orjson

from gateway.passage import Passage
from weft.errors import WeftError
from weft.wire.frames import acknowledged_frame, joined_frame, rejected_frame, tail_frame
from weft.wire.link import Attach, Submitted

DASHBOARD, REPLICA, USER = uuid4(), uuid4(), uuid4()
FIRST = Attach(0, DASHBOARD, USER, "connection", REPLICA, None, wants_tail=False)


def a_submission(sequence: int) -> Submitted:
    return Submitted(1, sequence, 4, [{"type": "noop"}])


def joined(version: int, last_sequence: int = 0, *submissions: dict[str, Any]) -> bytes:
    return joined_frame(
        DASHBOARD,
        version=version,
        role="editor",
        permissions=["write widget"],
        snapshot=None,
        submissions=submissions,
        last_sequence=last_sequence,
        last_version=version,
    )


def told(frames: list[bytes]) -> list[dict[str, Any]]:
    return [orjson.loads(frame) for frame in frames]


def test_the_first_owner_is_joined_as_the_client_asked_and_the_next_from_where_it_is() -> None:
    passage = Passage(DASHBOARD)
    assert passage.line(FIRST) == FIRST
    passage.depart(7)
    assert passage.line(FIRST) == FIRST._replace(version=7, wants_tail=True)
    passage.arrive(joined(7))
    assert not passage.is_under_way


def test_law3_a_submission_without_an_answer_is_sent_again() -> None:
    passage = Passage(DASHBOARD)
    passage.submitted(a_submission(3))
    passage.depart(7)
    assert passage.arrive(joined(7, 2)).resend == a_submission(3)
    passage.depart(7)
    assert passage.arrive(joined(7, 2)).resend == a_submission(3)  # the next owner moves it on


def test_law3_a_submission_that_has_committed_is_not() -> None:
    passage = Passage(DASHBOARD)
    passage.submitted(a_submission(3))
    passage.depart(7)
    assert passage.arrive(joined(7, 3)).resend is None
    passage.depart(9)
    assert passage.arrive(joined(9, 2)).resend is None


def test_law3_a_submission_that_was_answered_is_not() -> None:
    refusal = rejected_frame(DASHBOARD, 3, WeftError("forbidden"))
    for answer in (refusal, acknowledged_frame(DASHBOARD, 3, 6)):
        passage = Passage(DASHBOARD)
        passage.submitted(a_submission(3))
        passage.answered(answer)
        passage.depart(7)
        assert passage.arrive(joined(7, 2)).resend is None


def test_law7_the_answer_to_another_submission_is_not_taken_for_its_own() -> None:
    passage = Passage(DASHBOARD)
    passage.submitted(a_submission(3))
    passage.answered(rejected_frame(DASHBOARD, 2, WeftError("in_flight")))
    passage.depart(7)
    assert passage.arrive(joined(7, 2)).resend == a_submission(3)


def test_law4_what_committed_meanwhile_is_told_as_commits_then_what_the_user_may_do() -> None:
    passage = Passage(DASHBOARD)
    passage.depart(7)
    page = told([passage.paged(tail_frame(DASHBOARD, [{"version": 8}], 9))])
    assert [(each["type"], each["submissions"]) for each in page] == [
        ("committed", [{"version": 8}])
    ]
    assert passage.line(FIRST).version == 8
    frames = told(passage.arrive(joined(9, 0, {"version": 9})).frames)
    assert [each["type"] for each in frames] == ["committed", "permission"]
    assert frames[0]["submissions"] == [{"version": 9}]
    assert frames[1]["permissions"] == ["write widget"]
