"""Between the records of identity and their columns; both twins go through here. Pure.

What is stored was checked when it came; a rule that has become stricter since must not hide it, so
flat fields are taken as they are. What grants rights is read strictly: see `grants_from`.
"""

from typing import Any, Final
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from storage.identity_ports import Grants
from storage.rows import Row
from weft.models import (
    Collaborator,
    Dashboard,
    DashboardMetadata,
    DeviceInfo,
    Permission,
    Session,
    User,
    UserProfile,
)

_PERMISSIONS: Final = TypeAdapter(tuple[Permission, ...])


def user_from(row: Row) -> User:
    return User.model_construct(**_fields(User, row))


def profile_from(row: Row) -> UserProfile:
    return UserProfile.model_construct(**_fields(UserProfile, row))


def metadata_from(row: Row) -> DashboardMetadata:
    return DashboardMetadata.model_construct(**_fields(DashboardMetadata, row))


def dashboard_from(row: Row) -> Dashboard:
    return Dashboard.stored(_fields(Dashboard, row))


def session_from(row: Row) -> Session:
    fields = _fields(Session, row)
    fields["device_info"] = DeviceInfo.model_validate(fields["device_info"])
    return Session.model_construct(**fields)


def collaborator_from(row: Row) -> Collaborator:
    fields = _fields(Collaborator, row)
    fields["permissions"] = _PERMISSIONS.validate_python(fields["permissions"])
    return Collaborator.model_construct(**fields)


def permission_column(permissions: tuple[Permission, ...]) -> list[dict[str, Any]]:
    return [permission.to_wire() for permission in permissions]


def grants_from(user_id: UUID, row: Row) -> Grants:
    """Of dashboard, account (account_is_active) and membership; None where there is no such row.

    A list that cannot be read gives nothing: leaving out the entry that narrows a role would widen
    it.
    """
    if not row["account_is_active"]:
        return Grants(None, is_archived=row["is_archived"])
    dashboard = {"is_public": row["is_public"], "is_archived": row["is_archived"]}
    if row["owner_id"] == user_id:
        return Grants("owner", **dashboard)
    if row["role"] is None:
        return Grants(None, **dashboard)
    try:
        permissions = _PERMISSIONS.validate_python(row["permissions"])
    except ValidationError:
        return Grants(None, **dashboard)
    return Grants(
        row["role"],
        permissions,
        is_active=row["is_active"],
        is_accepted=row["accepted_at"] is not None,
        **dashboard,
    )


def _fields(model: type[Any], row: Row) -> dict[str, Any]:
    return {name: row[name] for name in model.model_fields}
