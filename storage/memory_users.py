"""Accounts in memory: the twin of postgres_users."""

from collections.abc import Collection
from uuid import UUID

from storage.cursor import checked_limit, decode_cursor, page_of
from storage.identity_transaction import Begin
from storage.memory_tables import MemoryTables
from storage.memory_transaction import check_available
from storage.query_ports import Audit, AuditFilter, Page
from storage.rows import check_text
from storage.user_changes import UserChanges
from weft.limits import EMAIL_MAX_CHARACTERS, PAGE_DEFAULT_ITEMS
from weft.models import User, UserProfile


class MemoryUsers(UserChanges):
    """The port `Users`."""

    def __init__(self, begin: Begin, tables: MemoryTables, audit: Audit) -> None:
        super().__init__(begin)
        self._tables = tables
        self._audit = audit

    async def user(self, user_id: UUID) -> User | None:
        return self._users().get(user_id)

    async def find_user(
        self, *, email: str | None = None, username: str | None = None
    ) -> User | None:
        if (email is None) == (username is None):
            raise TypeError("email or username")
        field, sought = ("username", username) if email is None else ("email", email)
        check_text("email", sought, EMAIL_MAX_CHARACTERS)
        found = (user for user in self._users().values() if getattr(user, field) == sought)
        return next(found, None)

    async def users(
        self,
        *,
        begins: str | None = None,
        is_active: bool | None = None,
        after: str | None = None,
        limit: int = PAGE_DEFAULT_ITEMS,
    ) -> Page[User]:
        check_text("begins", begins, EMAIL_MAX_CHARACTERS)
        (username,) = decode_cursor("users", after, str)
        checked_limit(limit)
        found = [
            user
            for user in sorted(self._users().values(), key=lambda user: user.username)
            if is_active in (None, user.is_active)
            and (username is None or user.username > username)
            and (not begins or _begins(user, begins.lower()))
        ]
        return page_of("users", found[: limit + 1], limit, lambda last: (last.username,))

    async def profiles(self, user_ids: Collection[UUID]) -> dict[UUID, UserProfile]:
        users = self._users()
        return {user_id: users[user_id].profile() for user_id in user_ids if user_id in users}

    async def removed_from(self, user_id: UUID) -> tuple[UUID, ...]:
        wanted = AuditFilter(entity_id=user_id, action="collaborator.removed")
        found: set[UUID] = set()
        after: str | None = None
        while True:
            page = await self._audit.entries(wanted, after=after)
            found.update(told.dashboard_id for told in page.items if told.dashboard_id)
            after = page.next_cursor
            if after is None:
                return tuple(found)

    def _users(self) -> dict[UUID, User]:
        check_available(self._tables)
        return self._tables.users


def _begins(user: User, text: str) -> bool:
    names = (user.username, user.email, user.full_name or "")
    return any(name.lower().startswith(text) for name in names)
