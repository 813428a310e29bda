"""The audit trail in memory: the twin of postgres_audit."""

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID, uuid4

from storage.audit_rows import audit_columns, matches
from storage.cursor import checked_limit, decode_cursor, page_of
from storage.query_ports import EVERYTHING, AuditEntry, AuditFilter, Page
from storage.rows import decode_json, encode_json
from weft.limits import PAGE_DEFAULT_ITEMS
from weft.models import AuditLog

FIRST = datetime(1970, 1, 1, tzinfo=UTC)


class MemoryAudit:
    """The port `Audit`. `clock` stands still unless one is given."""

    def __init__(self, clock: Callable[[], datetime] = lambda: FIRST) -> None:
        self._clock = clock
        self._logs: list[AuditLog] = []

    async def record(self, entry: AuditEntry) -> None:
        user_id, dashboard_id, action, entity_type, entity_id, old, new, address, agent = (
            audit_columns(entry)
        )
        self._logs.append(
            AuditLog.model_construct(
                id=uuid4(),
                user_id=user_id,
                dashboard_id=dashboard_id,
                action=action,
                entity_type=entity_type,
                entity_id=entity_id,
                old_values=decode_json(encode_json(old)),
                new_values=decode_json(encode_json(new)),
                ip_address=address,
                user_agent=agent,
                created_at=self._clock(),
            )
        )

    async def entries(
        self,
        wanted: AuditFilter = EVERYTHING,
        *,
        after: str | None = None,
        limit: int = PAGE_DEFAULT_ITEMS,
    ) -> Page[AuditLog]:
        checked_limit(limit)
        key = decode_cursor("audit", after, datetime, UUID)
        found = [
            log
            for log in sorted(self._logs, key=_key, reverse=True)
            if matches(log, wanted) and (after is None or _key(log) < key)
        ]
        return page_of("audit", found, limit, _key)


def _key(log: AuditLog) -> tuple[datetime, UUID]:
    return log.created_at, log.id
