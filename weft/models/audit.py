"""The audit trail: who did what to which entity, from where, and what it was before and after."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from weft.limits import AUDIT_ACTION_MAX_CHARACTERS, AUDIT_ENTITY_TYPE_MAX_CHARACTERS
from weft.models.address import IpAddress
from weft.models.field import Instant, Storable
from weft.models.json_content import JsonObject
from weft.models.record import Record
from weft.models.session import UserAgent

AuditAction = Annotated[
    str, Field(strict=True, min_length=1, max_length=AUDIT_ACTION_MAX_CHARACTERS), Storable
]
EntityType = Annotated[
    str, Field(strict=True, min_length=1, max_length=AUDIT_ENTITY_TYPE_MAX_CHARACTERS), Storable
]


class AuditLog(Record):
    id: UUID
    user_id: UUID | None = None  # absent: the host product itself, or a user since gone
    dashboard_id: UUID | None = None
    action: AuditAction
    entity_type: EntityType
    entity_id: UUID | None = None
    old_values: JsonObject | None = None
    new_values: JsonObject | None = None
    ip_address: IpAddress | None = None
    user_agent: UserAgent | None = None
    created_at: Instant
