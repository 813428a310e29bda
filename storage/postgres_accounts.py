"""Users, sessions and roles in PostgreSQL. Of a token only its hash is ever stored."""

from typing import Any
from uuid import UUID

import asyncpg

from storage.ports import SessionUser
from storage.postgres_connection import Pool, storage_errors
from storage.postgres_statements import statements
from storage.rows import (
    EMAIL_MAX_CHARACTERS,
    FULL_NAME_MAX_CHARACTERS,
    USERNAME_MAX_CHARACTERS,
    check_role,
    check_text,
    check_title,
    empty_state,
)
from weft.errors import WeftError


class PostgresAccounts:
    """The port `Accounts`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._sql = statements("accounts")

    async def create_user(self, email: str, username: str, full_name: str | None = None) -> UUID:
        check_text("email", email, EMAIL_MAX_CHARACTERS)
        check_text("username", username, USERNAME_MAX_CHARACTERS)
        check_text("full_name", full_name, FULL_NAME_MAX_CHARACTERS)
        user_id: UUID | None = await self._value("create_user", email, username, full_name)
        if user_id is None:
            raise WeftError("conflict", "email or username is taken")
        return user_id

    async def create_session(self, user_id: UUID, token_hash: str, ttl_seconds: float) -> UUID:
        session_id: UUID = await self._value("create_session", user_id, token_hash, ttl_seconds)
        return session_id

    async def find_session(self, token_hash: str) -> SessionUser | None:
        with storage_errors():
            row = await self._pool.fetchrow(self._sql["find_session"], token_hash)
        if row is None:
            return None
        return SessionUser(row["id"], row["user_id"], row["username"], row["expires_at_ms"])

    async def revoke_session(self, session_id: UUID) -> bool:
        return await self._value("revoke_session", session_id) is not None

    async def create_dashboard(
        self, owner_id: UUID, title: str, dashboard_id: UUID | None = None
    ) -> UUID:
        check_title(title)
        created: UUID = await self._value(
            "create_dashboard", dashboard_id, owner_id, title, empty_state(title)
        )
        return created

    async def share(self, dashboard_id: UUID, user_id: UUID, role: str) -> None:
        check_role(role)
        await self._value("share", dashboard_id, user_id, role)

    async def role_of(self, dashboard_id: UUID, user_id: UUID) -> str | None:
        role: str | None = await self._value("role_of", dashboard_id, user_id)
        return role

    async def _value(self, name: str, *arguments: Any) -> Any:
        with storage_errors():
            try:
                return await self._pool.fetchval(self._sql[name], *arguments)
            except asyncpg.UniqueViolationError as error:
                raise WeftError("conflict", "it exists already") from error
            except asyncpg.ForeignKeyViolationError as error:
                raise WeftError("not_found", "no such dashboard or user") from error
