"""Short ways to write documents and operations, for tests that are read as stories."""

from typing import Any

from weft.ot import ABSENT, Document, JsonValue, Operation, Path, apply, transform_pair

ID = "00000000-0000-4000-8000-000000000001"
OTHER = "00000000-0000-4000-8000-000000000002"


def widget(**fields: Any) -> dict[str, Any]:
    position = {"x": 0, "y": 0, "width": 4, "height": 2}
    return {"type": "text", "position": position, **fields}


def holding(value: JsonValue) -> Document:
    """A document with one widget, whose data holds `value` under `v`."""
    return Document.from_json({"widgets": {ID: widget(data={"v": value})}})


def held(document: Document) -> JsonValue:
    return document.value_at(ID, ("data", "v"))


def at(*rest: str) -> Path:
    return ("data", "v", *rest)


def insert(position: int, value: JsonValue, *rest: str, **attributes: JsonValue) -> Operation:
    return Operation("insert", ID, at(*rest), value, ABSENT, position, 0, attributes or None)


def delete(position: int, length: int, *rest: str) -> Operation:
    return Operation("delete", ID, at(*rest), ABSENT, ABSENT, position, length)


def style(position: int, length: int, **attributes: JsonValue) -> Operation:
    return Operation("format", ID, at(), ABSENT, ABSENT, position, length, attributes)


def update(value: JsonValue, *rest: str) -> Operation:
    return Operation("update", ID, at(*rest), value)


def move(**value: JsonValue) -> Operation:
    return Operation("move", ID, (), value)


def resize(**value: JsonValue) -> Operation:
    return Operation("resize", ID, (), value)


def merged(document: Document, a: Operation, b: Operation) -> Document:
    """Both, `a` first in server order; law 11 is checked on the way."""
    earlier, later, _ = transform_pair((a,), (b,))
    result = apply(document, (a, *later))
    assert result == apply(document, (b, *earlier))
    return result
