"""Conversations about joining: what a replica is brought, and whom it takes over from."""

from dataclasses import replace
from typing import Any

import orjson
import pytest

from actors import joining, snapshots
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
    End,
    FetchTail,
    Identify,
    Instruction,
    Join,
    Publish,
    Reply,
    Report,
    SendPart,
)
from storage.ports import Checkpoint, LoggedSubmission, OpenedDashboard, ReplicaMark
from tests.owner.owner_conversation import (
    DASHBOARD,
    WIDGET,
    Conversation,
    Json,
    identified,
    named,
    only,
    opened_at,
    regranted,
    retitling,
    said,
    typing,
)
from weft.errors import WeftError
from weft.limits import SNAPSHOT_PARTS_AHEAD


def history_of(*texts: str) -> Conversation:
    """Ann has typed these at the beginning, a version each."""
    talk = Conversation()
    talk.join("ann", version=0)
    for version, text in enumerate(texts):
        talk.submit("ann", version + 1, version, typing(text))
        talk.commit()
    return talk


def shorten_tails(monkeypatch: pytest.MonkeyPatch) -> None:
    """A frame or a page holds two versions."""
    for room in (joining, snapshots):
        monkeypatch.setattr(room, "TAIL_MAX_VERSIONS", 2)


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


# --- taking over -------------------------------------------------------------------------------


def test_a_replica_that_joins_again_ends_its_older_subscription() -> None:
    talk = history_of("a")
    end, join = talk.attach("ann again", replica="ann", user="ann")
    assert isinstance(end, End)
    assert (end.subscription, end.error.code) == ("ann", "conflict")
    assert said(join)["lastSequence"] == 1
    late = said(only(Reply, talk.submit("ann", 2, 1, typing("b"))))
    assert late["code"] == "not_joined"


def test_law3_the_answer_to_a_takeover_waits_until_all_is_decided() -> None:
    talk = history_of("a")
    talk.submit("ann", 2, 1, typing("b"))
    only(End, talk.attach("ann again", replica="ann", user="ann"))
    publish, join = talk.commit()
    assert isinstance(publish, Publish)
    frame = said(join)
    assert (frame["lastSequence"], frame["version"]) == (2, 2)
    same = said(only(Reply, talk.submit("ann again", 2, 1, typing("b"))))
    assert (same["type"], same["version"]) == ("acknowledged", 2)


def test_law3_a_takeover_that_waits_can_be_taken_over() -> None:
    talk = history_of()
    talk.submit("ann", 1, 0, typing("a"))
    talk.attach("second", replica="ann", user="ann")
    ends = talk.attach("third", replica="ann", user="ann")
    assert talk.ended(ends) == {"second": "conflict"}
    _, join = talk.commit()
    assert isinstance(join, Join)
    assert join.subscription == "third"


def test_a_takeover_learns_that_its_submission_was_refused() -> None:
    talk = history_of()
    talk.submit("ann", 1, 0, typing("a"))
    talk.attach("ann again", replica="ann", user="ann")
    reported, refused, join = talk.tell(CommitPoisoned(ValueError("no")))
    assert (type(reported), type(refused)) == (Report, Reply)
    assert said(join)["lastSequence"] == 0


def test_a_replica_of_somebody_else_cannot_be_taken_over() -> None:
    talk = history_of("a")
    assert talk.ended(talk.attach("eve", replica="ann")) == {"eve": "forbidden"}
    assert talk.submit("ann", 2, 1, typing("b")) == []


def test_who_has_gone_before_being_identified_is_not_answered() -> None:
    talk = history_of()
    talk.tell(Attached("bob", named("bob"), named("bob")))
    talk.tell(Detached("bob"))
    assert talk.tell(identified("bob", "editor")) == []
    assert talk.tell(TailFetched("bob", ())) == []
    assert talk.heart.subscribers == 1


def test_nothing_may_be_submitted_before_the_join_is_answered() -> None:
    talk = history_of()
    talk.tell(Attached("bob", named("bob"), named("bob")))
    early = said(only(Reply, talk.submit("bob", 1, 0, typing("b"))))
    assert early["code"] == "not_joined"


def test_a_stored_mark_is_asked_for_only_when_it_is_not_known() -> None:
    talk = history_of("a")
    known = only(Identify, talk.tell(Attached("bob", named("ann"), named("bob"))))
    talk.tell(Detached("ann"))
    again = only(Identify, talk.tell(Attached("ann", named("ann"), named("ann"))))
    assert (known.mark_needed, again.mark_needed) == (True, False)


