"""Laws 12 and 15: a list of operations brought into canonical form, with the same effect.

Each operation is merged into the nearest earlier one that it can merge with, if it commutes with
all that lie between; this is repeated until nothing merges, so doing it again changes nothing.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from weft.ot.delta import same_attributes
from weft.ot.operation import ABSENT, Operation, Operations, Path
from weft.ot.pairs import size_of


def compose(first: Sequence[Operation], second: Sequence[Operation]) -> Operations:
    """One list with the effect of `first` and then `second`; canonical.

    Not for transforming over (law 17): what a list went through is lost in it.
    """
    return normalize((*first, *second))


def normalize(operations: Iterable[Operation]) -> Operations:
    """The canonical form of a list: no no-ops, nothing written that is overwritten at once."""
    current = tuple(operation for operation in operations if operation.type != "noop")
    changed = True
    while changed:
        current, changed = _merged_once(current)
    return current


def _merged_once(operations: Operations) -> tuple[Operations, bool]:
    kept: dict[str | None, list[tuple[int, Operation]]] = {}  # by target, with the place in order
    changed = False
    for place, operation in enumerate(operations):
        entries = kept.setdefault(operation.target_id, [])
        if _took_in(entries, operation):
            changed = True
        else:
            entries.append((place, operation))
    every = sorted((entry for entries in kept.values() for entry in entries), key=lambda it: it[0])
    return tuple(operation for _, operation in every), changed


def _took_in(entries: list[tuple[int, Operation]], operation: Operation) -> bool:
    for index in range(len(entries) - 1, -1, -1):
        place, earlier = entries[index]
        merged = _merged(earlier, operation)
        if merged is not None:
            entries[index : index + 1] = [(place, result) for result in merged]
            return True
        if _interact(_reach(earlier), _reach(operation)):
            return False
    return False


def _reach(operation: Operation) -> Path:
    """The path at and below which an operation acts."""
    return ("position",) if operation.type in ("move", "resize") else operation.path


def _interact(left: Path, right: Path) -> bool:
    shorter = min(len(left), len(right))
    return left[:shorter] == right[:shorter]


def _merged(a: Operation, b: Operation) -> Operations | None:
    """`a` and then `b` as fewer or smaller operations; None: they stay as they are."""
    if b.type == "removeWidget":
        return () if a.type == "addWidget" else (b,)
    if b.type == "update":
        return _overwritten(a, b)
    if b.type in ("move", "resize"):
        return _placed(a, b) if a.type in ("move", "resize") else None
    if a.path != b.path:
        return None
    if a.type == "insert":
        if b.type == "insert":
            return _typed_on(a, b)
        return _unwritten(a, b) if b.type == "delete" else _written_in_style(a, b)
    if b.type == "delete" and a.type == "delete" and b.position <= a.position <= _stop(b):
        return (b._replace(length=a.length + b.length),)
    if a.type == "format":
        if b.type == "format":
            return _formatted_on(a, b)
        if b.type == "delete" and b.position <= a.position and _stop(a) <= _stop(b):
            return (b,)
    return None


def _stop(operation: Operation) -> int:
    return operation.position + operation.length


def _overwritten(a: Operation, b: Operation) -> Operations | None:
    reach = _reach(a)
    if reach[: len(b.path)] != b.path or a.type == "removeWidget":
        return None
    if a.type == "addWidget":
        return (a._replace(value=b.value),)
    if a.type == "update" and a.path == b.path:
        return (b._replace(old_value=a.old_value),)
    return (b,)


def _placed(a: Operation, b: Operation) -> Operations:
    first: Any = a.value
    second: Any = b.value
    old_value = a.old_value
    if old_value is not ABSENT and b.old_value is not ABSENT:
        first_old: Any = a.old_value
        second_old: Any = b.old_value
        old_value = {**second_old, **first_old}
    kind = b if a.type == "move" else a  # a move and a resize are a resize
    return (kind._replace(value={**first, **second}, old_value=old_value),)


def _typed_on(a: Operation, b: Operation) -> Operations | None:
    old: Any = a.value
    new: Any = b.value
    at = b.position - a.position
    if (
        type(old) is dict
        or type(old) is not type(new)
        or not 0 <= at <= len(old)
        or not same_attributes(a.attributes, b.attributes)
    ):
        return None
    return (a._replace(value=old[:at] + new + old[at:]),)


def _unwritten(a: Operation, b: Operation) -> Operations | None:
    """An insert, and a deletion that takes some of it."""
    start, stop = a.position, a.position + size_of(a)
    first, last = max(start, b.position), min(stop, _stop(b))
    if first >= last:
        return None
    left: list[Operation] = []
    value: Any = a.value
    if last - first < stop - start:
        left.append(a._replace(value=value[: first - start] + value[last - start :]))
    if b.length > last - first:
        left.append(b._replace(length=b.length - (last - first)))
    return tuple(left)


def _written_in_style(a: Operation, b: Operation) -> Operations | None:
    """An insert, and a format of just that."""
    if b.position != a.position or b.length != size_of(a):
        return None
    both = {**(a.attributes or {}), **(b.attributes or {})}
    kept = {name: value for name, value in both.items() if value is not None}
    return (a._replace(attributes=kept or None),)


def _formatted_on(a: Operation, b: Operation) -> Operations | None:
    if a.position == b.position and a.length == b.length:
        return (b._replace(attributes={**(a.attributes or {}), **(b.attributes or {})}),)
    if same_attributes(a.attributes, b.attributes) and (
        b.position == _stop(a) or a.position == _stop(b)
    ):
        start = min(a.position, b.position)
        return (b._replace(position=start, length=a.length + b.length),)
    return None
