"""Law 7, bad input is answered, and rules 5 and 6 of merging: no edit is lost in silence.

A notice tells of one loss and holds the operations that would make the edit again. They are kept
true to the view: as it changes, positions and indexes in an open notice follow.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID

from weft.client.pending import effective
from weft.errors import WeftError
from weft.limits import NOTICES_MAX
from weft.ot import transform_pair
from weft.ot.operation import ABSENT, Absent, JsonValue, Operations


class Loss(StrEnum):
    DISCARDED = "discarded"  # it lost its place: what it edited was removed or replaced
    SUPERSEDED = "superseded"  # a value was set, and someone who had not seen it set another
    REJECTED = "rejected"  # the server has refused it


@dataclass(frozen=True, slots=True)
class Notice:
    """`reason` is that of the no-op (`target_removed`, …) or the code of the error."""

    number: int
    loss: Loss
    reason: str
    operations: Operations  # the lost edit, to be made again
    has_place: bool  # they fit what is shown, and follow it; else they are as they were
    user_id: UUID | None = None  # who did it, where somebody did
    error: WeftError | None = None

    @property
    def lost_value(self) -> JsonValue | Absent:
        """What the lost edit had set; of several edits the first one's."""
        return self.operations[0].value if self.operations else ABSENT


class Notices:
    """The open ones: neither dismissed nor restored yet. Bounded; the oldest goes first."""

    def __init__(self) -> None:
        self._open: dict[int, Notice] = {}
        self._number = 0

    def __len__(self) -> int:
        return len(self._open)

    def open(self) -> tuple[Notice, ...]:
        return tuple(self._open.values())

    def add(
        self,
        loss: Loss,
        reason: str,
        operations: Operations,
        *,
        has_place: bool,
        user_id: UUID | None = None,
        error: WeftError | None = None,
    ) -> Notice:
        self._number += 1
        notice = Notice(self._number, loss, reason, operations, has_place, user_id, error)
        self._open[notice.number] = notice
        if len(self._open) > NOTICES_MAX:
            del self._open[next(iter(self._open))]
        return notice

    def follow(self, change: Operations) -> None:
        """Move the open notices over a change of the view."""
        for number, notice in self._open.items():
            if not notice.has_place:
                continue
            moved = effective(transform_pair(change, notice.operations).later)
            if moved:
                self._open[number] = replace(notice, operations=moved)
            else:
                self._open[number] = replace(notice, has_place=False)

    def lose_places(self) -> None:
        """The view is another one altogether."""
        for number, notice in self._open.items():
            self._open[number] = replace(notice, has_place=False)

    def find(self, notice: Notice) -> Notice | None:
        """The notice as it stands now, or None when it is closed."""
        return self._open.get(notice.number)

    def close(self, notice: Notice) -> None:
        self._open.pop(notice.number, None)
