"""The audit trail in PostgreSQL: what is recorded commits with the change, or not at all."""

from datetime import datetime
from uuid import UUID

from storage.audit_rows import audit_columns, audit_log_from, conditions
from storage.cursor import checked_limit, decode_cursor, page_of
from storage.postgres_connection import AnyConnection, Pool, storage_errors
from storage.postgres_statements import statements
from storage.query_ports import EVERYTHING, AuditEntry, AuditFilter, Page
from weft.limits import PAGE_DEFAULT_ITEMS
from weft.models import AuditLog


async def record_audit(connection: AnyConnection, entry: AuditEntry) -> None:
    """Within the caller's transaction. Raises WeftError limit_exceeded, unstorable_text."""
    await connection.execute(statements("audit")["record_audit"], *audit_columns(entry))


class PostgresAudit:
    """The port `Audit`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._entries = statements("audit")["audit_entries"]

    async def record(self, entry: AuditEntry) -> None:
        with storage_errors():
            async with self._pool.acquire() as connection:
                await record_audit(connection, entry)

    async def entries(
        self,
        wanted: AuditFilter = EVERYTHING,
        *,
        after: str | None = None,
        limit: int = PAGE_DEFAULT_ITEMS,
    ) -> Page[AuditLog]:
        texts, arguments = conditions(wanted)
        keys = decode_cursor("audit", after, datetime, UUID)
        if after is not None:
            texts.append(f"(created_at, id) < (${len(arguments) + 1}, ${len(arguments) + 2})")
            arguments += keys
        query = self._entries.format(
            conditions=" AND ".join(texts) or "true", limit=checked_limit(limit) + 1
        )
        with storage_errors():
            rows = await self._pool.fetch(query, *arguments)
        logs = [audit_log_from(row) for row in rows]
        return page_of("audit", logs, limit, lambda last: (last.created_at, last.id))
