"""One dashboard's heart: dedupe → authorise → transform → apply → commit → acknowledge, publish.

Facts go in, orders come out, in order; it does no I/O and reads no clock. It keeps law 1 (order),
2 (durable first), 3 (exactly once), 6 (permission is sequenced) and 7 (bad input is answered), and
for law 10 leaves itself whole whatever a submission does.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from actors.audience import Audience
from actors.events import (
    Attached,
    CheckpointFailed,
    CheckpointWritten,
    CommitPoisoned,
    CommitReturned,
    Detached,
    Event,
    Fed,
    Fenced,
    HandedOver,
    Identified,
    LiveDue,
    LiveWritten,
    LookupFailed,
    MoveAsked,
    PartTaken,
    Regranted,
    Stopped,
    SubmissionFound,
    Submitted,
    Subscription,
    TailFetched,
    Ticked,
)
from actors.instructions import (
    Commit,
    End,
    FindSubmission,
    Instruction,
    Publish,
    Reply,
    Report,
    RollBack,
    StepDown,
)
from actors.keeping import Keeping
from actors.live_data import LiveData
from actors.moving import Moving, moved_to, pass_on
from actors.permission import Author
from actors.replicas import Replicas, Standing
from actors.sequencer import Sequencer
from actors.subscriber import Stage, Subscriber
from actors.upkeep import Upkeep
from storage.ports import OpenedDashboard
from weft.errors import WeftError
from weft.models import SEED_WIDGET_TYPES, WidgetTypes
from weft.plugins.interface import Review
from weft.wire.frames import (
    acknowledged_frame,
    committed_frame,
    rejected_frame,
)

Instructions = list[Instruction]


class Dashboard:
    """`handle` one event at a time and carry out what it returns, in order."""

    def __init__(
        self,
        opened: OpenedDashboard,
        review: Review | None = None,
        widget_types: WidgetTypes = SEED_WIDGET_TYPES,
    ) -> None:
        """Replays the tail. Raises WeftError or OperationError if the log does not add up."""
        self.dashboard_id = opened.dashboard_id
        self.sequencer = Sequencer(opened, review)
        self._replicas = Replicas(opened.tail)
        self._upkeep = Upkeep(opened.checkpoint.version)
        self._moving = Moving()
        self._subscribers: dict[Subscription, Subscriber] = {}
        self._live = LiveData(opened, self.sequencer, self._subscribers, widget_types)
        self._audience = Audience(
            opened.dashboard_id, self._subscribers, self.sequencer, self._replicas, self._live
        )
        self._keeping = Keeping(
            opened.dashboard_id,
            self._upkeep,
            self.sequencer,
            self._replicas,
            live=self._live,
            is_deserted=lambda: not self._subscribers,
        )
        self._handlers: dict[type[Event], Callable[[Any], Instructions]] = {
            Attached: self._attached,
            Identified: self._audience.identified,
            Submitted: self._submitted,
            Detached: self._audience.detached,
            CommitReturned: self._commit_returned,
            CommitPoisoned: self._commit_poisoned,
            Fenced: self._fenced,
            CheckpointWritten: self._checkpoint_written,
            CheckpointFailed: lambda _: self._keeping.checkpoint_failed(),
            Regranted: self._regranted,
            TailFetched: self._audience.tail_fetched,
            PartTaken: self._audience.part_taken,
            SubmissionFound: self._submission_found,
            LookupFailed: self._lookup_failed,
            Ticked: self._ticked,
            LiveWritten: self._live_written,
            Stopped: self._stopped,
            MoveAsked: self._move_asked,
            HandedOver: self._handed_over,
            Fed: self._fed,
            LiveDue: self._live.due,
        }

    def handle(self, event: Event) -> Instructions:
        return self._handlers[type(event)](event)

    @property
    def durable_version(self) -> int:
        return self.sequencer.durable_version

    @property
    def newest_version(self) -> int:
        """Of what has been sequenced, durable or not."""
        return self.sequencer.history.head

    @property
    def subscribers(self) -> int:
        return len(self._subscribers)

    @property
    def users(self) -> set[UUID]:
        """Whose grants count: who is here, and who has edits that are not durable yet."""
        return {each.user_id for each in self._subscribers.values()} | self.sequencer.authors

    # --- who is there ----------------------------------------------------------------------

    def _attached(self, event: Attached) -> Instructions:
        if self._upkeep.stopping:
            return [End(event.subscription, WeftError("owner_moved"))]  # its gateway asks another
        if self._moving.heir is not None:
            return [End(event.subscription, moved_to(self._moving.heir))]
        return self._audience.attached(event)

    def _regranted(self, event: Regranted) -> Instructions:
        self.sequencer.regrant(event.subjects)
        return self._audience.regranted(event)

    # --- submissions -----------------------------------------------------------------------

    def _submitted(self, event: Submitted) -> Instructions:
        subscriber = self._subscribers.get(event.subscription)
        if subscriber is None or subscriber.stage is not Stage.JOINED:
            return [self._reject(event, WeftError("not_joined"))]
        replica_id = subscriber.replica_id
        match self._replicas.standing(replica_id, event.sequence, event.fingerprint):
            case Standing.NEW if self._moving.is_asked:
                return []  # its gateway sends it to the heir
            case Standing.NEW:
                return self._sequence(subscriber.author, event)
            case Standing.UNCOMMITTED:
                return []
            case Standing.COMMITTED:
                return [self._acknowledge(event, self._replicas.mark(replica_id).version)]
            case Standing.BLOCKED:
                return [self._reject(event, WeftError("in_flight"))]
            case Standing.REUSED:
                return [self._reject(event, WeftError("id_reused"))]
            case Standing.OLDER:
                return [
                    FindSubmission(
                        event.subscription, replica_id, event.sequence, event.fingerprint
                    )
                ]

    def _sequence(self, author: Author, event: Submitted) -> Instructions:
        try:
            submission = self.sequencer.sequence(author, event)
        except WeftError as error:
            return [self._reject(event, error)]
        except Exception as error:  # noqa: BLE001  (law 10: only this submission fails)
            return self._quarantine(author, event, error)
        self._replicas.sequenced(submission)
        return [Commit(submission, event.size_bytes)]

    def _quarantine(self, author: Author, event: Submitted, error: Exception) -> Instructions:
        cause = f"{self.dashboard_id}/{author.replica_id}/{event.sequence}"
        refusal = WeftError("quarantined", cause=cause)
        return [Report(cause, error), self._reject(event, refusal)]

    def _submission_found(self, event: SubmissionFound) -> Instructions:
        found = event.found
        if found is not None and found.fingerprint == event.fingerprint:
            return [self._acknowledge(event, found.version)]
        why = "" if found else "A newer submission of this replica has committed; sequences rise."
        return [self._reject(event, WeftError("id_reused", why))]

    def _lookup_failed(self, event: LookupFailed) -> Instructions:
        if event.sequence is not None:
            frame = rejected_frame(self.dashboard_id, event.sequence, event.error)
            return [Reply(event.subscription, frame)]
        subscriber = self._subscribers.get(event.subscription)
        return [] if subscriber is None else [self._audience.end(subscriber, event.error)]

    def _acknowledge(self, event: Submitted | SubmissionFound, version: int) -> Instruction:
        told = acknowledged_frame(self.dashboard_id, event.sequence, version)
        return Reply(event.subscription, told)

    def _reject(self, event: Submitted | SubmissionFound, error: WeftError) -> Instruction:
        return Reply(event.subscription, rejected_frame(self.dashboard_id, event.sequence, error))

    # --- commits ---------------------------------------------------------------------------

    def _commit_returned(self, event: CommitReturned) -> Instructions:
        committed = self.sequencer.commit(event.version)
        for submission in committed:
            self._replicas.committed(submission)
        frame = committed_frame(self.dashboard_id, [each.to_wire() for each in committed])
        told = [Publish(frame), *self._live.follow(committed)]
        return [*told, *self._audience.release(), *self._move_on(), *self._keeping.keep_up()]

    def _commit_poisoned(self, event: CommitPoisoned) -> Instructions:
        """Refuse the first uncommitted submission, and sequence those behind it anew."""
        poisoned, *behind = self.sequencer.roll_back()
        self._replicas.roll_back()
        instructions: Instructions = [RollBack(self.durable_version)]
        instructions += self._quarantine(poisoned.author, poisoned.event, event.error)
        for each in behind:
            instructions += self._sequence(each.author, each.event)
        return [*instructions, *self._audience.release(), *self._move_on()]

    def _fenced(self, _: Fenced) -> Instructions:
        return [*self._audience.end_all("owner_moved"), StepDown()]

    # --- moving ----------------------------------------------------------------------------

    def _move_asked(self, event: MoveAsked) -> Instructions:
        if not self._upkeep.stopping:
            self._moving.ask(event.heir)
        return self._move_on()

    def _move_on(self, *, is_to_write: bool = True) -> Instructions:
        """What was fed goes with it: it is written before, if it can be."""
        if not self._moving.is_asked:
            return []
        writing = self._live.write_if_due(0, leaving=True) if is_to_write else []
        is_drained = not (self.sequencer.has_uncommitted or self._live.is_writing)
        return [*writing, *self._moving.go_on(is_drained=is_drained)]

    def _handed_over(self, event: HandedOver) -> Instructions:
        farewells = pass_on(self._subscribers.values(), self.durable_version, event.holder)
        return [*farewells, StepDown()]

    # --- checkpoints, live data, unloading ---------------------------------------------------

    def _checkpoint_written(self, event: CheckpointWritten) -> Instructions:
        self._replicas.forget(event.version, self._audience.replicas_present)
        self._audience.snapshots.forget()
        return self._keeping.checkpoint_written(event.version)

    def _fed(self, event: Fed) -> Instructions:
        """Nothing while it moves: its gateway brings the value to the heir."""
        return [] if self._moving.is_asked else self._live.fed(event)

    def _live_written(self, event: LiveWritten) -> Instructions:
        kept = self._keeping.live_written(event)
        return [*kept, *self._move_on(is_to_write=event.widget_ids is not None)]

    def _ticked(self, event: Ticked) -> Instructions:
        return [
            *self._audience.look_at_the_clock(event.now_ms),
            *self._keeping.ticked(event.now_ms),
        ]

    def _stopped(self, _: Stopped) -> Instructions:
        self._upkeep.stopping = True
        return [*self._audience.end_all("going_away"), *self._keeping.keep_up()]
