"""Conversations about a move: nothing new is sequenced, what was sequenced is told, then all pass
on.
"""

import pytest

from actors.events import CommitPoisoned, Fenced, HandedOver, MoveAsked, Stopped
from actors.instructions import End, HandOver, PassOn, Publish, Reply, StepDown
from storage.ports import LoggedSubmission, OwnerAddress
from tests.owner.owner_conversation import Conversation, only, opened_at, retitling, said, typing

HEIR = OwnerAddress("owner-2", "i-2", "ws://heir/link")
RIVAL = OwnerAddress("owner-3", "i-3", "ws://rival/link")


@pytest.fixture
def talk() -> Conversation:
    """Ann and Bob follow a fresh dashboard."""
    talk = Conversation()
    talk.join("ann")
    talk.join("bob")
    return talk


def test_a_dashboard_at_rest_is_handed_over_at_once(talk: Conversation) -> None:
    assert only(HandOver, talk.tell(MoveAsked(HEIR))).heir == HEIR
    *farewells, last = talk.tell(HandedOver(HEIR))
    assert farewells == [PassOn("ann", 0, HEIR), PassOn("bob", 0, HEIR)]
    assert last == StepDown()


def test_law3_what_was_sequenced_is_told_before_anyone_passes_on(talk: Conversation) -> None:
    talk.submit("ann", 1, 0, typing("a"))
    assert talk.tell(MoveAsked(HEIR)) == []
    assert talk.submit("bob", 1, 0, typing("b")) == []  # its gateway keeps it
    assert [each.version for each in talk.queued] == [1]
    publish, hand_over = talk.commit()
    assert isinstance(publish, Publish)
    assert hand_over == HandOver(HEIR)
    assert talk.tell(HandedOver(HEIR))[0] == PassOn("ann", 1, HEIR)


def test_law3_an_id_that_has_committed_is_answered_while_it_moves(talk: Conversation) -> None:
    talk.submit("ann", 1, 0, typing("a"))
    talk.commit()
    talk.tell(MoveAsked(HEIR))
    answer = said(only(Reply, talk.submit("ann", 1, 0, typing("a"))))
    assert (answer["type"], answer["version"]) == ("acknowledged", 1)


def test_the_first_who_asks_decides_and_the_lock_is_handed_over_once(talk: Conversation) -> None:
    assert talk.tell(MoveAsked(HEIR)) == [HandOver(HEIR)]
    assert talk.tell(MoveAsked(RIVAL)) == []


def test_who_joins_meanwhile_is_sent_to_the_heir(talk: Conversation) -> None:
    talk.tell(MoveAsked(HEIR))
    end = only(End, talk.attach("eve"))
    assert end.error.code == "owner_moved"
    assert end.error.details["owner"]["url"] == HEIR.url


def test_who_was_about_to_join_is_sent_to_the_heir() -> None:
    talk = Conversation()
    talk.join("ann")
    talk.submit("ann", 1, 0, typing("a"))
    assert talk.attach("ann again", replica="ann", user="ann") != []  # waits for the commit
    talk.tell(MoveAsked(HEIR))
    _, _, hand_over = talk.commit()  # published, joined
    assert hand_over == HandOver(HEIR)
    assert talk.tell(HandedOver(HEIR)) == [PassOn("ann again", 1, HEIR), StepDown()]


def test_law10_poison_is_refused_and_what_is_behind_it_commits_before_the_move(
    talk: Conversation,
) -> None:
    talk.submit("ann", 1, 0, retitling("poison"))
    talk.submit("bob", 1, 0, typing("b"))
    talk.tell(MoveAsked(HEIR))
    talk.tell(CommitPoisoned(ValueError("no")))
    assert [each.sequence for each in talk.queued] == [1]
    publish, hand_over = talk.commit()
    assert isinstance(publish, Publish)
    assert hand_over == HandOver(HEIR)


def test_law5_who_is_fenced_while_it_drains_sends_everyone_away(talk: Conversation) -> None:
    talk.submit("ann", 1, 0, typing("a"))
    talk.tell(MoveAsked(HEIR))
    answers = talk.tell(Fenced())
    assert set(talk.ended(answers).values()) == {"owner_moved"}
    assert answers[-1] == StepDown()


def test_an_owner_that_is_being_stopped_does_not_begin_to_move(talk: Conversation) -> None:
    talk.tell(Stopped())
    assert HandOver(HEIR) not in talk.tell(MoveAsked(HEIR))


def test_law4_an_edit_older_than_the_checkpoint_is_transformed_by_who_takes_over() -> None:
    before = Conversation()
    before.join("ann")
    for sequence in (1, 2, 3):
        before.submit("ann", sequence, sequence - 1, typing("a"))
        before.commit()
    known: tuple[LoggedSubmission, ...] = tuple(before.committed)
    talk = Conversation(opened_at(3, "aaa", before=known))
    talk.join("bob", version=1)
    assert talk.submit("bob", 1, 1, typing("b", position=1)) == []
    talk.commit()
    assert talk.text() == "aaab"
