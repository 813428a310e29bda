"""What JSON and PostgreSQL can both hold: the content of every text and every free-form object.

Law 7, bad input is answered: one walk finds the first fault, for the wire and the models alike,
without recursion, and changes nothing. The rules carry the codes of weft/errors.py.
"""

import math
from typing import Annotated, Any, Final, NoReturn, TypeAlias

from pydantic import AfterValidator, Strict
from pydantic_core import PydanticCustomError

from weft.limits import FORBIDDEN_KEYS, INTEGER_MAX, JSON_MAX_DEPTH, KEY_MAX_CHARACTERS

Trail: TypeAlias = "tuple[Trail, str | int] | None"  # how a container was reached, innermost last

_INTEGER_64_END: Final = 2.0**63
_TEXT: Final = "A string holds NUL or a lone surrogate, which cannot be stored"


class JsonFaultError(ValueError):
    """The first fault of a value: the code of weft/errors.py, a sentence, and where it is."""

    def __init__(self, rule: str, meaning: str, trail: Trail, *, in_key: bool = False) -> None:
        super().__init__(meaning)
        self.rule = rule
        self.meaning = meaning
        self.in_key = in_key  # the last of `where` is the key that is at fault
        self._trail = trail

    @property
    def where(self) -> list[str | int]:
        """Keys and indexes, outermost first."""
        found, trail = [], self._trail
        while trail is not None:
            trail, key = trail
            found.append(key)
        return found[::-1]


def storable(text: str) -> bool:
    """Whether PostgreSQL can hold it: no NUL, no lone surrogate."""
    if "\0" in text:
        return False
    try:
        return text.isascii() or bool(text.encode())
    except UnicodeEncodeError:
        return False


def check_json(root: Any, max_depth: int = JSON_MAX_DEPTH) -> bool:
    """Raises JsonFaultError. A list or object holding nothing nested has depth 1.

    False: a float is so large that a parser with 64-bit integers may have made it of an integer;
    then only an exact parser can tell.
    """
    exact = _check_scalar(root, None)
    pending: list[tuple[Any, int, Trail]] = [(root, 1, None)]
    while pending:
        node, depth, trail = pending.pop()
        if type(node) is dict:
            for key in node:
                _check_key(key, trail)
            items: Any = node.items()
        elif type(node) is list:
            items = enumerate(node)
        else:
            continue
        if depth > max_depth:
            raise JsonFaultError("too_deep", f"JSON is nested beyond {max_depth}", trail)
        for key, value in items:
            kind = type(value)
            if kind is str:
                if not storable(value):
                    raise JsonFaultError("unstorable_text", _TEXT, (trail, key))
            elif kind is dict or kind is list:
                pending.append((value, depth + 1, (trail, key)))
            elif kind is not bool and value is not None:
                exact = _check_scalar(value, (trail, key)) and exact
    return exact


def _check_scalar(value: Any, trail: Trail) -> bool:
    """False: a float that may have been written as an integer."""
    kind = type(value)
    if kind is int:
        if not -INTEGER_MAX <= value <= INTEGER_MAX:
            raise JsonFaultError("invalid_number", "An integer is beyond 2^53 - 1", trail)
    elif kind is float:
        if not math.isfinite(value):
            raise JsonFaultError("invalid_number", "A number is NaN or infinite", trail)
        return bool(abs(value) < _INTEGER_64_END)
    elif kind is str:
        if not storable(value):
            raise JsonFaultError("unstorable_text", _TEXT, trail)
    elif value is not None and kind not in (bool, dict, list):
        raise JsonFaultError("not_json", "A value is not JSON", trail)
    return True


def _check_key(key: Any, trail: Trail) -> None:
    if type(key) is not str:
        _refuse_key("not_json", "A key is not a string", trail, str(key))
    if len(key) > KEY_MAX_CHARACTERS:
        meaning = f"A key is longer than {KEY_MAX_CHARACTERS} characters"
        _refuse_key("too_large", meaning, trail, key)
    if key in FORBIDDEN_KEYS:
        _refuse_key("forbidden_key", f"The key {key} is not allowed", trail, key)
    if not storable(key):
        _refuse_key("unstorable_text", _TEXT, trail, key)


def _refuse_key(rule: str, meaning: str, trail: Trail, key: str) -> NoReturn:
    raise JsonFaultError(rule, meaning, (trail, key), in_key=True)


def checked_text(text: str) -> str:
    if not storable(text):
        raise PydanticCustomError("unstorable_text", _TEXT)
    return text


def checked_json(value: Any) -> Any:
    try:
        check_json(value)
    except JsonFaultError as fault:
        where = fault.where[:-1] if fault.in_key else fault.where  # it may be unwritable
        place = ".".join(map(str, where)) or "the top"
        details = {"meaning": fault.meaning, "where": place}
        raise PydanticCustomError(fault.rule, "{meaning} (at {where})", details) from None
    return value


JsonObject = Annotated[dict[str, Any], Strict(), AfterValidator(checked_json)]
