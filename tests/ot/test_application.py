"""What each operation does to a document, and the code with which a wrong one is refused."""

import pytest

from tests.ot.shorthand import (
    ID,
    OTHER,
    delete,
    held,
    holding,
    insert,
    move,
    resize,
    style,
    update,
    widget,
)
from weft.errors import OperationError
from weft.limits import (
    DESCRIPTION_MAX_CHARACTERS,
    TEXT_MAX_CHARACTERS,
    TITLE_MAX_CHARACTERS,
    WIDGETS_MAX_PER_DASHBOARD,
)
from weft.ot import ABSENT, Document, JsonValue, Operation, apply, apply_recording, invert

RICH = {"ops": [{"insert": "ab", "attributes": {"bold": True}}, {"insert": {"image": "u"}}]}
TITLE = ("title",)


@pytest.mark.parametrize(
    ("before", "operation", "after"),
    [
        ("", insert(0, "x"), "x"),
        ("a👩‍👧b", insert(4, "é"), "a👩‍👧éb"),
        ("a👩‍👧b", delete(1, 3), "ab"),
        ([1, 2], insert(2, [[], {}]), [1, 2, [], {}]),
        ([1, 2, 3], delete(0, 2), [3]),
        ([{"k": "ab"}], insert(1, "x", "0", "k"), [{"k": "axb"}]),
        ([1, 2], update([5], "1"), [1, [5]]),
        ({"k": 1}, update({"l": 2}, "new"), {"k": 1, "new": {"l": 2}}),
        ({"k": 1, "l": 2}, update(ABSENT, "k"), {"l": 2}),
        ({"l": 2}, update(ABSENT, "k"), {"l": 2}),
        ({"ops": 5}, update(1_200, "ops"), {"ops": 1_200}),
        (RICH, insert(3, "c"), {"ops": [*RICH["ops"], {"insert": "c"}]}),
        (RICH, delete(0, 3), {"ops": []}),
        (
            RICH,
            style(1, 2, bold=None, color="red"),
            {
                "ops": [
                    {"insert": "a", "attributes": {"bold": True}},
                    {"insert": "b", "attributes": {"color": "red"}},
                    {"insert": {"image": "u"}, "attributes": {"color": "red"}},
                ]
            },
        ),
        (
            RICH,
            insert(1, "x", bold=True),
            {
                "ops": [
                    {"insert": "axb", "attributes": {"bold": True}},
                    {"insert": {"image": "u"}},
                ]
            },
        ),
        ({"ops": []}, insert(0, {"video": 1}), {"ops": [{"insert": {"video": 1}}]}),
    ],
)
def test_an_edit_of_a_value(before: JsonValue, operation: Operation, after: JsonValue) -> None:
    assert held(apply(holding(before), (operation,))) == after


def test_true_is_not_one_for_attributes_either() -> None:
    document = apply(holding({"ops": []}), (insert(0, "a", bold=True), insert(1, "b", bold=1)))
    assert len(held(document)["ops"]) == 2


def test_widgets_come_move_and_go() -> None:
    document = apply(Document.empty("d"), (Operation("addWidget", ID, (), widget()),))
    assert document.value_at(ID) == {
        **widget(), "title": None, "config": {}, "data": {}, "isLocked": False,
    }  # fmt: skip
    document = apply(document, (move(x=5), resize(y=1.5, width=0)))
    position = {"x": 5, "y": 1.5, "width": 0, "height": 2}
    assert document.value_at(ID, ("position",)) == position
    assert apply(document, (Operation("removeWidget", ID),)) == Document.empty("d")


def test_the_dashboard_has_fields_too() -> None:
    document = apply(
        Document.empty("Sales"),
        (
            Operation("insert", None, TITLE, " 2", position=5),
            Operation("update", None, ("description",), "all"),
            Operation("update", None, ("settings", "theme"), "dark"),
            Operation("insert", None, ("layout",), [{"id": ID, "x": 0}], position=0),
            Operation("update", None, ("layout", "0", "x"), 3),
        ),
    )
    assert document.to_json() == {
        "title": "Sales 2",
        "description": "all",
        "settings": {"theme": "dark"},
        "layout": [{"id": ID, "x": 3}],
        "widgets": {},
    }


def test_what_was_replaced_is_recorded() -> None:
    operations = (
        update("b", "k")._replace(old_value="a lie"),
        update(ABSENT, "none"),
        move(x=3),
        resize(x=4, width=1),
        insert(0, "!", "k"),
        Operation("removeWidget", ID),
    )
    document, recorded = apply_recording(holding({"k": "a"}), operations)
    assert ID not in document
    assert [each.old_value for each in recorded[:5]] == [
        "a", ABSENT, {"x": 0}, {"x": 3, "width": 4}, ABSENT,
    ]  # fmt: skip
    removed = recorded[5].old_value
    assert removed["data"] == {"v": {"k": "!b"}}
    assert removed["position"]["x"] == 4


