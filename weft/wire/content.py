"""Law 7, bad input is answered: what PostgreSQL or a browser cannot hold is refused by name.

Works on any parsed JSON, however deep, without recursion; never changes it.
"""

import math
from typing import Any, Final, NoReturn, TypeAlias

from weft.errors import WeftError
from weft.limits import FORBIDDEN_KEYS, INTEGER_MAX, JSON_MAX_DEPTH, KEY_MAX_CHARACTERS
from weft.models.json_content import storable

_Trail: TypeAlias = "tuple[_Trail, str | int] | None"  # how a container was reached, innermost last

_INTEGER_64_END: Final = 2.0**63
_WHERE_MAX_PARTS: Final = 12
_SHOWN_MAX_CHARACTERS: Final = 120  # of what a client sent, inside an error message


def check_content(root: Any, max_depth: int = JSON_MAX_DEPTH) -> bool:
    """Raise WeftError with the code and `where` (keys and indexes) of the first fault found.

    A list or object holding nothing nested has depth 1. Returns False when a float is so large
    that a parser with 64-bit integers may have made it of an integer: then only an exact parser
    can tell.
    """
    exact = _check_scalar(root, None)
    pending: list[tuple[Any, int, _Trail]] = [(root, 1, None)]
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
            _refuse("too_deep", f"JSON is nested beyond {max_depth}.", trail)
        for key, value in items:
            kind = type(value)
            if kind is str:
                if not storable(value):
                    _refuse_text((trail, key))
            elif kind is dict or kind is list:
                pending.append((value, depth + 1, (trail, key)))
            elif (kind is int or kind is float) and not _check_scalar(value, (trail, key)):
                exact = False
    return exact


def printable(text: object) -> str:
    """What a client sent, short and safe to put into a message, a log line or JSON."""
    shown = str(text).encode("ascii", "backslashreplace").decode().replace("\0", "\\x00")
    if len(shown) > _SHOWN_MAX_CHARACTERS:
        return shown[:_SHOWN_MAX_CHARACTERS] + "…"
    return shown


def _check_scalar(value: Any, trail: _Trail) -> bool:
    """False: a float that may have been written as an integer."""
    if type(value) is int:
        if not -INTEGER_MAX <= value <= INTEGER_MAX:
            _refuse("invalid_number", "An integer is beyond 2^53 - 1.", trail)
    elif type(value) is float:
        if not math.isfinite(value):
            _refuse("invalid_number", "A number is NaN or infinite.", trail)
        return abs(value) < _INTEGER_64_END
    elif type(value) is str and not storable(value):
        _refuse_text(trail)
    return True


def _check_key(key: str, trail: _Trail) -> None:
    if len(key) > KEY_MAX_CHARACTERS:
        _refuse("too_large", f"A key is longer than {KEY_MAX_CHARACTERS} characters.", (trail, key))
    if key in FORBIDDEN_KEYS:
        _refuse("forbidden_key", f"The key {key} is not allowed.", (trail, key))
    if not storable(key):
        _refuse_text((trail, key))


def _refuse_text(trail: _Trail) -> NoReturn:
    _refuse("unstorable_text", "A string holds NUL or a lone surrogate.", trail)


def _refuse(code: str, message: str, trail: _Trail) -> NoReturn:
    where: list[str] = []
    while trail is not None:
        trail, key = trail
        where.append(printable(key))
    raise WeftError(code, message, where=where[::-1][:_WHERE_MAX_PARTS])