def test_a_stored_mark_never_replaces_a_newer_one() -> None:
    stale = ReplicaMark(named("ann"), 0, 0, b"")
    talk = history_of("a", "b")
    talk.tell(Detached("ann"))
    assert talk.join("ann", mark=stale)["lastSequence"] == 2


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


# --- in parts ----------------------------------------------------------------------------------


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "SNAPSHOT_PART_MAX_CHARACTERS", 40)


def read_all(talk: Conversation, name: str, answers: list[Instruction]) -> list[Json]:
    """Take part after part, until there is something else; the parts, and that."""
    frames = []
    while answers:
        frames += [said(each) for each in answers]
        taken = [each for each in answers if isinstance(each, SendPart)]
        answers = [answer for _ in taken for answer in talk.tell(PartTaken(name))]
    return frames


def test_a_large_state_comes_in_parts_and_then_what_has_followed(small_parts: None) -> None:
    talk = history_of("a", "b")
    first = talk.attach("bob")
    assert [type(each) for each in first] == [SendPart] * SNAPSHOT_PARTS_AHEAD
    talk.submit("ann", 3, 2, typing("c"))
    assert [type(each) for each in talk.commit()] == [Publish]
    *parts, joined = read_all(talk, "bob", first)
    assert [part["part"] for part in parts] == list(range(1, parts[0]["parts"] + 1))
    assert {part["version"] for part in parts} == {2}
    state = orjson.loads("".join(part["text"] for part in parts))
    assert state["widgets"][WIDGET]["config"]["text"] == "ba"
    assert (joined["type"], joined["version"]) == ("joined", 3)
    assert "snapshot" not in joined
    assert [each["version"] for each in joined["submissions"]] == [3]


def test_law9_the_next_part_is_sent_when_one_has_been_read(small_parts: None) -> None:
    talk = history_of("a")
    first = talk.attach("bob")
    (fifth,) = talk.tell(PartTaken("bob"))
    assert said(fifth)["part"] == len(first) + 1
    assert said(only(SendPart, talk.tell(PartTaken("bob"))))["part"] == len(first) + 2


def test_parts_are_encoded_once_for_everyone(small_parts: None) -> None:
    talk = history_of("a")
    bob, cyd = talk.attach("bob"), talk.attach("cyd")
    for one, other in zip(bob, cyd, strict=True):
        assert isinstance(one, SendPart)
        assert isinstance(other, SendPart)
        assert one.frame is other.frame


def test_law9_few_states_are_held_for_those_who_read_slowly(
    small_parts: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "SNAPSHOT_REUSE_VERSIONS", 0)
    talk = history_of("a")
    began = {}
    for sequence, name in enumerate(("bob", "cyd", "dan", "eve", "fay"), start=2):
        began[name] = talk.attach(name)
        talk.submit("ann", sequence, sequence - 1, typing("x"))
        talk.commit()
    versions = {name: said(first[0])["version"] for name, first in began.items()}
    assert versions == {"bob": 1, "cyd": 2, "dan": 3, "eve": 3, "fay": 3}
    assert read_all(talk, "eve", began["eve"])[-1]["version"] == 6
    for name in ("bob", "dan", "fay"):
        talk.tell(Detached(name))
    assert said(talk.attach("gil")[0])["version"] == 6


def test_what_followed_a_snapshot_and_is_in_memory_no_more_comes_in_pages(
    small_parts: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = history_of("a")
    first = talk.attach("bob")
    shorten_tails(monkeypatch)
    for sequence in range(2, 6):
        talk.submit("ann", sequence, sequence - 1, typing("x"))
        talk.commit()
    parts = read_all(talk, "bob", first[:-1])
    assert {part["type"] for part in parts} == {"snapshot"}
    fetch = only(FetchTail, talk.tell(PartTaken("bob")))
    assert (fetch.after_version, fetch.up_to_version) == (1, 3)
    page = talk.tell(TailFetched("bob", tuple(talk.committed[1:3])))
    tail, joined = read_all(talk, "bob", page)
    assert [each["version"] for each in tail["submissions"]] == [2, 3]
    assert [each["version"] for each in joined["submissions"]] == [4, 5]


def test_who_leaves_while_reading_is_forgotten(small_parts: None) -> None:
    talk = history_of("a")
    talk.attach("bob")
    talk.tell(Detached("bob"))
    assert talk.tell(PartTaken("bob")) == []


def test_a_part_that_nobody_waits_for_changes_nothing() -> None:
    talk = history_of("a")
    talk.join("bob")
    assert talk.tell(PartTaken("bob")) == []
