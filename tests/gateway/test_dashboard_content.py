"""Rows and log together: what is read over HTTP is the content at the head of the log."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from gateway.content_edits import (
    check_one_kind,
    dashboard_edits,
    new_widget,
    removal,
    widget_edits,
)
from gateway.dashboard_content import at_head, facts_of, operations_of
from storage.ports import LoggedSubmission
from storage.query_ports import DashboardContent
from weft.errors import WeftError
from weft.models import (
    Dashboard,
    DashboardPatch,
    DashboardSettings,
    Widget,
    WidgetCreate,
    WidgetFacts,
    WidgetPatch,
)
from weft.ot import Document, apply, operation_to_json

MADE = datetime(2026, 1, 1, tzinfo=UTC)
LATER_MS = 1_800_000_000_000
LATER = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=LATER_MS)
NOTE, CHART, DASHBOARD, OWNER = UUID(int=1), UUID(int=2), UUID(int=3), UUID(int=4)
PLACE = {"x": 0, "y": 0, "width": 4, "height": 2}
STATE: dict[str, Any] = {
    "title": "Sales",
    "description": None,
    "settings": {"theme": "dark", "ours": [1]},  # a key that the model has no name for
    "layout": [],
    "widgets": {
        str(NOTE): {"type": "text", "title": None, "position": PLACE, "config": {"text": "hello"},
                    "data": {}, "isLocked": False},
        str(CHART): {"type": "chart", "title": "Q1", "position": PLACE, "config": {}, "data": {},
                     "isLocked": True},
    },
}  # fmt: skip


def rows(version: int) -> DashboardContent:
    dashboard = Dashboard.stored(
        {
            "id": DASHBOARD,
            "owner_id": OWNER,
            "created_at": MADE,
            "updated_at": MADE,
            "version": version,
            **{name: STATE[name] for name in ("title", "description", "settings", "layout")},
        }
    )
    widgets = [
        Widget.model_validate(
            {**record, "id": widget_id, "dashboardId": dashboard.id, "createdAt": MADE,
             "updatedAt": MADE, "version": 0}
        )
        for widget_id, record in STATE["widgets"].items()
    ]  # fmt: skip
    return DashboardContent(dashboard, tuple(widgets), 0)


def committed(*edits: list[dict[str, Any]]) -> list[LoggedSubmission]:
    return [
        LoggedSubmission(
            version, uuid4(), 1, uuid4(), version - 1, tuple(operations), b"", LATER_MS
        )
        for version, operations in enumerate(edits, start=1)
    ]


def after(*edits: list[dict[str, Any]]) -> DashboardContent:
    return at_head(rows(len(edits)), STATE, committed(*edits))


def test_law4_what_followed_the_rows_is_applied_to_all_of_the_document() -> None:
    beyond = [{"type": "update", "path": ["settings", "ours", "0"], "value": 2}]
    typed = {"type": "insert", "targetId": str(NOTE), "path": ["config", "text"], "position": 5}
    content = after(
        beyond, [typed | {"value": "!"}], dashboard_edits(DashboardPatch(title="Costs"))
    )
    assert (content.content_version, content.dashboard.version) == (3, 3)
    assert content.dashboard.title == "Costs"
    assert content.dashboard.settings == DashboardSettings(theme="dark")
    assert content.dashboard.updated_at == LATER
    note, chart = content.widgets
    assert (note.id, note.config) == (NOTE, {"text": "hello!"})
    assert (note.version, note.created_at, note.updated_at) == (2, MADE, LATER)
    assert chart == rows(3).widgets[1]


def test_widgets_that_came_and_went_since_the_rows_were_written() -> None:
    new = UUID(int=9)
    order = WidgetCreate.from_wire({"type": "table", "position": PLACE, "isLocked": True})
    content = after(new_widget(new, order), removal(NOTE))
    assert [widget.id for widget in content.widgets] == [CHART, new]
    made = content.widgets[1]
    assert (made.type, made.is_locked, made.version, made.created_at) == ("table", True, 1, LATER)
    assert facts_of(content) == {
        str(CHART): WidgetFacts("chart", True),
        str(new): WidgetFacts("table", True),
    }


def test_a_log_that_does_not_belong_to_the_rows_is_told_apart() -> None:
    with pytest.raises(WeftError):
        after(widget_edits(UUID(int=77), WidgetPatch(title="x")))


# --- what is asked for, as operations -----------------------------------------------------------


def applied(edits: list[dict[str, Any]]) -> dict[str, Any]:
    return apply(Document.from_json(STATE), operations_of(edits)).to_json()


def test_a_patch_changes_what_it_names_and_nothing_else() -> None:
    patch = DashboardPatch.from_wire(
        {
            "description": "of the year",
            "settings": {"theme": None, "gridSize": 8},
            "layout": [{"id": str(NOTE), "x": 0, "y": 0, "width": 1, "height": 1}],
        }
    )
    state = applied(dashboard_edits(patch))
    assert state["description"] == "of the year"
    assert state["settings"] == {"ours": [1], "gridSize": 8}
    assert state["layout"] == [{"id": str(NOTE), "x": 0, "y": 0, "width": 1, "height": 1}]
    assert (state["title"], state["widgets"]) == (STATE["title"], STATE["widgets"])
    assert applied(dashboard_edits(DashboardPatch(description=None)))["description"] is None
    assert dashboard_edits(DashboardPatch()) == []


def test_a_widget_patch_replaces_field_by_field() -> None:
    patch = WidgetPatch.from_wire(
        {"title": None, "position": PLACE | {"x": 7, "zIndex": 2}, "config": {}, "isLocked": True}
    )
    widget = applied(widget_edits(CHART, patch))["widgets"][str(CHART)]
    assert widget == {
        "type": "chart",
        "title": None,
        "position": {"x": 7, "y": 0, "width": 4, "height": 2, "zIndex": 2},
        "config": {},
        "data": {},
        "isLocked": True,
    }


def test_every_edit_is_in_the_canonical_form_of_the_algebra() -> None:
    order = WidgetCreate.from_wire({"type": "text", "position": PLACE})
    edits = new_widget(UUID(int=9), order) + widget_edits(NOTE, WidgetPatch(title="x"))
    edits += removal(CHART) + dashboard_edits(DashboardPatch(title="x"))
    assert [operation_to_json(operation) for operation in operations_of(edits)] == edits


@pytest.mark.parametrize(
    "fields",
    [
        {"title": "x", "isPublic": True},
        {"isArchived": True, "isPublic": True},
        {"settings": {}, "isArchived": False},
    ],
)
def test_what_could_not_commit_together_is_not_asked_together(fields: dict[str, Any]) -> None:
    with pytest.raises(WeftError) as refusal:
        check_one_kind(DashboardPatch.from_wire(fields))
    assert refusal.value.details["errors"][0]["rule"] == "one_kind"


@pytest.mark.parametrize("fields", [{}, {"isPublic": True}, {"title": "x", "layout": []}])
def test_one_kind_is_let_through(fields: dict[str, Any]) -> None:
    check_one_kind(DashboardPatch.from_wire(fields))
