"""Where a cursor and a selection are after edits (docs/spec.md, "Presence" 5)."""

from weft.client.places import Whereabouts
from weft.models.presence import CursorPosition, SelectionRange, Viewport
from weft.ot.operation import Operation, Operations

NOTE, OTHER = "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"
TEXT = ("config", "text")


def at(offset: int | None, path: tuple[str, ...] | None = TEXT) -> Whereabouts:
    return Whereabouts(CursorPosition(x=3, y=4, element_id=NOTE, path=path, offset=offset))


def selected(start: int, end: int, end_element: str = NOTE) -> Whereabouts:
    marked = SelectionRange(
        start_element_id=NOTE,
        start_offset=start,
        end_element_id=end_element,
        end_offset=end,
        start_path=TEXT,
        end_path=TEXT,
    )
    return Whereabouts(selection=(marked,))


def typed(position: int, text: str, widget: str = NOTE) -> Operations:
    return (Operation("insert", widget, TEXT, position=position, value=text),)


def removed(widget: str = NOTE) -> Operations:
    return (Operation("removeWidget", widget),)


def test_a_cursor_moves_with_the_text_before_it_and_at_it_with_own_typing_alone() -> None:
    assert at(5).moved(typed(0, "abc"), own=False) == at(8)
    assert at(5).moved(typed(6, "abc"), own=False) == at(5)
    assert at(5).moved(typed(5, "abc"), own=False) == at(5)
    assert at(5).moved(typed(5, "abc"), own=True) == at(8)


def test_edits_of_other_widgets_move_nothing() -> None:
    assert at(5).moved(typed(0, "abc", OTHER) + removed(OTHER), own=False) == at(5)


def test_without_a_path_only_the_end_of_its_element_takes_a_cursor_away() -> None:
    pointing = at(5, path=None)
    assert pointing.moved(typed(0, "abc"), own=False) == pointing
    assert pointing.moved(removed(), own=False).cursor == CursorPosition(x=3, y=4)


def test_who_points_at_nothing_in_the_document_stays_whatever_happens() -> None:
    free = Whereabouts(
        CursorPosition(x=3, y=4), viewport=Viewport(x=0, y=0, width=9, height=9, zoom=1)
    )
    assert not free.is_in_document
    assert free.moved(removed(), own=False) is free


def test_a_cursor_whose_place_has_gone_keeps_its_x_and_y() -> None:
    assert at(5).moved(removed(), own=False).cursor == CursorPosition(x=3, y=4)


def test_what_others_type_at_the_edges_of_a_selection_stays_outside() -> None:
    assert selected(2, 5).moved(typed(2, "ab"), own=False) == selected(4, 7)
    assert selected(2, 5).moved(typed(5, "ab"), own=False) == selected(2, 5)
    assert selected(2, 5).moved(typed(3, "ab"), own=False) == selected(2, 7)
    assert selected(5, 2).moved(typed(3, "ab"), own=False) == selected(7, 2)  # made backwards


def test_a_range_over_two_widgets_has_gone_with_either() -> None:
    across = selected(2, 5, OTHER)
    assert across.moved(typed(0, "ab"), own=False) == selected(4, 5, OTHER)
    for widget in (NOTE, OTHER):
        assert across.moved(removed(widget), own=False).selection == ()


def test_when_nobody_knows_what_came_between_only_x_and_y_remain() -> None:
    where = at(5)._replace(selection=selected(1, 2).selection)
    assert where.lost() == Whereabouts(CursorPosition(x=3, y=4))
