"""What PostgreSQL says of a dashboard when a run is over: rows with the times of their commits."""

from uuid import UUID

import asyncpg

from cluster.chaos.history import Row
from cluster.chaos.violation import Violation
from cluster.verify_command import verify_dashboards
from storage.postgres_connection import connect as connect_once
from storage.postgres_pool import connect
from storage.rows import submission_from
from weft.ot import Document

ROWS = """
SELECT version, replica_id, sequence, user_id, client_version, operation, fingerprint,
       (extract(epoch FROM created_at) * 1000)::BIGINT AS at_ms,
       extract(epoch FROM pg_xact_commit_timestamp(xmin))::FLOAT8 AS committed_at
FROM operations
WHERE dashboard_id = $1
ORDER BY version
"""


async def read_rows(postgres_url: str, dashboard_id: UUID) -> tuple[Row, ...]:
    connection = await connect_once(postgres_url)
    try:
        return tuple(_row(each) for each in await connection.fetch(ROWS, dashboard_id))
    finally:
        await connection.close()


def _row(found: asyncpg.Record) -> Row:
    fields = dict(found)
    committed_at = fields.pop("committed_at")
    return Row(submission_from(fields), committed_at)


async def read_head(postgres_url: str, dashboard_id: UUID) -> int:
    connection = await connect_once(postgres_url)
    try:
        found = await connection.fetchval(
            "SELECT version FROM dashboards WHERE id = $1", dashboard_id
        )
        return int(found)
    finally:
        await connection.close()


async def verify_all(postgres_url: str) -> tuple[int, list[Violation]]:
    """With how many checkpoints every log was compared, those at version 0 not among them; and what
    differs. An owner that is stopped in order writes one: then the rows are those of the head.
    """
    stores = await connect(postgres_url)
    try:
        found = await verify_dashboards(stores.log, await stores.log.dashboard_ids())
    finally:
        await stores.close()
    violations = [
        Violation(4, f"dashboard {dashboard_id} when all had stopped: {told}", 0)
        for dashboard_id, each in found
        if (told := each.difference and each.difference.to_json())
    ]
    return sum(each.checkpoints - 1 for _, each in found), violations


async def read_start(postgres_url: str, dashboard_id: UUID) -> tuple[Document, str | None]:
    """The document at version 0, and the first difference that `weft verify` finds."""
    stores = await connect(postgres_url)
    try:
        first = await stores.log.read_checkpoint(dashboard_id, 0)
        assert first is not None, "retention has not come by yet"
        [(_, verification)] = await verify_dashboards(stores.log, [dashboard_id])
        difference = verification.difference
        told = None if difference is None else str(difference.to_json())
        return Document.from_json(first.state), told
    finally:
        await stores.close()
