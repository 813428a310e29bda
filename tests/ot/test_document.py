"""The document as a value: what it shares, what it equals, what it refuses to read."""

import pytest

from tests.ot.shorthand import ID, OTHER, holding, move, update, widget
from weft.errors import WeftError
from weft.limits import INTEGER_MAX, JSON_MAX_DEPTH
from weft.ot import Document, JsonValue, apply
from weft.ot.rope import Items


def test_an_empty_document_has_every_field() -> None:
    assert Document.empty("Sales").to_json() == {
        "title": "Sales", "description": None, "settings": {}, "layout": [], "widgets": {},
    }  # fmt: skip


def test_what_did_not_change_is_shared() -> None:
    state = {"widgets": {ID: widget(data={"k": []}), OTHER: widget()}}
    before = Document.from_json(state)
    after = apply(before, (move(x=1),))
    assert after.record(OTHER) is before.record(OTHER)
    assert after.record(ID)["data"] is before.record(ID)["data"]
    assert after.record(ID)["position"] is not before.record(ID)["position"]


def test_a_long_list_is_a_rope_from_the_first_edit_in_it() -> None:
    rows = [[number] for number in range(3 * Items.CHUNK_MAX)]
    before = holding(rows)
    after = apply(before, (update(-1, "1500", "0"),))
    assert type(after.record(ID)["data"]["v"]) is Items
    assert after.value_at(ID, ("data", "v", "1500", "0")) == -1
    assert before.value_at(ID, ("data", "v")) == rows
    rows[1500] = [-1]
    assert after.value_at(ID, ("data", "v")) == rows


def test_json_goes_in_and_out_by_copy() -> None:
    state = holding({"k": [1]}).to_json()
    document = Document.from_json(state)
    state["widgets"][ID]["data"]["v"]["k"].append(2)
    document.to_json()["widgets"][ID]["data"]["v"]["k"].append(2)
    document.value_at(ID, ("data", "v"))["k"].append(2)
    assert document.value_at(ID, ("data", "v")) == {"k": [1]}


def test_equality_is_that_of_json() -> None:
    assert holding(1) == holding(1.0)
    assert holding(1) != holding(True)
    assert holding(0) != holding(False)
    assert holding(None) != holding(0)
    assert holding({"a": 1, "b": 2}) == holding({"b": 2, "a": 1})
    assert holding([1]) != holding([1, 1])
    assert holding(1) != Document.empty()
    assert Document.empty("a") != Document.empty("b")
    assert Document.empty() != {}


@pytest.mark.parametrize(
    ("read", "held"),
    [
        (1.0, 1),
        (-0.0, 0),
        (2.5, 2.5),
        (INTEGER_MAX, INTEGER_MAX),
        (float(2**60), float(2**60)),
        (10**300, 1e300),
    ],
)
def test_numbers_are_read_in_one_form(read: float, held: float) -> None:
    value = holding(read).value_at(ID, ("data", "v"))
    assert value == held
    assert type(value) is type(held)


def test_rich_text_is_read_in_canonical_form() -> None:
    parts = [
        {"insert": "a", "attributes": {}},
        {"insert": "b"},
        {"insert": ""},
        {"insert": "c", "attributes": {"bold": True}},
        {"insert": "d", "attributes": {"bold": 1}},
    ]
    assert holding({"ops": parts}).value_at(ID, ("data", "v")) == {
        "ops": [
            {"insert": "ab"},
            {"insert": "c", "attributes": {"bold": True}},
            {"insert": "d", "attributes": {"bold": 1}},
        ]
    }


def nested(depth: int) -> JsonValue:
    value: JsonValue = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("invalid_number", float("nan")),
        ("invalid_number", float("inf")),
        ("invalid_number", 10**400),
        ("invalid_operation", {1: 2}),
        ("invalid_operation", (1, 2)),
        ("invalid_operation", {"ops": [], "more": 1}),
        ("invalid_operation", {"ops": [1]}),
        ("invalid_operation", {"ops": [{"retain": 1}]}),
        ("invalid_operation", {"ops": [{"insert": 1}]}),
        ("invalid_operation", {"ops": [{"insert": {"a": 1, "b": 2}}]}),
        ("invalid_operation", {"ops": [{"insert": "a", "attributes": {"bold": None}}]}),
        ("invalid_operation", {"ops": [{"insert": "a", "attributes": {"ops": []}}]}),
        ("too_deep", nested(JSON_MAX_DEPTH)),
        ("too_deep", {"ops": [{"insert": {"x": nested(JSON_MAX_DEPTH - 8)}}]}),
    ],
)
def test_a_value_that_cannot_be_is_refused(code: str, value: JsonValue) -> None:
    with pytest.raises(WeftError) as refusal:
        holding(value)
    assert refusal.value.code == code


def test_the_deepest_document_has_the_depth_of_the_limit() -> None:
    deepest = nested(JSON_MAX_DEPTH - 5)  # within the document, widgets, the widget, data
    assert holding(deepest).value_at(ID, ("data", "v")) == deepest
    with pytest.raises(WeftError):
        holding([deepest])


@pytest.mark.parametrize("value", [None, [], {"widgets": []}, {"owner": 1}, {"layout": {}}])
def test_what_is_no_document_is_refused(value: JsonValue) -> None:
    with pytest.raises(WeftError):
        Document.from_json(value)


def test_reading() -> None:
    document = Document.from_json({"title": "t", "widgets": {OTHER: widget(), ID: widget()}})
    assert document.widget_ids() == [ID, OTHER]
    assert document.widget_count == 2
    assert ID in document
    assert None in document
    assert "none" not in document
    assert document.value_at(None, ("title",)) == "t"
    assert document.value_at(None)["settings"] == {}
    with pytest.raises(WeftError, match="does not exist"):
        document.value_at("none")
    with pytest.raises(WeftError):
        document.value_at(ID, ("none",))
