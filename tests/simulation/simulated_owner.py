"""The owner's shell in one thread: carries out what the real heart of the dashboard orders.

Stands in for the commit loop and the link server; it decides nothing but when things happen. A
statement reaches the log in one step and is heard of in a later one, so an owner can die between.
"""

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from actors import events, instructions
from actors.dashboard import Dashboard
from actors.fingerprint import fingerprint
from actors.moving import moved_to, owner_json
from actors.opening_loop import open_with_history
from storage.memory_log import CommitFailure, run_now
from storage.ports import CommitAmbiguous, DashboardCommit, LoggedSubmission, OwnerAddress
from tests.simulation.simulated_network import CUT
from weft.errors import WeftError
from weft.models import Subject
from weft.wire.codec import encode
from weft.wire.frames import ended_frame

if TYPE_CHECKING:
    from tests.simulation.simulated_gateway import Link
    from tests.simulation.simulated_world import World

Route = tuple["Link", int]
OUTAGE = WeftError("storage_unavailable")


class Lookup(NamedTuple):
    answer: Callable[[], events.Event]
    failed: events.Event


class Owner:
    """Hosts the one dashboard of the world, when somebody asks for it."""

    def __init__(self, world: "World", name: str) -> None:
        self.world = world
        self.name = name
        self.address = OwnerAddress(name, name, f"ws://{name}")
        self.is_alive = True
        self.heart: Dashboard | None = None
        self.epoch = 0
        self.version = 0  # of the log, as far as this owner knows for certain
        self.queue: deque[LoggedSubmission] = deque()
        self.lookups: list[Lookup] = []
        self._statement: DashboardCommit | None = None
        self._heard: set[UUID] | None = None  # what the log has answered; None: no answer
        self._settling = False
        self.room: dict[Route, None] = {}
        self.links: list[Link] = []

    # --- from the gateways ----------------------------------------------------------------------

    def receive(self, link: "Link", message: Any) -> None:
        if not self.is_alive:
            return
        if message is CUT:
            for number in list(link.numbers):
                self._detach((link, number))
            self.links.remove(link)
            return
        kind, number, *fields = message
        route = (link, number)
        if kind == "attach":
            [line] = fields
            holder = self._open()
            if holder is not self:
                moved = moved_to(holder.address)
                self._let_go(route, "ended", ended_frame(self.world.dashboard_id, moved))
                return
            link.numbers.add(number)
            self.handle(
                events.Attached(route, line.user_id, line.replica_id, line.version, line.wants_tail)
            )
        elif kind == "detach":
            self._detach(route)
        elif kind == "taken":
            self.handle(events.PartTaken(route))
        elif number in link.numbers:
            [line] = fields
            digest, size_bytes = fingerprint(line.base_version, line.operations)
            submitted = events.Submitted(
                route, line.sequence, line.base_version, tuple(line.operations), digest, size_bytes,
                self.world.now_ms, seen_version=line.seen_version,
            )  # fmt: skip
            self.handle(submitted)

    def _detach(self, route: Route) -> None:
        route[0].numbers.discard(route[1])
        self.room.pop(route, None)
        self.handle(events.Detached(route))

    # --- the dashboard --------------------------------------------------------------------------

    def _open(self) -> "Owner":
        """Unless somebody else holds it; who does."""
        holder = self if self.heart is not None else self.world.claim(self)
        if self.heart is not None or holder is not self:
            return holder
        opened = run_now(open_with_history(self.world.log, self.world.dashboard_id))
        self.heart = Dashboard(opened, self.world.review)
        self.epoch, self.version = opened.epoch, opened.version
        self.world.note(f"{self.name} opens at {opened.version}, epoch {opened.epoch}")
        return self

    def crash(self) -> None:
        self.is_alive = False
        self._close()

    def _close(self) -> None:
        self.world.release(self)
        self.heart = None
        self.queue.clear()
        self.lookups.clear()
        self.room.clear()
        self._statement, self._heard, self._settling = None, None, False

    def handle(self, event: events.Event) -> None:
        if self.heart is None:
            return
        for instruction in self.heart.handle(event):
            self._carry_out(instruction)

    def _carry_out(self, instruction: instructions.Instruction) -> None:
        world, dashboard_id = self.world, self.world.dashboard_id
        match instruction:
            case instructions.Commit(submission):
                self.queue.append(submission)
                if world.mutations.acknowledge_early:
                    self.handle(events.CommitReturned(submission.version))
            case instructions.RollBack():
                self.queue.clear()
            case instructions.Publish(frame):
                for link in dict.fromkeys(link for link, _ in self.room):
                    link.to_gateway.send(("publish", 0, frame))
            case instructions.Join((link, number), frame):
                self.room[link, number] = None
                link.to_gateway.send(("joined", number, frame))
            case instructions.Reply((link, number), frame) | instructions.SendPart(
                (link, number), frame
            ):
                kind = "reply" if isinstance(instruction, instructions.Reply) else "part"
                link.to_gateway.send((kind, number, frame))
            case instructions.End(route, error):
                self._let_go(route, "ended", ended_frame(dashboard_id, error))
            case instructions.PassOn(route, version, holder):
                told = encode({"version": version, "owner": owner_json(holder)})
                self._let_go(route, "moved", told)
            case instructions.Report(cause, error):
                assert isinstance(error, Poisoned), f"{cause} failed inside the server: {error!r}"
            case instructions.StepDown() | instructions.Unload():
                self.world.note(f"{self.name}: {type(instruction).__name__}")
                self._close()
            case _:
                self.lookups.append(self._lookup(instruction))

    def _let_go(self, route: Any, kind: str, frame: bytes) -> None:
        link, number = route
        self.room.pop(route, None)
        link.numbers.discard(number)
        link.to_gateway.send((kind, number, frame))

    def _lookup(self, order: instructions.Instruction) -> Lookup:
        """What the order asks for, answered when it is called; None: when that cannot be."""
        log, dashboard_id = self.world.log, self.world.dashboard_id
        match order:
            case instructions.Identify(subscription, user_id, replica_id, mark_needed):

                def identify() -> events.Event:
                    mark = run_now(log.replica_mark(dashboard_id, replica_id))
                    subject = Subject.compile(self.world.roles[user_id])
                    return events.Identified(subscription, subject, mark if mark_needed else None)

                return Lookup(identify, events.LookupFailed(subscription, OUTAGE))
            case instructions.FetchTail(subscription, after, up_to):

                def fetch() -> events.Event:
                    found = run_now(log.submissions_between(dashboard_id, after, up_to))
                    return events.TailFetched(subscription, found)

                return Lookup(fetch, events.LookupFailed(subscription, OUTAGE))
            case instructions.FindSubmission(subscription, replica_id, sequence, digest):

                def find() -> events.Event:
                    found = run_now(log.find_submission(dashboard_id, replica_id, sequence))
                    return events.SubmissionFound(subscription, sequence, digest, found)

                return Lookup(find, events.LookupFailed(subscription, OUTAGE, sequence))
            case instructions.WriteCheckpoint(checkpoint):
                epoch = self.epoch

                def write() -> events.Event:
                    if run_now(log.write_checkpoint(checkpoint, epoch)):
                        return events.CheckpointWritten(checkpoint.version)
                    if self._settling or self.epoch != epoch:
                        return events.CheckpointFailed(checkpoint.version)
                    return events.Fenced()

                return Lookup(write, events.CheckpointFailed(checkpoint.version))
            case instructions.HandOver(heir):

                def hand_over() -> events.Event:
                    self.world.hand_lock_over(heir)
                    return events.HandedOver(heir)

                return Lookup(hand_over, events.HandedOver(self.address))
        raise AssertionError(order)

    def answer_a_lookup(self) -> None:
        chosen = self.lookups.pop(self.world.random.randrange(len(self.lookups)))
        fails = self.world.happens(self.world.troubles.lookup_fails)
        self.handle(chosen.failed if fails else chosen.answer())

    # --- the commit loop ------------------------------------------------------------------------

    @property
    def is_quiet(self) -> bool:
        return self.heart is not None and not self._settling

    @property
    def has_work(self) -> bool:
        return bool(self.queue or self._statement)

    def work(self, failure: CommitFailure | None = None) -> None:
        """The next step of a commit: the log is reached, then the answer heard, then settled."""
        if self._statement is None:
            self._reach(failure)
        elif self._settling:
            self._settle()
        elif self._heard:
            self._committed()
        else:
            self._settling = True  # no answer, or not ours any more

    def _reach(self, failure: CommitFailure | None) -> None:
        submissions = self._take()
        dashboard_id = self.world.dashboard_id
        statement = DashboardCommit(dashboard_id, self.version, self.epoch, submissions)
        is_poison = self.world.is_poison(submissions[0])
        self.world.log.failures.append(CommitFailure.LOST if is_poison else failure)
        try:
            self._heard = run_now(self.world.log.commit([statement]))
        except CommitAmbiguous:
            self._heard = None
        except WeftError:
            return  # an outage: tried again later
        self._statement = statement
        self.world.note(f"{self.name} commits {len(submissions)} after {self.version}: {failure}")

    def _take(self) -> tuple[LoggedSubmission, ...]:
        """From the head of the queue; what the log will refuse goes alone."""
        most = self.world.random.randint(1, len(self.queue))
        taken: list[LoggedSubmission] = []
        for submission in tuple(self.queue)[:most]:
            is_poison = self.world.is_poison(submission)
            if not (is_poison and taken):
                taken.append(submission)
            if is_poison:
                break
        return tuple(taken)

    def _settle(self) -> None:
        statement = self._statement
        assert statement is not None
        head = run_now(self.world.log.settle(self.world.dashboard_id, self.epoch))
        after = statement.expected_version + len(statement.submissions)
        self._settling = False
        if head is None or head.version not in (statement.expected_version, after):
            self.handle(events.Fenced())
            return
        self.epoch = head.epoch
        if head.version == after:
            self._committed()
            return
        self._statement = None
        if self.world.is_poison(statement.submissions[0]):
            self.world.note(f"{self.name}: version {after} is poison")
            self.handle(events.CommitPoisoned(Poisoned()))

    def _committed(self) -> None:
        assert self._statement is not None
        self.version += len(self._statement.submissions)
        while self.queue and self.queue[0].version <= self.version:
            self.queue.popleft()
        self._statement = None
        if not self.world.mutations.acknowledge_early:
            self.handle(events.CommitReturned(self.version))


class Poisoned(Exception):  # noqa: N818  (what a database might say of content it cannot hold)
    pass
