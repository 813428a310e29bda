"""Conversations about joining: what a replica is brought, who may join, what opening remembers."""

from dataclasses import replace
from typing import Any

import pytest

from actors import snapshots
from actors.dashboard import Dashboard
from actors.events import (
    Attached,
    CommitPoisoned,
    Detached,
    LookupFailed,
    PartTaken,
    TailFetched,
)
from actors.instructions import (
    FetchTail,
    Identify,
    Join,
    Reply,
    SendPart,
)
from storage.ports import Checkpoint, LoggedSubmission, OpenedDashboard, ReplicaMark
from tests.owner.owner_conversation import (
    DASHBOARD,
    WIDGET,
    Conversation,
    history_of,
    identified,
    named,
    only,
    opened_at,
    regranted,
    retitling,
    said,
    shorten_tails,
    typing,
)
from weft.errors import WeftError


def test_who_holds_nothing_gets_a_snapshot() -> None:
    frame = history_of("a", "b").join("bob", role="viewer")
    assert (frame["type"], frame["version"], frame["role"]) == ("joined", 2, "viewer")
    assert frame["snapshot"]["version"] == 2
    assert frame["snapshot"]["state"]["widgets"][WIDGET]["config"]["text"] == "ba"
    assert (frame["submissions"], frame["lastSequence"], frame["lastVersion"]) == ([], 0, 0)


@pytest.mark.parametrize(("held", "missed"), [(0, [1, 2, 3]), (2, [3]), (3, [])])
def test_who_holds_a_version_in_memory_gets_what_follows(held: int, missed: list[int]) -> None:
    frame = history_of("a", "b", "c").join("bob", version=held)
    assert "snapshot" not in frame
    assert [each["version"] for each in frame["submissions"]] == missed
    assert frame["version"] == 3


def test_who_is_too_far_behind_gets_a_snapshot(monkeypatch: pytest.MonkeyPatch) -> None:
    shorten_tails(monkeypatch)
    frame = history_of("a", "b", "c").join("bob", version=0)
    assert frame["snapshot"]["version"] == 3


def test_who_is_ahead_gets_a_snapshot_but_cannot_keep_edits() -> None:
    talk = history_of("a")
    assert talk.join("bob", version=9)["snapshot"]["version"] == 1
    assert talk.ended(talk.attach("cyd", version=9, wants_tail=True)) == {"cyd": "future_version"}
    assert talk.attach("cyd", version=1, wants_tail=True) != []


def test_a_snapshot_is_encoded_once_and_served_with_what_followed() -> None:
    talk = history_of("a")
    talk.join("bob")
    talk.submit("ann", 2, 1, typing("b"))
    talk.commit()
    frame = talk.join("cyd")
    assert (frame["snapshot"]["version"], frame["version"]) == (1, 2)
    assert [each["version"] for each in frame["submissions"]] == [2]


def test_a_snapshot_too_far_behind_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "SNAPSHOT_REUSE_VERSIONS", 0)
    talk = history_of("a")
    talk.join("bob")
    talk.submit("ann", 2, 1, typing("b"))
    talk.commit()
    assert talk.join("cyd")["snapshot"]["version"] == 2


