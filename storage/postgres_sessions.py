"""Sessions in PostgreSQL. Of a token only its hash is ever stored."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from storage.cursor import checked_limit, decode_cursor, page_of
from storage.identity_rows import session_from
from storage.ports import SessionUser
from storage.postgres_connection import Pool, storage_errors
from storage.postgres_statements import statements
from storage.postgres_transaction import transactions
from storage.query_ports import Page
from storage.session_changes import SessionChanges
from weft.limits import PAGE_DEFAULT_ITEMS
from weft.models import Session


class PostgresSessions(SessionChanges):
    """The port `Sessions`."""

    def __init__(self, pool: Pool) -> None:
        super().__init__(transactions(pool))
        self._pool = pool
        self._sql = statements("identity_reads")

    async def find_session(self, token_hash: str) -> SessionUser | None:
        rows = await self._rows("find_session", token_hash)
        if not rows:
            return None
        (row,) = rows
        return SessionUser(
            row["id"], row["user_id"], row["username"], row["expires_at_ms"], row["avatar_url"]
        )

    async def session(self, session_id: UUID) -> Session | None:
        rows = await self._rows("session", session_id)
        return session_from(rows[0]) if rows else None

    async def sessions(
        self,
        user_id: UUID,
        *,
        ended: bool = False,
        after: str | None = None,
        limit: int = PAGE_DEFAULT_ITEMS,
    ) -> Page[Session]:
        key = decode_cursor("sessions", after, datetime, UUID)
        rows = await self._rows("sessions", user_id, ended, *key, checked_limit(limit) + 1)
        found = [session_from(row) for row in rows]
        return page_of("sessions", found, limit, lambda last: (last.created_at, last.id))

    async def alive(self, session_ids: Collection[UUID]) -> frozenset[UUID]:
        rows = await self._rows("alive", list(session_ids))
        return frozenset(row["id"] for row in rows)

    async def touch_sessions(self, seen: Mapping[UUID, datetime]) -> None:
        await self._rows("touch_sessions", list(seen), list(seen.values()))

    async def forget_sessions(self, ended_for_seconds: float) -> int:
        ((count,),) = await self._rows("forget_sessions", ended_for_seconds)
        return int(count)

    async def _rows(self, name: str, *arguments: Any) -> list[Any]:
        with storage_errors():
            return await self._pool.fetch(self._sql[name], *arguments)
