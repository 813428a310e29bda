"""Accounts in PostgreSQL."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from storage.cursor import checked_limit, decode_cursor, page_of
from storage.identity_rows import profile_from, user_from
from storage.postgres_connection import Pool, storage_errors
from storage.postgres_statements import statements
from storage.postgres_transaction import transactions
from storage.query_ports import Page
from storage.rows import check_text
from storage.user_changes import UserChanges
from weft.limits import EMAIL_MAX_CHARACTERS, PAGE_DEFAULT_ITEMS
from weft.models import User, UserProfile


class PostgresUsers(UserChanges):
    """The port `Users`."""

    def __init__(self, pool: Pool) -> None:
        super().__init__(transactions(pool))
        self._pool = pool
        self._sql = statements("identity_reads")

    async def user(self, user_id: UUID) -> User | None:
        return await self._one("user", user_id)

    async def find_user(
        self, *, email: str | None = None, username: str | None = None
    ) -> User | None:
        if (email is None) == (username is None):
            raise TypeError("email or username")
        sought = email if username is None else username
        check_text("email", sought, EMAIL_MAX_CHARACTERS)
        return await self._one("user_by_email" if username is None else "user_by_username", sought)

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
        arguments = (is_active, username, checked_limit(limit) + 1)
        rows = await (
            self._rows("users_beginning", *arguments, begins)
            if begins
            else self._rows("users", *arguments)
        )
        found = [user_from(row) for row in rows]
        return page_of("users", found, limit, lambda last: (last.username,))

    async def profiles(self, user_ids: Collection[UUID]) -> dict[UUID, UserProfile]:
        rows = await self._rows("profiles", list(user_ids))
        return {row["id"]: profile_from(row) for row in rows}

    async def removed_from(self, user_id: UUID) -> tuple[UUID, ...]:
        rows = await self._rows("removed_from", user_id)
        return tuple(row["dashboard_id"] for row in rows)

    async def _one(self, name: str, *arguments: Any) -> User | None:
        rows = await self._rows(name, *arguments)
        return user_from(rows[0]) if rows else None

    async def _rows(self, name: str, *arguments: Any) -> list[Any]:
        with storage_errors():
            return await self._pool.fetch(self._sql[name], *arguments)
