"""Dashboard templates in PostgreSQL."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from storage.cursor import checked_limit, decode_cursor, page_of
from storage.postgres_audit import record_audit
from storage.postgres_connection import AnyConnection, Pool, storage_errors
from storage.postgres_statements import statements
from storage.query_ports import AuditEntry, Page
from storage.template_rows import check_template, template_columns, template_from
from weft.limits import PAGE_DEFAULT_ITEMS
from weft.models import DashboardTemplate, TemplateCreate


class PostgresTemplates:
    """The port `Templates`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._sql = statements("templates")

    async def create_template(
        self,
        template: TemplateCreate,
        template_id: UUID | None = None,
        entry: AuditEntry | None = None,
    ) -> DashboardTemplate:
        async with self._change() as connection:
            columns = template_columns(template)
            row = await connection.fetchrow(self._sql["create_template"], template_id, *columns)
            if row is not None:
                await _record(connection, entry)
            else:
                row = await connection.fetchrow(self._sql["template"], template_id)
        assert row is not None
        return template_from(row)

    async def template(self, template_id: UUID) -> DashboardTemplate | None:
        with storage_errors():
            row = await self._pool.fetchrow(self._sql["template"], template_id)
        return template_from(row) if row else None

    async def templates(
        self,
        *,
        category: str | None = None,
        public_only: bool = True,
        after: str | None = None,
        limit: int = PAGE_DEFAULT_ITEMS,
    ) -> Page[DashboardTemplate]:
        key = decode_cursor("templates", after, str, UUID)
        with storage_errors():
            rows = await self._pool.fetch(
                self._sql["templates"], category, public_only, *key, checked_limit(limit) + 1
            )
        found = [template_from(row) for row in rows]
        return page_of("templates", found, limit, lambda last: (last.name, last.id))

    async def replace_template(
        self,
        template_id: UUID,
        template: TemplateCreate,
        expected: DashboardTemplate | None = None,
        entry: AuditEntry | None = None,
    ) -> DashboardTemplate | None:
        async with self._change() as connection:
            old = await connection.fetchrow(self._sql["lock_template"], template_id)
            if old is None:
                return None
            check_template(expected, template_from(old))
            columns = template_columns(template)
            new = await connection.fetchrow(self._sql["replace_template"], template_id, *columns)
            assert new is not None
            await _record(connection, entry)
        return template_from(new)

    async def delete_template(self, template_id: UUID, entry: AuditEntry | None = None) -> bool:
        async with self._change() as connection:
            deleted = await connection.fetchval(self._sql["delete_template"], template_id)
            if deleted is not None:
                await _record(connection, entry)
        return deleted is not None

    @asynccontextmanager
    async def _change(self) -> AsyncIterator[AnyConnection]:
        with storage_errors():
            async with self._pool.acquire() as connection, connection.transaction():
                yield connection


async def _record(connection: AnyConnection, entry: AuditEntry | None) -> None:
    if entry is not None:
        await record_audit(connection, entry)
