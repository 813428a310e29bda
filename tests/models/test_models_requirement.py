"""Law 6 for operations: what each one needs, and how a submission is judged as a whole."""

from typing import Any

import pytest

from weft.models import Context, Need, Resource, Subject, WidgetFacts, first_refused, required_for
from weft.models.permission import Permission
from weft.ot.operation import ABSENT, Operation

WIDGETS = {
    "t": WidgetFacts("text", False),
    "c": WidgetFacts("chart", False),
    "locked": WidgetFacts("text", True),
}
NOW = Context(0)
TEXT: dict[str, Any] = {"type": "text", "position": {"x": 0, "y": 0, "width": 1, "height": 1}}
EDITOR = Subject.compile("editor")
ADMIN = Subject.compile("admin")
TEXTS_ONLY = Subject.compile(
    "viewer",
    [
        Permission.from_wire(
            {"action": action, "resource": "widget", "conditions": {"widgetTypes": ["text"]}}
        )
        for action in ("write", "delete")
    ],
)


def write(kind: str | None, is_locked: bool = False) -> Need:
    return Need("write", Resource("widget", kind, is_locked))


def admin(kind: str | None) -> Need:
    return Need("admin", Resource("widget", kind))


def update(target: str | None, *path: str, value: Any = ABSENT) -> Operation:
    return Operation("update", target, path, value)


@pytest.mark.parametrize(
    ("operation", "needs"),
    [
        (update(None, "title", value="x"), [Need("write", Resource("dashboard"))]),
        (Operation("insert", None, ("title",), "x"), [Need("write", Resource("dashboard"))]),
        (update(None, "description", value=None), [Need("write", Resource("dashboard"))]),
        (Operation("insert", None, ("layout",), [1]), [Need("write", Resource("dashboard"))]),
        (update(None, "settings", value={}), [Need("write", Resource("settings"))]),
        (update(None, "settings", "theme"), [Need("write", Resource("settings"))]),
        (update("t", "title", value="x"), [write("text")]),
        (update("c", "config", "legend", value=True), [write("chart")]),
        (Operation("insert", "t", ("config", "text"), "x"), [write("text")]),
        (Operation("delete", "t", ("config", "text"), length=1), [write("text")]),
        (Operation("format", "t", ("config", "text"), attributes={}), [write("text")]),
        (Operation("move", "c", value={"x": 1}), [write("chart")]),
        (Operation("resize", "locked", value={"x": 1}), [write("text", is_locked=True)]),
        (update("gone", "title", value="x"), [write(None)]),
        (Operation("removeWidget", "c"), [Need("delete", Resource("widget", "chart"))]),
        (
            Operation("removeWidget", "locked"),
            [Need("delete", Resource("widget", "text", is_locked=True))],
        ),
        (Operation("addWidget", "new", value=TEXT), [write("text")]),
        (Operation("addWidget", "new", value="no record"), [write(None)]),
        (Operation("addWidget", "c", value=TEXT), [write("chart"), write("text")]),
        (
            Operation("addWidget", "new", value={**TEXT, "isLocked": True}),
            [write("text"), admin("text")],
        ),
        (update("t", "isLocked", value=True), [admin("text")]),
        (update("locked", "isLocked", value=False), [admin("text")]),
        (update("t", "type", value="chart"), [write("text"), write("chart")]),
        (Operation("insert", "t", ("type",), "x"), [write("text"), write(None)]),
        (update("t", "type", "0", value="text"), [write("text"), write(None)]),
        (update("c", value=TEXT), [write("chart"), write("text")]),
        (
            update("locked", value=TEXT),
            [write("text", is_locked=True), write("text"), admin("text")],
        ),
        (Operation("noop", "t", reason="superseded"), []),
    ],
)
def test_what_an_operation_needs(operation: Operation, needs: list[Need]) -> None:
    assert list(required_for(operation, WIDGETS.get)) == needs


