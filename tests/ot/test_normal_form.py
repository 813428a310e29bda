"""What typing, deleting, setting and moving come to when nobody looked in between."""

import pytest

from tests.ot.shorthand import (
    ID,
    OTHER,
    delete,
    holding,
    insert,
    move,
    resize,
    style,
    update,
    widget,
)
from weft.ot import ABSENT, Operation, compose, invert, normalize

ADD = Operation("addWidget", ID, (), widget())
REMOVE = Operation("removeWidget", ID)
ELSEWHERE = Operation("move", OTHER, (), {"x": 1})
NOOP = Operation("noop", ID, reason="target_removed")


@pytest.mark.parametrize(
    ("operations", "canonical"),
    [
        ((NOOP,), ()),
        ((insert(0, "a"), insert(1, "b"), insert(2, "c")), (insert(0, "abc"),)),
        ((insert(5, "ac"), insert(6, "b")), (insert(5, "abc"),)),
        ((insert(5, "b"), insert(5, "a")), (insert(5, "ab"),)),
        ((insert(0, "a"), insert(2, "b")), (insert(0, "a"), insert(2, "b"))),
        ((insert(0, [1]), insert(1, [2])), (insert(0, [1, 2]),)),
        ((insert(0, "a"), insert(1, "b", bold=True)), (insert(0, "a"), insert(1, "b", bold=True))),
        (
            (insert(0, "a", b=1), insert(1, "b", b=True)),
            (insert(0, "a", b=1), insert(1, "b", b=True)),
        ),
        ((insert(0, {"i": 1}), insert(1, "b")), (insert(0, {"i": 1}), insert(1, "b"))),
        ((insert(3, "abc"), delete(4, 1)), (insert(3, "ac"),)),
        ((insert(3, "abc"), delete(3, 3)), ()),
        ((insert(3, {"i": 1}), delete(3, 1)), ()),
        ((insert(3, "abc"), delete(2, 5)), (delete(2, 2),)),
        ((insert(3, "abc"), delete(5, 3)), (insert(3, "ab"), delete(5, 2))),
        ((insert(3, "abc"), delete(2, 3)), (insert(3, "c"), delete(2, 1))),
        ((insert(3, "abc"), delete(6, 1)), (insert(3, "abc"), delete(6, 1))),
        ((delete(3, 1), delete(3, 1)), (delete(3, 2),)),
        ((delete(3, 1), delete(2, 1)), (delete(2, 2),)),
        ((delete(3, 1), delete(1, 4)), (delete(1, 5),)),
        ((delete(3, 1), delete(4, 1)), (delete(3, 1), delete(4, 1))),
        ((delete(0, 1), insert(0, "x")), (delete(0, 1), insert(0, "x"))),
        ((style(0, 2, b=1), style(0, 2, b=2, c=3)), (style(0, 2, b=2, c=3),)),
        ((style(0, 2, b=1), style(2, 2, b=1)), (style(0, 4, b=1),)),
        ((style(2, 2, b=1), style(0, 2, b=1)), (style(0, 4, b=1),)),
        ((style(1, 2, b=1), delete(0, 4)), (delete(0, 4),)),
        ((style(1, 2, b=1), delete(1, 2)), (delete(1, 2),)),
        ((style(1, 2, b=1), delete(2, 1)), (style(1, 2, b=1), delete(2, 1))),
        ((insert(1, "ab"), style(1, 2, b=1)), (insert(1, "ab", b=1),)),
        ((insert(1, "ab", b=1), style(1, 2, b=None)), (insert(1, "ab"),)),
        ((update(1, "k"), update(2, "k")), (update(2, "k"),)),
        ((update(1, "k"), update(ABSENT, "k")), (update(ABSENT, "k"),)),
        ((insert(0, "a", "k"), update(2, "k")), (update(2, "k"),)),
        ((update(1, "k", "l"), update({}, "k")), (update({}, "k"),)),
        ((update(1, "k"), update(2, "l"), update(3, "k")), (update(3, "k"), update(2, "l"))),
        ((move(x=1, y=1), move(x=2)), (move(x=2, y=1),)),
        ((move(x=1), resize(width=2)), (resize(x=1, width=2),)),
        ((resize(width=2), move(x=1)), (resize(width=2, x=1),)),
        ((ADD, update(1), REMOVE), ()),
        ((update(1), move(x=1), REMOVE), (REMOVE,)),
        ((REMOVE, ADD), (REMOVE, ADD)),
        ((insert(0, "a"), ELSEWHERE, insert(1, "b")), (insert(0, "ab"), ELSEWHERE)),
        ((insert(0, ["a"]), update(1, "0"), insert(1, ["b"])), None),
    ],
)
def test_law15_a_list_and_its_canonical_form(
    operations: tuple[Operation, ...], canonical: tuple[Operation, ...] | None
) -> None:
    assert normalize(operations) == (operations if canonical is None else canonical)


def test_the_oldest_value_of_the_same_place_is_kept() -> None:
    first, second = update(1, "k")._replace(old_value=0), update(2, "k")._replace(old_value=1)
    assert normalize((first, second))[0].old_value == 0
    above = update({}, "k")._replace(old_value={"l": 1})
    assert normalize((update(1, "k", "l")._replace(old_value=0), above)) == (above,)
    assert normalize((insert(0, "a", "k"), second)) == (second,)


def test_the_oldest_coordinates_are_kept() -> None:
    first = move(x=1)._replace(old_value={"x": 0})
    second = move(x=2, y=2)._replace(old_value={"x": 1, "y": 1})
    assert normalize((first, second))[0].old_value == {"x": 0, "y": 1}
    assert normalize((first, move(x=2)))[0].old_value == {"x": 0}
    assert normalize((move(x=1), second))[0].old_value is ABSENT


def test_law12_a_thousand_letters_are_one_insert() -> None:
    typed: tuple[Operation, ...] = ()
    for number in range(1_000):
        typed = compose(typed, (insert(number, "x"),))
    assert typed == (insert(0, "x" * 1_000),)


def test_law13_an_inverse_is_what_a_person_would_do() -> None:
    document = holding({"k": "abc", "l": [1, 2]})
    operations = (insert(1, "x", "k"), delete(0, 1, "l"), update(5, "new"), move(x=3))
    assert [step._replace(old_value=ABSENT) for step in invert(document, operations)] == [
        move(x=0),
        update(ABSENT, "new"),
        insert(0, [1], "l"),
        delete(1, 1, "k"),
    ]
    removed = invert(document, (Operation("removeWidget", ID),))
    assert removed == (Operation("addWidget", ID, (), document.value_at(ID)),)
