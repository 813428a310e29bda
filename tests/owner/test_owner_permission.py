"""Law 6: an owner lets pass what the rules let pass, and takes no short cut past them."""

from datetime import UTC, datetime
from itertools import product
from typing import Any
from uuid import uuid4

import pytest

from actors.permission import Author, check_permission, permissions_of
from tests.owner.owner_conversation import OTHER_WIDGET, WIDGET, state_of, typing
from weft.errors import WeftError
from weft.models import Context, Permission, Subject
from weft.ot import Document, operation_from_json
from weft.ot.operation import Operation, Operations

NEW_WIDGET = "00000000-0000-4000-8000-000000000003"
ENDS_AT_MS = 1_900_000_000_000
NOTE = {**state_of()["widgets"][WIDGET]}
EDITS: dict[str, dict[str, Any]] = {
    "a letter": typing("x"),
    "a letter in the locked": typing("x", widget=OTHER_WIDGET),
    "a letter in none": typing("x", widget=NEW_WIDGET),
    "the title": {"type": "update", "path": ["title"], "value": "Costs"},
    "a setting": {"type": "update", "path": ["settings", "theme"], "value": "dark"},
    "a move": {"type": "move", "targetId": WIDGET, "value": {"x": 1}},
    "a move of the locked": {"type": "move", "targetId": OTHER_WIDGET, "value": {"x": 1}},
    "a type": {"type": "update", "targetId": WIDGET, "path": ["type"], "value": "chart"},
    "locking": {"type": "update", "targetId": WIDGET, "path": ["isLocked"], "value": True},
    "unlocking": {"type": "update", "targetId": OTHER_WIDGET, "path": ["isLocked"], "value": False},
    "a new widget": {"type": "addWidget", "targetId": NEW_WIDGET, "value": NOTE},
    "a new locked widget": {
        "type": "addWidget",
        "targetId": NEW_WIDGET,
        "value": {**NOTE, "isLocked": True},
    },
    "a removal": {"type": "removeWidget", "targetId": WIDGET},
    "a removal of the locked": {"type": "removeWidget", "targetId": OTHER_WIDGET},
}
LOST = Operation("noop", WIDGET, ("config", "text"), reason="target_removed")
SUBJECTS = {
    "viewer": Subject.compile("viewer"),
    "editor": Subject.compile("editor"),
    "admin": Subject.compile("admin"),
    "owner": Subject.compile("owner"),
    "owner of an archive": Subject.compile("owner", is_archived=True),
    "stranger": Subject.compile(None),
    "visitor": Subject.compile(None, is_public=True),
}


def document() -> Document:
    state = state_of()
    state["widgets"][OTHER_WIDGET]["isLocked"] = True
    return Document.from_json(state)


def outcome(author: Author, sent: Operations, moved: list[Operations], at_ms: int = 0) -> Any:
    try:
        check_permission(author, sent, moved, document(), at_ms)
    except WeftError as error:
        return error.code, error.details
    return None


def author_of(subject: Subject) -> Author:
    return Author.of(uuid4(), uuid4(), subject)


@pytest.mark.parametrize("name", SUBJECTS)
def test_law6_the_short_way_decides_as_the_rules_do(name: str) -> None:
    author = author_of(SUBJECTS[name])
    slow = Author(author.user_id, author.replica_id, author.subject)
    edits = {each: operation_from_json(edit) for each, edit in EDITS.items()}
    outcomes = set()
    for first, second in product(edits.values(), edits.values()):
        sent = (first, second)
        for moved in ([(first,), (second,)], [(first, second), ()], [(LOST,), (second,)]):
            decided = outcome(author, sent, moved)
            assert decided == outcome(slow, sent, moved), (sent, moved)
            outcomes.add(decided is None)
    expected = {"admin": {True}, "owner": {True}, "editor": {True, False}}
    assert outcomes == expected.get(name, {False})


def test_law6_a_refusal_names_the_operation_as_it_was_sent() -> None:
    edits = [operation_from_json(EDITS[each]) for each in ("a letter", "the title", "unlocking")]
    first, title, unlocking = edits
    moved = [(first, first), (title,), (unlocking,)]
    code, details = outcome(author_of(SUBJECTS["editor"]), tuple(edits), moved)
    assert code == "forbidden"
    assert details == {
        "operation": 2,
        "action": "admin",
        "resource": "widget",
        "reason": "not_granted",
    }


def test_law6_an_edit_that_lost_its_target_still_needs_the_right_to_have_made_it() -> None:
    sent = (operation_from_json(EDITS["a letter in none"]),)
    for name, may in (("viewer", False), ("editor", True), ("owner of an archive", False)):
        assert (outcome(author_of(SUBJECTS[name]), sent, [(LOST,)]) is None) == may, name
    texts = permission("write", "widget", widgetTypes=["text"])
    assert outcome(author_of(Subject.compile("viewer", [texts])), sent, [(LOST,)]) is None


def test_a_client_is_told_what_it_may_do_now_on_some_widgets_at_least() -> None:
    texts = permission("write", "widget", widgetTypes=["text"])
    ending = permission("write", "settings", timeRange=hour_before(ENDS_AT_MS))
    subject = Subject.compile("viewer", [texts, ending])
    before = permissions_of(subject, Context(ENDS_AT_MS - 1))
    assert {"write widget", "write settings"} <= set(before)
    assert set(before) - set(permissions_of(subject, Context(ENDS_AT_MS))) == {"write settings"}


def permission(action: str, resource: str, **conditions: Any) -> Permission:
    return Permission.from_wire({"action": action, "resource": resource, "conditions": conditions})


def hour_before(at_ms: int) -> dict[str, str]:
    start, end = ((at_ms - back) / 1000 for back in (3_600_000, 0))
    return {
        "start": datetime.fromtimestamp(start, UTC).isoformat(),
        "end": datetime.fromtimestamp(end, UTC).isoformat(),
    }
