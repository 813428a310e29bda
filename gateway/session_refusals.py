"""Law 7, bad input is answered: which frame says so, for that id wherever there is one."""

from typing import Final

from weft.errors import WeftError
from weft.wire.frames import ended_frame, error_frame, rejected_frame
from weft.wire.messages import ClientMessage, Feed, Join, Submit

FRAME_CODES: Final = frozenset(
    {
        "malformed",
        "invalid_message",
        "too_large",
        "too_deep",
        "unstorable_text",
        "invalid_number",
        "forbidden_key",
    }
)  # a frame that is not well formed: after too many of them the socket is closed


def too_frequent(wait_ms: int) -> WeftError:
    return WeftError("rate_limited", retryAfterMs=wait_ms)


def limited_frame(message: ClientMessage, error: WeftError) -> bytes:
    """The answer to a message that came too frequently."""
    match message:
        case Submit():
            return rejected_frame(message.dashboard_id, message.sequence, error)
        case Join():
            return ended_frame(message.dashboard_id, error)
        case Feed(dashboard_id=dashboard_id, widget_id=widget_id):
            return error_frame(error, {"dashboardId": dashboard_id, "widgetId": widget_id})
    return error_frame(error)
