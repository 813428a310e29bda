"""Law 6: the answer for every role, action and resource, read off docs/permissions.md."""

import re
from datetime import datetime
from ipaddress import IPv6Address
from pathlib import Path
from typing import Any, cast

import pytest

from weft.errors import WeftError
from weft.models import (
    Context,
    Decision,
    Permission,
    Resource,
    Subject,
    decide,
    may_give,
    may_read,
    parse_address,
)
from weft.models.permission import ACTIONS, RESOURCES, Action, ResourceKind, Role

PAGE = (Path(__file__).parents[2] / "docs/permissions.md").read_text()
NOW = Context(0)
Row = dict[str, str]


def table(first_header: str) -> list[Row]:
    """The rows of the table of the page whose header line begins so."""
    lines = PAGE[PAGE.index(first_header) :].split("\n\n")[0].splitlines()
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
    return [dict(zip(rows[0], row, strict=True)) for row in rows[2:]]


def cell_of(words: str) -> tuple[Action, ResourceKind]:
    action, resource = words.split()
    assert action in ACTIONS and resource in RESOURCES
    return action, resource


def permission(words: str) -> Permission:
    """`write widget types text,table from 10.0.0.0/8 between T T`."""
    action, resource, *rest = words.split()
    conditions: dict[str, Any] = {}
    while rest:
        match rest:
            case ["types", names, *rest]:
                conditions["widgetTypes"] = names.split(",")
            case ["from", networks, *rest]:
                conditions["ipWhitelist"] = networks.split(",")
            case ["between", start, end, *rest]:
                conditions["timeRange"] = {"start": start, "end": end}
            case _:
                raise AssertionError(words)
    return Permission.from_wire({"action": action, "resource": resource, "conditions": conditions})


def subject(row: Row) -> Subject:
    standing = set(row["standing"].split())
    assert standing <= {"inactive", "public", "archived"}
    return Subject.compile(
        None if row["role"] == "none" else cast("Role", row["role"]),
        [permission(words) for words in row["permissions"].split("; ") if words],
        is_active="inactive" not in standing,
        is_public="public" in standing,
        is_archived="archived" in standing,
    )


def context(words: str) -> Context:
    address = re.search(r"from (\S+)", words)
    moment = re.search(r"at (\S+)", words)
    return Context(
        at_ms=round(datetime.fromisoformat(moment[1]).timestamp() * 1000) if moment else 0,
        address=parse_address(address[1]) if address else None,
    )


def resource(kind: ResourceKind, words: list[str]) -> Resource:
    types = [word for word in words if word != "locked"]
    return Resource(kind, types[0] if types else None, "locked" in words)


ROLES = {
    "viewer": Subject.compile("viewer"),
    "editor": Subject.compile("editor"),
    "admin": Subject.compile("admin"),
    "owner": Subject.compile("owner"),
    "visitor": Subject.compile(None, is_public=True),
}
ROLE_TABLE = table("| | viewer |")
CASES = table("| role | standing |")


def test_the_role_table_is_exhaustive() -> None:
    cells = {cell_of(row[""]) for row in ROLE_TABLE}
    assert cells == {(action, kind) for action in ACTIONS for kind in RESOURCES}
    assert len(ROLE_TABLE) == len(cells) == 20


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("row", ROLE_TABLE, ids=lambda row: row[""])
def test_what_a_role_gives(row: Row, role: str) -> None:
    action, kind = cell_of(row[""])
    decision = decide(ROLES[role], action, Resource(kind), NOW)
    assert decision.allowed is {"yes": True, "no": False}[row[role]]


@pytest.mark.parametrize("row", CASES, ids=lambda row: " ".join(v for v in row.values() if v))
def test_a_case_of_the_page(row: Row) -> None:
    action, kind, *rest = row["asks"].split()
    cell = cell_of(f"{action} {kind}")
    decision = decide(
        subject(row), cell[0], resource(cell[1], rest), context(row["when and where"])
    )
    answer = "allowed" if decision.allowed else "refused"
    assert f"{answer}: {decision.reason}" == row["answer"]


def test_the_cases_cover_every_reason() -> None:
    shown = {row["answer"].partition(": ")[2] for row in CASES}
    assert shown == {
        "role", "grant", "public", "no_access", "not_granted", "locked", "archived",
        "widget_type", "time", "address",
    }  # fmt: skip


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("kind", RESOURCES)
def test_a_stranger_may_nothing(action: Action, kind: ResourceKind) -> None:
    assert decide(Subject.compile(None), action, Resource(kind), NOW) == (False, "no_access")


