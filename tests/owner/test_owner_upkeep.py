"""Conversations about time: checkpoints by count and by age, unloading, being stopped."""

import pytest

from actors import history, upkeep
from actors.events import Attached, CheckpointFailed, CheckpointWritten, Detached, Stopped, Ticked
from actors.instructions import End, Identify, Publish, Unload, WriteCheckpoint
from tests.owner.owner_conversation import Conversation, named, only, opened_at, typing
from weft.limits import (
    CHECKPOINT_EVERY_SECONDS,
    CHECKPOINT_RETRY_SECONDS,
    UNLOAD_AFTER_SECONDS,
)

AGE_MS = int(1000 * CHECKPOINT_EVERY_SECONDS)
IDLE_MS = int(1000 * UNLOAD_AFTER_SECONDS)
RETRY_MS = int(1000 * CHECKPOINT_RETRY_SECONDS)


@pytest.fixture
def talk() -> Conversation:
    """Ann follows a dashboard at version 10."""
    talk = Conversation(opened_at(version=10))
    talk.join("ann")
    return talk


def edit(talk: Conversation, sequence: int, at_ms: int = 0) -> list[object]:
    talk.submit("ann", sequence, talk.heart.durable_version, typing("x"), at_ms=at_ms)
    return [each for each in talk.commit() if not isinstance(each, Publish)]


def test_a_checkpoint_is_written_by_count(
    talk: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "CHECKPOINT_EVERY_VERSIONS", 3)
    assert edit(talk, 1) == edit(talk, 2) == []
    (order,) = edit(talk, 3)
    assert isinstance(order, WriteCheckpoint)
    checkpoint = order.checkpoint
    assert (checkpoint.version, checkpoint.operations_count) == (13, 3)
    assert checkpoint.state == talk.heart.sequencer.durable.to_json()
    (mark,) = checkpoint.replicas
    assert (mark.replica_id, mark.sequence, mark.version) == (named("ann"), 3, 13)
    assert edit(talk, 4) == [], "one at a time"
    assert talk.tell(CheckpointWritten(13)) == []
    assert edit(talk, 5) == []
    (order,) = edit(talk, 6)
    assert isinstance(order, WriteCheckpoint)
    assert (order.checkpoint.version, order.checkpoint.operations_count) == (16, 3)


def test_a_checkpoint_is_written_by_age_of_the_oldest_edit(talk: Conversation) -> None:
    edit(talk, 1, at_ms=1_000)
    edit(talk, 2, at_ms=9_000)
    assert talk.tell(Ticked(1_000 + AGE_MS - 1)) == []
    only(WriteCheckpoint, talk.tell(Ticked(1_000 + AGE_MS)))
    edit(talk, 3, at_ms=10_000 + AGE_MS)
    talk.tell(CheckpointWritten(12))
    assert talk.tell(Ticked(9_999 + 2 * AGE_MS)) == []
    only(WriteCheckpoint, talk.tell(Ticked(10_000 + 2 * AGE_MS)))


def test_without_edits_there_is_nothing_to_write(talk: Conversation) -> None:
    assert talk.tell(Ticked(10 * AGE_MS)) == []


def test_a_failed_checkpoint_is_tried_again_later(talk: Conversation) -> None:
    edit(talk, 1)
    only(WriteCheckpoint, talk.tell(Ticked(AGE_MS)))
    assert talk.tell(CheckpointFailed(11)) == []
    assert talk.tell(Ticked(AGE_MS + RETRY_MS - 1)) == []
    only(WriteCheckpoint, talk.tell(Ticked(AGE_MS + RETRY_MS)))


def test_the_replica_marks_are_kept_until_they_are_stored(talk: Conversation) -> None:
    edit(talk, 1)
    talk.tell(Detached("ann"))
    only(WriteCheckpoint, talk.tell(Ticked(AGE_MS)))
    assert not asks_for_the_mark(talk)
    talk.tell(CheckpointWritten(11))
    assert asks_for_the_mark(talk)


