"""Law 7, bad input is answered, for pages: a cursor is the keys of the last row, as opaque text.

It holds nothing that the row itself has not shown, and every list asks again what its reader may
see: so it is not signed. One that was garbled, or belongs to another list, is refused by name.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Callable, Sequence
from datetime import datetime
from math import isfinite
from typing import Any, Final, TypeAlias, TypeVar
from uuid import UUID

import orjson

from storage.query_ports import Page
from weft.limits import CURSOR_MAX_CHARACTERS, INTEGER_MAX, PAGE_MAX_ITEMS
from weft.models.json_content import storable
from weft.models.problem import Problem, invalid

Key: TypeAlias = datetime | UUID | str | float | int
Item = TypeVar("Item")


def encode_cursor(kind: str, *keys: Key) -> str:
    """`kind` names the list, so that one list's cursor does not fit another."""
    return urlsafe_b64encode(orjson.dumps([kind, *keys])).decode().rstrip("=")


def decode_cursor(kind: str, after: str | None, *types: type) -> tuple[Any, ...]:
    """The keys, of these types; without a cursor, as many None.

    Raises WeftError invalid_message, field `after`.
    """
    if after is None:
        return (None,) * len(types)
    try:
        if len(after) > CURSOR_MAX_CHARACTERS:
            raise ValueError("too long")
        found_kind, *keys = orjson.loads(urlsafe_b64decode(after + "=" * (-len(after) % 4)))
        if found_kind != kind:
            raise ValueError("of another list")
        return tuple(_READERS[type_](key) for type_, key in zip(types, keys, strict=True))
    except (ValueError, TypeError, OverflowError, Base64Error) as error:
        problem = Problem("after", "cursor", "Input should be a cursor of this list")
        raise invalid([problem]) from error


def checked_limit(limit: int, most: int = PAGE_MAX_ITEMS) -> int:
    """Raises WeftError invalid_message, field `limit`."""
    if 1 <= limit <= most:
        return limit
    raise invalid([Problem("limit", "limit", f"Input should be 1 to {most}")])


def page_of(
    kind: str, items: Sequence[Item], limit: int, keys: Callable[[Item], tuple[Key, ...]]
) -> Page[Item]:
    """Of up to limit + 1 items: one more than fit says that there is a next page."""
    shown = tuple(items[:limit])
    return Page(shown, encode_cursor(kind, *keys(shown[-1])) if len(items) > limit else None)


def _instant(key: Any) -> datetime:
    instant = datetime.fromisoformat(key)
    if instant.tzinfo is None:
        raise ValueError("without a time zone")
    return instant


def _text(key: Any) -> str:
    if type(key) is not str or not storable(key):
        raise ValueError("no text")
    return key


def _number(key: Any) -> float:
    if type(key) not in (int, float) or not isfinite(key):
        raise ValueError("no number")
    return float(key)


def _whole(key: Any) -> int:
    if type(key) is not int or not -INTEGER_MAX <= key <= INTEGER_MAX:
        raise ValueError("no whole number")
    return key


_READERS: Final[dict[type, Callable[[Any], Any]]] = {
    datetime: _instant,
    UUID: lambda key: UUID(_text(key)),
    str: _text,
    float: _number,
    int: _whole,
}
