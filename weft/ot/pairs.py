"""Law 11, the diamond, for two single operations: docs/spec.md, "Merging", rule by rule.

`meet(a, b)` takes two operations valid at one document, `a` the earlier in server order, and
answers what each becomes after the other. Lists of operations are for `transformation.py`.
"""

from collections.abc import Callable
from typing import Any, Final, Literal, NamedTuple

from weft.ot.operation import ABSENT, JsonValue, Operation, Operations, OperationType, Path
from weft.ot.values import list_index

Reason = Literal["target_removed", "target_replaced", "superseded"]


class Meeting(NamedTuple):
    """What `earlier` becomes after `later` and the other way round, and what that cost."""

    earlier: Operations
    later: Operations
    loss: "Loss | None" = None


class Loss(NamedTuple):
    """An effect that did not survive: of which side, where, what, and why."""

    side: Literal["earlier", "later"]
    reason: Reason
    path: Path
    value: JsonValue = ABSENT  # that was to be set or inserted; ABSENT where there was none


def meet(a: Operation, b: Operation) -> Meeting | None:
    """None when neither changes the other."""
    if a.target_id != b.target_id:
        return None
    if a.type in _WHOLE or b.type in _WHOLE:
        return _meet_whole(a, b)
    if a.type == "noop" or b.type == "noop":
        return None
    if a.type in _PLACING or b.type in _PLACING:
        return _meet_placing(a, b)
    left, right = a.path, b.path
    if left == right:
        return _meet_at_one_path(a, b)
    if len(left) < len(right):
        return _meet_above(a, b, False) if right[: len(left)] == left else None
    if len(right) < len(left):
        return _meet_above(b, a, True) if left[: len(right)] == right else None
    return None


_WHOLE: Final = frozenset({"addWidget", "removeWidget"})
_PLACING: Final = frozenset({"move", "resize"})


# --- whole widgets (rules 6 and 8) ---------------------------------------------------------------


def _meet_whole(a: Operation, b: Operation) -> Meeting | None:
    if a.type == "noop" or b.type == "noop":
        return None
    if a.type == "removeWidget":
        if b.type == "removeWidget":
            return Meeting((_gone(a, "target_removed"),), (_gone(b, "target_removed"),))
        return _discard(b, a, "target_removed", mirrored=True)
    if b.type == "removeWidget":
        return _discard(a, b, "target_removed", mirrored=False)
    if a.type == "addWidget" and b.type == "addWidget":
        replacing = Operation("update", b.target_id, (), b.value, a.value)
        loss = Loss("earlier", "superseded", (), a.value)
        return Meeting((_gone(a, "superseded"),), (replacing,), loss)
    return None  # an addition and an edit of one id are never valid at one document


def _discard(loser: Operation, winner: Operation, reason: Reason, mirrored: bool) -> Meeting:
    """`mirrored`: the winner is the earlier one."""
    lost = loser.attributes if loser.type == "format" else loser.value
    loss = Loss("later" if mirrored else "earlier", reason, _place(loser), lost)
    gone = (_gone(loser, reason),)
    return Meeting((winner,), gone, loss) if mirrored else Meeting(gone, (winner,), loss)


def _gone(operation: Operation, reason: Reason) -> Operation:
    return Operation("noop", operation.target_id, operation.path, reason=reason)


def _place(operation: Operation) -> Path:
    return ("position",) if operation.type in _PLACING else operation.path


# --- coordinates (rule 5) ------------------------------------------------------------------------


def _meet_placing(a: Operation, b: Operation) -> Meeting | None:
    if a.type not in _PLACING:
        if a.type == "update" and a.path in _ABOVE_PLACES:
            return _discard(b, a, "target_replaced", mirrored=True)
    elif b.type not in _PLACING and b.type == "update" and b.path in _ABOVE_PLACES:
        return _discard(a, b, "target_replaced", mirrored=False)
    both = _coordinates(a) & _coordinates(b)
    if not both:
        return None
    value: Any = a.value
    if a.type == "update" or both == value.keys():
        loss = Loss("earlier", "superseded", _place(a), value)
        return Meeting((_gone(a, "superseded"),), (b,), loss)
    loss = Loss("earlier", "superseded", ("position",), {name: value[name] for name in both})
    left = a._replace(value=_without(value, both), old_value=_without(a.old_value, both))
    return Meeting((left,), (b,), loss)


_ABOVE_PLACES: Final = frozenset({(), ("position",)})


def _coordinates(operation: Operation) -> frozenset[str]:
    value: Any = operation.value
    if operation.type in _PLACING:
        return frozenset(value)
    path = operation.path
    return frozenset(path[1:]) if path[0] == "position" and len(path) == 2 else frozenset()


def _without(value: Any, names: frozenset[str]) -> Any:
    if type(value) is not dict:
        return value
    return {name: item for name, item in value.items() if name not in names}


# --- one path is above the other (rules 6 and 7) -------------------------------------------------


def _meet_above(upper: Operation, lower: Operation, mirrored: bool) -> Meeting | None:
    """`mirrored`: the lower one is the earlier. A list under `upper` shifts the lower path."""
    if upper.type == "update":
        reason: Reason = "target_removed" if upper.value is ABSENT else "target_replaced"
        return _discard(lower, upper, reason, not mirrored)
    path = path_after(lower.path, upper)
    if path is None:
        return _discard(lower, upper, "target_removed", not mirrored)
    if path is lower.path:
        return None
    shifted = (lower._replace(path=path),)
    return Meeting(shifted, (upper,)) if mirrored else Meeting((upper,), shifted)


