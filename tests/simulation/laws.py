"""The laws of docs/spec.md, held against the world after every step, and once more at the end."""

import re
from collections import Counter
from typing import TYPE_CHECKING, cast
from uuid import UUID

from storage.memory_log import run_now
from storage.ports import LoggedSubmission
from tests.simulation import registers
from tests.simulation.simulated_person import LEDGER, Person
from weft.client.replica import Phase
from weft.ot import Document, Operation, apply, operation_from_json

if TYPE_CHECKING:
    from tests.simulation.simulated_world import World

WORD = re.compile(r"<\d+>")


class LawBrokenError(AssertionError):
    def __init__(self, world: "World", law: int, why: str) -> None:
        self.law = law
        self.why = why
        self.timeline = tuple(world.timeline)
        super().__init__(f"seed {world.seed}, step {world.steps}: law {law}: {why}")


class Laws:
    def __init__(self, world: "World") -> None:
        self.world = world
        opened = run_now(world.log.read_checkpoint(world.dashboard_id, 0))
        assert opened is not None
        self.history = [Document.from_json(opened.state)]  # the document at each version
        self.ids: set[tuple[UUID, int]] = set()
        self.markers: Counter[str] = Counter()  # how often each was written in the log
        self.words: Counter[str] = Counter()

    def require(self, holds: bool, law: int, why: str) -> None:
        if not holds:
            raise LawBrokenError(self.world, law, why)

    def check(self) -> None:
        """After every step."""
        self._read_log()
        for person in self.world.persons:
            self._check_person(person)

    # --- the log --------------------------------------------------------------------------------

    def _read_log(self) -> None:
        known = len(self.history) - 1
        table = self.world.table
        self.require(len(table.operations) == table.version, 5, "two have written one version")
        if table.version == known:
            return
        rows = run_now(
            self.world.log.submissions_between(self.world.dashboard_id, known, table.version)
        )
        for version, row in enumerate(rows, known + 1):
            self.require(row.version == version, 1, f"{row.version} where {version} follows")
            self._take_in(row)

    def _take_in(self, row: LoggedSubmission) -> None:
        submission_id = (row.replica_id, row.sequence)
        self.require(submission_id not in self.ids, 3, f"{submission_id} has committed twice")
        self.ids.add(submission_id)
        operations = tuple(operation_from_json(each, trusted=True) for each in row.operations)
        for operation in operations:
            self._count(operation)
            if (operation.target_id, operation.path) == (LEDGER, registers.PATH):
                self.world.registers.committed.append(cast("str", operation.value))
        self.history.append(apply(self.history[-1], operations, within_limits=False))

    def _count(self, operation: Operation) -> None:
        if operation.target_id != LEDGER:
            return
        if operation.path[:1] == ("data",) and operation.type == "update":
            marker = operation.path[1]
            self.markers[marker] += 1
            self.require(self.markers[marker] == 1, 3, f"{marker} was written twice")
        if operation.type == "insert" and isinstance(operation.value, str):
            for word in WORD.findall(operation.value):
                self.words[word] += 1
                self.require(self.words[word] == 1, 3, f"{word} was typed twice")

    # --- people ---------------------------------------------------------------------------------

    def _check_person(self, person: Person) -> None:
        version = person.replica.version
        if version is None:
            return
        head = self.world.table.version
        self.require(version <= head, 2, f"{person.name} has seen {version}, the log has {head}")
        if version != person.checked_version:
            person.checked_version = version
            copy = person.replica.copy
            self.require(
                copy.confirmed == self.history[version], 4, f"{person.name} differs at {version}"
            )
            if copy.pending:
                view = apply(copy.confirmed, copy.pending.operations, within_limits=False)
                self.require(view == copy.view, 4, f"{person.name} sees what is not there")
        if person.marks.pending and person.is_settled:
            missing = sorted(person.marks.pending - self.markers.keys())
            self.require(not missing, 2, f"{person.name}: saved, but {missing} are not")
            person.marks.saved |= person.marks.pending
            person.marks.pending.clear()

    # --- the end --------------------------------------------------------------------------------

    def check_at_rest(self) -> None:
        head = self.world.table.version
        for person in self.world.persons:
            replica = person.replica
            self.require(replica.phase is Phase.JOINED, 7, f"{person.name} is {replica.phase}")
            self.require(not replica.copy.pending, 7, f"{person.name} has not got rid of an edit")
            self.require(replica.version == head, 4, f"{person.name} is at {replica.version}")
            self.require(replica.document == self.history[-1], 4, f"{person.name} differs")
            self.require(not person.marks.pending, 3, f"{person.name}: {person.marks.pending}")
            for marker in person.marks.saved:
                there = self.history[-1].value_at(LEDGER, ("data", marker))
                self.require(there == person.name, 3, f"{marker} is gone")
        untold, wrongly = self.world.registers.untold(), self.world.registers.told_wrongly()
        self.require(not untold, 18, f"whose values {untold} were overwritten unseen, are not told")
        self.require(not wrongly, 18, f"{wrongly} told as lost, but nobody overwrote them")

    def check_storage(self) -> None:
        """Law 4: a replay from every checkpoint, and the rows, hold what everyone sees."""
        world, dashboard_id = self.world, self.world.dashboard_id
        versions = run_now(world.log.checkpoints(dashboard_id))
        head = world.table.version
        self.require(versions[-1] == head, 4, f"no checkpoint at {head}")
        for version in versions:
            checkpoint = run_now(world.log.read_checkpoint(dashboard_id, version))
            assert checkpoint is not None
            document = Document.from_json(checkpoint.state)
            self.require(document == self.history[version], 4, f"the checkpoint at {version}")
            rows = run_now(world.log.submissions_between(dashboard_id, version, head))
            for row in rows:
                operations = (operation_from_json(each, trusted=True) for each in row.operations)
                document = apply(document, operations, within_limits=False)
            self.require(document == self.history[-1], 4, f"a replay from {version}")
        rows_now = run_now(world.log.read_rows(dashboard_id))
        assert rows_now is not None
        state = Document.from_json(rows_now.state)
        self.require(state == self.history[-1], 4, "the rows")