def test_law9_a_join_is_not_sent_more_operations_than_fit_a_frame(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    talk = history_of("a", "b", "c")
    talk.join("bob")
    talk.submit("ann", 4, 3, typing("d"))
    talk.commit()
    one = talk.heart.sequencer.history.size_bytes(3)
    monkeypatch.setattr(snapshots, "TAIL_MAX_BYTES", one)
    assert talk.join("cyd")["snapshot"]["version"] == 3
    assert [each["version"] for each in talk.join("dan", version=3)["submissions"]] == [4]
    monkeypatch.setattr(snapshots, "TAIL_MAX_BYTES", one - 1)
    assert talk.join("eve")["snapshot"]["version"] == 4
    assert talk.join("fay", version=3)["snapshot"]["version"] == 4
    assert talk.attach("gil", version=3, wants_tail=True) == [FetchTail("gil", 3, 4)]


def test_the_own_newest_submission_is_told_to_who_joins_again() -> None:
    talk = history_of("a", "b")
    talk.tell(Detached("ann"))
    frame = talk.join("ann", version=1)
    assert (frame["lastSequence"], frame["lastVersion"]) == (2, 2)


def test_pending_edits_get_every_operation_in_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    shorten_tails(monkeypatch)
    talk = history_of("a", "b", "c", "d", "e")
    fetch = only(FetchTail, talk.attach("bob", version=0, wants_tail=True))
    assert (fetch.after_version, fetch.up_to_version) == (0, 2)
    frame = said(only(SendPart, talk.tell(TailFetched("bob", tuple(talk.committed[0:2])))))
    assert (frame["type"], frame["headVersion"]) == ("tail", 5)
    assert [each["version"] for each in frame["submissions"]] == [1, 2]
    assert talk.tell(PartTaken("bob")) == [FetchTail("bob", 2, 4)]
    page = only(SendPart, talk.tell(TailFetched("bob", tuple(talk.committed[2:4]))))
    assert [each["version"] for each in said(page)["submissions"]] == [3, 4]
    frame = said(only(Join, talk.tell(PartTaken("bob"))))
    assert frame["type"] == "joined"
    assert [each["version"] for each in frame["submissions"]] == [5]


@pytest.mark.parametrize("missing", [slice(0, 0), slice(1, 2)])
def test_a_log_that_reaches_back_no_more_ends_the_join(
    monkeypatch: pytest.MonkeyPatch, missing: slice
) -> None:
    shorten_tails(monkeypatch)
    talk = history_of("a", "b", "c")
    talk.attach("bob", version=0, wants_tail=True)
    answer = talk.tell(TailFetched("bob", tuple(talk.committed[missing])))
    assert talk.ended(answer) == {"bob": "conflict"}


# --- permission --------------------------------------------------------------------------------


def test_law6_a_stranger_learns_nothing() -> None:
    talk = history_of("a")
    assert talk.ended(talk.attach("eve", role=None)) == {"eve": "unknown_dashboard"}
    assert talk.heart.subscribers == 1


def test_law6_a_revocation_ends_the_subscription() -> None:
    talk = history_of("a")
    assert talk.ended(talk.tell(regranted("ann", None))) == {"ann": "forbidden"}
    late = said(only(Reply, talk.submit("ann", 2, 1, typing("b"))))
    assert late["code"] == "not_joined"


def test_law6_a_changed_role_counts_from_the_next_submission() -> None:
    talk = history_of("a")
    told = said(only(Reply, talk.tell(regranted("ann", "viewer"))))
    assert (told["type"], told["role"]) == ("permission", "viewer")
    assert "write widget" not in told["permissions"]
    assert said(only(Reply, talk.submit("ann", 2, 1, typing("b"))))["code"] == "forbidden"
    told = said(only(Reply, talk.tell(regranted("ann", "editor"))))
    assert "write widget" in told["permissions"]
    assert talk.tell(regranted("ann", "editor")) == [], "nothing has changed"
    assert talk.submit("ann", 3, 1, typing("b")) == []


def test_law6_a_role_that_changes_while_it_is_looked_up_is_looked_up_again() -> None:
    talk = history_of()
    talk.tell(Attached("bob", named("bob"), named("bob")))
    assert talk.tell(regranted("bob", None)) == []
    only(Identify, talk.tell(identified("bob", "editor")))
    assert talk.ended(talk.tell(identified("bob", None))) == {"bob": "unknown_dashboard"}


def test_a_failed_look_up_ends_the_join_alone() -> None:
    talk = history_of()
    talk.tell(Attached("bob", named("bob"), named("bob")))
    answer = talk.tell(LookupFailed("bob", WeftError("storage_unavailable")))
    assert talk.ended(answer) == {"bob": "storage_unavailable"}
    assert talk.tell(LookupFailed("bob", WeftError("storage_unavailable"))) == []
    assert talk.submit("ann", 1, 0, typing("a")) == []


@pytest.mark.parametrize("known", ["by the log", "by its stored mark"])
def test_law6_a_replica_of_somebody_else_is_refused_though_they_have_gone(known: str) -> None:
    talk, mark = Conversation(), None
    if known == "by the log":
        talk = history_of("a")
        talk.tell(Detached("ann"))
    else:
        mark = ReplicaMark(named("ann"), 1, 1, b"", named("ann"))
    assert talk.ended(talk.attach("eve", replica="ann", mark=mark)) == {"eve": "forbidden"}
    assert talk.attach("ann", mark=mark) != []
    assert talk.heart.subscribers == 1


def test_law6_a_replica_whose_first_edit_is_not_durable_yet_is_taken_too() -> None:
    talk = Conversation()
    talk.join("ann", version=0)
    talk.submit("ann", 1, 0, typing("a"))
    talk.tell(Detached("ann"))
    assert talk.ended(talk.attach("eve", replica="ann")) == {"eve": "forbidden"}


def test_law6_what_is_sequenced_anew_is_judged_by_what_is_granted_now() -> None:
    talk = Conversation()
    talk.join("ann", version=0)
    talk.join("bob", version=0)
    talk.submit("ann", 1, 0, typing("a"))
    talk.submit("bob", 1, 0, typing("b"))
    talk.tell(Detached("bob"))
    assert talk.heart.users == {named("ann"), named("bob")}
    talk.tell(regranted("bob", "viewer"))
    answers = talk.tell(CommitPoisoned(ValueError("no")))
    codes = [said(each)["code"] for each in answers if isinstance(each, Reply)]
    assert codes == ["quarantined", "forbidden"]
    assert talk.queued == []


# --- opening -----------------------------------------------------------------------------------


def reopened(talk: Conversation, checkpoint_version: int, state: dict[str, Any]) -> Conversation:
    checkpoint = Checkpoint(DASHBOARD, checkpoint_version, state)
    tail = tuple(talk.committed[checkpoint_version:])
    return Conversation(OpenedDashboard(DASHBOARD, len(talk.committed), 2, checkpoint, tail))


def test_law4_opening_from_any_checkpoint_gives_the_same_state() -> None:
    talk = Conversation(opened_at(text="start"))
    talk.join("ann")
    states = [talk.heart.sequencer.durable.to_json()]
    edits = [typing("a"), retitling("North"), {"type": "removeWidget", "targetId": WIDGET}]
    for version, edit in enumerate(edits):
        talk.submit("ann", version + 1, version, edit)
        talk.commit()
        states.append(talk.heart.sequencer.durable.to_json())
    for version, state in enumerate(states):
        again = reopened(talk, version, state)
        assert again.heart.sequencer.durable.to_json() == states[-1]
        assert again.heart.durable_version == 3


def test_law3_opening_remembers_what_the_tail_holds() -> None:
    talk = history_of("a", "b")
    again = reopened(talk, 0, opened_at().checkpoint.state)
    assert again.join("ann")["lastSequence"] == 2
    same = said(only(Reply, again.submit("ann", 2, 1, typing("b"))))
    assert (same["type"], same["version"]) == ("acknowledged", 2)


def test_law17_opening_keeps_history_to_transform_over() -> None:
    talk = Conversation(opened_at(text="z"))
    talk.join("ann")
    talk.submit("ann", 1, 0, typing("aa"))
    talk.commit()
    again = reopened(talk, 0, opened_at(text="z").checkpoint.state)
    again.join("bob", version=0)
    again.submit("bob", 1, 0, typing("b", position=1))
    again.commit()
    assert again.text() == "aazb"


@pytest.mark.parametrize("version", [0, 5])
def test_law1_a_log_with_a_gap_is_not_opened(version: int) -> None:
    (first,) = history_of("a").committed
    tail: tuple[LoggedSubmission, ...] = (first._replace(version=2),)
    with pytest.raises(WeftError, match="out of order"):
        Dashboard(opened_at(tail=tail))
    with pytest.raises(WeftError, match="ends at"):
        Dashboard(replace(opened_at(tail=(first,)), version=version))
