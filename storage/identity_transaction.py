"""What a change of identity or sharing asks of the tables, between its beginning and its commit.

Decisions stand once, in *_changes.py. PostgreSQL and its memory twin differ in these steps only.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any, Protocol, TypeAlias
from uuid import UUID

from storage.changes import Change
from storage.identity_ports import Actor, Grants
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


class Transaction(Protocol):
    """All of it commits, or nothing. What has been read under a lock stays so until the end."""

    async def record(self, actor: Actor, change: Change) -> None:
        """The entry in the audit trail, and the event."""

    # --- people and sessions -------------------------------------------------------------------

    async def insert_user(self, user: UserCreate, user_id: UUID | None) -> User:
        """Raises WeftError conflict with `field`."""

    async def lock_user(self, user_id: UUID) -> User | None:
        """Nobody else can change or delete it, nor make anything that refers to it."""

    async def hold_user(self, user_id: UUID) -> User | None:
        """Nobody else can change or delete it."""

    async def write_user(self, user: User) -> User:
        """All that a patch can change; `updated_at` moves. Raises WeftError conflict."""

    async def remove_user(self, user_id: UUID) -> None: ...

    async def owned_count(self, user_id: UUID) -> int: ...

    async def memberships(self, user_id: UUID) -> tuple[UUID, ...]:
        """The dashboards."""

    async def insert_session(self, session: SessionCreate, token_hash: str) -> Session:
        """Raises WeftError conflict."""

    async def lock_session(self, session_id: UUID) -> Session | None: ...

    async def end_session(self, session_id: UUID) -> None: ...

    async def end_sessions(self, user_id: UUID, keep: UUID | None) -> tuple[UUID, ...]:
        """Those that were alive."""

    # --- dashboards and sharing ----------------------------------------------------------------

    async def lock_sharing(self, dashboard_id: UUID) -> datetime:
        """One change of rights on a dashboard at a time; commits of edits are not kept waiting.

        Comes first, so that all that is read is read after it. The time now.
        """

    async def dashboard(self, dashboard_id: UUID) -> DashboardMetadata | None: ...

    async def grants(self, dashboard_id: UUID, user_id: UUID) -> Grants | None: ...

    async def template(self, template_id: UUID) -> DashboardTemplate | None: ...

    async def insert_dashboard(
        self, dashboard_id: UUID | None, owner_id: UUID, is_public: bool, state: dict[str, Any]
    ) -> Dashboard:
        """With its checkpoint and its widgets. Raises WeftError conflict."""

    async def write_standing(self, dashboard: DashboardMetadata) -> None:
        """Owner, is_public, is_archived. Comes last: it locks the row that commits wait for."""

    async def remove_dashboard(self, dashboard_id: UUID) -> None:
        """Comes last, for the same reason."""

    async def members(self, dashboard_id: UUID) -> tuple[UUID, ...]:
        """The users, active or not, invited or accepted."""

    async def collaborator(self, dashboard_id: UUID, user_id: UUID) -> Collaborator | None: ...

    async def write_collaborator(self, collaborator: Collaborator) -> Collaborator:
        """Made, or replaced."""

    async def remove_collaborator(self, dashboard_id: UUID, user_id: UUID) -> None: ...


Begin: TypeAlias = Callable[[], AbstractAsyncContextManager[Transaction]]
"""A transaction that commits when its block ends, and is undone when it raises."""
