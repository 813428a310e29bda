"""What a JSON value is inside the document: canonical, so that equal states are equal data.

Canonical numbers: a float with an integral value within 2^53 - 1 is that integer, and an integer
beyond it is a float (PostgreSQL's JSONB gives large floats back as digits). Canonical rich text:
see `delta.py`. A list under the key `ops` is always rich text and alone in its object, so whether
a value is rich text never changes by an edit beside it.
"""

from math import isfinite
from typing import Any, Final, NoReturn

from weft.errors import OperationError
from weft.limits import INTEGER_MAX, JSON_MAX_DEPTH
from weft.ot.operation import JsonValue

NUMBER_WEIGHT: Final = 8  # bytes that a number, a boolean or null is counted as


def canonical(value: JsonValue, depth: int = 0) -> JsonValue:
    """A canonical copy of `value`, which lies within `depth` containers of the document.

    Raises OperationError: invalid_operation, invalid_number, too_deep.
    """
    kind = type(value)
    if kind is str or value is None or kind is bool:
        return value
    if kind is int:
        return value if -INTEGER_MAX <= value <= INTEGER_MAX else _large_number(value)
    if kind is float:
        if value.is_integer() and -INTEGER_MAX <= value <= INTEGER_MAX:
            return int(value)
        return value if isfinite(value) else refuse_number()
    if depth >= JSON_MAX_DEPTH:
        raise OperationError("too_deep")
    if kind is list:
        return [canonical(item, depth + 1) for item in value]
    if kind is dict:
        return _canonical_object(value, depth + 1)
    raise OperationError("invalid_operation", f"{kind.__name__} is not a JSON value")


def _canonical_object(value: dict[str, Any], depth: int) -> dict[str, Any]:
    if type(value.get("ops")) is list:
        from weft.ot.delta import canonical_delta  # noqa: PLC0415  (a delta holds values itself)

        return canonical_delta(value, depth)
    for key in value:
        if type(key) is not str:
            raise OperationError("invalid_operation", "an object's key must be a string")
    return {key: canonical(item, depth) for key, item in value.items()}


def _large_number(value: int) -> float:
    try:
        return float(value)
    except OverflowError:
        refuse_number()


def refuse_number() -> NoReturn:
    raise OperationError("invalid_number")


def is_rich(value: JsonValue) -> bool:
    """Whether a canonical value is rich text as JSON."""
    return type(value) is dict and type(value.get("ops")) is list


def list_index(segment: str) -> int:
    """The index that a path segment means. Raises OperationError: invalid_path."""
    if not (segment.isascii() and segment.isdecimal()) or (segment[0] == "0" and segment != "0"):
        raise OperationError("invalid_path", f"{segment!r} is not the index of a list item.")
    return int(segment)


def same_json(left: JsonValue, right: JsonValue) -> bool:
    """Equality as JSON has it: unlike Python's, true is not 1."""
    if left is right:
        return True
    kind = type(left)
    if kind is dict:
        return (
            type(right) is dict
            and len(left) == len(right)
            and all(key in right and same_json(item, right[key]) for key, item in left.items())
        )
    if kind is list:
        return (
            type(right) is list
            and len(left) == len(right)
            and all(same_json(mine, theirs) for mine, theirs in zip(left, right, strict=True))
        )
    if kind is bool or type(right) is bool:
        return False  # the two booleans are singletons, and these are not the same
    return bool(left == right)


def text_bytes(text: str) -> int:
    """UTF-8 bytes of `text`."""
    return len(text) if text.isascii() else len(text.encode())


def weigh(value: Any) -> int:
    """About the bytes of a value as JSON; exactly additive over its parts.

    A rope, which stands for a part of a document, knows its own `weight`.
    """
    kind = type(value)
    if kind is str:
        return text_bytes(value) + 3
    if value is None or kind is int or kind is float or kind is bool:
        return NUMBER_WEIGHT
    total = 3
    if kind is dict:
        for key, item in value.items():
            total += text_bytes(key) + 3 + weigh(item)
        return total
    if kind is list:
        for item in value:
            total += weigh(item)
        return total
    return int(value.weight)
