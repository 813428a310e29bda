"""Where a cursor or a selection is after an edit: docs/spec.md, end of "Merging"."""

from collections.abc import Iterable
from typing import NamedTuple

from weft.ot.operation import Operation, Path
from weft.ot.pairs import path_after, size_of


class Cursor(NamedTuple):
    """A place between the elements of a sequence; with `anchor`, a selection from there."""

    target_id: str | None
    path: Path
    position: int
    anchor: int | None = None  # the end of the selection that does not move with the caret


def transform_cursor(
    cursor: Cursor, operations: Iterable[Operation], *, own: bool
) -> Cursor | None:
    """The cursor after `operations`; None when its place has gone.

    `own`: the cursor's owner made them, so typing at the cursor moves it along.
    """
    for operation in operations:
        if operation.target_id != cursor.target_id:
            continue
        moved = _after(cursor, operation, own)
        if moved is None:
            return None
        cursor = moved
    return cursor


def _after(cursor: Cursor, operation: Operation, own: bool) -> Cursor | None:
    kind, path = operation.type, operation.path
    if kind == "removeWidget":
        return None
    if kind not in ("insert", "delete", "update") or path != cursor.path[: len(path)]:
        return cursor
    if kind == "update":
        return None
    if len(path) < len(cursor.path):
        shifted = path_after(cursor.path, operation)
        return None if shifted is None else cursor._replace(path=shifted)
    position, anchor = cursor.position, cursor.anchor
    if anchor is None or anchor == position:
        moved = _shifted(position, operation, own)
        return cursor._replace(position=moved, anchor=None if anchor is None else moved)
    return cursor._replace(
        position=_shifted(position, operation, own or position < anchor),
        anchor=_shifted(anchor, operation, own or anchor < position),
    )


def _shifted(place: int, operation: Operation, along: bool) -> int:
    """`along`: what is inserted exactly here comes before."""
    at = operation.position
    if operation.type == "delete":
        return place - max(0, min(place, at + operation.length) - at)
    return place + size_of(operation) if at < place or (at == place and along) else place
