"""Sessions in memory: the twin of postgres_sessions."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from storage.cursor import checked_limit, decode_cursor, page_of
from storage.identity_transaction import Begin
from storage.memory_tables import MemoryTables, SessionRow
from storage.memory_transaction import check_available
from storage.ports import SessionUser
from storage.query_ports import Page
from storage.session_changes import SessionChanges
from weft.limits import PAGE_DEFAULT_ITEMS
from weft.models import Session


class MemorySessions(SessionChanges):
    """The port `Sessions`."""

    def __init__(self, begin: Begin, tables: MemoryTables) -> None:
        super().__init__(begin)
        self._tables = tables

    async def find_session(self, token_hash: str) -> SessionUser | None:
        for row in self._rows().values():
            if row.token_hash == token_hash and self._speaks(row.session):
                session = row.session
                user = self._tables.users[session.user_id]
                expires_at_ms = int(session.expires_at.timestamp() * 1000)
                return SessionUser(
                    session.id, session.user_id, user.username, expires_at_ms, user.avatar_url
                )
        return None

    async def session(self, session_id: UUID) -> Session | None:
        row = self._rows().get(session_id)
        return row.session if row else None

    async def sessions(
        self,
        user_id: UUID,
        *,
        ended: bool = False,
        after: str | None = None,
        limit: int = PAGE_DEFAULT_ITEMS,
    ) -> Page[Session]:
        key = decode_cursor("sessions", after, datetime, UUID)
        checked_limit(limit)
        found = [
            row.session
            for row in self._rows().values()
            if row.session.user_id == user_id
            and (ended or self._alive(row.session))
            and (after is None or _key(row.session) < key)
        ]
        found.sort(key=_key, reverse=True)
        return page_of("sessions", found, limit, _key)

    async def alive(self, session_ids: Collection[UUID]) -> frozenset[UUID]:
        rows = self._rows()
        return frozenset(
            one for one in session_ids if one in rows and self._speaks(rows[one].session)
        )

    async def touch_sessions(self, seen: Mapping[UUID, datetime]) -> None:
        rows = self._rows()
        for session_id, at in seen.items():
            row = rows.get(session_id)
            if row is None or row.session.last_activity_at >= at:
                continue
            active = row.session.model_copy(update={"last_activity_at": at})
            rows[session_id] = replace(row, session=active)
            user = self._tables.users[active.user_id]
            if user.last_seen_at is None or user.last_seen_at < at:
                self._tables.users[user.id] = user.model_copy(update={"last_seen_at": at})

    async def forget_sessions(self, ended_for_seconds: float) -> int:
        rows = self._rows()
        before = self._tables.now() - timedelta(seconds=ended_for_seconds)
        gone = [one for one, row in rows.items() if row.session.expires_at < before]
        for session_id in gone:
            del rows[session_id]
        return len(gone)

    def _alive(self, session: Session) -> bool:
        return session.is_active and session.expires_at > self._tables.now()

    def _speaks(self, session: Session) -> bool:
        return self._alive(session) and self._tables.users[session.user_id].is_active

    def _rows(self) -> dict[UUID, SessionRow]:
        check_available(self._tables)
        return self._tables.sessions


def _key(session: Session) -> tuple[datetime, UUID]:
    return session.created_at, session.id
