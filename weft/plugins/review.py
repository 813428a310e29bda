"""Law 4, convergence, with amendments: what a plug-in adds follows what the author made, in one
version, and is marked with the plug-in's name.

So the author's replica knows its own edits again: it takes the part before the mark as committed,
and what follows as somebody else's. To change an edit is to add what overwrites it, to take one
back is to refuse. The fingerprint stays that of what was sent, so law 3 holds as it is.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from weft.errors import OperationError, WeftError
from weft.limits import PLUGIN_OPERATIONS_MAX
from weft.models import WidgetTypes
from weft.ot import Document, apply_recording, operation_from_json, operation_to_json
from weft.ot.operation import Operations
from weft.plugins.interface import Proposal, Reviewed


def amend(reviewed: Reviewed, name: str, added: Iterable[Mapping[str, Any]]) -> Reviewed:
    """With what the plug-in of that name adds. Raises WeftError when it cannot be."""
    parsed = tuple(operation_from_json(dict(each)) for each in added)
    if len(parsed) > PLUGIN_OPERATIONS_MAX:
        raise WeftError("limit_exceeded", f"A plug-in adds {PLUGIN_OPERATIONS_MAX} at most.")
    document, done = apply_recording(reviewed.document, parsed)
    written = tuple({**operation_to_json(each), "plugin": name} for each in done)
    return Reviewed(document, reviewed.operations + done, reviewed.written + written)


class KindsReview:
    """Law 7 for the types of widget that a deployment has added: what would commit is checked by
    their own rules, whoever made it and over whatever way.
    """

    def __init__(self, types: WidgetTypes, names: Iterable[str]) -> None:
        self._types = types
        self._names = frozenset(names)

    def __bool__(self) -> bool:
        return bool(self._names)

    def check(self, proposal: Proposal, reviewed: Reviewed) -> None:
        """Raises WeftError invalid_message with all that is wrong in a widget that it touches."""
        touched = proposal.operations + reviewed.operations
        for target in dict.fromkeys(each.target_id for each in touched):
            record = None if target is None else _record(reviewed.document, target)
            if record is not None and record["type"] in self._names:
                self._types.check(record["type"], record["config"], record["data"])


def _record(document: Document, widget_id: str) -> Mapping[str, Any] | None:
    try:
        return document.record(widget_id)
    except OperationError:  # it is gone
        return None


def nothing_added(proposal: Proposal) -> Reviewed:
    return Reviewed(proposal.after, (), ())


def seen_so_far(proposal: Proposal, reviewed: Reviewed) -> Proposal:
    """As the next plug-in sees it."""
    operations: Operations = proposal.operations + reviewed.operations
    return Proposal(
        proposal.dashboard_id,
        proposal.user_id,
        proposal.replica_id,
        proposal.at_ms,
        operations,
        proposal.before,
        reviewed.document,
    )
