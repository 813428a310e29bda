"""The operations log in memory: the twin of postgres_log, with its fence and its failures.

Its methods never wait, so a simulator can drive them without an event loop (`run_now`).
"""

from collections import deque
from collections.abc import Collection, Coroutine, Sequence
from enum import Enum
from typing import Any, TypeVar
from uuid import UUID

from storage.memory_tables import DashboardTable, MemoryTables, StoredSubmission
from storage.ports import (
    Checkpoint,
    CommitAmbiguous,
    DashboardCommit,
    DashboardRows,
    Head,
    LiveValue,
    LoggedSubmission,
    OpenedDashboard,
    ReplicaMark,
)
from storage.rows import (
    UNSTORABLE,
    check_reach,
    decode_json,
    encode_json,
    head_after,
    kind_of,
    target_of,
)
from weft.errors import WeftError
from weft.limits import EPOCH_STEP_SHUT_OUT

Result = TypeVar("Result")


class CommitFailure(Enum):
    """How a coming commit shall fail."""

    REFUSED = "storage_unavailable: it certainly did not happen"
    HAPPENED = "ambiguous, and it has happened"
    LOST = "ambiguous, and it has not happened, nor ever will"
    LATE = "ambiguous, and it reaches the tables when deliver_late is called"


def run_now(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """The result of a coroutine that never waits, such as any method of the memory twins."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        result: Result = stop.value
        return result
    coroutine.close()
    raise RuntimeError("the coroutine waited")


class MemoryLog:
    """The port `OperationLog`; `failures` holds the fate of the coming commits, in order."""

    def __init__(self, tables: MemoryTables | None = None) -> None:
        self.tables = tables or MemoryTables()
        self.failures: deque[CommitFailure | None] = deque()
        self._late: list[list[DashboardCommit]] = []

    async def open_dashboard(self, dashboard_id: UUID) -> OpenedDashboard | None:
        table = self._table(dashboard_id)
        if table is None:
            return None
        table.epoch += 1
        version = max(table.checkpoints)
        return OpenedDashboard(
            dashboard_id,
            table.version,
            table.epoch,
            _read_checkpoint(dashboard_id, table, version),
            tuple(map(_read_submission, table.operations[version:])),
            live=_read_live(table),
        )

    async def commit(self, commits: list[DashboardCommit]) -> set[UUID]:
        self._answer()
        failure = self.failures.popleft() if self.failures else None
        if failure is CommitFailure.REFUSED:
            raise WeftError("storage_unavailable")
        if failure is CommitFailure.LATE:
            self._late.append(commits)
        if failure in (None, CommitFailure.HAPPENED):
            committed = self._commit(commits)
        if failure is not None:
            raise CommitAmbiguous
        return committed

    def deliver_late(self) -> set[UUID]:
        """Let the commits that were LATE reach the tables; which dashboards they still changed."""
        late, self._late = self._late, []
        return set().union(*map(self._commit, late))

    def _commit(self, commits: list[DashboardCommit]) -> set[UUID]:
        return {commit.dashboard_id for commit in commits if self._commit_one(commit)}

    def _commit_one(self, commit: DashboardCommit) -> bool:
        table = self.tables.dashboards.get(commit.dashboard_id)
        fence = (commit.expected_version, commit.epoch)
        if table is None or (table.version, table.epoch) != fence:
            return False
        try:
            head = head_after(commit)
            table.operations += [_store_submission(one) for one in commit.submissions]
        except UNSTORABLE:  # what a database would refuse stays with its dashboard
            return False
        table.version = head
        return True

    async def settle(self, dashboard_id: UUID, epoch: int) -> Head | None:
        return self._end_epoch(dashboard_id, epoch, 1)

    async def shut_out(self, dashboard_id: UUID, epoch: int) -> Head | None:
        return self._end_epoch(dashboard_id, epoch, EPOCH_STEP_SHUT_OUT)

    def _end_epoch(self, dashboard_id: UUID, epoch: int, step: int) -> Head | None:
        table = self._table(dashboard_id)
        if table is None or table.epoch != epoch:
            return None
        table.epoch += step
        return Head(table.version, table.epoch)

    async def submissions_between(
        self, dashboard_id: UUID, after_version: int, up_to_version: int
    ) -> tuple[LoggedSubmission, ...]:
        table = self._table(dashboard_id)
        if table is None:
            return ()
        check_reach(after_version, up_to_version, table.log_start_version)
        rows = table.operations[max(after_version, 0) : max(up_to_version, 0)]
        return tuple(map(_read_submission, rows))

    async def find_submission(
        self, dashboard_id: UUID, replica_id: UUID, sequence: int
    ) -> LoggedSubmission | None:
        table = self._table(dashboard_id)
        for row in reversed(table.operations if table else []):
            if (row.submission.replica_id, row.submission.sequence) == (replica_id, sequence):
                return _read_submission(row)
        return None

    async def replica_mark(self, dashboard_id: UUID, replica_id: UUID) -> ReplicaMark | None:
        table = self._table(dashboard_id)
        return table.marks.get(replica_id) if table else None

    async def write_checkpoint(self, checkpoint: Checkpoint, epoch: int) -> bool:
        table = self._table(checkpoint.dashboard_id)
        state = encode_json(checkpoint.state)
        if table is None or table.epoch != epoch or checkpoint.version > table.version:
            return False
        table.checkpoints.setdefault(checkpoint.version, (state, checkpoint.operations_count))
        for mark in checkpoint.replicas:
            known = table.marks.get(mark.replica_id)
            if known is None or known.sequence < mark.sequence:
                table.marks[mark.replica_id] = mark
        _write_rows(table, checkpoint.version)
        return True

    async def write_live(
        self, dashboard_id: UUID, epoch: int, values: Sequence[LiveValue]
    ) -> set[UUID] | None:
        table = self._table(dashboard_id)
        if table is None or table.epoch != epoch:
            return None
        with_row = set(map(UUID, table.rows.widget_versions))
        for each in values:
            if each.widget_id in with_row and each.value is not None:
                table.live[each.widget_id] = (encode_json(each.value), each.at_ms)
            elif each.widget_id in with_row:
                table.live.pop(each.widget_id, None)
        return with_row & {each.widget_id for each in values}

    async def checkpoints(self, dashboard_id: UUID) -> tuple[int, ...]:
        table = self._table(dashboard_id)
        if table is None:
            return ()
        return tuple(sorted(v for v in table.checkpoints if v >= table.log_start_version))

    async def read_checkpoint(self, dashboard_id: UUID, version: int) -> Checkpoint | None:
        table = self._table(dashboard_id)
        if table is None or version not in table.checkpoints:
            return None
        return _read_checkpoint(dashboard_id, table, version)

    async def read_rows(self, dashboard_id: UUID) -> DashboardRows | None:
        table = self._table(dashboard_id)
        if table is None:
            return None
        state = decode_json(table.rows.state)
        return DashboardRows(max(table.checkpoints), state, dict(table.rows.widget_versions))

    async def dashboard_ids(self) -> tuple[UUID, ...]:
        self._answer()
        return tuple(sorted(self.tables.dashboards))

    async def head(self, dashboard_id: UUID) -> Head | None:
        table = self._table(dashboard_id)
        return Head(table.version, table.epoch) if table else None

    async def heads(self, dashboard_ids: Collection[UUID]) -> dict[UUID, Head]:
        self._answer()
        found = {each: self._table(each) for each in dashboard_ids}
        return {each: Head(table.version, table.epoch) for each, table in found.items() if table}

    def _table(self, dashboard_id: UUID) -> DashboardTable | None:
        self._answer()
        return self.tables.dashboards.get(dashboard_id)

    def _answer(self) -> None:
        if self.tables.unavailable:
            raise WeftError("storage_unavailable")


def _store_submission(submission: LoggedSubmission) -> StoredSubmission:
    kind_of(submission.operations), target_of(submission.operations)  # as the columns would
    return StoredSubmission(submission._replace(operations=()), encode_json(submission.operations))


def _read_submission(row: StoredSubmission) -> LoggedSubmission:
    return row.submission._replace(operations=tuple(decode_json(row.operations)))


def _read_checkpoint(dashboard_id: UUID, table: DashboardTable, version: int) -> Checkpoint:
    state, operations_count = table.checkpoints[version]
    return Checkpoint(dashboard_id, version, decode_json(state), operations_count)


def _read_live(table: DashboardTable) -> tuple[LiveValue, ...]:
    return tuple(
        LiveValue(widget_id, decode_json(value), at_ms)
        for widget_id, (value, at_ms) in sorted(table.live.items())
    )


def _write_rows(table: DashboardTable, version: int) -> None:
    """A widget's row keeps its version unless the checkpoint changes it."""
    before, state = decode_json(table.rows.state), table.checkpoints[version][0]
    table.rows.widget_versions = {
        widget_id: (
            table.rows.widget_versions[widget_id]
            if before["widgets"].get(widget_id) == widget
            else version
        )
        for widget_id, widget in decode_json(state)["widgets"].items()
    }
    table.rows.state = state
    with_row = set(map(UUID, table.rows.widget_versions))
    table.live = {each: value for each, value in table.live.items() if each in with_row}
