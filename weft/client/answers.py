"""The error that a message of the server carries, even if its code is younger than this client."""

from weft.errors import CODES, Fault, Retry, WeftError
from weft.wire.messages import Ended, ErrorFields


def error_in(message: ErrorFields | Ended) -> WeftError:
    """`retry` and `fault` are what the message says, not what the table of this client says."""
    known = message.code in CODES
    details = dict(message.model_extra or {})
    if not known:
        details["unknown_code"] = message.code
    error = WeftError(message.code if known else "internal", message.message, **details)
    error.fault = message.fault or Fault.SERVER
    error.retry = message.retry or Retry.LATER
    return error
