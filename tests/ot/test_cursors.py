"""Where cursors and selections are after the edits of others, and of their owner."""

import pytest

from tests.ot.shorthand import ID, OTHER, at, delete, insert, move, style, update
from weft.ot import Cursor, Operation, transform_cursor

HERE = Cursor(ID, at("0", "text"), 3)


@pytest.mark.parametrize(
    ("operation", "position"),
    [
        (insert(2, "xy", "0", "text"), 5),
        (insert(3, "xy", "0", "text"), 3),
        (insert(4, "xy", "0", "text"), 3),
        (insert(0, {"image": 1}, "0", "text"), 4),
        (delete(0, 2, "0", "text"), 1),
        (delete(1, 9, "0", "text"), 1),
        (delete(3, 2, "0", "text"), 3),
        (insert(0, "x", "0", "other"), 3),
        (update("x", "0", "text", "deeper"), 3),
        (move(x=1), 3),
        (style(0, 9, bold=True), 3),
        (insert(0, "x", "0", "text")._replace(target_id=OTHER), 3),
    ],
)
def test_a_cursor_after_an_edit_of_another(operation: Operation, position: int) -> None:
    assert transform_cursor(HERE, (operation,), own=False) == HERE._replace(position=position)


def test_typing_takes_ones_own_cursor_along() -> None:
    typed = (insert(3, "x", "0", "text"), insert(4, "y", "0", "text"))
    moved = transform_cursor(HERE, typed, own=True)
    assert moved is not None
    assert moved.position == 5


@pytest.mark.parametrize(
    ("operation", "path"),
    [
        (insert(0, ["new"]), at("1", "text")),
        (insert(1, ["new"]), at("0", "text")),
        (delete(1, 1), at("0", "text")),
    ],
)
def test_the_path_shifts_with_its_list(operation: Operation, path: tuple[str, ...]) -> None:
    assert transform_cursor(HERE, (operation,), own=False) == HERE._replace(path=path)


@pytest.mark.parametrize(
    "operation",
    [
        delete(0, 1),
        update("new", "0", "text"),
        update([]),
        Operation("update", ID, (), {}),
        Operation("removeWidget", ID),
    ],
)
def test_a_cursor_in_a_removed_place_is_gone(operation: Operation) -> None:
    assert transform_cursor(HERE, (operation, move(x=1)), own=False) is None


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(
    ("operation", "start", "stop"),
    [
        (insert(2, "xy"), 4, 7),
        (insert(3, "xy"), 2, 7),
        (insert(5, "xy"), 2, 5),
        (insert(1, "xy"), 4, 7),
        (delete(0, 3), 0, 2),
        (delete(1, 9), 1, 1),
        (delete(5, 1), 2, 5),
    ],
)
def test_a_selection_keeps_to_what_it_selected(
    operation: Operation, start: int, stop: int, turned: bool
) -> None:
    ends, moved = ((5, 2), (stop, start)) if turned else ((2, 5), (start, stop))
    selection = Cursor(ID, at(), *ends)
    assert transform_cursor(selection, (operation,), own=False) == Cursor(ID, at(), *moved)


def test_an_empty_selection_is_a_cursor() -> None:
    empty = Cursor(ID, at(), 2, 2)
    assert transform_cursor(empty, (insert(2, "x"),), own=False) == empty
    assert transform_cursor(empty, (insert(2, "x"),), own=True) == Cursor(ID, at(), 3, 3)
