"""People in the admin client: users, their sessions, and the trail of what was done."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from weft.client.http_admin_requests import AdminRequests
from weft.models import (
    AuditLog,
    IssuedSession,
    Record,
    Session,
    SessionCreate,
    User,
    UserCreate,
    UserPatch,
)
from weft.wire.http import (
    Listed,
    NoticeOrder,
    NoticeTold,
    SessionsEnded,
    UserConnection,
    UserConnections,
    record_tag,
)

Item = TypeVar("Item", bound=Record)


async def pages(
    requests: AdminRequests, kind: type[Listed[Item]], path: str, query: dict[str, Any]
) -> AsyncIterator[Item]:
    """One after the other, from as many pages as are looked at."""
    while True:
        page = await requests.get(kind, path, query)
        for item in page.items:
            yield item
        if page.next_cursor is None:
            return
        query = {**query, "after": page.next_cursor}


class AdminUsers:
    def __init__(self, requests: AdminRequests) -> None:
        self._requests = requests

    async def create(self, user: UserCreate) -> User:
        return User.from_wire(await self._requests.write("POST", "/api/users", user))

    def all(self, begins: str | None = None, is_active: bool | None = None) -> AsyncIterator[User]:
        query = {"begins": begins, "isActive": is_active}
        return pages(self._requests, Listed[User], "/api/users", query)

    async def find(self, *, email: str | None = None, username: str | None = None) -> User | None:
        """By exactly one of them."""
        query = {"email": email, "username": username}
        found = await self._requests.get(Listed[User], "/api/users", query)
        return found.items[0] if found.items else None

    async def read(self, user_id: UUID) -> User:
        return await self._requests.get(User, f"/api/users/{user_id}")

    async def me(self) -> User:
        """Whose token this client has."""
        return await self._requests.get(User, "/api/users/me")

    async def connections(self, user_id: UUID) -> tuple[UserConnection, ...]:
        """Where the user is connected now, on every gateway."""
        path = f"/api/users/{user_id}/connections"
        return (await self._requests.get(UserConnections, path)).items

    async def tell(self, user_id: UUID, text: str) -> int:
        """Show it on every device that is connected now; how many there were."""
        path, order = f"/api/users/{user_id}/notices", NoticeOrder(text=text)
        return NoticeTold.from_wire(await self._requests.write("POST", path, order)).connections

    async def change(self, user_id: UUID, patch: UserPatch, seen: User | None = None) -> User:
        """`seen`: only if it is still so (`conflict`)."""
        path, tag = f"/api/users/{user_id}", record_tag(seen) if seen else None
        return User.from_wire(await self._requests.write("PATCH", path, patch, if_match=tag))

    async def delete(self, user_id: UUID) -> None:
        await self._requests.write("DELETE", f"/api/users/{user_id}")


class AdminSessions:
    def __init__(self, requests: AdminRequests) -> None:
        self._requests = requests

    async def open(self, session: SessionCreate) -> IssuedSession:
        """The only time that its token is seen."""
        return IssuedSession.from_wire(await self._requests.write("POST", "/api/sessions", session))

    def all(self, user_id: UUID | None = None, *, ended: bool = False) -> AsyncIterator[Session]:
        query = {"userId": user_id, "ended": ended}
        return pages(self._requests, Listed[Session], "/api/sessions", query)

    async def read(self, session_id: UUID) -> Session:
        return await self._requests.get(Session, f"/api/sessions/{session_id}")

    async def current(self) -> Session:
        """The session whose token this client has."""
        return await self._requests.get(Session, "/api/sessions/current")

    async def end(self, session_id: UUID) -> Session:
        return Session.from_wire(
            await self._requests.write("DELETE", f"/api/sessions/{session_id}")
        )

    async def end_all(
        self, user_id: UUID | None = None, keep: UUID | None = None
    ) -> tuple[UUID, ...]:
        """Of a user, but `keep`. Which ones."""
        query = {"userId": user_id, "keep": keep}
        answer = await self._requests.write("DELETE", "/api/sessions", query=query)
        return SessionsEnded.from_wire(answer).session_ids


class AdminAudit:
    def __init__(self, requests: AdminRequests) -> None:
        self._requests = requests

    def entries(
        self,
        *,
        user_id: UUID | None = None,
        dashboard_id: UUID | None = None,
        action: str | None = None,
        entity_type: str | None = None,
        entity_id: UUID | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> AsyncIterator[AuditLog]:
        """Newest first. All that are given must hold; `since` counts, `until` does not."""
        query = {
            "userId": user_id,
            "dashboardId": dashboard_id,
            "action": action,
            "entityType": entity_type,
            "entityId": entity_id,
            "since": since,
            "until": until,
        }
        return pages(self._requests, Listed[AuditLog], "/api/audit", query)
