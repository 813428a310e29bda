"""What is asked for over HTTP, as the operations that every editor makes. Pure.

A field that is sent replaces what was there as a whole: concurrent typing in it is discarded, and
who typed is told, as by any other `update`.
"""

from typing import Any, Final
from uuid import UUID

from weft.models import DashboardPatch, Problem, WidgetCreate, WidgetPatch, invalid
from weft.models.record import Record

CONTENT: Final = frozenset({"title", "description", "settings", "layout"})
_ON_THE_WIRE: Final = {"is_locked": "isLocked"}


def dashboard_edits(patch: DashboardPatch) -> list[dict[str, Any]]:
    """Of the content that the patch changes; of `settings`, each key on its own."""
    changes = patch.changes()
    edits = [
        _update([name], _plain(changes[name]))
        for name in ("title", "description")
        if name in changes
    ]
    if "settings" in changes:
        sent = changes["settings"].model_dump(mode="json", by_alias=True, exclude_unset=True)
        edits += [_update(["settings", key], value) for key, value in sent.items()]
    if "layout" in changes:
        edits.append(_update(["layout"], [place.to_wire() for place in changes["layout"]]))
    return edits


def check_one_kind(patch: DashboardPatch) -> None:
    """Content commits in the log, and a flag in its row: both together could not be all or nothing.

    Raises WeftError invalid_message.
    """
    kinds = [
        patch.model_fields_set & CONTENT,
        *({name} for name in patch.model_fields_set - CONTENT),
    ]
    if len([kind for kind in kinds if kind]) > 1:
        message = "Content, isPublic and isArchived are changed one at a time"
        raise invalid([Problem("", "one_kind", message)])


def new_widget(widget_id: UUID, widget: WidgetCreate) -> list[dict[str, Any]]:
    return [{"type": "addWidget", "targetId": str(widget_id), "value": widget.in_document()}]


def widget_edits(widget_id: UUID, patch: WidgetPatch) -> list[dict[str, Any]]:
    return [
        _update([_ON_THE_WIRE.get(name, name)], _plain(value)) | {"targetId": str(widget_id)}
        for name, value in patch.changes().items()
    ]


def removal(widget_id: UUID) -> list[dict[str, Any]]:
    return [{"type": "removeWidget", "targetId": str(widget_id)}]


def _update(path: list[str], value: Any) -> dict[str, Any]:
    """None clears a text that may be empty; in `settings` it removes the key."""
    if value is None and path[0] == "settings":
        return {"type": "update", "path": path}
    return {"type": "update", "path": path, "value": value}


def _plain(value: Any) -> Any:
    return value.to_wire() if isinstance(value, Record) else value
