"""Law 7, bad input is answered: an operation's wire JSON is read strictly, and written back."""

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ot.generator import make_story
from tests.ot.shorthand import ID, widget
from weft.errors import OperationError
from weft.limits import KEY_MAX_CHARACTERS, PATH_MAX_SEGMENTS
from weft.ot import (
    Document,
    Operation,
    apply,
    operation_from_json,
    operation_to_json,
    transform_pair,
)

Json = dict[str, Any]
INSERT: Json = {"type": "insert", "path": ["title"], "position": 0, "value": "x"}
DELETE: Json = {"type": "delete", "path": ["title"], "position": 0, "length": 1}
FORMAT: Json = {**DELETE, "type": "format", "targetId": ID, "attributes": {"bold": True}}
UPDATE: Json = {"type": "update", "targetId": ID, "path": ["data", "k"], "value": {"a": [1]}}
MOVE: Json = {"type": "move", "targetId": ID, "value": {"x": 1}}
RESIZE: Json = {"type": "resize", "targetId": ID, "value": {"width": 2.5}}
ADD: Json = {"type": "addWidget", "targetId": ID, "value": widget()}
REMOVE: Json = {"type": "removeWidget", "targetId": ID}
NOOP: Json = {"type": "noop", "targetId": ID, "path": ["data"], "reason": "target_removed"}


@pytest.mark.parametrize(
    "obj",
    [
        INSERT,
        {**INSERT, "targetId": ID, "value": {"image": "u"}, "attributes": {"alt": "i"}},
        {**INSERT, "value": [1, {"k": None}]},
        DELETE,
        FORMAT,
        {**FORMAT, "attributes": {"bold": None}},
        UPDATE,
        {**UPDATE, "value": None, "oldValue": None},
        {"type": "update", "path": ["description"]},
        MOVE,
        {**MOVE, "oldValue": {"x": 0}},
        RESIZE,
        ADD,
        REMOVE,
        {**REMOVE, "oldValue": widget()},
    ],
    ids=lambda obj: obj["type"],
)
def test_there_and_back(obj: Json) -> None:
    operation = operation_from_json(obj)
    assert operation_to_json(operation) == obj
    assert operation_from_json(obj, trusted=True) == operation


def test_only_the_server_writes_no_ops_and_whole_records() -> None:
    for obj in (NOOP, {"type": "noop", "reason": "superseded"}, {**UPDATE, "path": []}):
        assert operation_to_json(operation_from_json(obj, trusted=True)) == obj
        with pytest.raises(OperationError):
            operation_from_json(obj)


def without(obj: Json, field: str) -> Json:
    return {key: value for key, value in obj.items() if key != field}


@pytest.mark.parametrize(
    ("field", "obj"),
    [
        ("operation", None),
        ("operation", [INSERT]),
        ("type", {}),
        ("type", {"type": 5}),
        ("type", {"type": "retain"}),
        ("type", {"type": ["insert"]}),
        ("length", {**INSERT, "length": 1}),
        ("id", {**UPDATE, "id": 1}),
        ("path", without(INSERT, "path")),
        ("path", {**INSERT, "path": []}),
        ("path", {**INSERT, "path": "title"}),
        ("path", {**INSERT, "path": ["title", 0]}),
        ("path", {**INSERT, "path": ["k"] * (PATH_MAX_SEGMENTS + 1)}),
        ("path", {**INSERT, "path": ["k" * (KEY_MAX_CHARACTERS + 1)]}),
        ("path", {**UPDATE, "path": ["data", "__proto__"]}),
        ("path", {"type": "update", "path": []}),
        ("targetId", {**INSERT, "targetId": 5}),
        ("targetId", {**INSERT, "targetId": None}),
        ("targetId", {**MOVE, "targetId": ID.upper().replace("0", "A")}),
        ("targetId", {**MOVE, "targetId": ID + "\n"}),
        ("targetId", without(MOVE, "targetId")),
        ("targetId", without(REMOVE, "targetId")),
        ("position", without(INSERT, "position")),
        ("position", {**INSERT, "position": -1}),
        ("position", {**INSERT, "position": "0"}),
        ("position", {**INSERT, "position": True}),
        ("position", {**INSERT, "position": 0.5}),
        ("position", {**INSERT, "position": 2**53}),
        ("position", {**INSERT, "position": float("inf")}),
        ("length", {**DELETE, "length": 0}),
        ("length", without(DELETE, "length")),
        ("value", without(INSERT, "value")),
        ("value", {**INSERT, "value": ""}),
        ("value", {**INSERT, "value": []}),
        ("value", {**INSERT, "value": {}}),
        ("value", {**INSERT, "value": {"a": 1, "b": 2}}),
        ("value", {**INSERT, "value": 5}),
        ("attributes", {**INSERT, "attributes": None}),
        ("attributes", {**INSERT, "attributes": {"bold": None}}),
        ("attributes", {**INSERT, "value": [1], "attributes": {"bold": True}}),
        ("attributes", {**FORMAT, "attributes": {}}),
        ("attributes", {**FORMAT, "attributes": []}),
        ("attributes", without(FORMAT, "attributes")),
        ("value", {**MOVE, "value": {}}),
        ("value", {**MOVE, "value": [1]}),
        ("value", {**ADD, "value": None}),
    ],
)
def test_law7_what_is_malformed_is_refused_by_field(field: str, obj: Any) -> None:
    with pytest.raises(OperationError) as refusal:
        operation_from_json(obj)
    assert refusal.value.code == "invalid_operation"
    assert refusal.value.details["field"] == field
    assert refusal.value.details["rule"]


