"""Where a cursor and a selection are after edits: what they point at in texts moves with the texts.

Only a place with a `path` is known to the algebra. One whose place has gone keeps its x and y; a
range that has gone is selected no more. See docs/spec.md, "Presence".
"""

from typing import NamedTuple

from weft.models.presence import CursorPosition, SelectionRange, Viewport
from weft.ot.cursors import Cursor, transform_cursor
from weft.ot.operation import Operations


class Whereabouts(NamedTuple):
    """All that one connection tells of itself."""

    cursor: CursorPosition | None = None
    selection: tuple[SelectionRange, ...] | None = None
    viewport: Viewport | None = None
    is_active: bool = True

    @property
    def is_in_document(self) -> bool:
        """Is there anything that an edit can move?"""
        cursor = self.cursor
        return bool(self.selection) or (
            cursor is not None and (cursor.element_id is not None or cursor.path is not None)
        )

    def moved(self, operations: Operations, *, own: bool) -> "Whereabouts":
        """After `operations`; `own`: whoever is there made them."""
        if not operations or not self.is_in_document:
            return self
        cursor = self.cursor and _moved_cursor(self.cursor, operations, own)
        selection = self.selection
        if selection is not None:
            moved = (_moved_range(each, operations, own) for each in selection)
            selection = tuple(each for each in moved if each is not None)
        return self._replace(cursor=cursor, selection=selection)

    def lost(self) -> "Whereabouts":
        """What can be said when nobody knows which edits came between."""
        cursor = self.cursor and CursorPosition(x=self.cursor.x, y=self.cursor.y)
        return self._replace(cursor=cursor, selection=None)


def _moved_cursor(cursor: CursorPosition, operations: Operations, own: bool) -> CursorPosition:
    if cursor.element_id is None and cursor.path is None:
        return cursor
    before = _place(cursor.element_id, cursor.path, cursor.offset)
    after = transform_cursor(before, operations, own=own)
    if after == before:
        return cursor
    if after is None:
        return CursorPosition(x=cursor.x, y=cursor.y)
    offset = None if cursor.offset is None else after.position
    return cursor.model_copy(update={"path": after.path, "offset": offset})


def _moved_range(
    selected: SelectionRange, operations: Operations, own: bool
) -> SelectionRange | None:
    start = _place(selected.start_element_id, selected.start_path, selected.start_offset)
    end = _place(selected.end_element_id, selected.end_path, selected.end_offset)
    if start[:2] == end[:2]:  # in one text: it keeps to what it selected
        whole = transform_cursor(end._replace(anchor=start.position), operations, own=own)
        if whole is None or whole.anchor is None:
            return None
        start, end = whole._replace(position=whole.anchor), whole
    else:
        moved = [transform_cursor(each, operations, own=own) for each in (start, end)]
        if moved[0] is None or moved[1] is None:
            return None
        start, end = moved[0], moved[1]
    if selected.start_path is not None:
        change = {"start_path": start.path, "start_offset": start.position}
        selected = selected.model_copy(update=change)
    if selected.end_path is not None:
        selected = selected.model_copy(update={"end_path": end.path, "end_offset": end.position})
    return selected


def _place(element_id: str | None, path: tuple[str, ...] | None, offset: int | None) -> Cursor:
    """Without a path: the element as a whole, which only its end takes away."""
    return Cursor(element_id, path or (), offset or 0 if path else 0)
