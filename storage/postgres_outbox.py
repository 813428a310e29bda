"""The outbox in PostgreSQL: what is recorded commits with the change, or not at all."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from storage.cursor import checked_limit, decode_cursor, page_of
from storage.delivery_ports import COMMITTED, ChangesDue, OutboxEvent
from storage.delivery_rows import changes_from, check_event, event_from, stored_error
from storage.postgres_audit import record_audit
from storage.postgres_connection import AnyConnection, Pool, storage_errors
from storage.postgres_statements import statements
from storage.query_ports import AuditEntry, Page
from weft.limits import OUTBOX_LEASE_SECONDS, PAGE_DEFAULT_ITEMS


async def record_event(
    connection: AnyConnection,
    topic: str,
    payload: Mapping[str, Any],
    dashboard_id: UUID | None = None,
) -> None:
    """Within the caller's transaction. Raises WeftError limit_exceeded, unstorable_text."""
    check_event(topic, payload)
    statement = statements("deliveries")["record_event"]
    await connection.execute(statement, topic, dashboard_id, payload)


class PostgresOutbox:
    """The port `Outbox`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._sql = statements("deliveries")

    async def record(
        self, topic: str, payload: Mapping[str, Any], dashboard_id: UUID | None = None
    ) -> None:
        with storage_errors():
            async with self._pool.acquire() as connection:
                await record_event(connection, topic, payload, dashboard_id)

    async def claim_events(
        self, room: Mapping[UUID, int], lease_seconds: float = OUTBOX_LEASE_SECONDS
    ) -> tuple[OutboxEvent, ...]:
        rows = await self._rows("claim_events", list(room), list(room.values()), lease_seconds)
        return tuple(sorted(map(event_from, rows), key=lambda event: event.id))

    async def delivered(self, event: OutboxEvent) -> None:
        await self._rows("delivered", event.id)

    async def failed(
        self, event: OutboxEvent, error: str, retry_after_seconds: float | None
    ) -> None:
        told = stored_error(error)
        await self._rows("failed", event.id, event.attempts, told, retry_after_seconds)

    async def claim_changes(
        self,
        dashboard_ids: Sequence[UUID],
        room: Mapping[UUID, int],
        lease_seconds: float = OUTBOX_LEASE_SECONDS,
    ) -> tuple[ChangesDue, ...]:
        places = (list(room), list(room.values()))
        rows = await self._rows("claim_changes", dashboard_ids, *places, lease_seconds, COMMITTED)
        return tuple(map(changes_from, rows))

    async def dashboards_behind(self, after: UUID | None, limit: int) -> tuple[UUID, ...]:
        rows = await self._rows("dashboards_behind", after, limit, COMMITTED)
        return tuple(row["id"] for row in rows)

    async def changes_delivered(self, due: ChangesDue, up_to_version: int) -> None:
        await self._rows(
            "changes_delivered", due.webhook_id, due.dashboard_id, due.after_version, up_to_version
        )

    async def changes_failed(
        self, due: ChangesDue, error: str, retry_after_seconds: float | None
    ) -> None:
        claimed = (due.webhook_id, due.dashboard_id, due.after_version, due.attempts)
        if retry_after_seconds is not None:
            await self._rows("changes_failed", *claimed, retry_after_seconds)
        else:
            told = stored_error(error)
            await self._rows("changes_died", *claimed, due.head_version, COMMITTED, told)

    async def dead_letters(
        self, *, after: str | None = None, limit: int = PAGE_DEFAULT_ITEMS
    ) -> Page[OutboxEvent]:
        (outbox_id,) = decode_cursor("dead letters", after, int)
        rows = await self._rows("dead_letters", outbox_id, checked_limit(limit) + 1)
        events = [event_from(row) for row in rows]
        return page_of("dead letters", events, limit, lambda last: (last.id,))

    async def deliveries(
        self, webhook_id: UUID, *, after: str | None = None, limit: int = PAGE_DEFAULT_ITEMS
    ) -> Page[OutboxEvent]:
        (outbox_id,) = decode_cursor("deliveries", after, int)
        rows = await self._rows("deliveries", webhook_id, outbox_id, checked_limit(limit) + 1)
        events = [event_from(row) for row in rows]
        return page_of("deliveries", events, limit, lambda last: (last.id,))

    async def revive(
        self, outbox_id: int, webhook_id: UUID | None = None, entry: AuditEntry | None = None
    ) -> bool:
        with storage_errors():
            async with self._pool.acquire() as connection, connection.transaction():
                revived = await connection.fetchval(self._sql["revive"], outbox_id, webhook_id)
                if revived is not None and entry is not None:
                    await record_audit(connection, entry)
        return revived is not None

    async def purge_delivered(self, older_than_seconds: float) -> int:
        ((purged,),) = await self._rows("purge_delivered", older_than_seconds)
        return int(purged)

    async def _rows(self, name: str, *arguments: Any) -> list[Any]:
        with storage_errors():
            return await self._pool.fetch(self._sql[name], *arguments)
