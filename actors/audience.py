"""Who is at a dashboard: how each subscription is let in, what its user may do, and how it ends.

    attached ──identified──▶ [waiting for its replica's edit] ──▶ brought up to date ──▶ joined

A replica is there once: joining again replaces it. Law 6, permission is sequenced: rights change
with a grant or with the clock, at one place in the order, and who may not read any more is let go
there. Law 3: a join is answered only when all that its replica sent before has been decided. Pure.
"""

from collections.abc import Set
from uuid import UUID

from actors.events import (
    Attached,
    Detached,
    Identified,
    PartTaken,
    Regranted,
    Subscription,
    TailFetched,
)
from actors.instructions import End, Identify, Instruction, Reply
from actors.joining import answer_join, pass_page_on, take_part
from actors.live_data import LiveData
from actors.replicas import Replicas, foreign_replica
from actors.sequencer import Sequencer
from actors.snapshots import Snapshots
from actors.subscriber import Rights, Stage, Subscriber, reads_no_more
from weft.errors import WeftError

Instructions = list[Instruction]


class Audience:
    """`subscribers`: shared with `live`, which asks who may feed; changed here alone."""

    def __init__(
        self,
        dashboard_id: UUID,
        subscribers: dict[Subscription, Subscriber],
        sequencer: Sequencer,
        replicas: Replicas,
        live: LiveData,
    ) -> None:
        self.snapshots = Snapshots()
        self._dashboard_id = dashboard_id
        self._subscribers = subscribers
        self._sequencer = sequencer
        self._replicas = replicas
        self._live = live
        self._present: dict[UUID, Subscriber] = {}  # by replica
        self._waiting: list[Subscriber] = []

    @property
    def replicas_present(self) -> Set[UUID]:
        return self._present.keys()

    # --- joining ---------------------------------------------------------------------------

    def attached(self, event: Attached) -> Instructions:
        older = self._present.get(event.replica_id)
        if older is not None and older.user_id != event.user_id:
            return [End(event.subscription, foreign_replica())]
        instructions: Instructions = []
        if older is not None:
            moved = WeftError("conflict", "This replica has joined again elsewhere.")
            instructions.append(self.end(older, moved))
        subscriber = Subscriber.of(event)
        self._subscribers[event.subscription] = subscriber
        self._present[event.replica_id] = subscriber
        return [*instructions, self._identify(subscriber)]

    def _identify(self, subscriber: Subscriber) -> Instruction:
        mark_needed = not (subscriber.feeds or self._replicas.knows(subscriber.replica_id))
        return Identify(
            subscriber.subscription, subscriber.user_id, subscriber.replica_id, mark_needed
        )

    def identified(self, event: Identified) -> Instructions:
        subscriber = self._subscribers.get(event.subscription)
        if subscriber is None:
            return []
        self._replicas.learn(subscriber.replica_id, event.mark)
        if subscriber.identify_again:
            subscriber.identify_again = False
            return [self._identify(subscriber)]
        refusal = subscriber.grant(event.subject, event.at_ms)
        if refusal is not None:
            return [self.end(subscriber, refusal)]
        if self._replicas.belongs_to_another(subscriber.replica_id, subscriber.user_id):
            return [self.end(subscriber, foreign_replica())]
        if self._replicas.is_undecided(subscriber.replica_id):
            subscriber.stage = Stage.WAITING
            self._waiting.append(subscriber)
            return []
        return self._answer_join(subscriber)

    def release(self) -> Instructions:
        """Answer the joins whose replica has no uncommitted submission any more."""
        if not self._waiting:
            return []
        undecided = self._replicas.is_undecided
        ready = [each for each in self._waiting if not undecided(each.replica_id)]
        self._waiting = [each for each in self._waiting if undecided(each.replica_id)]
        return [answer for subscriber in ready for answer in self._answer_join(subscriber)]

    def _answer_join(self, subscriber: Subscriber) -> Instructions:
        answer = answer_join(
            self._dashboard_id,
            subscriber,
            self._replicas.mark(subscriber.replica_id),
            self._sequencer,
            self.snapshots,
            live=self._live.joined(),
        )
        if isinstance(answer[0], End):
            self._forget(subscriber)
        return answer

    def tail_fetched(self, event: TailFetched) -> Instructions:
        subscriber = self._subscribers.get(event.subscription)
        if subscriber is None:
            return []
        head_version = self._sequencer.durable_version
        page = pass_page_on(self._dashboard_id, subscriber, event, head_version)
        if isinstance(page, End):
            self._forget(subscriber)
        return [page]

    def part_taken(self, event: PartTaken) -> Instructions:
        subscriber = self._subscribers.get(event.subscription)
        if subscriber is None:
            return []
        going_on = take_part(self._dashboard_id, subscriber)
        return self._answer_join(subscriber) if going_on is None else going_on

    # --- permission ------------------------------------------------------------------------

    def regranted(self, event: Regranted) -> Instructions:
        instructions: Instructions = []
        for subscriber in list(self._subscribers.values()):
            subject = event.subjects.get(subscriber.user_id)
            if subject is None:
                continue
            if subscriber.stage is Stage.IDENTIFYING:
                subscriber.identify_again = True
                continue
            before = subscriber.rights
            refusal = subscriber.grant(subject, event.at_ms)
            instructions += self._tell_rights(subscriber, before, refusal)
        return instructions

    def look_at_the_clock(self, now_ms: int) -> Instructions:
        """What is granted for a time begins and ends without anybody's doing."""
        instructions: Instructions = []
        for subscriber in list(self._subscribers.values()):
            if subscriber.is_to_be_looked_at(now_ms):
                before = subscriber.rights
                instructions += self._tell_rights(subscriber, before, subscriber.look(now_ms))
        return instructions

    def _tell_rights(
        self, subscriber: Subscriber, before: Rights, refusal: WeftError | None
    ) -> Instructions:
        if refusal is not None:
            return [self.end(subscriber, reads_no_more(refusal))]
        frame = subscriber.news_of_rights(self._dashboard_id, before)
        return [] if frame is None else [Reply(subscriber.subscription, frame)]

    # --- leaving ---------------------------------------------------------------------------

    def detached(self, event: Detached) -> Instructions:
        if (subscriber := self._subscribers.get(event.subscription)) is not None:
            self._forget(subscriber)
        return []

    def end(self, subscriber: Subscriber, error: WeftError) -> End:
        self._forget(subscriber)
        return End(subscriber.subscription, error)

    def end_all(self, code: str) -> Instructions:
        return [self.end(each, WeftError(code)) for each in list(self._subscribers.values())]

    def _forget(self, subscriber: Subscriber) -> None:
        del self._subscribers[subscriber.subscription]
        del self._present[subscriber.replica_id]
        if subscriber.stage is Stage.WAITING:
            self._waiting.remove(subscriber)
