"""A recorded editing history: what was typed where, and the text it must end in.

Positions and lengths are code points, as everywhere in Weft.
"""

import gzip
import zlib
from dataclasses import dataclass
from typing import Any

import orjson

from weft.errors import WeftError


@dataclass(frozen=True, slots=True)
class Edit:
    """At `position`, `deleted` code points make way for `inserted`."""

    position: int
    deleted: int
    inserted: str


@dataclass(frozen=True, slots=True)
class Trace:
    start: str
    end: str
    edits: tuple[Edit, ...]


def read_trace(content: bytes) -> Trace:
    """A sequential trace, as JSON or gzipped JSON. Raises WeftError misconfigured."""
    try:
        if content.startswith(b"\x1f\x8b"):
            content = gzip.decompress(content)
        recorded = orjson.loads(content)
    except (OSError, EOFError, zlib.error, orjson.JSONDecodeError) as error:
        raise WeftError("misconfigured", f"The trace is not (gzipped) JSON: {error}") from None
    if isinstance(recorded, dict) and recorded.get("kind") == "concurrent":
        raise WeftError("misconfigured", "The trace is concurrent; a sequential one is needed.")
    try:
        return _parse(recorded)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise WeftError(
            "misconfigured", f"The trace is not one of endContent and txns with patches: {error!r}"
        ) from None


def _parse(recorded: dict[str, Any]) -> Trace:
    edits = tuple(
        Edit(int(position), int(deleted), str(inserted))
        for transaction in recorded["txns"]
        for position, deleted, inserted in transaction["patches"]
    )
    if any(edit.position < 0 or edit.deleted < 0 for edit in edits):
        raise ValueError("a position or length is negative")
    return Trace(str(recorded.get("startContent", "")), str(recorded["endContent"]), edits)
