"""Law 6 with plug-ins: whoever reads grants to decide is given what plug-ins leave of them.

They can only take away: to whom one refuses, the dashboard is hidden, as to any stranger.
"""

from collections.abc import Collection
from typing import Any, cast
from uuid import UUID

from storage.identity_ports import Grants, GrantsReader, Sharing
from weft.plugins.plugin_service import Plugins

NOTHING = Grants(None)


class NarrowedGrants:
    """The port `GrantsReader`. Raises WeftError plugin_unavailable beside its own."""

    def __init__(self, reader: GrantsReader, plugins: Plugins) -> None:
        self._reader = reader
        self._plugins = plugins

    async def grants_of(self, dashboard_id: UUID, user_id: UUID) -> Grants | None:
        grants = await self._reader.grants_of(dashboard_id, user_id)
        return grants and await self._narrowed(grants, dashboard_id, user_id)

    async def grants_of_each(
        self, dashboard_id: UUID, user_ids: Collection[UUID]
    ) -> dict[UUID, Grants]:
        found = await self._reader.grants_of_each(dashboard_id, user_ids)
        return {
            user_id: await self._narrowed(grants, dashboard_id, user_id)
            for user_id, grants in found.items()
        }

    async def _narrowed(self, grants: Grants, dashboard_id: UUID, user_id: UUID) -> Grants:
        if grants.role is None and not grants.is_public:
            return grants
        allowed = await self._plugins.allows(user_id, dashboard_id, grants.role)
        return grants if allowed else NOTHING


def narrowed(reader: GrantsReader, plugins: Plugins) -> GrantsReader:
    """The reader itself when no plug-in authorises."""
    return NarrowedGrants(reader, plugins) if plugins.authorises else reader


def narrowed_sharing(sharing: Sharing, plugins: Plugins) -> Sharing:
    """The same store, which reads grants as plug-ins leave them."""
    return cast("Sharing", _Narrowed(sharing, plugins)) if plugins.authorises else sharing


class _Narrowed(NarrowedGrants):
    def __getattr__(self, name: str) -> Any:
        return getattr(self._reader, name)
