"""Dashboard templates in PostgreSQL."""

from typing import Any
from uuid import UUID

from storage.cursor import checked_limit, decode_cursor, page_of
from storage.postgres_connection import Pool, storage_errors
from storage.postgres_statements import statements
from storage.query_ports import Page
from storage.template_rows import template_columns, template_from
from weft.limits import PAGE_DEFAULT_ITEMS
from weft.models import DashboardTemplate, TemplateCreate


class PostgresTemplates:
    """The port `Templates`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._sql = statements("templates")

    async def create_template(self, template: TemplateCreate) -> DashboardTemplate:
        (created,) = await self._fetch("create_template", *template_columns(template))
        return created

    async def template(self, template_id: UUID) -> DashboardTemplate | None:
        return _first(await self._fetch("template", template_id))

    async def templates(
        self,
        *,
        category: str | None = None,
        public_only: bool = True,
        after: str | None = None,
        limit: int = PAGE_DEFAULT_ITEMS,
    ) -> Page[DashboardTemplate]:
        key = decode_cursor("templates", after, str, UUID)
        found = await self._fetch(
            "templates", category, public_only, *key, checked_limit(limit) + 1
        )
        return page_of("templates", found, limit, lambda last: (last.name, last.id))

    async def replace_template(
        self, template_id: UUID, template: TemplateCreate
    ) -> DashboardTemplate | None:
        columns = template_columns(template)
        return _first(await self._fetch("replace_template", template_id, *columns))

    async def delete_template(self, template_id: UUID) -> bool:
        with storage_errors():
            deleted = await self._pool.fetchval(self._sql["delete_template"], template_id)
        return deleted is not None

    async def _fetch(self, name: str, *arguments: Any) -> list[DashboardTemplate]:
        with storage_errors():
            rows = await self._pool.fetch(self._sql[name], *arguments)
        return [template_from(row) for row in rows]


def _first(found: list[DashboardTemplate]) -> DashboardTemplate | None:
    return found[0] if found else None