@pytest.mark.parametrize(
    ("role", "is_public", "told"),
    [("editor", False, "editor"), (None, True, "viewer"), (None, False, None)],
)
def test_the_role_that_a_user_is_told(
    role: Role | None, is_public: bool, told: Role | None
) -> None:
    assert Subject.compile(role, is_public=is_public).role == told


def test_a_stranger_is_not_told_that_the_dashboard_exists() -> None:
    decision = decide(Subject.compile(None), "read", Resource("dashboard"), NOW)
    assert decision.refusal("read", Resource("dashboard")).to_json() == (
        WeftError("unknown_dashboard").to_json()
    )


def test_a_refusal_names_action_resource_and_reason() -> None:
    widget = Resource("widget", "text", is_locked=True)
    error = decide(ROLES["editor"], "write", widget, NOW).refusal("write", widget, operation=3)
    assert error.code == "forbidden"
    assert error.details == {
        "action": "write", "resource": "widget", "reason": "locked", "operation": 3,
    }  # fmt: skip
    assert error.message == "This user may not write widget: the widget is locked."


@pytest.mark.parametrize(
    "reason",
    sorted({row["answer"].split(": ")[1] for row in CASES if row["answer"].startswith("refused")}),
)
def test_every_reason_of_a_refusal_makes_an_error(reason: str) -> None:
    error = Decision(False, cast("Any", reason)).refusal("write", Resource("widget"))
    assert error.code == ("unknown_dashboard" if reason == "no_access" else "forbidden")


@pytest.mark.parametrize("kind", ["dashboard", "widget", "settings"])
def test_joining_needs_every_part_of_reading(kind: str) -> None:
    limited = Subject.compile("admin", [permission(f"read {kind} from 10.0.0.0/8")])
    assert may_read(limited, Context(0, parse_address("10.0.0.1"))).allowed
    assert may_read(limited, Context(0, parse_address("11.0.0.1"))) == (False, "address")


def test_joining_does_not_need_to_see_the_collaborators() -> None:
    limited = Subject.compile("viewer", [permission("read collaborators from 10.0.0.0/8")])
    assert may_read(limited, NOW).allowed
    assert may_read(ROLES["visitor"], NOW).allowed
    assert not may_read(Subject.compile(None), NOW).allowed


def test_time_alone_changes_an_answer_only_at_the_edges_that_are_told() -> None:
    limited = Subject.compile(
        "viewer",
        [
            permission("read dashboard between 1970-01-01T00:00:01Z 1970-01-01T00:00:02.0005Z"),
            permission("write widget between 1970-01-01T00:00:01Z 1970-01-01T00:00:04Z"),
        ],
    )
    assert limited.instants_ms == (1000, 2001, 4000)
    assert [limited.next_change_ms(at) for at in (0, 1000, 3999, 4000)] == [1000, 2001, 4000, None]
    assert [may_read(limited, Context(at)).allowed for at in (999, 1000, 2000, 2001)] == [
        False, True, True, False,
    ]  # fmt: skip


def test_time_changes_nothing_where_something_else_allows_already() -> None:
    limit = permission("read dashboard between 1970-01-01T00:00:01Z 1970-01-01T00:00:02Z")
    public = Subject.compile("viewer", [limit], is_public=True)
    lifted = Subject.compile("viewer", [limit, permission("read dashboard")])
    assert public.next_change_ms(0) is lifted.next_change_ms(0) is None
    assert public.reads_freely and lifted.reads_freely


def test_an_address_is_compared_in_its_plain_spelling_however_it_comes() -> None:
    limited = Subject.compile("editor", [permission("write widget from 10.0.0.0/8")])
    mapped = IPv6Address("::ffff:10.1.2.3")
    assert decide(limited, "write", Resource("widget", "text"), Context(0, mapped)).allowed


@pytest.mark.parametrize(
    ("giver", "grants", "given", "allowed"),
    [
        ("owner", "", "admin", True),
        ("admin", "", "admin", True),
        ("admin", "", "owner", False),
        ("editor", "share collaborators", "editor", True),
        ("editor", "share collaborators", "admin", False),
        ("viewer", "share collaborators", "viewer", True),
        ("viewer", "share collaborators", "editor", False),
        ("editor", "write widget types text", "editor", False),
    ],
)
def test_nobody_gives_more_than_they_hold(
    giver: Role, grants: str, given: Role, allowed: bool
) -> None:
    held = Subject.compile(giver, [permission(grants)] if grants else [])
    assert may_give(held, Subject.compile(given)) is allowed


def test_a_grant_counts_as_held_by_whom_it_is_given_to() -> None:
    given = Subject.compile("viewer", [permission("admin widget from 10.0.0.0/8")])
    assert not may_give(ROLES["editor"], given)
    assert may_give(ROLES["admin"], given)
