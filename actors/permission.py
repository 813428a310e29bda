"""Law 6, permission is sequenced: what a submission does is judged where and when it gets its
version, as it would commit, on the document that it would change.

The rules are those of `weft.models`. Here is only what they are asked, and for whom they need not
be: a role without conditions is let through at one look per operation.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain
from typing import Final
from uuid import UUID

from storage.identity_ports import Grants
from weft.errors import OperationError
from weft.models import Context, Resource, Subject, WidgetFacts, decide, first_refused, required_for
from weft.models.address import Address
from weft.models.permission import Cell
from weft.models.requirement import Lookup
from weft.ot import Document
from weft.ot.operation import Operation, Operations

_CONTENT: Final[frozenset[Cell]] = frozenset(
    {("write", "dashboard"), ("write", "settings"), ("write", "widget"), ("delete", "widget")}
)
_ADMIN_WIDGET: Final[Cell] = ("admin", "widget")
STRANGER: Final = Subject.compile(None)


def subject_of(grants: Grants | None) -> Subject:
    """`grants` None: no such dashboard, where everyone is a stranger."""
    return grants.subject() if grants is not None else STRANGER


def permissions_of(subject: Subject, context: Context) -> tuple[str, ...]:
    """The cells that are allowed here and now, as `write widget`, at least for some widgets."""
    if not subject.guarded and not subject.is_archived:
        return _named(frozenset(subject.open))
    told = []
    for action, kind in sorted(subject.cells):
        decision = decide(subject, action, Resource(kind), context)
        if decision.allowed or decision.reason == "widget_type":
            told.append(f"{action} {kind}")
    return tuple(told)


@lru_cache(maxsize=64)  # nearly everyone has a role and nothing else
def _named(cells: frozenset[Cell]) -> tuple[str, ...]:
    return tuple(f"{action} {kind}" for action, kind in sorted(cells))


@dataclass(frozen=True, slots=True)
class Author:
    """Who submits, and what they are at that moment. `address`: past the trusted proxies."""

    user_id: UUID
    replica_id: UUID
    subject: Subject
    address: Address | None = None
    edits_freely: bool = False  # no condition, no state of the dashboard: only locks can forbid
    unlocks_freely: bool = False  # nor can these

    @classmethod
    def of(
        cls, user_id: UUID, replica_id: UUID, subject: Subject, address: Address | None = None
    ) -> "Author":
        return cls(user_id, replica_id, STRANGER, address).with_subject(subject)

    def with_subject(self, subject: Subject) -> "Author":
        freely = subject.reads_freely and not subject.is_archived
        freely = freely and subject.open.keys() >= _CONTENT
        unlocks = freely and _ADMIN_WIDGET in subject.open
        return replace(self, subject=subject, edits_freely=freely, unlocks_freely=unlocks)


def check_permission(
    author: Author, sent: Operations, moved: Sequence[Operations], document: Document, at_ms: int
) -> None:
    """`moved`: what each of `sent` has become at `document`. Raises WeftError forbidden with the
    index of the operation (as sent), and unknown_dashboard to strangers.
    """
    if author.edits_freely and _meets_nothing(author, moved, document):
        return
    context = Context(at_ms, author.address)
    lookup = facts_in(document)
    whence = [index for index, each in enumerate(moved) for _ in each]
    refused = first_refused(author.subject, chain.from_iterable(moved), lookup, context)
    if refused is not None:
        raise refused._replace(ordinal=whence[refused.ordinal]).error()
    _check_lost(author.subject, sent, moved, lookup, context)


def _check_lost(
    subject: Subject,
    sent: Operations,
    moved: Iterable[Operations],
    lookup: Lookup,
    context: Context,
) -> None:
    """What lost its target has no effect, and yet takes a version: only who might have made the
    edit gets one. Of a widget that is gone the type is not known, and is not asked for.
    """
    for index, (operation, became) in enumerate(zip(sent, moved, strict=True)):
        if not _is_lost(became):
            continue
        for action, resource in required_for(operation, lookup):
            decision = decide(subject, action, resource, context)
            if not decision.allowed and decision.reason != "widget_type":
                raise decision.refusal(action, resource, operation=index)


def _is_lost(became: Operations) -> bool:
    return bool(became) and became[0].type == "noop"


def _meets_nothing(author: Author, moved: Iterable[Operations], document: Document) -> bool:
    """Neither a lock that this author is kept from, nor an edit that was lost."""
    for became in moved:
        for operation in became:
            if operation.type == "noop":
                return False
            if not author.unlocks_freely and _may_meet_lock(operation, document):
                return False
    return True


def _may_meet_lock(operation: Operation, document: Document) -> bool:
    kind, target_id, path = operation.type, operation.target_id, operation.path
    if target_id is None:
        return False
    if path[0] == "isLocked" if path else kind in ("addWidget", "update"):  # or a whole record
        return True
    try:
        return document.record(target_id)["isLocked"] is not False
    except OperationError:  # there is no such widget, or not yet
        return True


def facts_in(document: Document) -> Lookup:
    def facts(widget_id: str) -> WidgetFacts | None:
        if widget_id not in document:
            return None
        record = document.record(widget_id)
        return WidgetFacts(record["type"], record["isLocked"])

    return facts