def asks_for_the_mark(talk: Conversation) -> bool:
    answers = talk.tell(attached("ann"))
    talk.tell(Detached("ann"))
    return only(Identify, answers).mark_needed


def attached(name: str) -> Attached:
    return Attached(name, named(name), named(name))


def test_a_present_replica_is_never_forgotten(talk: Conversation) -> None:
    edit(talk, 1)
    only(WriteCheckpoint, talk.tell(Ticked(AGE_MS)))
    talk.tell(CheckpointWritten(11))
    assert edit(talk, 2, at_ms=AGE_MS) == []


def test_an_idle_dashboard_is_checkpointed_and_unloaded(talk: Conversation) -> None:
    edit(talk, 1, at_ms=IDLE_MS)
    assert talk.tell(Ticked(0)) == []
    talk.tell(Detached("ann"))
    assert talk.tell(Ticked(1_000)) == []
    assert talk.tell(Ticked(1_000 + IDLE_MS - 1)) == []
    only(WriteCheckpoint, talk.tell(Ticked(1_000 + IDLE_MS)))
    only(Unload, talk.tell(CheckpointWritten(11)))


def test_who_comes_in_time_keeps_it_loaded(talk: Conversation) -> None:
    edit(talk, 1, at_ms=IDLE_MS)
    talk.tell(Detached("ann"))
    talk.tell(Ticked(0))
    only(WriteCheckpoint, talk.tell(Ticked(IDLE_MS)))
    talk.join("bob")
    assert talk.tell(CheckpointWritten(11)) == []
    assert talk.tell(Ticked(9 * IDLE_MS)) == []


def test_an_uncommitted_edit_keeps_it_loaded(talk: Conversation) -> None:
    talk.submit("ann", 1, 10, typing("x"))
    talk.tell(Detached("ann"))
    assert talk.tell(Ticked(0)) == []
    assert talk.tell(Ticked(IDLE_MS)) == []


def test_being_stopped_sends_everyone_elsewhere_and_saves(talk: Conversation) -> None:
    edit(talk, 1)
    end, write = talk.tell(Stopped())
    assert talk.ended([end]) == {"ann": "going_away"}
    assert isinstance(write, WriteCheckpoint)
    assert talk.ended(talk.attach("bob")) == {"bob": "owner_moved"}
    only(Unload, talk.tell(CheckpointWritten(11)))


def test_being_stopped_waits_for_the_last_commit(talk: Conversation) -> None:
    talk.submit("ann", 1, 10, typing("x"))
    only(End, talk.tell(Stopped()))
    publish, write = talk.commit()
    assert (type(publish), type(write)) == (Publish, WriteCheckpoint)
    only(Unload, talk.tell(CheckpointWritten(11)))


def test_being_stopped_with_nothing_to_save(talk: Conversation) -> None:
    end, unload = talk.tell(Stopped())
    assert (type(end), type(unload)) == (End, Unload)


def test_being_stopped_without_storage_does_not_wait(talk: Conversation) -> None:
    edit(talk, 1)
    talk.tell(Stopped())
    only(Unload, talk.tell(CheckpointFailed(11)))


@pytest.mark.parametrize("limit", ["HISTORY_MAX_VERSIONS", "HISTORY_MAX_BYTES"])
def test_law9_the_window_is_bounded_but_holds_what_is_not_durable(
    talk: Conversation, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setattr(history, limit, 2 if limit.endswith("VERSIONS") else 400)
    talk.join("bob", version=10)
    for sequence in range(1, 5):
        edit(talk, sequence)
    window = talk.heart.sequencer.history
    assert window.head == 14
    assert 11 <= window.start <= 13
    assert window.get(window.start) is None
    assert window.get(window.start + 1) is not None
    talk.submit("ann", 5, 14, typing("x"))
    assert talk.submit("bob", 1, 14, typing("y")) == []
    talk.commit()
    assert talk.text() == "yxxxxx"
