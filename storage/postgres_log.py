"""The operations log in PostgreSQL: law 1 order, law 2 durable first, law 5 one writer."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

import asyncpg

from storage.ports import (
    Checkpoint,
    DashboardCommit,
    DashboardRows,
    Head,
    LiveValue,
    LoggedSubmission,
    OpenedDashboard,
    ReplicaMark,
)
from storage.postgres_commit import PostgresCommit
from storage.postgres_connection import Pool, PooledConnection, storage_errors
from storage.postgres_statements import statements
from storage.rows import (
    check_reach,
    checkpoint_from,
    dashboard_rows_from,
    live_value_from,
    submission_from,
    unreadable,
)
from weft.limits import EPOCH_STEP_SHUT_OUT


class PostgresLog:
    """The port `OperationLog`. Commits have a connection of their own, all else uses the pool."""

    def __init__(self, pool: Pool, commit: PostgresCommit) -> None:
        self._pool = pool
        self._commit = commit
        self._sql = {**statements("log"), **statements("checkpoints")}

    async def open_dashboard(self, dashboard_id: UUID) -> OpenedDashboard | None:
        raised = await self._row("raise_epoch", dashboard_id)
        if raised is None:
            return None
        # What follows cannot change any more: the raised epoch keeps every other owner out.
        row = await self._row("newest_checkpoint", dashboard_id)
        if row is None:
            raise unreadable("there is no checkpoint")
        checkpoint = checkpoint_from(dashboard_id, row)
        version = raised["version"]
        tail = await self._read(dashboard_id, checkpoint.version, version)
        live = tuple(map(live_value_from, await self._rows("live_values", dashboard_id)))
        epoch = raised["owner_epoch"]
        return OpenedDashboard(dashboard_id, version, epoch, checkpoint, tail, live=live)

    async def commit(self, commits: list[DashboardCommit]) -> set[UUID]:
        return await self._commit.commit(commits)

    async def settle(self, dashboard_id: UUID, epoch: int) -> Head | None:
        return await self._end_epoch(dashboard_id, epoch, 1)

    async def shut_out(self, dashboard_id: UUID, epoch: int) -> Head | None:
        return await self._end_epoch(dashboard_id, epoch, EPOCH_STEP_SHUT_OUT)

    async def _end_epoch(self, dashboard_id: UUID, epoch: int, step: int) -> Head | None:
        row = await self._row("end_epoch", dashboard_id, epoch, step)
        return Head(row["version"], row["owner_epoch"]) if row else None

    async def submissions_between(
        self, dashboard_id: UUID, after_version: int, up_to_version: int
    ) -> tuple[LoggedSubmission, ...]:
        submissions = await self._read(dashboard_id, after_version, up_to_version)
        row = await self._row("log_start", dashboard_id)  # last: then nothing went before we read
        check_reach(after_version, up_to_version, row["log_start_version"] if row else 0)
        return submissions

    async def _read(
        self, dashboard_id: UUID, after_version: int, up_to_version: int
    ) -> tuple[LoggedSubmission, ...]:
        rows = await self._rows("submissions_between", dashboard_id, after_version, up_to_version)
        return tuple(map(submission_from, rows))

    async def find_submission(
        self, dashboard_id: UUID, replica_id: UUID, sequence: int
    ) -> LoggedSubmission | None:
        row = await self._row("find_submission", dashboard_id, replica_id, sequence)
        return submission_from(row) if row else None

    async def replica_mark(self, dashboard_id: UUID, replica_id: UUID) -> ReplicaMark | None:
        row = await self._row("replica_mark", dashboard_id, replica_id)
        return ReplicaMark(**row) if row else None

    async def write_checkpoint(self, checkpoint: Checkpoint, epoch: int) -> bool:
        with storage_errors():
            try:
                async with self._pool.acquire() as connection, connection.transaction():
                    await self._write_checkpoint(connection, checkpoint, epoch)
            except (Fenced, asyncpg.ForeignKeyViolationError):
                return False
        return True

    async def _write_checkpoint(
        self, connection: PooledConnection, checkpoint: Checkpoint, epoch: int
    ) -> None:
        """The row of `dashboards` comes last: commits wait while it is locked."""
        dashboard_id, version, state = checkpoint.dashboard_id, checkpoint.version, checkpoint.state
        await connection.execute(
            self._sql["insert_checkpoint"],
            dashboard_id,
            version,
            state,
            checkpoint.operations_count,
        )
        await connection.execute(
            self._sql["raise_marks"],
            dashboard_id,
            [mark.replica_id for mark in checkpoint.replicas],
            [mark.sequence for mark in checkpoint.replicas],
            [mark.version for mark in checkpoint.replicas],
            [mark.fingerprint for mark in checkpoint.replicas],
            [mark.user_id for mark in checkpoint.replicas],
        )
        await connection.execute(self._sql["remove_widgets"], dashboard_id, version)
        await connection.execute(self._sql["write_widgets"], dashboard_id, version)
        await connection.execute(self._sql["name_authors"], dashboard_id, version)
        fields = (state["title"], state["description"], state["settings"], state["layout"])
        written = await connection.fetchval(
            self._sql["write_dashboard"], dashboard_id, version, epoch, *fields
        )
        if written is None:
            raise Fenced

    async def write_live(
        self, dashboard_id: UUID, epoch: int, values: Sequence[LiveValue]
    ) -> set[UUID] | None:
        values = sorted(values, key=lambda each: each.widget_id.int)  # rows are locked in one order
        columns = (
            [each.widget_id for each in values],
            [each.value for each in values],
            [each.at_ms for each in values],
        )
        with storage_errors():
            try:
                async with self._pool.acquire() as connection, connection.transaction():
                    rows = await connection.fetch(self._sql["write_live"], dashboard_id, *columns)
                    held = self._sql["hold_fence"]
                    if await connection.fetchval(held, dashboard_id, epoch) is None:
                        raise Fenced
            except Fenced:
                return None
        return {row["id"] for row in rows}

    async def checkpoints(self, dashboard_id: UUID) -> tuple[int, ...]:
        rows = await self._rows("checkpoint_versions", dashboard_id)
        return tuple(row["version"] for row in rows)

    async def read_checkpoint(self, dashboard_id: UUID, version: int) -> Checkpoint | None:
        row = await self._row("read_checkpoint", dashboard_id, version)
        return checkpoint_from(dashboard_id, row) if row else None

    async def read_rows(self, dashboard_id: UUID) -> DashboardRows | None:
        row = await self._row("read_rows", dashboard_id)
        return dashboard_rows_from(row) if row else None

    async def dashboard_ids(self) -> tuple[UUID, ...]:
        return tuple(row["id"] for row in await self._rows("dashboard_ids"))

    async def head(self, dashboard_id: UUID) -> Head | None:
        row = await self._row("head", dashboard_id)
        return Head(row["version"], row["owner_epoch"]) if row else None

    async def heads(self, dashboard_ids: Collection[UUID]) -> dict[UUID, Head]:
        rows = await self._rows("heads", list(dashboard_ids))
        return {row["id"]: Head(row["version"], row["owner_epoch"]) for row in rows}

    async def _row(self, name: str, *arguments: Any) -> asyncpg.Record | None:
        with storage_errors():
            return await self._pool.fetchrow(self._sql[name], *arguments)

    async def _rows(self, name: str, *arguments: Any) -> list[asyncpg.Record]:
        with storage_errors():
            return await self._pool.fetch(self._sql[name], *arguments)


class Fenced(Exception):  # noqa: N818  (rolls the checkpoint back; never leaves this file)
    """Another owner has raised the epoch."""
