"""Law 7, bad input is answered: an operation as wire JSON, read strictly and written back.

`operation_from_json` checks all that can be told from the operation alone; what depends on the
document (does the path exist, may this field hold that value) is for `apply`. Both run for every
operation on the server, so the commonest shapes take the shortest way.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

from weft.errors import OperationError
from weft.limits import FORBIDDEN_KEYS, INTEGER_MAX, KEY_MAX_CHARACTERS, PATH_MAX_SEGMENTS
from weft.ot.operation import ABSENT, JsonValue, Operation, Path
from weft.ot.values import canonical

Json = dict[str, Any]

NOOP_REASONS: Final = frozenset({"target_removed", "target_replaced", "superseded"})

ADDED_BY_SERVER: Final = frozenset({"plugin"})  # who added it; the server alone writes it

_FIELDS: Final[dict[str, frozenset[str]]] = {
    "insert": frozenset({"type", "targetId", "path", "position", "value", "attributes"}),
    "delete": frozenset({"type", "targetId", "path", "position", "length"}),
    "format": frozenset({"type", "targetId", "path", "position", "length", "attributes"}),
    "update": frozenset({"type", "targetId", "path", "value", "oldValue"}),
    "move": frozenset({"type", "targetId", "value", "oldValue"}),
    "resize": frozenset({"type", "targetId", "value", "oldValue"}),
    "addWidget": frozenset({"type", "targetId", "value"}),
    "removeWidget": frozenset({"type", "targetId", "oldValue"}),
    "noop": frozenset({"type", "targetId", "path", "reason"}),
}
_UUID: Final = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\Z")
_WIDGET_DEPTH: Final = 2  # a widget record lies within the document and its `widgets`
_RUN_DEPTH: Final = 3  # an embed, or attributes: within the rich text, its list, a part


def operation_from_json(obj: JsonValue, trusted: bool = False) -> Operation:
    """Read one operation; `trusted` (the log, the server) also accepts what only a server writes.

    Raises OperationError: invalid_operation with details `field` and `rule`, too_deep,
    invalid_number.
    """
    if type(obj) is not dict:
        raise _invalid("operation", "must be an object")
    kind = obj.get("type")
    if type(kind) is not str or kind not in _READERS:
        raise _invalid("type", "must be an operation type")
    if kind == "noop" and not trusted:
        raise _invalid("type", "noop is written by the server alone")
    if not obj.keys() <= _FIELDS[kind]:
        unknown = obj.keys() - _FIELDS[kind]
        if not trusted or unknown != ADDED_BY_SERVER:
            raise _invalid(min(map(str, unknown)), f"is not a field of {kind}")
    operation = _READERS[kind](obj)
    if kind == "update" and not operation.path and not trusted:
        raise _invalid("path", "must not be empty")
    return operation


def operation_to_json(operation: Operation) -> Json:
    """The wire JSON of an operation: camelCase, without the fields its type does not use."""
    kind, target_id, path, value, old_value, position, length, attributes, reason = operation
    obj: Json = {"type": kind}
    if target_id is not None:
        obj["targetId"] = target_id
    if path or kind in _TYPES_WITH_PATH:
        obj["path"] = list(path)
    if kind in _TYPES_WITH_POSITION:
        obj["position"] = position
    if length:
        obj["length"] = length
    if value is not ABSENT:
        obj["value"] = value
    if old_value is not ABSENT:
        obj["oldValue"] = old_value
    if attributes is not None:
        obj["attributes"] = attributes
    if reason is not None:
        obj["reason"] = reason
    return obj


_TYPES_WITH_PATH: Final = frozenset({"insert", "delete", "format", "update"})
_TYPES_WITH_POSITION: Final = frozenset({"insert", "delete", "format"})


def _read_insert(obj: Json) -> Operation:
    target_id, path = _target(obj), _path(obj)
    value = obj.get("value")
    attributes: Mapping[str, JsonValue] | None = None
    if type(value) is not str:
        value = _inserted(value, _depth(target_id, path))
    elif not value:
        raise _invalid("value", "must not be empty")
    if "attributes" in obj:
        attributes = _attributes(obj, _depth(target_id, path)) or None
        if attributes is not None and (type(value) is list or None in attributes.values()):
            raise _invalid("attributes", "belong to text, and set something when inserted")
    position = _count(obj, "position", 0)
    return Operation("insert", target_id, path, value, ABSENT, position, 0, attributes)


def _read_delete(obj: Json) -> Operation:
    position, length = _count(obj, "position", 0), _count(obj, "length", 1)
    return Operation("delete", _target(obj), _path(obj), ABSENT, ABSENT, position, length)


def _read_format(obj: Json) -> Operation:
    target_id, path = _target(obj), _path(obj)
    attributes = _attributes(obj, _depth(target_id, path))
    if not attributes:
        raise _invalid("attributes", "must not be empty")
    position, length = _count(obj, "position", 0), _count(obj, "length", 1)
    return Operation("format", target_id, path, ABSENT, ABSENT, position, length, attributes)


def _read_update(obj: Json) -> Operation:
    target_id = _target(obj)
    path = _path(obj, 1 if target_id is None else 0)
    depth = _depth(target_id, path)
    value = _optional(obj, "value", depth)
    return Operation("update", target_id, path, value, _optional(obj, "oldValue", depth))


def _read_move(obj: Json) -> Operation:
    return Operation("move", _widget_id(obj), (), _coordinates(obj), _optional(obj, "oldValue", 0))


def _read_resize(obj: Json) -> Operation:
    old_value = _optional(obj, "oldValue", 0)
    return Operation("resize", _widget_id(obj), (), _coordinates(obj), old_value)


def _coordinates(obj: Json) -> dict[str, JsonValue]:
    value = obj.get("value")
    if type(value) is not dict or not value:
        raise _invalid("value", "must be an object, not empty")
    result: dict[str, JsonValue] = canonical(value)
    return result


def _read_add_widget(obj: Json) -> Operation:
    value = obj.get("value")
    if type(value) is not dict:
        raise _invalid("value", "must be a widget")
    return Operation("addWidget", _widget_id(obj), (), canonical(value, _WIDGET_DEPTH))


def _read_remove_widget(obj: Json) -> Operation:
    old_value = _optional(obj, "oldValue", _WIDGET_DEPTH)
    return Operation("removeWidget", _widget_id(obj), (), ABSENT, old_value)


def _read_noop(obj: Json) -> Operation:
    if obj.get("reason") not in NOOP_REASONS:
        raise _invalid("reason", f"must be one of {', '.join(sorted(NOOP_REASONS))}")
    path = _path(obj, 0) if "path" in obj else ()
    return Operation("noop", _target(obj), path, reason=obj["reason"])


_READERS: Final[dict[str, Callable[[Json], Operation]]] = {
    "insert": _read_insert,
    "delete": _read_delete,
    "format": _read_format,
    "update": _read_update,
    "move": _read_move,
    "resize": _read_resize,
    "addWidget": _read_add_widget,
    "removeWidget": _read_remove_widget,
    "noop": _read_noop,
}


def _invalid(field: str, rule: str) -> OperationError:
    return OperationError("invalid_operation", f"{field} {rule}", field=field, rule=rule)


def _target(obj: Json) -> str | None:
    return _widget_id(obj) if "targetId" in obj else None


def _widget_id(obj: Json) -> str:
    target_id = obj.get("targetId")
    if type(target_id) is not str:
        raise _invalid("targetId", "must be a string")
    return _checked_id(target_id)


def _path(obj: Json, least: int = 1) -> Path:
    path = obj.get("path")
    if type(path) is not list or not least <= len(path) <= PATH_MAX_SEGMENTS:
        raise _invalid("path", f"must be a list of {least} to {PATH_MAX_SEGMENTS} strings")
    for segment in path:
        if type(segment) is not str:
            raise _invalid("path", "must hold strings")
    return _checked_path(tuple(path))


@lru_cache(maxsize=4_096)  # editors stay at a place: one check and one tuple for all their edits
def _checked_id(target_id: str) -> str:
    if not _UUID.match(target_id):
        raise _invalid("targetId", "must be a UUID in lower-case text")
    return target_id


@lru_cache(maxsize=1_024)
def _checked_path(path: Path) -> Path:
    for segment in path:
        if len(segment) > KEY_MAX_CHARACTERS or segment in FORBIDDEN_KEYS:
            raise _invalid("path", f"has a forbidden key, or one over {KEY_MAX_CHARACTERS}")
    return path


def _depth(target_id: str | None, path: Path) -> int:
    """How many containers of the document the value at `path` lies within."""
    return len(path) if target_id is None else len(path) + _WIDGET_DEPTH


def _count(obj: Json, field: str, least: int) -> int:
    number = obj.get(field)
    if type(number) is float and number.is_integer():
        number = int(number)
    if type(number) is not int or not least <= number <= INTEGER_MAX:
        raise _invalid(field, f"must be an integer of at least {least}")
    return number


def _inserted(value: JsonValue, depth: int) -> JsonValue:
    """Items for a list, or an embed for rich text."""
    if type(value) is list and value:
        return canonical(value, depth)
    if type(value) is dict and len(value) == 1:
        return canonical(value, depth + _RUN_DEPTH)
    raise _invalid("value", "must be text, an embed with one key, or items, and not empty")


def _attributes(obj: Json, depth: int) -> dict[str, JsonValue]:
    attributes = obj.get("attributes")
    if type(attributes) is not dict or type(attributes.get("ops")) is list:
        raise _invalid("attributes", "must be an object")
    result: dict[str, JsonValue] = canonical(attributes, depth + _RUN_DEPTH)
    return result


def _optional(obj: Json, field: str, depth: int) -> JsonValue:
    if field not in obj:
        return ABSENT
    value = obj[field]
    return value if type(value) is str else canonical(value, depth)
