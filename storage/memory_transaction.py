"""A change of identity or sharing in memory: the twin of postgres_transaction.

Nothing here waits, so nobody sees a change half made; what raises leaves the tables as they were.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from storage.changes import Change
from storage.delivery_ports import Outbox
from storage.identity_ports import Actor, Grants
from storage.identity_rows import dashboard_from, grants_from, metadata_from
from storage.identity_transaction import Begin, Transaction
from storage.memory_tables import DashboardTable, MemoryTables, SessionRow, StoredRows
from storage.query_ports import Audit, Templates
from storage.rows import decode_json, encode_json
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


def transactions(tables: MemoryTables, audit: Audit, outbox: Outbox, templates: Templates) -> Begin:
    @asynccontextmanager
    async def begin() -> AsyncIterator[Transaction]:
        check_available(tables)
        users, sessions, dashboards = (
            dict(tables.users),
            dict(tables.sessions),
            {
                dashboard_id: replace(table, collaborators=dict(table.collaborators))
                for dashboard_id, table in tables.dashboards.items()
            },
        )
        try:
            yield MemoryTransaction(tables, audit, outbox, templates)
        except BaseException:
            tables.users, tables.sessions, tables.dashboards = users, sessions, dashboards
            raise

    return begin


def check_available(tables: MemoryTables) -> None:
    if tables.unavailable:
        raise WeftError("storage_unavailable")


class MemoryTransaction:
    """The port `Transaction`."""

    def __init__(
        self, tables: MemoryTables, audit: Audit, outbox: Outbox, templates: Templates
    ) -> None:
        self._tables = tables
        self._audit = audit
        self._outbox = outbox
        self._templates = templates

    async def record(self, actor: Actor, change: Change) -> None:
        await self._audit.record(change.audit_entry(actor))
        await self._outbox.record(change.action, change.payload(actor), change.dashboard_id)

    # --- people and sessions -------------------------------------------------------------------

    async def insert_user(self, user: UserCreate, user_id: UUID | None) -> User:
        if user_id in self._tables.users:
            raise WeftError("conflict", "This id is taken.", field="id")
        now = self._tables.now()
        fields = {name: getattr(user, name) for name in UserCreate.model_fields}
        fields["metadata"] = _copy(user.metadata)
        made = User.model_construct(
            id=user_id or uuid4(),
            created_at=now,
            updated_at=now,
            last_seen_at=None,
            is_active=True,
            **fields,
        )
        return self._keep_user(made)

    async def lock_user(self, user_id: UUID) -> User | None:
        return self._tables.users.get(user_id)

    async def hold_user(self, user_id: UUID) -> User | None:
        return self._tables.users.get(user_id)

    async def write_user(self, user: User) -> User:
        changed = {"updated_at": self._tables.now(), "metadata": _copy(user.metadata)}
        return self._keep_user(user.model_copy(update=changed))

    def _keep_user(self, user: User) -> User:
        for field in ("email", "username"):
            for other in self._tables.users.values():
                if other.id != user.id and getattr(other, field) == getattr(user, field):
                    raise WeftError("conflict", f"This {field} is taken.", field=field)
        self._tables.users[user.id] = user
        return user

    async def remove_user(self, user_id: UUID) -> None:
        tables = self._tables
        del tables.users[user_id]
        tables.sessions = {
            session_id: row
            for session_id, row in tables.sessions.items()
            if row.session.user_id != user_id
        }
        for table in tables.dashboards.values():
            table.collaborators.pop(user_id, None)
            for member in list(table.collaborators.values()):
                if member.invited_by == user_id:
                    table.collaborators[member.user_id] = member.model_copy(
                        update={"invited_by": None}
                    )

    async def owned_count(self, user_id: UUID) -> int:
        return sum(table.owner_id == user_id for table in self._tables.dashboards.values())

    async def memberships(self, user_id: UUID) -> tuple[UUID, ...]:
        return tuple(
            dashboard_id
            for dashboard_id, table in self._tables.dashboards.items()
            if user_id in table.collaborators
        )

    async def insert_session(self, session: SessionCreate, token_hash: str) -> Session:
        if any(row.token_hash == token_hash for row in self._tables.sessions.values()):
            raise WeftError("conflict", "This token is taken.", field="token")
        now = self._tables.now()
        made = Session.model_construct(
            id=uuid4(),
            user_id=session.user_id,
            device_info=session.device_info,
            ip_address=session.ip_address,
            created_at=now,
            expires_at=now + timedelta(seconds=session.ttl_seconds),
            last_activity_at=now,
            is_active=True,
        )
        self._tables.sessions[made.id] = SessionRow(made, token_hash)
        return made

    async def lock_session(self, session_id: UUID) -> Session | None:
        row = self._tables.sessions.get(session_id)
        return row.session if row else None

    async def end_session(self, session_id: UUID) -> None:
        row = self._tables.sessions[session_id]
        ended = row.session.model_copy(update={"is_active": False})
        self._tables.sessions[session_id] = replace(row, session=ended)

    async def end_sessions(self, user_id: UUID, keep: UUID | None) -> tuple[UUID, ...]:
        ending = [
            row.session.id
            for row in self._tables.sessions.values()
            if row.session.user_id == user_id
            and row.session.is_active
            and row.session.expires_at > self._tables.now()
            and row.session.id != keep
        ]
        for session_id in ending:
            await self.end_session(session_id)
        return tuple(ending)

    # --- dashboards and sharing ----------------------------------------------------------------

    async def lock_sharing(self, dashboard_id: UUID) -> datetime:  # noqa: ARG002
        return self._tables.now()

    async def dashboard(self, dashboard_id: UUID) -> DashboardMetadata | None:
        table = self._tables.dashboards.get(dashboard_id)
        return metadata_from(dashboard_row(dashboard_id, table)) if table else None

    async def grants(self, dashboard_id: UUID, user_id: UUID) -> Grants | None:
        return grants_in(self._tables, dashboard_id, user_id)

    async def template(self, template_id: UUID) -> DashboardTemplate | None:
        return await self._templates.template(template_id)

    async def insert_dashboard(
        self, dashboard_id: UUID | None, owner_id: UUID, is_public: bool, state: dict[str, Any]
    ) -> Dashboard:
        dashboard_id = dashboard_id or uuid4()
        if dashboard_id in self._tables.dashboards:
            raise WeftError("conflict", "This id is taken.", field="id")
        now, stored = self._tables.now(), encode_json(state)
        table = DashboardTable(
            owner_id,
            StoredRows(stored, dict.fromkeys(state["widgets"], 0)),
            is_public=is_public,
            created_at=now,
            updated_at=now,
            checkpoints={0: (stored, 0)},
        )
        self._tables.dashboards[dashboard_id] = table
        return dashboard_from(dashboard_row(dashboard_id, table))

    async def write_standing(self, dashboard: DashboardMetadata) -> None:
        table = self._tables.dashboards[dashboard.id]
        table.owner_id = dashboard.owner_id
        table.is_public = dashboard.is_public
        table.is_archived = dashboard.is_archived

    async def remove_dashboard(self, dashboard_id: UUID) -> None:
        del self._tables.dashboards[dashboard_id]

    async def members(self, dashboard_id: UUID) -> tuple[UUID, ...]:
        return tuple(self._tables.dashboards[dashboard_id].collaborators)

    async def collaborator(self, dashboard_id: UUID, user_id: UUID) -> Collaborator | None:
        table = self._tables.dashboards.get(dashboard_id)
        return table.collaborators.get(user_id) if table else None

    async def write_collaborator(self, collaborator: Collaborator) -> Collaborator:
        kept = self._tables.dashboards[collaborator.dashboard_id].collaborators
        old = kept.get(collaborator.user_id)
        if old is not None:
            same = {"id": old.id, "last_accessed_at": old.last_accessed_at}
            collaborator = collaborator.model_copy(update=same)
        kept[collaborator.user_id] = collaborator
        return collaborator

    async def remove_collaborator(self, dashboard_id: UUID, user_id: UUID) -> None:
        del self._tables.dashboards[dashboard_id].collaborators[user_id]


def dashboard_row(dashboard_id: UUID, table: DashboardTable) -> dict[str, Any]:
    """The columns of `dashboards`."""
    return {
        **decode_json(table.rows.state),
        "id": dashboard_id,
        "owner_id": table.owner_id,
        "created_at": table.created_at,
        "updated_at": table.updated_at,
        "last_accessed_at": table.last_accessed_at,
        "is_public": table.is_public,
        "is_archived": table.is_archived,
        "version": table.version,
    }


def grants_in(tables: MemoryTables, dashboard_id: UUID, user_id: UUID) -> Grants | None:
    table, user = tables.dashboards.get(dashboard_id), tables.users.get(user_id)
    if table is None:
        return None
    member = table.collaborators.get(user_id)
    return grants_from(
        user_id,
        {
            "owner_id": table.owner_id,
            "is_public": table.is_public,
            "is_archived": table.is_archived,
            "account_is_active": user.is_active if user else None,
            "role": member.role if member else None,
            "permissions": member.permissions if member else None,
            "is_active": member.is_active if member else None,
            "accepted_at": member.accepted_at if member else None,
        },
    )


def _copy(value: Any) -> Any:
    return decode_json(encode_json(value))