def refusal(subject: Subject, *operations: Operation) -> tuple[int, str] | None:
    refused = first_refused(subject, operations, WIDGETS.get, NOW)
    return None if refused is None else (refused.ordinal, refused.decision.reason)


def test_law6_what_is_allowed_passes_and_the_first_that_is_not_is_named() -> None:
    fine, foreign = update("t", "title", value="x"), update("c", "title", value="x")
    assert refusal(TEXTS_ONLY, fine, fine) is None
    assert refusal(TEXTS_ONLY, fine, foreign, foreign) == (1, "widget_type")
    refused = first_refused(TEXTS_ONLY, (fine, foreign), WIDGETS.get, NOW)
    assert refused is not None
    assert refused.error().details == {
        "action": "write", "resource": "widget", "reason": "widget_type", "operation": 1,
    }  # fmt: skip


def test_an_editor_edits_everything_but_locks_and_what_is_locked() -> None:
    assert refusal(EDITOR, update(None, "title"), update(None, "settings", "theme")) is None
    assert refusal(EDITOR, Operation("addWidget", "new", value=TEXT)) is None
    assert refusal(EDITOR, Operation("removeWidget", "c")) is None
    assert refusal(EDITOR, update("locked", "title", value="x")) == (0, "locked")
    assert refusal(EDITOR, Operation("move", "locked", value={"x": 1})) == (0, "locked")
    assert refusal(EDITOR, Operation("removeWidget", "locked")) == (0, "locked")
    assert refusal(EDITOR, update("t", "isLocked", value=True)) == (0, "not_granted")
    assert refusal(EDITOR, update("locked", "isLocked", value=False)) == (0, "not_granted")
    locked = {**TEXT, "isLocked": True}
    assert refusal(EDITOR, Operation("addWidget", "new", value=locked)) == (0, "not_granted")


def test_an_admin_locks_and_edits_what_is_locked() -> None:
    assert refusal(ADMIN, update("t", "isLocked", value=True), update("t", "title")) is None
    assert refusal(ADMIN, Operation("removeWidget", "locked")) is None


def test_a_widget_added_in_the_submission_is_of_the_type_it_was_added_with() -> None:
    added = Operation("addWidget", "new", value=TEXT)
    assert refusal(TEXTS_ONLY, added, update("new", "config", "text", value="x")) is None
    assert refusal(TEXTS_ONLY, update("new", "title", value="x")) == (0, "widget_type")
    assert refusal(TEXTS_ONLY, added, update("new", "type", value="chart")) == (1, "widget_type")


def test_a_widget_removed_or_locked_in_the_submission_is_judged_so() -> None:
    removed = Operation("removeWidget", "t")
    assert refusal(TEXTS_ONLY, removed, update("t", "title")) == (1, "widget_type")
    lock_texts = Subject.compile(
        "editor",
        [
            Permission.from_wire(
                {"action": "admin", "resource": "widget", "conditions": {"widgetTypes": ["text"]}}
            )
        ],
    )
    lock = update("t", "isLocked", value=True)
    assert refusal(lock_texts, lock, update("t", "title")) is None
    # locked as a text, it cannot be turned into a chart: nobody could unlock that chart again
    assert refusal(lock_texts, lock, update("t", "type", value="chart"), update("t", "title")) == (
        2,
        "locked",
    )


def test_a_type_cannot_be_changed_out_of_or_into_what_one_may_edit() -> None:
    assert refusal(TEXTS_ONLY, update("c", "type", value="text")) == (0, "widget_type")
    assert refusal(TEXTS_ONLY, update("t", "type", value="chart")) == (0, "widget_type")
    assert refusal(TEXTS_ONLY, update("t", "type", value=7)) == (0, "widget_type")


def test_a_visitor_commits_nothing_but_what_has_no_effect() -> None:
    visitor = Subject.compile(None, is_public=True)
    assert refusal(visitor, Operation("noop", "t", reason="superseded")) is None
    assert refusal(visitor, update(None, "title", value="x")) == (0, "not_granted")
    assert refusal(Subject.compile(None), update(None, "title")) == (0, "no_access")
