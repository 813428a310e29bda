"""What JSON and PostgreSQL can both hold: the content of every text and every free-form object.

The rules carry the codes of weft/errors.py, so that a program meets one name for one fault.
"""

import math
from typing import Annotated, Any, Final, NamedTuple

from pydantic import AfterValidator, Strict
from pydantic_core import PydanticCustomError

from weft.limits import FORBIDDEN_KEYS, INTEGER_MAX, JSON_MAX_DEPTH, KEY_MAX_CHARACTERS

_MEANINGS: Final = {
    "too_deep": f"JSON is nested beyond {JSON_MAX_DEPTH}",
    "too_large": f"A key is longer than {KEY_MAX_CHARACTERS} characters",
    "forbidden_key": f"A key is one of {', '.join(sorted(FORBIDDEN_KEYS))}",
    "invalid_number": "A number is NaN, infinite, or an integer beyond 2^53 - 1",
    "unstorable_text": "A string holds NUL or a lone surrogate, which cannot be stored",
    "not_json": "A value is not JSON",
}


class _Fault(NamedTuple):
    rule: str
    where: tuple[str, ...]  # keys and indexes below the value that was checked


def storable(text: str) -> bool:
    """Whether PostgreSQL can hold it: no NUL, no lone surrogate."""
    if "\0" in text:
        return False
    try:
        return text.isascii() or bool(text.encode())
    except UnicodeEncodeError:
        return False


def checked_text(text: str) -> str:
    if not storable(text):
        raise PydanticCustomError("unstorable_text", _MEANINGS["unstorable_text"])
    return text


def checked_json(value: Any) -> Any:
    fault = _fault_in(value, 1)
    if fault is None:
        return value
    raise PydanticCustomError(
        fault.rule,
        "{meaning} (at {where})",
        {"meaning": _MEANINGS[fault.rule], "where": ".".join(fault.where) or "the top"},
    )


def _fault_in(value: Any, depth: int) -> _Fault | None:
    """The first fault. Recursion is safe: it ends at JSON_MAX_DEPTH."""
    if isinstance(value, dict | list):
        if depth > JSON_MAX_DEPTH:
            return _Fault("too_deep", ())
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            rule = _key_rule(key) if isinstance(value, dict) else None
            if rule is not None:
                return _Fault(rule, ())  # not named: it may be what cannot be written
            fault = _fault_in(item, depth + 1)
            if fault is not None:
                return _Fault(fault.rule, (str(key), *fault.where))
        return None
    rule = _scalar_rule(value)
    return None if rule is None else _Fault(rule, ())


def _key_rule(key: Any) -> str | None:
    if not isinstance(key, str):
        return "not_json"
    if len(key) > KEY_MAX_CHARACTERS:
        return "too_large"
    if key in FORBIDDEN_KEYS:
        return "forbidden_key"
    return None if storable(key) else "unstorable_text"


def _scalar_rule(value: Any) -> str | None:
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, str):
        return None if storable(value) else "unstorable_text"
    if isinstance(value, int):
        return None if -INTEGER_MAX <= value <= INTEGER_MAX else "invalid_number"
    if isinstance(value, float):
        return None if math.isfinite(value) else "invalid_number"
    return "not_json"


JsonObject = Annotated[dict[str, Any], Strict(), AfterValidator(checked_json)]
