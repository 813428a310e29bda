"""Who shares a dashboard, in PostgreSQL, and what decides."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from storage.cursor import checked_limit, decode_cursor, page_of
from storage.identity_ports import Grants, Visit
from storage.identity_rows import collaborator_from, grants_from
from storage.postgres_connection import Pool, storage_errors
from storage.postgres_statements import statements
from storage.postgres_transaction import transactions
from storage.query_ports import Page
from storage.sharing_changes import SharingChanges
from weft.limits import PAGE_DEFAULT_ITEMS
from weft.models import Collaborator


class PostgresSharing(SharingChanges):
    """The port `Sharing`."""

    def __init__(self, pool: Pool) -> None:
        super().__init__(transactions(pool))
        self._pool = pool
        self._sql = statements("identity_reads")

    async def collaborator(self, dashboard_id: UUID, user_id: UUID) -> Collaborator | None:
        rows = await self._rows("collaborator", dashboard_id, user_id)
        return collaborator_from(rows[0]) if rows else None

    async def collaborators(
        self, dashboard_id: UUID, *, after: str | None = None, limit: int = PAGE_DEFAULT_ITEMS
    ) -> Page[Collaborator]:
        return await self._page("all_collaborators", dashboard_id, after, limit)

    async def invitations(
        self, user_id: UUID, *, after: str | None = None, limit: int = PAGE_DEFAULT_ITEMS
    ) -> Page[Collaborator]:
        return await self._page("invitations", user_id, after, limit)

    async def grants_of(self, dashboard_id: UUID, user_id: UUID) -> Grants | None:
        return (await self.grants_of_each(dashboard_id, [user_id])).get(user_id)

    async def grants_of_each(
        self, dashboard_id: UUID, user_ids: Collection[UUID]
    ) -> dict[UUID, Grants]:
        rows = await self._rows("grants", dashboard_id, list(user_ids))
        return {row["user_id"]: grants_from(row["user_id"], row) for row in rows}

    async def dashboards_of(self, user_id: UUID) -> tuple[UUID, ...]:
        return tuple(row["id"] for row in await self._rows("dashboards_of", user_id))

    async def touch_visits(self, seen: Mapping[Visit, datetime]) -> None:
        dashboard_ids = [visit.dashboard_id for visit in seen]
        times = list(seen.values())
        user_ids = [visit.user_id for visit in seen]
        await self._rows("touch_members", dashboard_ids, user_ids, times)
        await self._rows("touch_dashboards", dashboard_ids, times)

    async def _page(self, name: str, of: UUID, after: str | None, limit: int) -> Page[Collaborator]:
        key = decode_cursor(name, after, datetime, UUID)
        rows = await self._rows(name, of, *key, checked_limit(limit) + 1)
        found = [collaborator_from(row) for row in rows]
        return page_of(name, found, limit, lambda last: (last.invited_at, last.id))

    async def _rows(self, name: str, *arguments: Any) -> list[Any]:
        with storage_errors():
            return await self._pool.fetch(self._sql[name], *arguments)
