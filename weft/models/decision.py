"""Law 6, permission is sequenced: one pure function says who may do what, and why not.

1. The cell (action on resource) must be the role's, or on the collaborator's list, whose entries
   rule the cells that they name: one of them must apply.
2. Nothing without reading the dashboard; and nobody changes what they may not read.
3. A locked widget is changed and removed only by who may `admin` widgets: so are editors kept
   out, and only an admin, the owner, or who was granted `admin` on widgets may lock or unlock.
4. The content of an archived dashboard does not change, whoever asks.
"""

from typing import Any, Final, Literal, NamedTuple, get_args

from weft.errors import WeftError
from weft.models.address import Address
from weft.models.permission import Action, Cell, ResourceKind
from weft.models.subject import Source, Subject, Unmet, nearest

Refusal = Literal["no_access", "not_granted", "locked", "archived"]
Reason = Source | Unmet | Refusal


class Resource(NamedTuple):
    """What is acted on. A widget's type None: not known, so no condition on types is met."""

    kind: ResourceKind
    widget_type: str | None = None
    is_locked: bool = False


class Context(NamedTuple):
    """When, and from where: the address as seen past the trusted proxies, None if unknown."""

    at_ms: int
    address: Address | None = None


class Decision(NamedTuple):
    allowed: bool
    reason: Reason

    def refusal(self, action: Action, resource: Resource, **details: Any) -> WeftError:
        """The error for a decision that is not allowed; to strangers nothing is said to exist."""
        if self.reason == "no_access":
            return WeftError("unknown_dashboard")
        return WeftError(
            "forbidden",
            f"This user may not {action} {resource.kind}: {_WHY[self.reason]}.",
            action=action,
            resource=resource.kind,
            reason=self.reason,
            **details,
        )


_ALLOWED: Final[dict[Source, Decision]] = {
    source: Decision(True, source) for source in get_args(Source)
}
_REFUSED: Final[dict[Unmet | Refusal, Decision]] = {
    reason: Decision(False, reason) for reason in (*get_args(Unmet), *get_args(Refusal))
}
_WHY: Final[dict[Reason, str]] = {
    "not_granted": "neither the role nor a permission allows it",
    "widget_type": "the permission does not cover this type of widget",
    "time": "the permission does not hold at this time",
    "address": "the permission does not hold at this address",
    "locked": "the widget is locked",
    "archived": "the dashboard is archived",
}

_READ_DASHBOARD: Final[Cell] = ("read", "dashboard")
_ADMIN_WIDGET: Final[Cell] = ("admin", "widget")


def decide(subject: Subject, action: Action, resource: Resource, context: Context) -> Decision:
    """Whether, and by what or for want of what. Cheap enough to ask for every operation."""
    decision = _of_cell(subject, (action, resource.kind), resource, context)
    if decision.allowed and not subject.reads_freely:
        for cell in (_READ_DASHBOARD, ("read", resource.kind)):
            reading = _of_cell(subject, cell, resource, context)
            if not reading.allowed:
                return reading
    if action == "read" or not decision.allowed:
        return decision
    if subject.is_archived and _changes_content(action, resource.kind):
        return _REFUSED["archived"]
    if resource.is_locked and not _of_cell(subject, _ADMIN_WIDGET, resource, context).allowed:
        return _REFUSED["locked"]
    return decision


def may_read(subject: Subject, context: Context) -> Decision:
    """Whether the dashboard's content may be seen: what a join, and each look again, must ask."""
    for kind in ("dashboard", "widget", "settings"):
        decision = decide(subject, "read", Resource(kind), context)
        if not decision.allowed:
            return decision
    return decision


def may_give(giver: Subject, given: Subject) -> bool:
    """Nobody gives, changes or takes away more than they hold themselves, without conditions.

    Asked besides `share` or `write` on collaborators, for the standing before and the one after.
    """
    return given.cells <= giver.open.keys()


def _of_cell(subject: Subject, cell: Cell, resource: Resource, context: Context) -> Decision:
    source = subject.open.get(cell)
    if source is not None:
        return _ALLOWED[source]
    clauses = subject.guarded.get(cell)
    if clauses is None:
        return _REFUSED["no_access" if subject.role is None else "not_granted"]
    unmet = [
        clause.unmet(resource.widget_type, context.at_ms, context.address) for clause in clauses
    ]
    if None in unmet:
        return _ALLOWED["grant"]
    return _REFUSED[nearest(reason for reason in unmet if reason is not None)]


def _changes_content(action: Action, kind: ResourceKind) -> bool:
    """Not: who may see it, that it is archived, that it exists."""
    return kind in ("widget", "settings") or (action, kind) == ("write", "dashboard")
