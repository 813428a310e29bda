"""Laws of permission lists, on random ones: what a list, an entry or a condition can change."""

from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address
from typing import Any, NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from weft.models import Context, Decision, Permission, Resource, Subject, decide, may_give
from weft.models.permission import (
    ALL_CELLS,
    OWNER_ONLY,
    READING,
    ROLE_CELLS,
    Action,
    Role,
)

TYPES = ("text", "chart", "table")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
COLLABORATOR_ROLES: tuple[Role, ...] = ("viewer", "editor", "admin")

roles = st.sampled_from(COLLABORATOR_ROLES)
addresses = st.one_of(
    st.none(),
    st.sampled_from([IPv4Address("10.1.2.3"), IPv4Address("11.0.0.1"), IPv6Address("2001:db8::1")]),
)
contexts = st.builds(Context, st.integers(0, 10), addresses)
# Lists and questions meet in a few cells, or nearly every question would be one for the role.
cells = st.one_of(
    st.sampled_from(sorted(ALL_CELLS)),
    st.sampled_from(
        [("write", "widget"), ("admin", "widget"), ("read", "dashboard"), ("read", "widget")]
    ),
)
widget_types = st.sampled_from([None, *TYPES])


class Question(NamedTuple):
    action: Action
    resource: Resource
    context: Context

    def put_to(self, subject: Subject) -> Decision:
        return decide(subject, *self)


@st.composite
def permissions(draw: st.DrawFn) -> Permission:
    action, kind = draw(cells.filter(lambda cell: cell not in OWNER_ONLY))
    conditions: dict[str, Any] = {}
    if kind == "widget" and action != "read" and draw(st.booleans()):
        conditions["widget_types"] = draw(st.lists(st.sampled_from(TYPES), min_size=1, max_size=2))
    if draw(st.booleans()):
        start, length = draw(st.integers(0, 9)), draw(st.integers(1, 5))
        conditions["time_range"] = {
            "start": EPOCH + timedelta(milliseconds=start),
            "end": EPOCH + timedelta(milliseconds=start + length),
        }
    if draw(st.booleans()):
        networks = st.sampled_from(["10.0.0.0/8", "11.0.0.0/8", "2001:db8::/32", "0.0.0.0/0"])
        conditions["ip_whitelist"] = draw(st.lists(networks, min_size=1, max_size=2))
    return Permission.model_validate(
        {"action": action, "resource": kind, "conditions": conditions or None}
    )


lists = st.lists(permissions(), max_size=6)
questions = st.builds(
    lambda cell, kind, is_locked, context: Question(
        cell[0], Resource(cell[1], kind, is_locked), context
    ),
    cells, widget_types, st.booleans(), contexts,
)  # fmt: skip


@given(roles, lists, st.data(), questions)
def test_taking_an_entry_away_gives_at_most_the_roles_own_right_back(
    role: Role, entries: list[Permission], data: st.DataObject, question: Question
) -> None:
    fewer = [entry for entry in entries if data.draw(st.booleans())]
    freed = {entry.cell for entry in entries} - {entry.cell for entry in fewer}
    given_back = [
        Permission(action=action, resource=kind) for action, kind in freed & ROLE_CELLS[role]
    ]
    after = question.put_to(Subject.compile(role, fewer))
    bound = question.put_to(Subject.compile(role, [*entries, *given_back]))
    assert bound.allowed or not after.allowed


@given(roles, lists, permissions(), questions)
def test_a_further_entry_for_a_listed_cell_never_forbids(
    role: Role, entries: list[Permission], added: Permission, question: Question
) -> None:
    listed = [*entries, Permission(action=added.action, resource=added.resource)]
    before = question.put_to(Subject.compile(role, listed[:-1]))
    if added.cell in {entry.cell for entry in entries} or added.cell not in ROLE_CELLS[role]:
        assert question.put_to(Subject.compile(role, [*entries, added])).allowed or not (
            before.allowed
        )
    assert question.put_to(Subject.compile(role, listed)).allowed or not before.allowed


@given(lists, questions)
def test_a_viewer_changes_nothing_without_an_entry_for_it(
    entries: list[Permission], question: Question
) -> None:
    decision = question.put_to(Subject.compile("viewer", entries))
    if question.action != "read" and decision.allowed:
        assert decision.reason == "grant"
        assert (question.action, question.resource.kind) in {entry.cell for entry in entries}


