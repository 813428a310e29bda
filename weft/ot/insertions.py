"""Typing over typing: lists that hold nothing but inserts into one sequence.

They only shift each other, so the grid of `transformation.py` needs their positions alone. The same
rule, pair by pair, as `pairs.py`; ten times as fast, for it is what editors do most.
"""

from collections.abc import Sequence

from weft.ot.operation import Operation, Operations
from weft.ot.pairs import shifted, size_of


def are_insertions(operations: Sequence[Operation], into: Operation) -> bool:
    """Whether all of them are inserts into the same sequence as `into`."""
    target_id, path = into.target_id, into.path
    return all(
        each.type == "insert" and each.target_id == target_id and each.path == path
        for each in operations
    )


def meet_insertions(
    earlier: Sequence[Operation], later: Sequence[Operation]
) -> tuple[Operations, Operations]:
    """What each list becomes after the other, `earlier` first in server order."""
    sizes = [size_of(operation) for operation in earlier]
    positions = [operation.position for operation in earlier]
    moved = []
    for operation in later:
        size, position = size_of(operation), operation.position
        for index, other in enumerate(positions):
            if position <= other:
                positions[index] = other + size
            else:
                position += sizes[index]
        moved.append(_at(operation, position))
    return tuple(map(_at, earlier, positions)), tuple(moved)


def _at(insert: Operation, position: int) -> Operation:
    return shifted(insert, position - insert.position) if position != insert.position else insert