def test_law7_depth_counts_from_the_root_of_the_document() -> None:
    value: Any = "leaf"
    for _ in range(60):
        value = [value]
    operation_from_json({**UPDATE, "path": ["data", "k"], "value": value})
    with pytest.raises(OperationError) as refusal:
        operation_from_json({**UPDATE, "path": ["data", "k", "l"], "value": value})
    assert refusal.value.code == "too_deep"


def test_law7_an_embed_and_a_style_lie_three_deeper_than_their_text() -> None:
    value: Any = "leaf"
    for _ in range(56):
        value = [value]
    insert = {**INSERT, "targetId": ID, "path": ["data", "k"]}
    image = operation_from_json({**insert, "value": {"image": value}})
    state = apply(Document.from_json({"widgets": {ID: widget(data={"k": {"ops": []}})}}), (image,))
    assert Document.from_json(state.to_json()) == state, "as deep as a document may be"
    operation_from_json({**insert, "attributes": {"link": value}})
    for field, held in (("value", {"image": [value]}), ("attributes", {"link": [value]})):
        with pytest.raises(OperationError) as refusal:
            operation_from_json({**insert, field: held})
        assert refusal.value.code == "too_deep"


def test_numbers_are_read_in_canonical_form() -> None:
    obj = {**UPDATE, "value": {"a": 1.0, "b": [10**300]}, "oldValue": 3.0}
    operation = operation_from_json(obj)
    assert operation.value == {"a": 1, "b": [1e300]}
    assert type(operation.value["a"]) is int
    assert type(operation.value["b"][0]) is float
    assert type(operation.old_value) is int
    assert operation_from_json({**INSERT, "position": 2.0}).position == 2
    moved = operation_from_json({**MOVE, "value": {"x": 2.0}})
    assert type(moved.value["x"]) is int


def test_an_empty_style_is_no_style() -> None:
    assert operation_from_json({**INSERT, "attributes": {}}).attributes is None


@settings(settings.get_profile("laws"), max_examples=300)
@given(st.integers(0, 2**32 - 1))
def test_law7_an_edit_of_another_document_is_applied_or_refused_by_code(seed: int) -> None:
    """What a broken client sends is well formed but meant for a document that is not there."""
    here, elsewhere = make_story(Random(seed)), make_story(Random(seed + 1))
    document = apply(Document.from_json(here.document), here.earlier)
    for operation in elsewhere.earlier:
        try:
            late = transform_pair(here.earlier, (operation,)).later
            apply(document, late)
        except OperationError as refusal:
            assert refusal.code in {
                "target_missing", "target_exists", "invalid_path", "out_of_range",
            }  # fmt: skip


def test_an_operation_is_a_value() -> None:
    assert operation_from_json(INSERT) == Operation("insert", None, ("title",), "x")
