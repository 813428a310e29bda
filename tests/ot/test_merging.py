"""docs/spec.md, "Merging", rule by rule: what two edits of one document come to."""

import pytest

from tests.ot.shorthand import (
    ID,
    OTHER,
    delete,
    held,
    holding,
    insert,
    merged,
    move,
    resize,
    style,
    update,
    widget,
)
from weft.errors import OperationError
from weft.ot import ABSENT, Operation, transform, transform_pair

Pair = tuple[Operation, Operation]
RICH = {"ops": [{"insert": "abcd"}]}


def test_rule1_other_targets_and_paths_do_not_interact() -> None:
    a = insert(0, "x", "k")
    for b in (
        a._replace(target_id=OTHER),
        a._replace(path=("data", "v", "l")),
        a._replace(path=("data", "v", "l", "k")),
        move(x=1),
    ):
        assert transform_pair((a,), (b,)) == ((a,), (b,), ())
    by_name = Operation("update", ID, ("config", "x"), 1)
    assert transform_pair((move(x=1),), (by_name,)) == ((move(x=1),), (by_name,), ())


@pytest.mark.parametrize(
    ("a", "b", "result"),
    [
        pytest.param(insert(1, "A"), insert(1, "B"), "0BA1234", id="the later insert comes first"),
        pytest.param(insert(1, "A"), insert(2, "B"), "0A1B234", id="each where it was meant"),
        pytest.param(insert(2, "A"), delete(1, 3), "0A4", id="inside a deletion it survives"),
        pytest.param(delete(1, 3), insert(2, "B"), "0B4", id="inside a deletion, the other order"),
        pytest.param(insert(1, "A"), delete(1, 2), "0A34", id="at the left edge"),
        pytest.param(delete(1, 2), insert(3, "B"), "0B34", id="at the right edge"),
        pytest.param(delete(0, 3), delete(2, 3), "", id="an overlap is deleted once"),
        pytest.param(delete(1, 1), delete(1, 1), "0234", id="the same is deleted once"),
        pytest.param(delete(0, 1), delete(4, 1), "123", id="apart"),
    ],
)
def test_rules2_and_3_text(a: Operation, b: Operation, result: str) -> None:
    assert held(merged(holding("01234"), a, b)) == result


def test_rule2_a_side_is_a_place_in_server_order() -> None:
    mine, theirs = (insert(1, "mine"),), (insert(1, "theirs"),)
    assert transform(mine, theirs, side="later") == mine
    assert transform(mine, theirs, side="earlier") == (insert(7, "mine"),)


def test_rule2_embeds_count_as_one() -> None:
    result = merged(holding(RICH), insert(2, {"image": "u"}), insert(3, "x"))
    assert held(result) == {
        "ops": [{"insert": "ab"}, {"insert": {"image": "u"}}, {"insert": "cxd"}]
    }


def test_rule3_a_deletion_of_nothing_is_a_no_op_and_no_conflict() -> None:
    result = transform_pair((delete(1, 1),), (delete(1, 1),))
    assert [operation.type for operation in (*result.earlier, *result.later)] == ["noop", "noop"]
    assert result.conflicts == ()


def test_rule4_formats_do_not_grow_and_the_later_wins_by_attribute() -> None:
    grown = merged(holding(RICH), insert(2, "xx"), style(1, 2, bold=True))
    bold = {"bold": True}
    assert held(grown)["ops"] == [
        {"insert": "a"},
        {"insert": "b", "attributes": bold},
        {"insert": "xx"},
        {"insert": "c", "attributes": bold},
        {"insert": "d"},
    ]
    document = holding({"ops": [{"insert": "abcdefg"}]})
    both = merged(document, style(1, 4, bold=True, color="red"), style(2, 2, color="blue"))
    assert held(both)["ops"] == [
        {"insert": "a"},
        {"insert": "b", "attributes": {"bold": True, "color": "red"}},
        {"insert": "cd", "attributes": {"bold": True, "color": "blue"}},
        {"insert": "e", "attributes": {"bold": True, "color": "red"}},
        {"insert": "fg"},
    ]
    covered, _, _ = transform_pair((style(2, 2, color="red"),), (style(1, 4, color="blue"),))
    assert [(each.type, each.reason) for each in covered] == [("noop", "superseded")]


def test_rule4_a_format_of_deleted_text_is_discarded() -> None:
    _, later, conflicts = transform_pair((delete(0, 3),), (style(1, 2, bold=True),))
    assert later == (Operation("noop", ID, ("data", "v"), reason="target_removed"),)
    assert [(each.kind, each.side, each.lost) for each in conflicts] == [
        ("discarded", "later", {"bold": True})
    ]


def test_rule5_the_later_update_wins_and_the_loser_is_told() -> None:
    mine, theirs = update("mine", "k"), update("theirs", "k")
    assert held(merged(holding({"k": "old"}), mine, theirs)) == {"k": "theirs"}
    conflict = transform_pair((move(x=1), mine), (theirs,)).conflicts[0]
    assert conflict == (
        "superseded", "earlier", 1, "superseded", ID, ("data", "v", "k"), "mine", theirs,
    )  # fmt: skip


