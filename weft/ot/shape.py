"""Law 16, valid stays valid: what a dashboard's and a widget's own fields may hold.

Below `config`, `data`, `settings` and `layout` any JSON value may stand; other fields are typed.
"""

from collections.abc import Callable
from typing import Any, Final

from weft.errors import OperationError
from weft.limits import DESCRIPTION_MAX_CHARACTERS, TITLE_MAX_CHARACTERS, WIDGET_TYPE_MAX_CHARACTERS
from weft.ot.operation import ABSENT, JsonValue, Path
from weft.ot.values import canonical

Record = dict[str, Any]
Rule = tuple[Callable[[Any], bool], str]

SIZES: Final = frozenset({"width", "height"})
POSITION_FIELDS: Final = frozenset({"x", "y", "width", "height"})
POSITION_OPTIONAL: Final = frozenset({"zIndex"})


def _is_number(value: Any) -> bool:
    return type(value) is int or type(value) is float


def _is_size(value: Any) -> bool:
    return _is_number(value) and value >= 0


def _is_position(value: Any) -> bool:
    return (
        type(value) is dict
        and value.keys() >= POSITION_FIELDS
        and value.keys() <= POSITION_FIELDS | POSITION_OPTIONAL
        and all(map(_is_number, value.values()))
        and all(value[name] >= 0 for name in SIZES)
    )


def _is_text(value: Any, least: int, most: int) -> bool:
    return type(value) is str and least <= len(value) <= most


WIDGET_RULES: Final[dict[str, Rule]] = {
    "type": (
        lambda value: _is_text(value, 1, WIDGET_TYPE_MAX_CHARACTERS),
        f"must be text of 1 to {WIDGET_TYPE_MAX_CHARACTERS} characters",
    ),
    "title": (
        lambda value: value is None or _is_text(value, 0, TITLE_MAX_CHARACTERS),
        f"must be null or text of at most {TITLE_MAX_CHARACTERS} characters",
    ),
    "position": (_is_position, "must have numbers x, y, width, height, and perhaps zIndex"),
    "config": (lambda value: type(value) is dict, "must be an object"),
    "data": (lambda value: type(value) is dict, "must be an object"),
    "isLocked": (lambda value: type(value) is bool, "must be true or false"),
}
DASHBOARD_RULES: Final[dict[str, Rule]] = {
    "title": (
        lambda value: _is_text(value, 0, TITLE_MAX_CHARACTERS),
        f"must be text of at most {TITLE_MAX_CHARACTERS} characters",
    ),
    "description": (
        lambda value: value is None or _is_text(value, 0, DESCRIPTION_MAX_CHARACTERS),
        f"must be null or text of at most {DESCRIPTION_MAX_CHARACTERS} characters",
    ),
    "settings": (lambda value: type(value) is dict, "must be an object"),
    "layout": (lambda value: type(value) is list, "must be a list"),
}
_FREE_BELOW: Final = frozenset({"config", "data", "settings", "layout"})
_POSITION_RULES: Final[dict[str, Rule]] = {
    **dict.fromkeys(POSITION_FIELDS, (_is_number, "must be a number")),
    **dict.fromkeys(SIZES, (_is_size, "must be a number, not negative")),
    "zIndex": (lambda value: value is ABSENT or _is_number(value), "must be a number"),
}


def check_update(target_id: str | None, path: Path, value: JsonValue) -> None:
    """Refuse an `update` that would leave a typed field wrong; `value` may be ABSENT."""
    first = path[0]
    rules = DASHBOARD_RULES if target_id is None else WIDGET_RULES
    if len(path) == 1:
        if first not in rules:
            raise OperationError("invalid_path", f"there is no field {first!r}")
        _check(first, rules[first], value)
    elif first in _FREE_BELOW:
        if path[-1] == "ops" and type(value) is list:
            rule = "holds a list only in rich text, which is updated as a whole"
            raise OperationError("invalid_operation", f"'ops' {rule}", field="value", rule=rule)
    elif first == "position" and len(path) == 2 and path[1] in _POSITION_RULES:
        _check(path[1], _POSITION_RULES[path[1]], value)
    else:
        raise OperationError("invalid_path", "no update leads there")


def check_coordinates(kind: str, value: JsonValue) -> None:
    """Refuse a `move` or `resize` that does not set numbers among its own coordinates."""
    allowed = POSITION_FIELDS - SIZES if kind == "move" else POSITION_FIELDS
    if type(value) is not dict or not value or not value.keys() <= allowed:
        rule = f"has some of {', '.join(sorted(allowed))}"
        raise OperationError("invalid_operation", f"value {rule}", field="value", rule=rule)
    for field, number in value.items():
        _check(field, _POSITION_RULES[field], number)


def complete_widget(value: JsonValue) -> Record:
    """The whole record that an `addWidget` means; a canonical copy."""
    defaults: Record = {"title": None, "config": {}, "data": {}, "isLocked": False}
    record = {**defaults, **value} if type(value) is dict else {}
    _check_fields(record, WIDGET_RULES)
    result: Record = canonical(record, 2)
    return result


def complete_dashboard(value: JsonValue) -> Record:
    """The dashboard's own fields, those left out filled in; a canonical copy."""
    defaults: Record = {"title": "", "description": None, "settings": {}, "layout": []}
    record = {**defaults, **value} if type(value) is dict else {}
    _check_fields(record, DASHBOARD_RULES)
    result: Record = canonical(record)
    return result


def _check_fields(record: Record, rules: dict[str, Rule]) -> None:
    unknown = record.keys() - rules.keys()
    if unknown:
        field = min(map(str, unknown))
        rule = "is not a field here"
        raise OperationError("invalid_operation", f"{field} {rule}", field=field, rule=rule)
    for field, rule_of_field in rules.items():
        _check(field, rule_of_field, record.get(field, ABSENT))


def _check(field: str, rule: Rule, value: JsonValue) -> None:
    accepts, text = rule
    if not accepts(value):
        raise OperationError("invalid_operation", f"{field} {text}", field=field, rule=text)
