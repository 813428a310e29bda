"""Conversations about taking over: who joins again learns what has become of their edits."""

from actors.events import (
    Attached,
    CommitPoisoned,
    Detached,
    TailFetched,
)
from actors.instructions import (
    End,
    Identify,
    Join,
    Publish,
    Reply,
    Report,
)
from storage.ports import ReplicaMark
from tests.owner.owner_conversation import (
    history_of,
    identified,
    named,
    only,
    said,
    typing,
)


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
