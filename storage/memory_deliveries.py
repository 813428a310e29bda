"""Webhooks and the outbox in memory: the twin of postgres_webhooks and postgres_outbox."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count
from typing import Any, Final
from uuid import UUID, uuid4

from storage.cursor import checked_limit, decode_cursor, page_of
from storage.delivery_ports import (
    ALL_TOPICS,
    COMMITTED,
    ChangesDue,
    OutboxEvent,
    Webhook,
    WebhookCreate,
)
from storage.delivery_rows import check_event, check_webhook, stored_error
from storage.memory_tables import MemoryTables
from storage.query_ports import Audit, AuditEntry, Page
from storage.rows import decode_json, encode_json
from weft.limits import OUTBOX_LEASE_SECONDS, PAGE_DEFAULT_ITEMS


@dataclass(slots=True)
class EventRow:
    event: OutboxEvent
    due_at: float
    delivered_at: float | None = None

    @property
    def waits(self) -> bool:
        return self.delivered_at is None and self.event.died_at is None


@dataclass(slots=True)
class CursorRow:
    version: int = 0
    attempts: int = 0
    due_at: float = float("-inf")


START: Final = CursorRow()  # of a dashboard that a webhook has been told nothing of


class MemoryDeliveries:
    """The ports `Webhooks` and `Outbox`, on the log's tables and their clock."""

    def __init__(self, tables: MemoryTables, audit: Audit | None = None) -> None:
        """`audit`: where entries go; without one they are dropped."""
        self._tables = tables
        self._audit = audit
        self._webhooks: dict[UUID, Webhook] = {}
        self._rows: dict[int, EventRow] = {}
        self._cursors: dict[tuple[UUID, UUID], CursorRow] = {}  # by webhook and dashboard
        self._ids = count(1)

    # --- Webhooks -------------------------------------------------------------------------------

    async def create_webhook(
        self,
        webhook: WebhookCreate,
        webhook_id: UUID | None = None,
        entry: AuditEntry | None = None,
    ) -> Webhook:
        check_webhook(webhook)
        created = Webhook(
            webhook_id or uuid4(),
            webhook.url,
            webhook.secret,
            webhook.topics,
            True,
            self._instant(),
        )
        self._webhooks[created.id] = created
        self._begin_here(created.id)
        await self._record(entry)
        return created

    async def webhooks(self) -> tuple[Webhook, ...]:
        return tuple(self._webhooks.values())

    async def webhook(self, webhook_id: UUID) -> Webhook | None:
        return self._webhooks.get(webhook_id)

    async def set_webhook_active(
        self, webhook_id: UUID, *, is_active: bool, entry: AuditEntry | None = None
    ) -> bool:
        webhook = self._webhooks.get(webhook_id)
        if webhook is None:
            return False
        if webhook.is_active != is_active:
            self._webhooks[webhook_id] = replace(webhook, is_active=is_active)
            if is_active:
                self._begin_here(webhook_id)
            else:
                self._forget(lambda row: row.event.webhook_id == webhook_id and row.waits)
            await self._record(entry)
        return True

    async def delete_webhook(self, webhook_id: UUID, entry: AuditEntry | None = None) -> bool:
        if self._webhooks.pop(webhook_id, None) is None:
            return False
        self._forget(lambda row: row.event.webhook_id == webhook_id)
        await self._record(entry)
        return True

    async def _record(self, entry: AuditEntry | None) -> None:
        if entry is not None and self._audit is not None:
            await self._audit.record(entry)

    def _begin_here(self, webhook_id: UUID) -> None:
        for dashboard_id, table in self._tables.dashboards.items():
            if table.version > 0:
                self._cursors[webhook_id, dashboard_id] = CursorRow(table.version)

    def _forget(self, unwanted: Any) -> int:
        kept = {id_: row for id_, row in self._rows.items() if not unwanted(row)}
        forgotten = len(self._rows) - len(kept)
        self._rows = kept
        return forgotten

    # --- Outbox: events -------------------------------------------------------------------------

    async def record(
        self, topic: str, payload: Mapping[str, Any], dashboard_id: UUID | None = None
    ) -> None:
        check_event(topic, payload)
        event_id = uuid4()
        for webhook in self._asking(topic):
            self._add(event_id, webhook.id, topic, dashboard_id, payload)

    async def claim_events(
        self, room: Mapping[UUID, int], lease_seconds: float = OUTBOX_LEASE_SECONDS
    ) -> tuple[OutboxEvent, ...]:
        heads: dict[tuple[UUID, UUID | None], EventRow] = {}
        for row in self._rows.values():
            if row.waits:
                heads.setdefault((row.event.webhook_id, row.event.dashboard_id), row)
        left = Counter(room)
        due = []
        for row in heads.values():
            if row.due_at <= self._now() and left[row.event.webhook_id] > 0:
                left[row.event.webhook_id] -= 1
                due.append(row)
        for row in due:
            row.event = replace(row.event, attempts=row.event.attempts + 1)
            row.due_at = self._now() + lease_seconds
        return tuple(sorted((row.event for row in due), key=lambda event: event.id))

    async def delivered(self, event: OutboxEvent) -> None:
        if row := self._rows.get(event.id):
            row.delivered_at = self._now()
            row.event = replace(
                row.event, last_error=None, died_at=None, delivered_at=self._instant()
            )

    async def failed(
        self, event: OutboxEvent, error: str, retry_after_seconds: float | None
    ) -> None:
        row = self._rows.get(event.id)
        if row is None or not row.waits or row.event.attempts != event.attempts:
            return
        died_at = self._instant() if retry_after_seconds is None else None
        row.event = replace(row.event, last_error=stored_error(error), died_at=died_at)
        row.due_at = self._now() + (retry_after_seconds or 0.0)

    async def dead_letters(
        self, *, after: str | None = None, limit: int = PAGE_DEFAULT_ITEMS
    ) -> Page[OutboxEvent]:
        dead = [row.event for row in self._rows.values() if row.event.died_at is not None]
        return _page("dead letters", dead, after, limit)

    async def deliveries(
        self, webhook_id: UUID, *, after: str | None = None, limit: int = PAGE_DEFAULT_ITEMS
    ) -> Page[OutboxEvent]:
        mine = [row.event for row in self._rows.values() if row.event.webhook_id == webhook_id]
        return _page("deliveries", mine, after, limit)

    async def revive(
        self, outbox_id: int, webhook_id: UUID | None = None, entry: AuditEntry | None = None
    ) -> bool:
        row = self._rows.get(outbox_id)
        if row is None or row.event.died_at is None:
            return False
        if webhook_id not in (None, row.event.webhook_id):
            return False
        row.event, row.due_at = replace(row.event, died_at=None, attempts=0), self._now()
        await self._record(entry)
        return True

    async def purge_delivered(self, older_than_seconds: float) -> int:
        before = self._now() - older_than_seconds
        return self._forget(lambda row: row.delivered_at is not None and row.delivered_at < before)

    # --- Outbox: committed changes ----------------------------------------------------------------

    async def claim_changes(
        self,
        dashboard_ids: Sequence[UUID],
        room: Mapping[UUID, int],
        lease_seconds: float = OUTBOX_LEASE_SECONDS,
    ) -> tuple[ChangesDue, ...]:
        claimed = []
        left = Counter(room)
        for dashboard_id in dashboard_ids:
            for webhook in self._behind(dashboard_id):
                if left[webhook.id] <= 0:
                    continue
                left[webhook.id] -= 1
                row = self._cursors.setdefault((webhook.id, dashboard_id), CursorRow())
                row.attempts += 1
                row.due_at = self._now() + lease_seconds
                head = self._tables.dashboards[dashboard_id].version
                claimed.append(
                    ChangesDue(webhook.id, dashboard_id, row.version, head, row.attempts)
                )
        return tuple(claimed)

    async def dashboards_behind(self, after: UUID | None, limit: int) -> tuple[UUID, ...]:
        found = [
            dashboard_id
            for dashboard_id in sorted(self._tables.dashboards)
            if (after is None or dashboard_id > after) and self._behind(dashboard_id)
        ]
        return tuple(found[:limit])

    async def changes_delivered(self, due: ChangesDue, up_to_version: int) -> None:
        row = self._cursors.get((due.webhook_id, due.dashboard_id))
        if row is not None and row.version == due.after_version:
            self._cursors[due.webhook_id, due.dashboard_id] = CursorRow(up_to_version)

    async def changes_failed(
        self, due: ChangesDue, error: str, retry_after_seconds: float | None
    ) -> None:
        row = self._cursors.get((due.webhook_id, due.dashboard_id))
        if row is None or (row.version, row.attempts) != (due.after_version, due.attempts):
            return
        if retry_after_seconds is not None:
            row.due_at = self._now() + retry_after_seconds
            return
        await self.changes_delivered(due, due.head_version)
        versions = {"fromVersion": due.after_version + 1, "toVersion": due.head_version}
        dead = self._add(uuid4(), due.webhook_id, COMMITTED, due.dashboard_id, versions)
        dead.event = replace(
            dead.event,
            attempts=due.attempts,
            last_error=stored_error(error),
            died_at=self._instant(),
        )

    def _behind(self, dashboard_id: UUID) -> list[Webhook]:
        """Who is to be told of this dashboard now."""
        table = self._tables.dashboards.get(dashboard_id)
        if table is None:
            return []
        return [
            webhook
            for webhook in self._asking(COMMITTED)
            for cursor in [self._cursors.get((webhook.id, dashboard_id), START)]
            if cursor.version < table.version and cursor.due_at <= self._now()
        ]

    # --- both -----------------------------------------------------------------------------------

    def _asking(self, topic: str) -> list[Webhook]:
        return [
            webhook
            for webhook in self._webhooks.values()
            if webhook.is_active and {ALL_TOPICS, topic} & set(webhook.topics)
        ]

    def _add(
        self,
        event_id: UUID,
        webhook_id: UUID,
        topic: str,
        dashboard_id: UUID | None,
        payload: Mapping[str, Any],
    ) -> EventRow:
        outbox_id, stored = next(self._ids), decode_json(encode_json(payload))
        event = OutboxEvent(
            outbox_id, event_id, webhook_id, topic, dashboard_id, stored, self._instant(), 0
        )
        self._rows[outbox_id] = EventRow(event, self._now())
        return self._rows[outbox_id]

    def _now(self) -> float:
        return self._tables.clock()

    def _instant(self) -> datetime:
        return datetime.fromtimestamp(self._now(), UTC)


def _page(kind: str, events: list[OutboxEvent], after: str | None, limit: int) -> Page[OutboxEvent]:
    """Newest first."""
    checked_limit(limit)
    (before,) = decode_cursor(kind, after, int)
    found = sorted(events, key=lambda event: event.id, reverse=True)
    found = [event for event in found if before is None or event.id < before]
    return page_of(kind, found, limit, lambda last: (last.id,))
