"""Who shares a dashboard: the seed's `Collaborator`, the invitation and the change of one."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from weft.limits import PERMISSIONS_MAX_PER_COLLABORATOR
from weft.models.field import Flag, Instant
from weft.models.permission import CollaboratorRole, Permission
from weft.models.record import Kept, Patch, Record
from weft.models.subject import Subject

Permissions = Annotated[tuple[Permission, ...], Field(max_length=PERMISSIONS_MAX_PER_COLLABORATOR)]


class Collaborator(Record):
    id: UUID
    dashboard_id: UUID
    user_id: UUID
    role: CollaboratorRole
    invited_by: UUID | None = None
    invited_at: Instant
    accepted_at: Instant | None = None
    last_accessed_at: Instant | None = None
    is_active: Flag = True
    permissions: Permissions = ()

    def subject(self, *, is_public: bool = False, is_archived: bool = False) -> Subject:
        """What this collaborator may do. An invitation gives nothing until it is accepted."""
        return Subject.compile(
            self.role,
            self.permissions,
            is_active=self.is_active and self.accepted_at is not None,
            is_public=is_public,
            is_archived=is_archived,
        )


class CollaboratorInvite(Record):
    user_id: UUID
    role: CollaboratorRole
    permissions: Permissions = ()


class CollaboratorPatch(Patch):
    """`permissions` replaces the whole list."""

    role: Kept[CollaboratorRole] = None
    permissions: Kept[Permissions] = None
    is_active: Kept[Flag] = None
