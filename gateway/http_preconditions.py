"""ETag and If-Match: a change that must only happen to what its author has seen.

The tags themselves are made in weft/wire/http.py.
"""

import re
from typing import Annotated, Final

from fastapi import Header

from gateway.http_problems import StatusError
from weft.errors import WeftError

IfMatch = Annotated[
    str | None,
    Header(alias="If-Match", description="The ETag that was seen, or `*`.", max_length=500),
]
_TAGS: Final = re.compile(r'\s*(?:W/)?"[^"]*"\s*(?:,\s*(?:W/)?"[^"]*"\s*)*')


def check_match(if_match: str | None, current: str) -> bool:
    """Whether something particular must be there: then the change itself must see to it as well.

    Raises StatusError 412; WeftError invalid_message for what is no list of tags.
    """
    if if_match is None or if_match.strip() == "*":
        return False
    if not _TAGS.fullmatch(if_match):
        raise WeftError("invalid_message", "If-Match: Input should be a list of ETags, or *")
    if current not in [tag.strip() for tag in if_match.split(",")]:
        raise changed()
    return True


def changed() -> StatusError:
    return StatusError(412, "conflict", "It is not what If-Match names any more.")
