"""What each operation asks of its author: the step from the algebra to the permissions.

Judge operations as they would commit, transformed to the head, by the head's widgets: then what
is let in is what takes effect, and an edit that lost its target (a noop) asks nothing.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple, Protocol, TypeAlias

from weft.errors import WeftError
from weft.models.decision import Context, Decision, Resource, decide
from weft.models.permission import Action
from weft.models.subject import Subject


class Edit(Protocol):
    """The part of weft.ot's Operation that matters here."""

    @property
    def type(self) -> str: ...
    @property
    def target_id(self) -> str | None: ...
    @property
    def path(self) -> tuple[str, ...]: ...
    @property
    def value(self) -> Any: ...


class WidgetFacts(NamedTuple):
    """What of a widget decides; type None: not known."""

    type: str | None
    is_locked: bool


class Need(NamedTuple):
    action: Action
    resource: Resource


class Refused(NamedTuple):
    """Which operation of the submission, counted from 0, and the need that was refused."""

    ordinal: int
    need: Need
    decision: Decision

    def error(self) -> WeftError:
        return self.decision.refusal(*self.need, operation=self.ordinal)


Lookup: TypeAlias = Callable[[str], WidgetFacts | None]  # by widget id; None: there is none

_UNKNOWN: Final = WidgetFacts(None, False)
_WRITE_DASHBOARD: Final = (Need("write", Resource("dashboard")),)
_WRITE_SETTINGS: Final = (Need("write", Resource("settings")),)


def required_for(operation: Edit, lookup: Lookup) -> tuple[Need, ...]:
    """All of it must be allowed. A widget that is not there is of no known type.

    Of the dashboard: settings need write on settings, all else (title, description, layout)
    write on the dashboard. A widget's lock guards the record, not its place in the layout.
    """
    if operation.type == "noop":
        return ()
    if operation.target_id is None:
        return _WRITE_SETTINGS if operation.path[:1] == ("settings",) else _WRITE_DASHBOARD
    facts = lookup(operation.target_id)
    if operation.type == "addWidget":
        return _to_replace(facts, _described(operation.value))
    kind, is_locked = facts or _UNKNOWN
    if operation.type == "removeWidget":
        return (Need("delete", Resource("widget", kind, is_locked)),)
    first = operation.path[0] if operation.path else None
    if first == "isLocked":
        return (Need("admin", Resource("widget", kind)),)
    if first == "type":  # or a text-only editor would turn a chart into a text, or back
        return _to_write(kind, is_locked) + _to_write(_new_type(operation), False)
    if first is None and operation.type == "update":  # as transform leaves of two addWidget
        return _to_replace(facts or _UNKNOWN, _described(operation.value))
    return _to_write(kind, is_locked)


@lru_cache(maxsize=1024)  # nearly every operation is one of these, of a few types
def _to_write(kind: str | None, is_locked: bool) -> tuple[Need, ...]:
    return (Need("write", Resource("widget", kind, is_locked)),)


def first_refused(
    subject: Subject, operations: Iterable[Edit], lookup: Lookup, context: Context
) -> Refused | None:
    """Decide a submission: each operation against the widgets as those before it leave them."""
    changed: dict[str, WidgetFacts | None] = {}

    def current(widget_id: str) -> WidgetFacts | None:
        return changed[widget_id] if widget_id in changed else lookup(widget_id)

    for ordinal, operation in enumerate(operations):
        for need in required_for(operation, current):
            decision = decide(subject, need.action, need.resource, context)
            if not decision.allowed:
                return Refused(ordinal, need, decision)
        if operation.target_id is not None and _changes_facts(operation):
            changed[operation.target_id] = _after(operation, current)
    return None


def _to_replace(old: WidgetFacts | None, new: WidgetFacts) -> tuple[Need, ...]:
    """A whole record comes, where there was one or not; a lock that comes or goes is an admin's."""
    needs = _to_write(new.type, False)
    if old is not None:
        needs = _to_write(old.type, old.is_locked) + needs
    if new.is_locked != (old is not None and old.is_locked):
        needs = (*needs, Need("admin", Resource("widget", new.type)))
    return needs


def _described(value: Any) -> WidgetFacts:
    """Of a widget's record as an operation carries it; what is malformed is not known."""
    if not isinstance(value, Mapping):
        return _UNKNOWN
    kind = value.get("type")
    return WidgetFacts(kind if isinstance(kind, str) else None, bool(value.get("isLocked")))


def _new_type(operation: Edit) -> str | None:
    whole = operation.type == "update" and len(operation.path) == 1
    return operation.value if whole and isinstance(operation.value, str) else None


def _changes_facts(operation: Edit) -> bool:
    if operation.type in ("addWidget", "removeWidget"):
        return True
    whole = operation.type == "update" and not operation.path
    return whole or operation.path[:1] in (("type",), ("isLocked",))


def _after(operation: Edit, current: Lookup) -> WidgetFacts | None:
    if operation.type == "removeWidget":
        return None
    if operation.type == "addWidget" or not operation.path:
        return _described(operation.value)
    assert operation.target_id is not None
    facts = current(operation.target_id) or _UNKNOWN
    if operation.path[0] == "isLocked":
        return facts._replace(is_locked=bool(operation.value))
    return facts._replace(type=_new_type(operation))
