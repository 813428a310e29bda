"""No edit is lost in silence: who edits a widget that another removes gets it back in one step.

The edit alone could not be made again, as it has no place; so the notice holds the whole widget, as
its author saw it, and all edits of one widget are one notice.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from weft.client.pending import Lost
from weft.ot.document import Document
from weft.ot.operation import Operation, Operations


class Told(NamedTuple):
    operations: Operations  # what makes it again
    reason: str


def told_of(discarded: Iterable[Lost], before: Document, after: Document) -> Iterator[Told]:
    """What the notices hold. `before` and `after`: the view, around what discarded the edits."""
    gone: set[str] = set()
    for operation, reason in discarded:
        widget_id = operation.target_id
        if widget_id is None or widget_id not in before or widget_id in after:
            yield Told((operation,), reason)
        elif operation.type != "removeWidget" and widget_id not in gone:
            gone.add(widget_id)
            widget = before.value_at(widget_id)
            yield Told((Operation("addWidget", widget_id, (), widget),), reason)