@pytest.mark.parametrize(
    ("code", "operation"),
    [
        ("target_missing", Operation("move", OTHER, (), {"x": 1})),
        ("target_missing", Operation("insert", OTHER, TITLE, "x")),
        ("target_missing", Operation("removeWidget", OTHER)),
        ("target_exists", Operation("addWidget", ID, (), widget())),
        ("out_of_range", insert(5, "x", "text")),
        ("out_of_range", delete(3, 2, "text")),
        ("out_of_range", insert(3, [1], "list")),
        ("invalid_path", insert(0, "x")),
        ("invalid_path", insert(0, "x", "none")),
        ("invalid_path", insert(0, "x", "list", "2")),
        ("invalid_path", insert(0, "x", "list", "00")),
        ("invalid_path", insert(0, "x", "text", "0")),
        ("invalid_path", insert(0, "x", "list")),
        ("invalid_path", insert(0, [1], "text")),
        ("invalid_path", insert(0, [1], "rich")),
        ("invalid_path", insert(0, {"image": "u"}, "text")),
        ("invalid_path", insert(0, "x", "text", bold=True)),
        ("invalid_path", update(1, "rich", "x")),
        ("invalid_path", update(1, "rich", "ops", "0")),
        ("invalid_path", update(ABSENT, "list", "0")),
        ("invalid_path", update(1, "list", "2")),
        ("invalid_path", update(1, "none", "k")),
        ("invalid_path", update(1, "text", "0")),
        ("invalid_path", Operation("format", ID, TITLE, position=0, length=1, attributes={"b": 1})),
        ("invalid_path", Operation("insert", ID, ("type",), "x")),
        ("invalid_path", Operation("update", ID, ("none",), "x")),
        ("invalid_path", Operation("update", ID, ("title", "0"), "x")),
        ("invalid_path", Operation("update", ID, ("position", "depth"), 1)),
        ("invalid_path", Operation("update", None, (), {})),
        ("invalid_operation", update([1], "ops")),
        ("invalid_operation", Operation("update", ID, ("type",), "")),
        ("invalid_operation", Operation("update", ID, ("title",), "t" * 256)),
        ("invalid_operation", Operation("update", ID, ("isLocked",), 1)),
        ("invalid_operation", Operation("update", ID, ("config",), [])),
        ("invalid_operation", Operation("update", ID, ("position",), {"x": 1})),
        ("invalid_operation", Operation("update", ID, ("position", "x"), None)),
        ("invalid_operation", Operation("update", ID, ("position", "width"), -1)),
        ("invalid_operation", Operation("update", ID, ("title",))),
        ("invalid_operation", Operation("update", None, TITLE, None)),
        ("invalid_operation", Operation("update", None, ("layout",), {})),
        ("invalid_operation", move(width=1)),
        ("invalid_operation", move(x=True)),
        ("invalid_operation", resize(height=-1)),
        ("invalid_operation", Operation("addWidget", OTHER, (), widget(color="red"))),
        ("invalid_operation", Operation("addWidget", OTHER, (), {"type": "text"})),
        ("limit_exceeded", Operation("insert", ID, TITLE, "t" * 255, position=0)),
    ],
)
def test_a_wrong_edit_is_refused_by_code(code: str, operation: Operation) -> None:
    state = holding({"text": "abcd", "list": [1, 2], "rich": RICH}).to_json()
    state["widgets"][ID]["title"] = "title"
    document = Document.from_json(state)
    with pytest.raises(OperationError) as refusal:
        apply(document, (move(x=9), operation))
    assert refusal.value.code == code
    assert document.to_json() == state, "all or none"


def test_limits_bind_who_commits_and_not_who_follows() -> None:
    document = Document.empty("t" * TITLE_MAX_CHARACTERS)
    one_more = (Operation("insert", None, TITLE, "t"),)
    with pytest.raises(OperationError, match="too long"):
        apply(document, one_more)
    with pytest.raises(OperationError, match="too long"):
        apply_recording(document, one_more)
    assert invert(document, one_more) == (Operation("delete", None, TITLE, length=1),)
    followed = apply(document, one_more, within_limits=False)
    assert len(followed.value_at(None, TITLE)) == TITLE_MAX_CHARACTERS + 1


def test_a_description_is_longer_than_a_title_and_shorter_than_a_text() -> None:
    state = holding("").to_json()
    document = Document.from_json({**state, "description": "d" * DESCRIPTION_MAX_CHARACTERS})
    with pytest.raises(OperationError, match="too long"):
        apply(document, (Operation("insert", None, ("description",), "d"),))
    long = apply(document, (insert(0, "d" * (DESCRIPTION_MAX_CHARACTERS + 1)),))
    assert len(held(long)) == DESCRIPTION_MAX_CHARACTERS + 1
    with pytest.raises(OperationError, match="too long"):
        apply(document, (insert(0, "d" * (TEXT_MAX_CHARACTERS + 1)),))


def test_a_dashboard_has_only_so_many_widgets() -> None:
    ids = [f"00000000-0000-4000-8000-{number:012x}" for number in range(WIDGETS_MAX_PER_DASHBOARD)]
    document = Document.from_json({"widgets": dict.fromkeys(ids, widget())})
    with pytest.raises(OperationError, match="too many widgets"):
        apply(document, (Operation("addWidget", "f" * 36, (), widget()),))


def test_a_document_has_only_so_many_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("weft.ot.application.DOCUMENT_MAX_BYTES", 500)
    document = holding("")
    with pytest.raises(OperationError) as refusal:
        apply(document, (insert(0, "x" * 500),))
    assert refusal.value.code == "limit_exceeded"
    over = apply(document, (insert(0, "x" * 500),), within_limits=False)
    assert apply(over, (delete(0, 400),)).size_bytes < 500, "growing smaller is always allowed"
