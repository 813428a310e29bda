"""How the rows of sql/queries.sql become what the port tells of. Pure.

What is stored was checked when it came. A rule that has become stricter since must not hide it, and
to check again costs more than to read: so flat records are taken as they are.
"""

from collections.abc import Sequence
from functools import cache
from typing import Final, TypeVar

from pydantic import TypeAdapter

from storage.query_ports import (
    ActiveCollaborator,
    DashboardContent,
    DashboardSummary,
    FoundDashboard,
    OperationsPage,
)
from storage.rows import Row, check_reach, submission_from
from weft.errors import WeftError
from weft.models import Dashboard, DashboardMetadata, Permission, Record, UserProfile, Widget

Model = TypeVar("Model", bound=Record)

_PERMISSIONS: Final = TypeAdapter(tuple[Permission, ...])
_WIDGETS: Final = TypeAdapter(tuple[Widget, ...])


@cache
def _fields(model: type[Record]) -> tuple[str, ...]:
    return tuple(model.model_fields)


def taken(model: type[Model], row: Row) -> Model:
    """The columns named as the model's fields, as they are; a seventh of what model_construct
    takes.
    """
    values = {name: row[name] for name in _fields(model)}
    record = model.__new__(model)
    record.__setstate__(
        {
            "__dict__": values,
            "__pydantic_fields_set__": set(values),
            "__pydantic_extra__": None,
            "__pydantic_private__": None,
        }
    )
    return record


def summary_from(row: Row) -> DashboardSummary:
    permissions = row["permissions"]
    return DashboardSummary(
        taken(DashboardMetadata, row),
        row["role"],
        _PERMISSIONS.validate_python(permissions) if permissions else (),
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


def operations_page(rows: Sequence[Row], version: int) -> OperationsPage:
    """Of the rows of operations_since, which always have a first one.

    Raises WeftError conflict with `startVersion`, future_version with `headVersion`, and internal
    where law 1 is broken.
    """
    head, start = rows[0]["head_version"], rows[0]["log_start_version"]
    if version > head:
        raise WeftError("future_version", headVersion=head)
    check_reach(version, head, start)
    found = tuple(map(submission_from, rows)) if rows[0]["version"] is not None else ()
    reached = version + len(found)
    if reached < head and (not found or found[-1].version != reached):
        raise WeftError("internal", f"The log of this dashboard has a gap after {version}.")
    return OperationsPage(found, head, reached if reached < head else None)


def collaborator_from(row: Row) -> ActiveCollaborator:
    return ActiveCollaborator(
        taken(UserProfile, row),
        row["role"],
        row["accepted_at"],
        row["last_accessed_at"],
    )