def path_after(path: Path, operation: Operation) -> Path | None:
    """A path that leads through the list in which items are inserted or deleted; None: gone.

    Raises OperationError invalid_path when it cannot lead through a list: what is transformed has
    not been applied yet, and may be wrong.
    """
    depth = len(operation.path)
    index = list_index(path[depth])
    if index < operation.position or operation.type == "format":
        return path
    if operation.type == "insert":
        index += size_of(operation)
    elif index >= operation.position + operation.length:
        index -= operation.length
    else:
        return None
    return (*path[:depth], str(index), *path[depth + 1 :])


# --- one path (rules 2, 3, 4, 5, 9) --------------------------------------------------------------


def _meet_at_one_path(a: Operation, b: Operation) -> Meeting | None:
    if a.type == "update":
        if b.type == "update":
            loss = Loss("earlier", "superseded", a.path, a.value)
            return Meeting((_gone(a, "superseded"),), (b,), loss)
        return _discard(b, a, _reason(a), mirrored=True)
    if b.type == "update":
        return _discard(a, b, _reason(b), mirrored=False)
    return _SEQUENCE_RULES[a.type, b.type](a, b)


def _reason(update: Operation) -> Reason:
    return "target_removed" if update.value is ABSENT else "target_replaced"


def _insert_insert(a: Operation, b: Operation) -> Meeting:
    if b.position <= a.position:
        return Meeting((shifted(a, size_of(b)),), (b,))
    return Meeting((a,), (shifted(b, size_of(a)),))


def _insert_delete(a: Operation, b: Operation) -> Meeting:
    at, start, size = a.position, b.position, size_of(a)
    if at <= start:
        return Meeting((a,), (shifted(b, size),))
    if at >= start + b.length:
        return Meeting((shifted(a, -b.length),), (b,))
    before = _ranged(b, start, at - start)
    after = _ranged(b, start + size, start + b.length - at)  # once what is before has gone
    return Meeting((shifted(a, start - at),), (before, after))


def _insert_format(a: Operation, b: Operation) -> Meeting | None:
    at, start, size = a.position, b.position, size_of(a)
    if at <= start:
        return Meeting((a,), (shifted(b, size),))
    if at >= start + b.length:
        return None
    before = _ranged(b, start, at - start)
    after = _ranged(b, at + size, start + b.length - at)
    return Meeting((a,), (before, after))


def _delete_delete(a: Operation, b: Operation) -> Meeting:
    a_after, b_after = _closed_up(a, b), _closed_up(b, a)
    return Meeting(
        (a_after or _gone(a, "target_removed"),), (b_after or _gone(b, "target_removed"),)
    )


def _delete_format(a: Operation, b: Operation) -> Meeting:
    after = _closed_up(b, a)
    if after is None:
        return _discard(b, a, "target_removed", mirrored=True)
    return Meeting((a,), (after,))


def _format_format(a: Operation, b: Operation) -> Meeting | None:
    start = max(a.position, b.position)
    stop = min(a.position + a.length, b.position + b.length)
    mine, theirs = a.attributes or {}, b.attributes or {}
    if start >= stop or mine.keys().isdisjoint(theirs):
        return None
    left = {name: value for name, value in mine.items() if name not in theirs}
    parts = []
    if a.position < start:
        parts.append(_ranged(a, a.position, start - a.position))
    if left:
        parts.append(_ranged(a, start, stop - start)._replace(attributes=left))
    if stop < a.position + a.length:
        parts.append(_ranged(a, stop, a.position + a.length - stop))
    return Meeting(tuple(parts) or (_gone(a, "superseded"),), (b,))


def _flipped(rule: Callable[[Operation, Operation], Meeting | None]) -> Any:
    """The same rule for the other order; only where order does not matter."""

    def flipped(a: Operation, b: Operation) -> Meeting | None:
        result = rule(b, a)
        if result is None:
            return None
        loss = result.loss and result.loss._replace(side="earlier")
        return Meeting(result.later, result.earlier, loss)

    return flipped


_SEQUENCE_RULES: Final[
    dict[tuple[OperationType, OperationType], Callable[[Operation, Operation], Meeting | None]]
] = {
    ("insert", "insert"): _insert_insert,
    ("insert", "delete"): _insert_delete,
    ("delete", "insert"): _flipped(_insert_delete),
    ("insert", "format"): _insert_format,
    ("format", "insert"): _flipped(_insert_format),
    ("delete", "delete"): _delete_delete,
    ("delete", "format"): _delete_format,
    ("format", "delete"): _flipped(_delete_format),
    ("format", "format"): _format_format,
}


def size_of(insert: Operation) -> int:
    """Elements that an insert brings: code points, items, or one embed."""
    value: Any = insert.value
    return 1 if type(value) is dict else len(value)


def shifted(operation: Operation, by: int) -> Operation:
    kind, target_id, path, value, old_value, position, length, attributes, reason = operation
    return Operation(
        kind, target_id, path, value, old_value, position + by, length, attributes, reason
    )


def _ranged(operation: Operation, position: int, length: int) -> Operation:
    kind, target_id, path, value, old_value, _, _, attributes, reason = operation
    return Operation(kind, target_id, path, value, old_value, position, length, attributes, reason)


def _closed_up(operation: Operation, deletion: Operation) -> Operation | None:
    """A range after a deletion; None when all of it has gone."""
    start, stop = operation.position, operation.position + operation.length
    first, last = deletion.position, deletion.position + deletion.length
    length = operation.length - max(0, min(stop, last) - max(start, first))
    position = start - max(0, min(start, last) - first)
    return _ranged(operation, position, length) if length else None
