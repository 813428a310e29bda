"""How a replica that wants to follow is brought to the durable version.

By what it misses, if that is short and in memory; by a snapshot otherwise; by every operation, in
pages, if it has pending edits to transform over them. Law 2: only durable state is shown.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, cast
from uuid import UUID

import orjson

from actors.events import TailFetched
from actors.instructions import End, FetchTail, Instruction, Join, Reply
from actors.sequencer import Sequencer
from actors.subscriber import Stage, Subscriber
from storage.ports import LoggedSubmission, ReplicaMark
from weft.errors import WeftError
from weft.limits import SNAPSHOT_REUSE_VERSIONS, TAIL_MAX_BYTES, TAIL_MAX_VERSIONS
from weft.wire.frames import joined_frame, submission_json, tail_frame

EncodedSnapshot: TypeAlias = tuple[int, Mapping[str, Any]]  # its state is a fragment of JSON bytes


@dataclass(slots=True)
class Snapshots:
    """The newest encoded state. It serves, with what followed, until that is too much."""

    _newest: EncodedSnapshot | None = None

    def recent(self, sequencer: Sequencer) -> EncodedSnapshot:
        """Not older than the history in memory."""
        if self._newest is None or not self._serves(self._newest[0], sequencer):
            state = orjson.Fragment(orjson.dumps(sequencer.durable.to_json()))
            self._newest = sequencer.durable_version, cast("Mapping[str, Any]", state)
        return self._newest

    def _serves(self, version: int, sequencer: Sequencer) -> bool:
        return sequencer.durable_version - version <= SNAPSHOT_REUSE_VERSIONS and is_short(
            sequencer, version
        )

    def forget(self) -> None:
        """Give the memory back."""
        self._newest = None


def answer_join(
    dashboard_id: UUID,
    subscriber: Subscriber,
    mark: ReplicaMark,
    sequencer: Sequencer,
    snapshots: Snapshots,
) -> Instruction:
    """The next step of this join; moves the subscriber to the stage that follows it."""
    held, head = subscriber.version, sequencer.durable_version
    snapshot: EncodedSnapshot | None = None
    if held is not None and held > head and subscriber.wants_tail:
        return End(subscriber.subscription, WeftError("future_version", headVersion=head))
    if held is not None and is_short(sequencer, held):
        after = held
    elif held is not None and subscriber.wants_tail:
        subscriber.stage = Stage.FETCHING
        return FetchTail(subscriber.subscription, held, min(held + TAIL_MAX_VERSIONS, head))
    else:
        snapshot = snapshots.recent(sequencer)
        after = snapshot[0]
    subscriber.stage = Stage.JOINED
    following = sequencer.history.between(after, head)
    frame = joined_frame(
        dashboard_id,
        version=head,
        role=subscriber.rights.role,
        permissions=subscriber.rights.permissions,
        snapshot=snapshot,
        submissions=submissions_json(following),
        last_sequence=mark.sequence,
        last_version=mark.version,
    )
    return Join(subscriber.subscription, frame)


def is_short(sequencer: Sequencer, after_version: int) -> bool:
    """Whether what followed fits into one frame, and is in memory."""
    history, head = sequencer.history, sequencer.durable_version
    return (
        history.start <= after_version <= head
        and head - after_version <= TAIL_MAX_VERSIONS
        and history.size_bytes(after_version) <= TAIL_MAX_BYTES
    )


def pass_page_on(
    dashboard_id: UUID, subscriber: Subscriber, event: TailFetched, head_version: int
) -> Instruction:
    """Forward a page of the log; an `End` if the log no longer reaches back so far."""
    held = subscriber.version or 0
    versions = [submission.version for submission in event.submissions]
    if not versions or versions != list(range(held + 1, held + 1 + len(versions))):
        gone = WeftError("conflict", f"The log no longer holds what follows version {held}.")
        return End(subscriber.subscription, gone)
    subscriber.version = versions[-1]
    frame = tail_frame(dashboard_id, submissions_json(event.submissions), head_version)
    return Reply(subscriber.subscription, frame)


def submissions_json(submissions: Iterable[LoggedSubmission]) -> list[dict[str, Any]]:
    return [
        submission_json(
            version=each.version,
            replica_id=each.replica_id,
            sequence=each.sequence,
            user_id=each.user_id,
            base_version=each.base_version,
            operations=each.operations,
            at_ms=each.at_ms,
        )
        for each in submissions
    ]
