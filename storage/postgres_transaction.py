"""A change of identity or sharing in PostgreSQL: one transaction with its trail and its event."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg

from storage.changes import Change
from storage.identity_ports import Actor, Grants
from storage.identity_rows import (
    collaborator_from,
    dashboard_from,
    grants_from,
    metadata_from,
    permission_column,
    session_from,
    user_from,
)
from storage.identity_transaction import Begin, Transaction
from storage.postgres_audit import record_audit
from storage.postgres_connection import Pool, PooledConnection, storage_errors
from storage.postgres_outbox import record_event
from storage.postgres_statements import statements
from storage.template_rows import template_from
from weft.errors import WeftError
from weft.models import (
    Collaborator,
    Dashboard,
    DashboardMetadata,
    DashboardTemplate,
    Session,
    SessionCreate,
    User,
    UserCreate,
)

FIELD_OF_INDEX: Final = {
    "users_pkey": "id",
    "idx_users_email": "email",
    "idx_users_username": "username",
    "idx_sessions_token": "token",
    "dashboards_pkey": "id",
}


def transactions(pool: Pool) -> Begin:
    @asynccontextmanager
    async def begin() -> AsyncIterator[Transaction]:
        with storage_errors(), _conflicts():
            async with pool.acquire() as connection, connection.transaction():
                yield PostgresTransaction(connection)

    return begin


@contextmanager
def _conflicts() -> Iterator[None]:
    """What another transaction has taken or removed meanwhile."""
    try:
        yield
    except asyncpg.UniqueViolationError as error:
        field = FIELD_OF_INDEX.get(error.constraint_name or "")
        raise WeftError("conflict", f"This {field or 'value'} is taken.", field=field) from error
    except asyncpg.ForeignKeyViolationError as error:
        raise WeftError("not_found") from error


class PostgresTransaction:
    """The port `Transaction`."""

    def __init__(self, connection: PooledConnection) -> None:
        self._connection = connection
        self._sql = {
            **statements("checkpoints"),
            **statements("identity_reads"),
            **statements("identity"),
        }

    async def record(self, actor: Actor, change: Change) -> None:
        await record_audit(self._connection, change.audit_entry(actor))
        payload = change.payload(actor)
        await record_event(self._connection, change.action, payload, change.dashboard_id)

    # --- people and sessions -------------------------------------------------------------------

    async def insert_user(self, user: UserCreate, user_id: UUID | None) -> User:
        fields = (
            user_id,
            user.email,
            user.username,
            user.full_name,
            user.avatar_url,
            user.metadata,
        )
        return user_from(await self._made("insert_user", *fields))

    async def lock_user(self, user_id: UUID) -> User | None:
        row = await self._row("lock_user", user_id)
        return user_from(row) if row else None

    async def hold_user(self, user_id: UUID) -> User | None:
        row = await self._row("hold_user", user_id)
        return user_from(row) if row else None

    async def write_user(self, user: User) -> User:
        row = await self._made(
            "write_user",
            user.id,
            user.email,
            user.username,
            user.full_name,
            user.avatar_url,
            user.is_active,
            user.metadata,
        )
        return user_from(row)

    async def remove_user(self, user_id: UUID) -> None:
        await self._row("remove_user", user_id)

    async def owned_count(self, user_id: UUID) -> int:
        count: int = (await self._made("owned_count", user_id))[0]
        return count

    async def memberships(self, user_id: UUID) -> tuple[UUID, ...]:
        return await self._ids("memberships", user_id)

    async def insert_session(self, session: SessionCreate, token_hash: str) -> Session:
        row = await self._made(
            "insert_session",
            session.user_id,
            token_hash,
            session.device_info.to_wire(),
            session.ip_address,
            session.ttl_seconds,
        )
        return session_from(row)

    async def lock_session(self, session_id: UUID) -> Session | None:
        row = await self._row("lock_session", session_id)
        return session_from(row) if row else None

    async def end_session(self, session_id: UUID) -> None:
        await self._row("end_session", session_id)

    async def end_sessions(self, user_id: UUID, keep: UUID | None) -> tuple[UUID, ...]:
        return await self._ids("end_sessions", user_id, keep)

    # --- dashboards and sharing ----------------------------------------------------------------

    async def lock_sharing(self, dashboard_id: UUID) -> datetime:
        at: datetime = (await self._made("lock_sharing", dashboard_id))["at"]
        return at

    async def dashboard(self, dashboard_id: UUID) -> DashboardMetadata | None:
        row = await self._row("dashboard", dashboard_id)
        return metadata_from(row) if row else None

    async def grants(self, dashboard_id: UUID, user_id: UUID) -> Grants | None:
        row = await self._row("grants", dashboard_id, [user_id])
        return grants_from(user_id, row) if row else None

    async def template(self, template_id: UUID) -> DashboardTemplate | None:
        row = await self._row("template", template_id)
        return template_from(row) if row else None

    async def insert_dashboard(
        self, dashboard_id: UUID | None, owner_id: UUID, is_public: bool, state: dict[str, Any]
    ) -> Dashboard:
        fields = (state["title"], state["description"], state["settings"], state["layout"])
        row = await self._made("insert_dashboard", dashboard_id, owner_id, is_public, *fields)
        await self._row("insert_checkpoint", row["id"], 0, state, 0)
        await self._row("write_widgets", row["id"], 0)
        return dashboard_from(row)

    async def write_standing(self, dashboard: DashboardMetadata) -> None:
        standing = (dashboard.owner_id, dashboard.is_public, dashboard.is_archived)
        await self._row("write_standing", dashboard.id, *standing)

    async def remove_dashboard(self, dashboard_id: UUID) -> None:
        await self._row("remove_dashboard", dashboard_id)

    async def members(self, dashboard_id: UUID) -> tuple[UUID, ...]:
        return await self._ids("members", dashboard_id)

    async def collaborator(self, dashboard_id: UUID, user_id: UUID) -> Collaborator | None:
        row = await self._row("collaborator", dashboard_id, user_id)
        return collaborator_from(row) if row else None

    async def write_collaborator(self, collaborator: Collaborator) -> Collaborator:
        row = await self._made(
            "write_collaborator",
            collaborator.id,
            collaborator.dashboard_id,
            collaborator.user_id,
            collaborator.role,
            collaborator.invited_by,
            collaborator.invited_at,
            collaborator.accepted_at,
            collaborator.is_active,
            permission_column(collaborator.permissions),
        )
        return collaborator_from(row)

    async def remove_collaborator(self, dashboard_id: UUID, user_id: UUID) -> None:
        await self._row("remove_collaborator", dashboard_id, user_id)

    async def _row(self, name: str, *arguments: Any) -> asyncpg.Record | None:
        return await self._connection.fetchrow(self._sql[name], *arguments)

    async def _made(self, name: str, *arguments: Any) -> asyncpg.Record:
        """Of a statement that always answers with a row."""
        row = await self._row(name, *arguments)
        if row is None:
            raise WeftError("internal", f"{name} answered nothing")
        return row

    async def _ids(self, name: str, *arguments: Any) -> tuple[UUID, ...]:
        rows = await self._connection.fetch(self._sql[name], *arguments)
        return tuple(row[0] for row in rows)
