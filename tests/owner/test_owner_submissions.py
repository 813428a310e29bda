"""Conversations about submissions: what is committed, acknowledged, refused, and seen by others."""

from typing import Any

import pytest

from actors import history, sequencer
from actors.events import CommitPoisoned, Fenced, LookupFailed, SubmissionFound
from actors.instructions import FindSubmission, Publish, Reply, Report, StepDown
from storage.ports import ReplicaMark
from tests.owner.owner_conversation import (
    OTHER_WIDGET,
    WIDGET,
    Conversation,
    named,
    only,
    opened_at,
    retitling,
    said,
    typing,
)
from weft.errors import WeftError

ABSENT_WIDGET = "00000000-0000-4000-8000-00000000000f"


@pytest.fixture
def talk() -> Conversation:
    """Ann and Bob follow a fresh dashboard."""
    talk = Conversation()
    talk.join("ann")
    talk.join("bob")
    return talk


def test_an_edit_is_committed_then_published_to_all(talk: Conversation) -> None:
    assert talk.submit("ann", 1, 0, typing("hello"), at_ms=77) == []
    frame = said(only(Publish, talk.commit()))
    assert frame["type"] == "committed"
    (submission,) = frame["submissions"]
    assert submission == {
        "version": 1,
        "replicaId": str(named("ann")),
        "sequence": 1,
        "userId": str(named("ann")),
        "baseVersion": 0,
        "operations": [typing("hello")],
        "at": 77,
    }
    assert talk.text() == "hello"


def test_law1_versions_follow_without_a_gap_whoever_submits(talk: Conversation) -> None:
    talk.submit("ann", 1, 0, typing("a"))
    talk.submit("bob", 1, 0, typing("b"))
    talk.commit()
    talk.submit("ann", 5, 2, typing("c"))
    talk.submit("bob", 2, 2, retitling(7))  # refused: takes no version
    talk.submit("bob", 3, 2, typing("d"))
    talk.commit()
    assert [each.version for each in talk.committed] == [1, 2, 3, 4]


def test_law2_nothing_is_said_or_shown_before_the_commit_has_returned(talk: Conversation) -> None:
    assert talk.submit("ann", 1, 0, typing("a")) == []
    joined = talk.join("cyd")
    assert joined["version"] == 0
    assert joined["snapshot"]["state"]["widgets"][WIDGET]["config"]["text"] == ""
    assert talk.text() == ""


def test_law2_a_commit_of_some_publishes_those_alone(talk: Conversation) -> None:
    talk.submit("ann", 1, 0, typing("a"))
    talk.submit("bob", 1, 0, typing("b"))
    first = said(only(Publish, talk.commit(1)))
    assert [each["version"] for each in first["submissions"]] == [1]
    assert talk.text() == "a"
    second = said(only(Publish, talk.commit(1)))
    assert [each["version"] for each in second["submissions"]] == [2]


def test_concurrent_typing_is_transformed_in_server_order(talk: Conversation) -> None:
    talk.submit("ann", 1, 0, typing("aa"))
    talk.submit("bob", 1, 0, typing("b"))
    talk.commit()
    assert talk.text() == "baa", "at one place, the later comes first"
    talk.submit("ann", 2, 2, typing("c", position=1))
    talk.submit("bob", 2, 2, typing("d", position=3))
    talk.commit()
    assert talk.text() == "bcaad"
    assert talk.committed[3].operations[0]["position"] == 4


def test_law17_a_submission_meets_history_step_by_step() -> None:
    """Which history is walked matters: typing x first and then deleting the a gives xy."""
    talk = Conversation(opened_at(text="a"))
    talk.join("ann")
    talk.join("bob")
    at = {"targetId": WIDGET, "path": ["config", "text"]}
    talk.submit("ann", 1, 0, {"type": "delete", **at, "position": 0, "length": 1})
    talk.commit()
    talk.submit("ann", 2, 1, typing("x"))
    talk.commit()
    talk.submit("bob", 1, 0, typing("y", position=1))
    talk.commit()
    assert talk.text() == "yx"


def test_an_edit_that_lost_its_target_commits_as_a_noop(talk: Conversation) -> None:
    talk.submit("ann", 1, 0, {"type": "removeWidget", "targetId": WIDGET})
    talk.submit("bob", 1, 0, typing("late"))
    talk.commit()
    (operation,) = talk.committed[1].operations
    assert operation["type"] == "noop"
    assert operation["reason"] == "target_removed"


def test_old_value_is_what_was_really_replaced(talk: Conversation) -> None:
    talk.submit("ann", 1, 0, retitling("North"))
    talk.submit("bob", 1, 0, {**retitling("South"), "oldValue": "Sales"})
    talk.commit()
    assert talk.committed[1].operations[0]["oldValue"] == "North"


