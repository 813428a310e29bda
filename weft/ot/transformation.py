"""Laws 11 and 17: lists of operations transformed over each other, step by step.

The grid: each operation of one list meets each of the other, and what a meeting makes of them
meets the next. Where a single meeting keeps the diamond, so does the grid.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from weft.ot.insertions import are_insertions, meet_insertions
from weft.ot.operation import JsonValue, Operation, Operations, Path
from weft.ot.pairs import Loss, Reason, meet

Side = Literal["earlier", "later"]


class Conflict(NamedTuple):
    """An effect that was lost in a merge, so that its author can be told and can restore it."""

    kind: Literal["superseded", "discarded"]  # a later value is there; its place has gone
    side: Side  # whose effect it was
    number: int  # of its operation in the list given for that side, from 0
    reason: Reason
    target_id: str | None
    path: Path  # where, as of the moment it was lost
    lost: JsonValue  # what it would have set or inserted; ABSENT if nothing
    winner: Operation


class TransformResult(NamedTuple):
    """`earlier` applies after the given `later`, and `later` after the given `earlier`."""

    earlier: Operations
    later: Operations
    conflicts: tuple[Conflict, ...]


def transform_pair(earlier: Sequence[Operation], later: Sequence[Operation]) -> TransformResult:
    """Two lists made at one document, `earlier` first in server order."""
    if len(earlier) == 1 and len(later) == 1:  # the commonest, and the shortest way
        return _single(earlier[0], later[0])
    if earlier and are_insertions(later, earlier[0]) and are_insertions(earlier, earlier[0]):
        return TransformResult(*meet_insertions(earlier, later), ())
    targets = {operation.target_id for operation in later}
    if targets.isdisjoint(operation.target_id for operation in earlier):
        return TransformResult(tuple(earlier), tuple(later), ())
    grid = _Grid(earlier)
    transformed = [step for index, each in enumerate(later) for step in grid.pass_over(each, index)]
    return TransformResult(grid.earlier(), tuple(transformed), tuple(grid.conflicts))


def transform(
    operations: Sequence[Operation], over: Sequence[Operation], *, side: Side
) -> Operations:
    """`operations` as they apply after `over`; `side` is their own place in server order."""
    if side == "later":
        return transform_pair(over, operations).later
    return transform_pair(operations, over).earlier


def _single(a: Operation, b: Operation) -> TransformResult:
    meeting = meet(a, b)
    if meeting is None:
        return TransformResult((a,), (b,), ())
    conflicts = () if meeting.loss is None else (_conflict(meeting.loss, a, b, 0, 0),)
    return TransformResult(meeting.earlier, meeting.later, conflicts)


class _Grid:
    """The earlier list, each operation as it stands after those of the later list so far."""

    def __init__(self, earlier: Sequence[Operation]) -> None:
        self.columns: list[Operations] = [(operation,) for operation in earlier]
        self.conflicts: list[Conflict] = []
        self.of_target: dict[str | None, list[int]] = {}
        for index, operation in enumerate(earlier):
            self.of_target.setdefault(operation.target_id, []).append(index)

    def earlier(self) -> Operations:
        return tuple(operation for column in self.columns for operation in column)

    def pass_over(self, operation: Operation, number: int) -> Operations:
        """Take the next operation of the later list through; what it becomes."""
        current: Operations = (operation,)
        for index in self.of_target.get(operation.target_id, ()):
            self.columns[index], current = self._cross(self.columns[index], current, index, number)
        return current

    def _cross(
        self, earlier: Operations, later: Operations, index: int, number: int
    ) -> tuple[Operations, Operations]:
        if len(earlier) == 1 and len(later) == 1:
            return self._meet(earlier[0], later[0], index, number)
        if len(later) == 1:
            crossed: Operations = ()
            for operation in earlier:
                done, later = self._cross((operation,), later, index, number)
                crossed += done
            return crossed, later
        passed: Operations = ()
        for operation in later:
            earlier, done = self._cross(earlier, (operation,), index, number)
            passed += done
        return earlier, passed

    def _meet(
        self, a: Operation, b: Operation, index: int, number: int
    ) -> tuple[Operations, Operations]:
        meeting = meet(a, b)
        if meeting is None:
            return (a,), (b,)
        if meeting.loss is not None:
            self.conflicts.append(_conflict(meeting.loss, a, b, index, number))
        return meeting.earlier, meeting.later


def _conflict(loss: Loss, a: Operation, b: Operation, index: int, number: int) -> Conflict:
    earlier = loss.side == "earlier"
    return Conflict(
        kind="superseded" if loss.reason == "superseded" else "discarded",
        side=loss.side,
        number=index if earlier else number,
        reason=loss.reason,
        target_id=a.target_id,
        path=loss.path,
        lost=loss.value,
        winner=b if earlier else a,
    )
