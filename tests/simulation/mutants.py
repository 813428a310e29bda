"""Faults put in on purpose: what the simulator is worth is how fast it finds them."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from actors.replicas import Standing
from gateway.passage import Arrival, Passage
from storage import memory_log
from storage.ports import DashboardCommit
from tests.simulation.simulated_world import Mutations
from weft.client.events import Disconnected, ReplicaEvent
from weft.client.instructions import ReplicaInstruction
from weft.client.pending import Layer
from weft.client.replica import Replica
from weft.client.status import Status, status_of
from weft.ot.operation import Operations

handle_as_it_is = Replica.handle
arrive_as_it_is = Passage.arrive


@dataclass(frozen=True)
class Mutant:
    laws: set[int]  # one of which it must break
    patches: dict[str, Any] = field(default_factory=dict)
    mutations: Mutations = field(default_factory=Mutations)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        with ExitStack() as stack:
            for name, replacement in self.patches.items():
                stack.enter_context(patch(name, replacement))
            yield


def commit_unfenced(self: memory_log.MemoryLog, commit: DashboardCommit) -> bool:
    table = self.tables.dashboards[commit.dashboard_id]
    table.operations += [memory_log._store_submission(each) for each in commit.submissions]
    table.version += len(commit.submissions)
    return True


def untransformed(_: Any, operations: Operations, base_version: int) -> list[Operations]:
    return [(operation,) for operation in operations]


def not_rebased(remote: Operations, layer: Layer, *_: Any) -> tuple[Operations, Layer]:
    return remote, layer


def handle_forgetting(self: Replica, event: ReplicaEvent) -> list[ReplicaInstruction]:
    pending = self.copy.pending
    if isinstance(event, Disconnected) and pending.in_flight is not None:
        pending._waiting.appendleft(Layer(pending.in_flight.operations, 0))
        pending.in_flight = None
    return handle_as_it_is(self, event)


def saved_when_sent(**facts: Any) -> Status:
    return status_of(**{**facts, "pending": 0})


def arrive_empty_handed(self: Passage, frame: bytes) -> Arrival:
    return arrive_as_it_is(self, frame)._replace(resend=None)


MUTANTS = {
    "what was committed before is not recognised": Mutant(
        {3}, {"actors.replicas.Replicas.standing": lambda *_: Standing.NEW}
    ),
    "acknowledged before the commit has returned": Mutant(
        {2}, mutations=Mutations(acknowledge_early=True)
    ),
    "the fence is off": Mutant(
        {1, 5}, {"storage.memory_log.MemoryLog._commit_one": commit_unfenced}
    ),
    "the owner does not transform": Mutant(
        {4, 10}, {"actors.history.History.transform": untransformed}
    ),
    "the client does not transform what is pending": Mutant(
        {4, 10}, {"weft.client.pending._rebase": not_rebased}
    ),
    "the client does not move with its own commit": Mutant(
        {4}, {"weft.client.working_copy.WorkingCopy._commit_own": lambda *_: None}
    ),
    "what was in flight when the connection was cut counts as not committed": Mutant(
        {3}, {"weft.client.replica.Replica.handle": handle_forgetting}
    ),
    "what was moved over others' edits counts as made after them": Mutant(
        {18}, {"actors.sequencer.seen_version_of": lambda event: event.base_version}
    ),
    "what was not answered before a move stays behind": Mutant(
        {7}, {"gateway.passage.Passage.arrive": arrive_empty_handed}
    ),
    "saved is said when it is only sent": Mutant(
        {2}, {"weft.client.replica.status_of": saved_when_sent}
    ),
}
