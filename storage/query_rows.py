"""How the rows of sql/queries.sql become what the port tells of. Pure.

What is stored was checked when it came. A rule that has become stricter since must not hide it, so
flat records are taken as they are.
"""

from typing import Final

from pydantic import TypeAdapter

from storage.query_ports import (
    ActiveCollaborator,
    DashboardContent,
    DashboardSummary,
    FoundDashboard,
)
from storage.rows import Row
from weft.models import Dashboard, DashboardMetadata, Permission, UserProfile, Widget

_PERMISSIONS: Final = TypeAdapter(tuple[Permission, ...])
_WIDGETS: Final = TypeAdapter(tuple[Widget, ...])


def summary_from(row: Row) -> DashboardSummary:
    metadata = {name: row[name] for name in DashboardMetadata.model_fields}
    return DashboardSummary(
        DashboardMetadata.model_construct(**metadata),
        row["role"],
        _PERMISSIONS.validate_python(row["permissions"]),
        row["collaborator_count"],
    )


def found_from(row: Row) -> FoundDashboard:
    return FoundDashboard(summary_from(row), row["rank"])


def content_from(row: Row) -> DashboardContent:
    return DashboardContent(
        Dashboard.stored({name: row[name] for name in Dashboard.model_fields}),
        _WIDGETS.validate_python(row["widgets"]),
        row["content_version"],
    )


def collaborator_from(row: Row) -> ActiveCollaborator:
    profile = {name: row[name] for name in UserProfile.model_fields}
    return ActiveCollaborator(
        UserProfile.model_construct(**profile),
        row["role"],
        row["accepted_at"],
        row["last_accessed_at"],
    )
