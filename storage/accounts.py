"""The port `Accounts`, over the ports of identity: what the host product does in one line each.

Whatever is made here is made by the host product. What comes in is checked as over HTTP, so that
nothing is stored that could not be shown there.
"""

from collections.abc import Collection
from uuid import UUID

from storage.identity_ports import HOST, Grants, IdentityStores
from storage.ports import SessionUser
from storage.rows import check_role, check_title
from weft.errors import WeftError
from weft.models import CollaboratorInvite, DashboardCreate, SessionCreate, UserCreate


class IdentityAccounts:
    """The port `Accounts`."""

    def __init__(self, stores: IdentityStores) -> None:
        self._users = stores.users
        self._sessions = stores.sessions
        self._dashboards = stores.dashboards
        self._sharing = stores.sharing

    async def create_user(self, email: str, username: str, full_name: str | None = None) -> UUID:
        user = {"email": email, "username": username, "fullName": full_name}
        return (await self._users.create_user(UserCreate.from_wire(user), HOST)).id

    async def create_session(self, user_id: UUID, token_hash: str, ttl_seconds: float) -> UUID:
        wanted = SessionCreate.model_construct(user_id=user_id, ttl_seconds=ttl_seconds)
        return (await self._sessions.open_session(wanted, token_hash, HOST)).id

    async def find_session(self, token_hash: str) -> SessionUser | None:
        return await self._sessions.find_session(token_hash)

    async def alive(self, session_ids: Collection[UUID]) -> frozenset[UUID]:
        return await self._sessions.alive(session_ids)

    async def revoke_session(self, session_id: UUID) -> bool:
        session = await self._sessions.session(session_id)
        if session is None or not session.is_active:
            return False
        await self._sessions.end_session(session_id, HOST)
        return True

    async def create_dashboard(
        self, owner_id: UUID, title: str, dashboard_id: UUID | None = None
    ) -> UUID:
        check_title(title)
        wanted = DashboardCreate.model_construct(title=title)
        made = await self._dashboards.create_dashboard(owner_id, wanted, HOST, dashboard_id)
        return made.id

    async def share(self, dashboard_id: UUID, user_id: UUID, role: str) -> None:
        check_role(role)
        if await self._dashboards.metadata(dashboard_id) is None:
            raise WeftError("not_found", "no such dashboard or user")
        invite = CollaboratorInvite.model_construct(user_id=user_id, role=role)
        await self._sharing.share(dashboard_id, invite, HOST)

    async def grants_of(self, dashboard_id: UUID, user_id: UUID) -> Grants | None:
        return await self._sharing.grants_of(dashboard_id, user_id)

    async def grants_of_each(
        self, dashboard_id: UUID, user_ids: Collection[UUID]
    ) -> dict[UUID, Grants]:
        return await self._sharing.grants_of_each(dashboard_id, user_ids)

    async def role_of(self, dashboard_id: UUID, user_id: UUID) -> str | None:
        grants = await self._sharing.grants_of(dashboard_id, user_id)
        return grants.subject().role if grants else None
