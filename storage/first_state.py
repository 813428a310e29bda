"""Law 16, valid stays valid, from the start: the document of a dashboard at version 0.

What was asked for, then what the template has, then nothing.
"""

from typing import Any
from uuid import uuid4

from weft.errors import WeftError
from weft.limits import DOCUMENT_MAX_BYTES
from weft.models import DashboardCreate, DashboardTemplate, Problem, WidgetCreate, invalid
from weft.ot import Document


def first_state(wanted: DashboardCreate, template: DashboardTemplate | None) -> dict[str, Any]:
    """As document JSON. Raises WeftError invalid_message (two widgets of one id), limit_exceeded,
    and what Document.from_json refuses.
    """
    layout, widgets = wanted.layout, wanted.widgets
    if template is not None:
        layout = layout if "layout" in wanted.model_fields_set else template.layout
        widgets = widgets if "widgets" in wanted.model_fields_set else template.default_widgets
    document = Document.from_json(
        {
            "title": wanted.title,
            "description": wanted.description,
            "settings": wanted.settings.to_wire(),
            "layout": [place.to_wire() for place in layout],
            "widgets": _by_id(widgets),
        }
    )
    if document.size_bytes > DOCUMENT_MAX_BYTES:
        raise WeftError("limit_exceeded", "The document would be too large.")
    return document.to_json()


def _by_id(widgets: tuple[WidgetCreate, ...]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for ordinal, widget in enumerate(widgets):
        widget_id = str(widget.id or uuid4())
        if widget_id in found:
            raise invalid([Problem(f"widgets.{ordinal}.id", "unique", "Two widgets have this id")])
        found[widget_id] = widget.in_document()
    return found
