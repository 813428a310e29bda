"""Sessions: who may speak for a user, from which device, until when.

The seed's `Session` carries its token; here only the one answer to its creation does, because
only a hash is stored.
"""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from weft.limits import (
    DEVICE_FIELD_MAX_CHARACTERS,
    SESSION_TTL_MAX_SECONDS,
    SESSION_TTL_SECONDS,
    USER_AGENT_MAX_CHARACTERS,
)
from weft.models.address import IpAddress
from weft.models.field import Flag, Instant, Storable, Text
from weft.models.record import Record

UserAgent = Annotated[str, Field(strict=True, max_length=USER_AGENT_MAX_CHARACTERS), Storable]
DeviceField = Annotated[str, Field(strict=True, max_length=DEVICE_FIELD_MAX_CHARACTERS), Storable]


class DeviceInfo(Record):
    """All optional: the seed asks for `userAgent`, but its table begins with {}."""

    user_agent: UserAgent | None = None
    platform: DeviceField | None = None
    browser: DeviceField | None = None
    version: DeviceField | None = None
    is_mobile: Flag | None = None


class Session(Record):
    id: UUID
    user_id: UUID
    device_info: DeviceInfo = DeviceInfo()
    ip_address: IpAddress | None = None
    created_at: Instant
    expires_at: Instant
    last_activity_at: Instant
    is_active: Flag = True


class IssuedSession(Session):
    """The only time the token is seen."""

    token: Text


class SessionCreate(Record):
    """Asked by the host product for one of its users; address and device are the user's."""

    user_id: UUID
    device_info: DeviceInfo = DeviceInfo()
    ip_address: IpAddress | None = None
    ttl_seconds: Annotated[int, Field(strict=True, ge=1, le=SESSION_TTL_MAX_SECONDS)] = (
        SESSION_TTL_SECONDS
    )