def test_operations_on_several_targets_keep_their_order() -> None:
    talk = Conversation(opened_at(text="ab"))
    talk.join("ann")
    talk.join("bob")
    talk.submit("ann", 1, 0, typing("xx"), typing("yyy", widget=OTHER_WIDGET))
    mine = [typing("1", 2), typing("2", widget=OTHER_WIDGET), typing("3", 3)]
    talk.submit("bob", 1, 0, *mine)
    talk.commit()
    positions = [(each["value"], each["position"]) for each in talk.committed[1].operations]
    assert positions == [("1", 4), ("2", 0), ("3", 5)]


# --- exactly once ------------------------------------------------------------------------------


def test_law3_resubmitting_returns_the_original_acknowledgement(talk: Conversation) -> None:
    talk.submit("ann", 1, 0, typing("a"))
    talk.submit("bob", 1, 0, typing("b"))
    talk.commit()
    again = said(only(Reply, talk.submit("ann", 1, 0, typing("a"))))
    assert (again["type"], again["sequence"], again["version"]) == ("acknowledged", 1, 1)
    assert talk.queued == []


def test_law3_a_duplicate_of_an_uncommitted_one_is_acknowledged_by_its_publication(
    talk: Conversation,
) -> None:
    talk.submit("ann", 1, 0, typing("a"))
    assert talk.submit("ann", 1, 0, typing("a")) == []
    talk.commit()
    assert talk.text() == "a"


@pytest.mark.parametrize("committed", [True, False])
def test_law3_the_same_id_with_other_content_is_refused(
    talk: Conversation, committed: bool
) -> None:
    talk.submit("ann", 1, 0, typing("a"))
    if committed:
        talk.commit()
    assert refusal(talk.submit("ann", 1, 0, typing("z"))) == "id_reused"


def test_law3_an_older_id_is_looked_up_in_the_log(talk: Conversation) -> None:
    for sequence in (1, 2):
        talk.submit("ann", sequence, sequence - 1, typing("a"))
        talk.commit()
    asked = only(FindSubmission, talk.submit("ann", 1, 0, typing("a")))
    assert (asked.replica_id, asked.sequence) == (named("ann"), 1)
    first = talk.committed[0]
    answer = SubmissionFound("ann", 1, asked.fingerprint, first)
    assert said(only(Reply, talk.tell(answer)))["version"] == 1
    other = first._replace(fingerprint=b"another's")
    for found in (other, None):
        answer = SubmissionFound("ann", 1, asked.fingerprint, found)
        assert refusal(talk.tell(answer)) == "id_reused"
    failed = LookupFailed("ann", WeftError("storage_unavailable"), sequence=1)
    assert refusal(talk.tell(failed)) == "storage_unavailable"


def test_law3_the_mark_of_a_replica_outlives_the_owner() -> None:
    digest = Conversation()
    digest.join("ann")
    digest.submit("ann", 7, 0, typing("a"))
    (sent,) = digest.queued
    talk = Conversation(opened_at(version=40))
    mark = ReplicaMark(named("ann"), 7, 31, sent.fingerprint)
    joined = talk.join("ann", mark=mark)
    assert (joined["lastSequence"], joined["lastVersion"]) == (7, 31)
    again = said(only(Reply, talk.submit("ann", 7, 0, typing("a"))))
    assert (again["type"], again["version"]) == ("acknowledged", 31)


def test_one_submission_of_a_replica_is_in_flight_at_a_time(talk: Conversation) -> None:
    talk.submit("ann", 1, 0, typing("a"))
    assert refusal(talk.submit("ann", 2, 0, typing("b"))) == "in_flight"
    talk.commit()
    assert talk.submit("ann", 2, 1, typing("b")) == []


def test_a_refused_id_may_not_have_committed_and_any_greater_one_is_accepted(
    talk: Conversation,
) -> None:
    assert refusal(talk.submit("ann", 1, 0, retitling(7))) == "invalid_operation"
    assert talk.submit("ann", 900, 0, typing("a")) == []


