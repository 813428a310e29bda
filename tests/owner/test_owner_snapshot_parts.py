"""Conversations about a large state: it comes in parts, each when the one before has been read."""

import orjson
import pytest

from actors import snapshots
from actors.events import (
    Detached,
    PartTaken,
    TailFetched,
)
from actors.instructions import (
    FetchTail,
    Instruction,
    Publish,
    SendPart,
)
from tests.owner.owner_conversation import (
    WIDGET,
    Conversation,
    Json,
    history_of,
    only,
    said,
    shorten_tails,
    typing,
)
from weft.limits import SNAPSHOT_PARTS_AHEAD


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
