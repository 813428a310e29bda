"""The short way for typing over typing is the grid's way, operation by operation."""

from hypothesis import given
from hypothesis import strategies as st

from tests.ot.shorthand import insert, style
from weft.ot import transform_pair
from weft.ot.insertions import are_insertions, meet_insertions
from weft.ot.operation import Operations
from weft.ot.transformation import _Grid

VALUES = st.one_of(
    st.text("ab🙂", min_size=1, max_size=3),
    st.just({"image": "cat"}),
    st.lists(st.integers(0, 9), min_size=1, max_size=3),
)
LISTS = st.lists(st.builds(insert, st.integers(0, 8), VALUES), min_size=1, max_size=6).map(tuple)


@given(LISTS, LISTS)
def test_law11_the_short_way_gives_what_the_grid_gives(
    earlier: Operations, later: Operations
) -> None:
    grid = _Grid(earlier)
    passed = [step for number, each in enumerate(later) for step in grid.pass_over(each, number)]
    assert meet_insertions(earlier, later) == (grid.earlier(), tuple(passed))
    result = transform_pair(earlier, later)
    assert (result.earlier, result.later) == (grid.earlier(), tuple(passed))


def test_other_paths_targets_and_types_take_the_long_way() -> None:
    first = insert(0, "a")
    assert are_insertions((first, insert(3, "b")), first)
    assert not are_insertions((first, insert(3, "b", "below")), first)
    assert not are_insertions((first._replace(target_id=None),), first)
    assert not are_insertions((style(0, 1, bold=True),), first)
