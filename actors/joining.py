"""How a replica that wants to follow is brought to the durable version.

By what it misses, if that is short and in memory; by a snapshot otherwise; by every operation, in
pages, if it has pending edits to transform over them. What is long goes in parts and pages, the
next when the last has been read. Law 2: only durable state is shown.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from actors.events import TailFetched
from actors.instructions import Admit, End, FetchTail, Instruction, Join, SendPart
from actors.sequencer import Sequencer
from actors.snapshots import EncodedSnapshot, Sending, Snapshots, is_short
from actors.subscriber import Stage, Subscriber
from storage.ports import ReplicaMark
from weft.errors import WeftError
from weft.limits import SNAPSHOT_PARTS_AHEAD, TAIL_MAX_VERSIONS
from weft.wire.frames import joined_frame, tail_frame


def answer_join(
    dashboard_id: UUID,
    subscriber: Subscriber,
    mark: ReplicaMark,
    sequencer: Sequencer,
    snapshots: Snapshots,
    *,
    live: Mapping[str, Any],
) -> list[Instruction]:
    """The next step of this join; moves the subscriber to the stage that follows it.

    `live`: the latest live values, by widget.
    """
    if subscriber.feeds:
        subscriber.stage = Stage.JOINED
        return [Admit(subscriber.subscription)]
    held, head = subscriber.version, sequencer.durable_version
    snapshot: EncodedSnapshot | None = None
    if held is not None and held > head and subscriber.wants_tail:
        return [End(subscriber.subscription, WeftError("future_version", headVersion=head))]
    if held is not None and is_short(sequencer, held):
        after = held
    elif held is not None and subscriber.wants_tail:
        subscriber.stage = Stage.FETCHING
        return [FetchTail(subscriber.subscription, held, min(held + TAIL_MAX_VERSIONS, head))]
    else:
        snapshot = snapshots.recent(sequencer)
        if snapshot.parts:
            return _begin_sending(dashboard_id, subscriber, snapshot)
        after = snapshot.version
    subscriber.stage = Stage.JOINED
    following = sequencer.history.between(after, head)
    frame = joined_frame(
        dashboard_id,
        version=head,
        role=subscriber.rights.role,
        permissions=subscriber.rights.permissions,
        snapshot=None if snapshot is None else (snapshot.version, snapshot.state),
        submissions=[each.to_wire() for each in following],
        last_sequence=mark.sequence,
        last_version=mark.version,
        live=live,
    )
    return [Join(subscriber.subscription, frame)]


def _begin_sending(
    dashboard_id: UUID, subscriber: Subscriber, snapshot: EncodedSnapshot
) -> list[Instruction]:
    """As many parts as may be under way at once; what has followed comes after the last."""
    subscriber.stage = Stage.READING
    subscriber.sending = Sending(snapshot)
    subscriber.version, subscriber.wants_tail = snapshot.version, True
    return [
        _next_part(dashboard_id, subscriber, subscriber.sending)
        for _ in snapshot.parts[:SNAPSHOT_PARTS_AHEAD]
    ]


def take_part(dashboard_id: UUID, subscriber: Subscriber) -> list[Instruction] | None:
    """A part or page has been read. None: it was the last one, and the join can be answered."""
    if subscriber.stage is not Stage.READING:
        return []
    subscriber.unread -= 1
    sending = subscriber.sending
    if sending is not None and not sending.is_done:
        return [_next_part(dashboard_id, subscriber, sending)]
    subscriber.sending = None
    return [] if subscriber.unread else None


def _next_part(dashboard_id: UUID, subscriber: Subscriber, sending: Sending) -> Instruction:
    subscriber.unread += 1
    return SendPart(subscriber.subscription, sending.next_frame(dashboard_id))


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
    subscriber.stage, subscriber.unread = Stage.READING, 1
    page = [each.to_wire() for each in event.submissions]
    frame = tail_frame(dashboard_id, page, head_version)
    return SendPart(subscriber.subscription, frame)
