"""The reading side in PostgreSQL: each query one statement, from indexes, paged by key."""

from datetime import datetime
from typing import Any
from uuid import UUID

from storage.cursor import checked_limit, decode_cursor, page_of
from storage.postgres_connection import Pool, storage_errors
from storage.postgres_statements import statements
from storage.query_ports import (
    ActiveCollaborator,
    DashboardContent,
    DashboardSummary,
    FoundDashboard,
    OperationsPage,
    Page,
)
from storage.query_rows import (
    collaborator_from,
    content_from,
    found_from,
    operations_page,
    summary_from,
)
from storage.rows import Row, check_text
from weft.limits import PAGE_DEFAULT_ITEMS, SEARCH_MAX_CHARACTERS, TAIL_MAX_VERSIONS
from weft.models.problem import Problem, invalid


class PostgresQueries:
    """The port `Queries`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._sql = statements("queries")

    async def user_dashboards(
        self,
        user_id: UUID,
        *,
        archived: bool | None = False,
        after: str | None = None,
        limit: int = PAGE_DEFAULT_ITEMS,
    ) -> Page[DashboardSummary]:
        updated_at, dashboard_id = decode_cursor("dashboards", after, datetime, UUID)
        rows = await self._rows(
            "user_dashboards",
            user_id,
            archived,
            updated_at,
            dashboard_id,
            checked_limit(limit) + 1,
        )
        return page_of(
            "dashboards",
            [summary_from(row) for row in rows],
            limit,
            lambda last: (last.dashboard.updated_at, last.dashboard.id),
        )

    async def search_dashboards(
        self,
        user_id: UUID,
        text: str,
        *,
        archived: bool | None = False,
        after: str | None = None,
        limit: int = PAGE_DEFAULT_ITEMS,
    ) -> Page[FoundDashboard]:
        check_text("text", text, SEARCH_MAX_CHARACTERS)
        rank, dashboard_id = decode_cursor("search", after, float, UUID)
        rows = await self._rows(
            "search_dashboards",
            user_id,
            text,
            archived,
            rank,
            dashboard_id,
            checked_limit(limit) + 1,
        )
        return page_of(
            "search",
            [found_from(row) for row in rows],
            limit,
            lambda last: (last.rank, last.summary.dashboard.id),
        )

    async def dashboard_with_widgets(self, dashboard_id: UUID) -> DashboardContent | None:
        row = await self._row("dashboard_with_widgets", dashboard_id)
        return content_from(row) if row else None

    async def operations_since(
        self, dashboard_id: UUID, version: int, limit: int = TAIL_MAX_VERSIONS
    ) -> OperationsPage | None:
        checked_limit(limit, TAIL_MAX_VERSIONS)
        if version < 0:
            raise invalid([Problem("version", "greater_than_equal", "Input should be at least 0")])
        rows = await self._rows("operations_since", dashboard_id, version, limit)
        return operations_page(rows, version) if rows else None

    async def active_collaborators(
        self, dashboard_id: UUID, *, after: str | None = None, limit: int = PAGE_DEFAULT_ITEMS
    ) -> Page[ActiveCollaborator]:
        (username,) = decode_cursor("collaborators", after, str)
        rows = await self._rows(
            "active_collaborators", dashboard_id, username, checked_limit(limit) + 1
        )
        return page_of(
            "collaborators",
            [collaborator_from(row) for row in rows],
            limit,
            lambda last: (last.user.username,),
        )

    async def _rows(self, name: str, *arguments: Any) -> list[Any]:
        with storage_errors():
            return await self._pool.fetch(self._sql[name], *arguments)

    async def _row(self, name: str, *arguments: Any) -> Row | None:
        with storage_errors():
            return await self._pool.fetchrow(self._sql[name], *arguments)
