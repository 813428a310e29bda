"""Dashboards as things and who shares them, in memory: the twins of postgres_dashboards and
postgres_sharing.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from uuid import UUID

from storage.cursor import checked_limit, decode_cursor, page_of
from storage.dashboard_changes import DashboardChanges
from storage.identity_ports import Grants, Visit
from storage.identity_rows import metadata_from
from storage.identity_transaction import Begin
from storage.memory_tables import DashboardTable, MemoryTables
from storage.memory_transaction import check_available, dashboard_row, grants_in
from storage.query_ports import Page
from storage.sharing_changes import SharingChanges
from weft.limits import PAGE_DEFAULT_ITEMS
from weft.models import Collaborator, DashboardMetadata


class MemoryDashboards(DashboardChanges):
    """The port `Dashboards`."""

    def __init__(self, begin: Begin, tables: MemoryTables) -> None:
        super().__init__(begin)
        self._tables = tables

    async def metadata(self, dashboard_id: UUID) -> DashboardMetadata | None:
        check_available(self._tables)
        table = self._tables.dashboards.get(dashboard_id)
        return metadata_from(dashboard_row(dashboard_id, table)) if table else None


class MemorySharing(SharingChanges):
    """The port `Sharing`."""

    def __init__(self, begin: Begin, tables: MemoryTables) -> None:
        super().__init__(begin)
        self._tables = tables

    async def collaborator(self, dashboard_id: UUID, user_id: UUID) -> Collaborator | None:
        table = self._dashboards().get(dashboard_id)
        return table.collaborators.get(user_id) if table else None

    async def collaborators(
        self, dashboard_id: UUID, *, after: str | None = None, limit: int = PAGE_DEFAULT_ITEMS
    ) -> Page[Collaborator]:
        table = self._dashboards().get(dashboard_id)
        found = table.collaborators.values() if table else ()
        return _page("all_collaborators", found, after, limit)

    async def invitations(
        self, user_id: UUID, *, after: str | None = None, limit: int = PAGE_DEFAULT_ITEMS
    ) -> Page[Collaborator]:
        mine = (
            table.collaborators[user_id]
            for table in self._dashboards().values()
            if user_id in table.collaborators
        )
        found = [one for one in mine if one.is_active and one.accepted_at is None]
        return _page("invitations", found, after, limit)

    async def grants_of(self, dashboard_id: UUID, user_id: UUID) -> Grants | None:
        check_available(self._tables)
        return grants_in(self._tables, dashboard_id, user_id)

    async def grants_of_each(
        self, dashboard_id: UUID, user_ids: Collection[UUID]
    ) -> dict[UUID, Grants]:
        found = {user_id: await self.grants_of(dashboard_id, user_id) for user_id in user_ids}
        return {user_id: grants for user_id, grants in found.items() if grants is not None}

    async def dashboards_of(self, user_id: UUID) -> tuple[UUID, ...]:
        return tuple(
            dashboard_id
            for dashboard_id, table in self._dashboards().items()
            if table.owner_id == user_id or _takes_part(table.collaborators.get(user_id))
        )

    async def touch_visits(self, seen: Mapping[Visit, datetime]) -> None:
        dashboards = self._dashboards()
        for (dashboard_id, user_id), at in seen.items():
            table = dashboards.get(dashboard_id)
            if table is None:
                continue
            table.last_accessed_at = max(table.last_accessed_at or at, at)
            member = table.collaborators.get(user_id)
            if member is not None:
                newest = max(member.last_accessed_at or at, at)
                table.collaborators[user_id] = member.model_copy(
                    update={"last_accessed_at": newest}
                )

    def _dashboards(self) -> dict[UUID, DashboardTable]:
        check_available(self._tables)
        return self._tables.dashboards


def _takes_part(member: Collaborator | None) -> bool:
    return member is not None and member.is_active and member.accepted_at is not None


def _page(
    name: str, found: Iterable[Collaborator], after: str | None, limit: int
) -> Page[Collaborator]:
    key = decode_cursor(name, after, datetime, UUID)
    checked_limit(limit)
    rest = [one for one in sorted(found, key=_key) if after is None or _key(one) > key]
    return page_of(name, rest, limit, _key)


def _key(member: Collaborator) -> tuple[datetime, UUID]:
    return member.invited_at, member.id
