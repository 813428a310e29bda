"""Law 7, bad input is answered: what PostgreSQL or a browser cannot hold is refused by name.

The rules are those of `weft.models.json_content`; here is how a client is told.
"""

from typing import Any, Final

from weft.errors import WeftError
from weft.limits import JSON_MAX_DEPTH
from weft.models.json_content import JsonFaultError, check_json

_WHERE_MAX_PARTS: Final = 12
_SHOWN_MAX_CHARACTERS: Final = 120  # of what a client sent, inside an error message


def check_content(root: Any, max_depth: int = JSON_MAX_DEPTH) -> bool:
    """Raise WeftError with the code and `where` (keys and indexes) of the first fault found.

    What it returns, `check_json` says.
    """
    try:
        return check_json(root, max_depth)
    except JsonFaultError as fault:
        where = [printable(each) for each in fault.where[:_WHERE_MAX_PARTS]]
        code = "invalid_message" if fault.rule == "not_json" else fault.rule  # a program's values
        raise WeftError(code, f"{fault.meaning}.", where=where) from None


def printable(text: object) -> str:
    """What a client sent, short and safe to put into a message, a log line or JSON."""
    shown = str(text).encode("ascii", "backslashreplace").decode().replace("\0", "\\x00")
    if len(shown) > _SHOWN_MAX_CHARACTERS:
        return shown[:_SHOWN_MAX_CHARACTERS] + "…"
    return shown