def test_rule5_coordinates_merge_one_by_one() -> None:
    document = merged(holding(1), resize(x=1, width=9), move(x=5, y=6))
    position = {"x": 5, "y": 6, "width": 9, "height": 2}
    assert document.value_at(ID, ("position",)) == position
    by_update = Operation("update", ID, ("position", "x"), 7)
    assert merged(document, move(x=1), by_update).value_at(ID, ("position", "x")) == 7
    assert merged(document, by_update, move(x=1)).value_at(ID, ("position", "x")) == 1
    conflicts = transform_pair((resize(x=1, width=9),), (move(x=5),)).conflicts
    assert [(each.path, each.lost) for each in conflicts] == [(("position",), {"x": 1})]


def in_both_orders(pair: Pair) -> list[Pair]:
    return [pair, pair[::-1]]


@pytest.mark.parametrize(
    ("a", "b"),
    [
        *in_both_orders((update({"new": 1}), update(5, "k"))),
        *in_both_orders((update({"new": 1}), insert(0, "x", "k"))),
        *in_both_orders((update({"new": 1}), update(ABSENT, "k"))),
    ],
)
def test_rule6_an_update_above_wins_whichever_is_first(a: Operation, b: Operation) -> None:
    assert held(merged(holding({"k": "text"}), a, b)) == {"new": 1}
    (conflict,) = transform_pair((a,), (b,)).conflicts
    assert (conflict.kind, conflict.reason) == ("discarded", "target_replaced")


def test_rule6_a_removal_above_says_so() -> None:
    (lost,) = transform((update(5, "k", "l"),), (update(ABSENT, "k"),), side="later")
    assert (lost.type, lost.reason) == ("noop", "target_removed")


def test_rule6_a_new_position_wins_over_a_move() -> None:
    whole = Operation("update", ID, ("position",), {"x": 9, "y": 9, "width": 9, "height": 9})
    for a, b in in_both_orders((whole, move(x=1))):
        assert merged(holding(1), a, b).value_at(ID, ("position", "x")) == 9


@pytest.mark.parametrize(
    ("a", "b", "result"),
    [
        (insert(0, ["new"]), insert(1, "!", "1"), ["new", "a", "b!", "c"]),
        (insert(2, ["new"]), insert(1, "!", "1"), ["a", "b!", "new", "c"]),
        (delete(0, 1), update("B", "1"), ["B", "c"]),
        (update("B", "1"), delete(1, 1), ["a", "c"]),
        (update("B", "1"), update("X", "1"), ["a", "X", "c"]),
        (insert(1, ["new"]), delete(0, 2), ["new", "c"]),
    ],
)
def test_rule7_paths_shift_with_their_list(a: Operation, b: Operation, result: object) -> None:
    assert held(merged(holding(["a", "b", "c"]), a, b)) == result


def test_rule7_a_path_that_cannot_lead_through_a_list_is_refused() -> None:
    """What is transformed has not been applied yet, so it may be wrong."""
    for segment in ("k", "01", "-1", "٣", ""):
        with pytest.raises(OperationError) as refusal:
            transform((update(1, segment),), (insert(0, ["new"]),), side="later")
        assert refusal.value.code == "invalid_path"


def test_rule8_the_second_addition_of_an_id_replaces_the_first() -> None:
    a = Operation("addWidget", OTHER, (), widget(title="a"))
    b = Operation("addWidget", OTHER, (), widget(title="b"))
    assert merged(holding(1), a, b).value_at(OTHER, ("title",)) == "b"
    conflict = transform_pair((a,), (b,)).conflicts[0]
    assert (conflict.kind, conflict.side, conflict.lost) == ("superseded", "earlier", a.value)


@pytest.mark.parametrize("edit", [move(x=1), update(1), insert(0, "x"), resize(width=1)])
def test_rule8_a_removal_wins_over_every_edit(edit: Operation) -> None:
    removal = Operation("removeWidget", ID)
    for a, b in in_both_orders((removal, edit)):
        assert ID not in merged(holding("text"), a, b)
        (conflict,) = transform_pair((a,), (b,)).conflicts
        assert conflict.reason == "target_removed"
    twice = transform_pair((removal,), (removal,))
    assert [operation.type for operation in twice.later] == ["noop"]
    assert twice.conflicts == ()


def test_rule9_an_update_of_the_whole_sequence_wins() -> None:
    for edit in (insert(1, "x"), delete(0, 1)):
        for a, b in in_both_orders((update("new"), edit)):
            assert held(merged(holding("old"), a, b)) == "new"
    for a, b in in_both_orders((update("new"), style(0, 1, bold=True))):
        assert held(merged(holding(RICH), a, b)) == "new"


def test_what_a_split_makes_goes_on_through_the_grid() -> None:
    deletes, types = (delete(0, 5), insert(0, "A")), (insert(2, "x"), insert(4, "y"))
    earlier, later, _ = transform_pair(deletes, types)
    assert [(each.position, each.length) for each in earlier if each.type == "delete"] == [
        (0, 2),
        (1, 1),
        (2, 2),
    ]
    assert [each.position for each in later] == [0, 1]
