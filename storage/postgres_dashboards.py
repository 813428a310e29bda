"""Dashboards as things, in PostgreSQL."""

from uuid import UUID

from storage.dashboard_changes import DashboardChanges
from storage.identity_rows import metadata_from
from storage.postgres_connection import Pool, storage_errors
from storage.postgres_statements import statements
from storage.postgres_transaction import transactions
from weft.models import DashboardMetadata


class PostgresDashboards(DashboardChanges):
    """The port `Dashboards`."""

    def __init__(self, pool: Pool) -> None:
        super().__init__(transactions(pool))
        self._pool = pool
        self._metadata = statements("identity_reads")["metadata"]

    async def metadata(self, dashboard_id: UUID) -> DashboardMetadata | None:
        with storage_errors():
            row = await self._pool.fetchrow(self._metadata, dashboard_id)
        return metadata_from(row) if row else None