# --- bad input ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        (typing("a", position=2), "out_of_range"),
        (typing("a", widget=ABSENT_WIDGET), "target_missing"),
        ({**typing("a"), "path": ["config", "nothing"]}, "invalid_path"),
        ({**typing("a"), "position": -1}, "invalid_operation"),
        ({"type": "explode"}, "invalid_operation"),
        ({"type": "noop", "reason": "superseded"}, "invalid_operation"),
        (retitling(["no", "text"]), "invalid_operation"),
    ],
)
def test_law7_a_bad_operation_is_refused_by_name_and_index(
    talk: Conversation, operation: dict[str, Any], code: str
) -> None:
    frame = said(only(Reply, talk.submit("ann", 1, 0, typing("x"), operation)))
    assert (frame["type"], frame["sequence"]) == ("rejected", 1)
    assert (frame["code"], frame["retry"], frame["operation"]) == (code, "never", 1)
    assert talk.submit("bob", 1, 0, typing("fine")) == []
    talk.commit()
    assert talk.text() == "fine"


def test_law7_the_index_is_of_the_operation_as_sent(talk: Conversation) -> None:
    talk.submit("ann", 1, 0, typing("xxx"), typing("y", widget=OTHER_WIDGET))
    bad = [typing("1", widget=OTHER_WIDGET), typing("2"), typing("3", position=9)]
    assert said(only(Reply, talk.submit("bob", 1, 0, *bad)))["operation"] == 2


@pytest.mark.parametrize("base_version", [1, 2])
def test_law7_a_base_ahead_of_what_is_durable_is_refused(
    talk: Conversation, base_version: int
) -> None:
    talk.submit("bob", 1, 0, typing("b"))
    assert refusal(talk.submit("ann", 1, base_version, typing("a"))) == "future_version"


def test_law7_a_base_below_the_window_must_rebase() -> None:
    talk = Conversation(opened_at(version=10))
    talk.join("ann")
    frame = said(only(Reply, talk.submit("ann", 1, 9, typing("a"))))
    assert (frame["code"], frame["retry"]) == ("rebase_required", "rebase")


def test_law7_history_too_heavy_to_transform_over_must_rebase(
    talk: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "TRANSFORM_MAX_PAIRS", 3)
    talk.submit("ann", 1, 0, typing("a"), typing("b"))
    talk.commit()
    assert refusal(talk.submit("bob", 1, 0, typing("c"), typing("d"))) == "rebase_required"
    elsewhere = [typing(each, widget=OTHER_WIDGET) for each in "cdef"]
    assert talk.submit("bob", 2, 0, *elsewhere) == []


def test_law7_only_who_has_joined_may_submit(talk: Conversation) -> None:
    assert refusal(talk.submit("eve", 1, 0, typing("a"))) == "not_joined"


@pytest.mark.parametrize("role", ["viewer"])
def test_law6_who_may_not_write_is_refused(talk: Conversation, role: str) -> None:
    talk.join("vic", role=role)
    assert refusal(talk.submit("vic", 1, 0, typing("a"))) == "forbidden"


@pytest.mark.parametrize("role", ["owner", "admin", "editor"])
def test_law6_who_may_write_is_not(talk: Conversation, role: str) -> None:
    talk.join("eli", role=role)
    assert talk.submit("eli", 1, 0, typing("a")) == []


# --- failures inside ---------------------------------------------------------------------------


def test_law10_an_exception_costs_that_submission_alone(
    talk: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(sequencer, "apply_recording", lambda *_: 1 / 0)
        reported, reply = talk.submit("ann", 1, 0, typing("a"))
    assert isinstance(reported, Report)
    frame = said(reply)
    assert (frame["code"], frame["cause"]) == ("quarantined", reported.cause)
    talk.submit("bob", 1, 0, typing("b"))
    talk.submit("ann", 2, 0, typing("c"))
    talk.commit()
    assert [each.version for each in talk.committed] == [1, 2]


def test_law10_content_that_the_log_refuses_is_sequenced_around(talk: Conversation) -> None:
    talk.join("cyd")
    talk.submit("ann", 1, 0, typing("aaa"))
    talk.submit("bob", 1, 0, typing("b"))
    talk.submit("cyd", 1, 0, typing("c"))
    answers = talk.tell(CommitPoisoned(ValueError("refused")))
    assert isinstance(answers[0], Report)
    assert refusal(answers[1:]) == "quarantined"
    assert [each.version for each in talk.queued] == [1, 2]
    talk.commit()
    assert talk.text() == "cb"
    assert talk.submit("ann", 2, 2, typing("d")) == []


def test_law5_an_owner_that_was_fenced_shows_nothing_and_steps_down(talk: Conversation) -> None:
    talk.submit("ann", 1, 0, typing("a"))
    *ends, last = talk.tell(Fenced())
    assert talk.ended(ends) == {"ann": "owner_moved", "bob": "owner_moved"}
    assert isinstance(last, StepDown)


def refusal(instructions: list[Any]) -> str:
    frame = said(only(Reply, instructions))
    assert frame["type"] == "rejected"
    code: str = frame["code"]
    return code
