"""Law 4, convergence, for who reads over HTTP: the rows and the log together, as of one version.

Rows are as old as the newest checkpoint. What has been committed since is applied to it here, so
that who has just changed something reads it, and a version names one content. Pure.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from storage.ports import LoggedSubmission
from storage.query_ports import DashboardContent
from weft.models import Dashboard, Widget
from weft.models.requirement import WidgetFacts
from weft.ot import Document, Operation, apply, operation_from_json

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def at_head(
    content: DashboardContent, state: dict[str, Any], tail: Sequence[LoggedSubmission]
) -> DashboardContent:
    """`state` is the checkpoint that the rows are as of; `tail` leads from it to the head.

    Raises OperationError when they do not belong together.
    """
    document = Document.from_json(state)
    touched: dict[str | None, LoggedSubmission] = {}
    for submission in tail:
        operations = operations_of(submission.operations)
        document = apply(document, operations, within_limits=False)
        touched |= {operation.target_id: submission for operation in operations}
    fields = document.to_json()
    records: dict[str, Any] = fields.pop("widgets")
    dashboard = content.dashboard.model_dump(by_alias=False) | fields
    if tail:
        dashboard["updated_at"] = max(content.dashboard.updated_at, _instant(tail[-1].at_ms))
    stored = {str(widget.id): widget for widget in content.widgets}
    widgets = [
        _widget(content, widget_id, record, stored.get(widget_id), touched.get(widget_id))
        for widget_id, record in records.items()
    ]
    return DashboardContent(
        Dashboard.stored(dashboard),
        tuple(sorted(widgets, key=lambda widget: (widget.created_at, widget.id))),
        content.dashboard.version,
    )


def operations_of(operations: Iterable[dict[str, Any]]) -> tuple[Operation, ...]:
    """Of a submission in the log."""
    return tuple(operation_from_json(operation, True) for operation in operations)


def facts_of(content: DashboardContent) -> dict[str, WidgetFacts]:
    """What of each widget decides who may change it."""
    return {str(each.id): WidgetFacts(each.type, each.is_locked) for each in content.widgets}


def _widget(
    content: DashboardContent,
    widget_id: str,
    record: dict[str, Any],
    stored: Widget | None,
    last: LoggedSubmission | None,
) -> Widget:
    """As the next checkpoint would write it: version and time are of the last change."""
    if last is None and stored is not None:
        return stored
    at = _instant(last.at_ms) if last else content.dashboard.updated_at
    return Widget.model_validate(
        {
            **record,
            "id": widget_id,
            "dashboardId": content.dashboard.id,
            "createdAt": stored.created_at if stored else at,
            "updatedAt": at,
            "createdBy": stored.created_by if stored else None,
            "updatedBy": stored.updated_by if stored else None,
            "version": last.version if last else content.content_version,
        }
    )


def _instant(at_ms: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=at_ms)