@given(roles, lists, questions)
def test_reading_comes_first(role: Role, entries: list[Permission], question: Question) -> None:
    subject = Subject.compile(role, entries)
    _, resource, context = question
    if question.put_to(subject).allowed:
        assert decide(subject, "read", Resource("dashboard"), context).allowed
        assert decide(subject, "read", Resource(resource.kind), context).allowed


@given(roles, lists, widget_types, contexts)
def test_nobody_without_admin_on_widgets_changes_a_locked_one(
    role: Role, entries: list[Permission], widget_type: str | None, context: Context
) -> None:
    subject = Subject.compile(role, entries)
    locked = Resource("widget", widget_type, is_locked=True)
    if not decide(subject, "admin", locked, context).allowed:
        assert not decide(subject, "write", locked, context).allowed
        assert not decide(subject, "delete", locked, context).allowed


@given(roles, lists, questions, st.booleans())
def test_a_lock_or_the_archive_never_allows_more(
    role: Role, entries: list[Permission], question: Question, is_public: bool
) -> None:
    live = Subject.compile(role, entries, is_public=is_public)
    archived = Subject.compile(role, entries, is_public=is_public, is_archived=True)
    unlocked = question._replace(resource=question.resource._replace(is_locked=False))
    free = unlocked.put_to(live).allowed
    assert free or not question.put_to(live).allowed
    assert free or not question.put_to(archived).allowed
    if question.action != "read" and question.resource.kind in ("widget", "settings"):
        assert not question.put_to(archived).allowed


@given(roles, lists, questions, st.booleans())
def test_being_named_never_gives_less_than_a_visitor_has(
    role: Role, entries: list[Permission], question: Question, is_active: bool
) -> None:
    visitor = Subject.compile(None, is_public=True)
    named = Subject.compile(role, entries, is_active=is_active, is_public=True)
    if question.put_to(visitor).allowed:
        assert (question.action, question.resource.kind) in READING
        assert question.put_to(named).allowed
    if not is_active:
        assert named == visitor


@given(lists, questions)
def test_no_list_limits_the_owner_or_gives_what_is_the_owners(
    entries: list[Permission], question: Question
) -> None:
    assert question.put_to(Subject.compile("owner", entries)).allowed
    assert not OWNER_ONLY & Subject.compile("admin", entries).cells


@given(roles, lists, questions)
def test_between_its_edges_time_changes_no_answer(
    role: Role, entries: list[Permission], question: Question
) -> None:
    subject = Subject.compile(role, entries)
    context = question.context
    edge = subject.next_change_ms(context.at_ms)
    last = context.at_ms + 5 if edge is None else edge - 1
    later = question._replace(context=context._replace(at_ms=last))
    assert question.put_to(subject) == later.put_to(subject)


@given(roles, lists, questions, st.sampled_from(["10.1.2.3", "11.0.0.1", "12.0.0.1"]))
def test_an_ipv4_address_mapped_into_ipv6_is_that_address(
    role: Role, entries: list[Permission], question: Question, address: str
) -> None:
    subject = Subject.compile(role, entries)
    at_ms = question.context.at_ms
    plain = question._replace(context=Context(at_ms, IPv4Address(address)))
    mapped = question._replace(context=Context(at_ms, IPv6Address(f"::ffff:{address}")))
    assert plain.put_to(subject) == mapped.put_to(subject)


@given(roles, lists)
def test_everyone_gives_at_most_what_they_hold(role: Role, entries: list[Permission]) -> None:
    giver = Subject.compile(role, entries)
    for given_role in COLLABORATOR_ROLES:
        if may_give(giver, Subject.compile(given_role)):
            assert ROLE_CELLS[given_role] <= giver.cells


def test_an_owner_only_cell_is_not_given_even_by_a_list_made_without_checks() -> None:
    smuggled = Permission.model_construct(action="delete", resource="dashboard", conditions=None)
    subject = Subject.compile("viewer", [smuggled])
    assert not decide(subject, "delete", Resource("dashboard"), Context(0)).allowed
