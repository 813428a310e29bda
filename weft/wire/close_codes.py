"""Why a socket was closed, and what trying again takes: the only table of close codes."""

from typing import Final, NamedTuple

from weft.errors import Retry


class CloseEntry(NamedTuple):
    name: str
    retry: Retry
    meaning: str


NORMAL: Final = 1000
GOING_AWAY: Final = 1001
BINARY_FRAME: Final = 1003
NOT_UTF8: Final = 1007
FRAME_TOO_LARGE: Final = 1009
INTERNAL: Final = 1011
PROTOCOL_VIOLATION: Final = 4400
UNAUTHENTICATED: Final = 4401
NO_COMMON_PROTOCOL: Final = 4406
HELLO_TIMEOUT: Final = 4408
SLOW_READER: Final = 4413
RATE_LIMITED: Final = 4429

CLOSE_CODES: Final[dict[int, CloseEntry]] = {
    NORMAL: CloseEntry("normal", Retry.NEVER, "The client wished it."),
    GOING_AWAY: CloseEntry("going_away", Retry.REJOIN, "This server stops; another one answers."),
    BINARY_FRAME: CloseEntry("binary_frame", Retry.NEVER, "Frames are text."),
    NOT_UTF8: CloseEntry("not_utf8", Retry.NEVER, "A text frame is UTF-8."),
    FRAME_TOO_LARGE: CloseEntry("frame_too_large", Retry.NEVER, "A frame exceeds the limit."),
    INTERNAL: CloseEntry("internal", Retry.LATER, "A fault of the server."),
    PROTOCOL_VIOLATION: CloseEntry(
        "protocol_violation",
        Retry.NEVER,
        "The first frame is not hello, or too many are malformed.",
    ),
    UNAUTHENTICATED: CloseEntry(
        "unauthenticated", Retry.REAUTHENTICATE, "The token is unknown or has ended."
    ),
    NO_COMMON_PROTOCOL: CloseEntry(
        "no_common_protocol", Retry.NEVER, "No version of the protocol is common."
    ),
    HELLO_TIMEOUT: CloseEntry("hello_timeout", Retry.LATER, "No hello arrived in time."),
    SLOW_READER: CloseEntry("slow_reader", Retry.REJOIN, "The reader did not keep up."),
    RATE_LIMITED: CloseEntry("rate_limited", Retry.LATER, "Too much in too short a time."),
}


def retry_after_close(code: int | None) -> Retry:
    """What trying again takes; a cut without a known code (1006, none) is a lost network."""
    entry = CLOSE_CODES.get(code) if code is not None else None
    return entry.retry if entry else Retry.REJOIN
