"""What the caches tell of people and dashboards: for the eye, never to decide by (law 6).

Kept is only what changes of identity and sharing change, so that each of them knows what to forget:
`storage.identity_consequences`. What live editing changes of a dashboard (title, version, …) is its
owner's to tell; a cache of it would have to be told of every commit.
"""

from typing import Final
from uuid import UUID

from storage.cache import Kind
from storage.cache_service import Cache
from storage.identity_ports import Grants, IdentityStores
from weft.limits import (
    CACHE_DASHBOARD_TTL_SECONDS,
    CACHE_PERMISSIONS_TTL_SECONDS,
    CACHE_USER_TTL_SECONDS,
)
from weft.models import Collaborator, Record, UserProfile
from weft.models.field import Flag, Instant


class Standing(Record):
    """Of a dashboard, what administration alone changes."""

    id: UUID
    owner_id: UUID
    created_at: Instant
    is_public: Flag
    is_archived: Flag


USER: Final[Kind[UserProfile]] = Kind(
    "user",
    CACHE_USER_TTL_SECONDS,
    UserProfile.to_wire,
    UserProfile.from_wire,
    lambda user: str(user.id),
)
DASHBOARD: Final[Kind[Standing]] = Kind(
    "dashboard",
    CACHE_DASHBOARD_TTL_SECONDS,
    Standing.to_wire,
    Standing.from_wire,
    lambda standing: str(standing.id),
)
PERMISSIONS: Final[Kind[Collaborator]] = Kind(
    "permissions",
    CACHE_PERMISSIONS_TTL_SECONDS,
    Collaborator.to_wire,
    Collaborator.from_wire,
    lambda member: f"{member.user_id}:{member.dashboard_id}",
)


class IdentityCache:
    """Each answer as of the last change that has returned, on whatever node."""

    def __init__(self, cache: Cache, stores: IdentityStores) -> None:
        self._cache = cache
        self._stores = stores

    async def profile(self, user_id: UUID) -> UserProfile | None:
        async def fetch() -> UserProfile | None:
            return (await self._stores.users.profiles([user_id])).get(user_id)

        return await self._cache.get(USER, USER.key(user_id), fetch)

    async def standing(self, dashboard_id: UUID) -> Standing | None:
        async def fetch() -> Standing | None:
            found = await self._stores.dashboards.metadata(dashboard_id)
            if found is None:
                return None
            return Standing.model_construct(
                **{name: getattr(found, name) for name in Standing.model_fields}
            )

        return await self._cache.get(DASHBOARD, DASHBOARD.key(dashboard_id), fetch)

    async def hint(self, dashboard_id: UUID, user_id: UUID) -> Grants | None:
        """As `Sharing.grants_of`, but for an account that is not active: what to show as possible.

        None: no such dashboard.
        """
        standing = await self.standing(dashboard_id)
        if standing is None:
            return None
        if standing.owner_id == user_id:
            return Grants("owner", is_public=standing.is_public, is_archived=standing.is_archived)
        member = await self._membership(dashboard_id, user_id)
        if member is None:
            return Grants(None, is_public=standing.is_public, is_archived=standing.is_archived)
        return Grants(
            member.role,
            member.permissions,
            is_active=member.is_active,
            is_accepted=member.accepted_at is not None,
            is_public=standing.is_public,
            is_archived=standing.is_archived,
        )

    async def _membership(self, dashboard_id: UUID, user_id: UUID) -> Collaborator | None:
        async def fetch() -> Collaborator | None:
            return await self._stores.sharing.collaborator(dashboard_id, user_id)

        return await self._cache.get(PERMISSIONS, PERMISSIONS.key(user_id, dashboard_id), fetch)
