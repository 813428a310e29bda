"""How the receiver of a webhook knows that a delivery is ours, whole, and new.

    Weft-Signature: t=1764158400,v1=5f2c…

`v1` is the HMAC-SHA256, in hex, of the time (seconds since epoch), a full stop and the body, under
the webhook's secret. A receiver in Python calls `verify`; in any other language it is four lines.
"""

import hmac
from hashlib import sha256
from typing import Final

from weft.errors import WeftError
from weft.limits import WEBHOOK_SIGNATURE_AGE_MAX_SECONDS

SIGNATURE_HEADER: Final = "Weft-Signature"


def sign(secret: str, body: bytes, at_seconds: int) -> str:
    """The value of the header."""
    return f"t={at_seconds},v1={_digest(secret, body, at_seconds)}"


def verify(secret: str, body: bytes, header: str, now_seconds: float) -> None:
    """Raises WeftError unauthenticated: not signed with this secret, or not lately."""
    parts = dict(part.partition("=")[::2] for part in header.split(","))
    at, given = parts.get("t", ""), parts.get("v1", "")
    if not at.isascii() or not at.isdecimal() or len(at) > 12:
        raise WeftError("unauthenticated", "The signature tells no time.")
    if not hmac.compare_digest(_digest(secret, body, int(at)).encode(), given.encode()):
        raise WeftError("unauthenticated", "The signature is not of this body and secret.")
    if abs(now_seconds - int(at)) > WEBHOOK_SIGNATURE_AGE_MAX_SECONDS:
        raise WeftError("unauthenticated", "The signature is too old, or from the future.")


def _digest(secret: str, body: bytes, at_seconds: int) -> str:
    return hmac.new(secret.encode(), f"{at_seconds}.".encode() + body, sha256).hexdigest()
