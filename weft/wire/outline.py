"""Law 7, bad input is answered: what can still be read off a frame that no parser accepts.

One pass over brackets and strings, without recursion and with a bounded number of steps, so that
a depth bomb or a broken frame costs little and its rejection still names the submission.
"""

import re
from typing import Any, Final, NamedTuple

from weft.limits import INTEGER_MAX

OUTLINE_MAX_PIECES: Final = 100_000  # about 30 ms; what comes later in a frame is not looked at

# A string runs to its closing quote or to the end: each character is looked at once.
_PIECE: Final = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)
_VALUE: Final = re.compile(r'\s*:\s*(?:"([^"\\]*)"|(\d{1,16})(?![\d.eE]))')
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Outline(NamedTuple):
    depth: int  # deepest nesting seen
    about: dict[str, Any]  # dashboardId and sequence, as far as they are there


def outline(text: str) -> Outline:
    """`text` need not be JSON."""
    depth = deepest = 0
    found: dict[str, Any] = {}
    for count, piece in enumerate(_PIECE.finditer(text)):
        if count == OUTLINE_MAX_PIECES:
            break
        first = text[piece.start()]
        if first in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif first in "]}":
            depth -= 1
        elif depth == 1 and piece.group() in ('"dashboardId"', '"sequence"'):
            value = _VALUE.match(text, piece.end())
            if value:
                found[piece.group()[1:-1]] = value[1] if value[2] is None else int(value[2])
    return Outline(deepest, about(found))


def about(frame: dict[str, Any]) -> dict[str, Any]:
    """dashboardId and sequence of a frame, where they have the right form."""
    found: dict[str, Any] = {}
    dashboard_id, sequence = frame.get("dashboardId"), frame.get("sequence")
    if type(dashboard_id) is str and _UUID.fullmatch(dashboard_id):
        found["dashboardId"] = dashboard_id
    if type(sequence) is int and 1 <= sequence <= INTEGER_MAX:
        found["sequence"] = sequence
    return found
