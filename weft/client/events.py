"""Facts that reach the hearts of a client, in the past tense.

Time and chance are arguments: a wait is asked for by an instruction, and `Waited` ends it.
"""

from dataclasses import dataclass, field
from typing import TypeAlias
from uuid import UUID

from weft.errors import WeftError
from weft.wire.messages import (
    Acknowledged,
    Committed,
    Ended,
    ErrorMessage,
    Joined,
    Permission,
    PresenceChanged,
    Rejected,
    Roster,
    SnapshotPart,
    Tail,
)

DashboardMessage: TypeAlias = (
    SnapshotPart
    | Joined
    | Roster
    | PresenceChanged
    | Permission
    | Tail
    | Committed
    | Acknowledged
    | Rejected
    | Ended
    | ErrorMessage
)


# --- of one replica ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Connected:
    """A connection that has been welcomed is there; nothing of an older one arrives any more."""

    connection_id: str = ""


@dataclass(frozen=True, slots=True)
class Disconnected:
    """The connection is gone; what was under way may or may not have arrived."""


@dataclass(frozen=True, slots=True)
class Received:
    message: DashboardMessage


@dataclass(frozen=True, slots=True)
class Waited:
    """The last `Wait` is over."""


@dataclass(frozen=True, slots=True)
class GivenUp:
    """No connection will come any more."""

    error: WeftError


ReplicaEvent: TypeAlias = Connected | Disconnected | Received | Waited | GivenUp


# --- of the connection ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SocketOpened:
    """The WebSocket handshake is done; `token` is what to say hello with."""

    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class TokenRenewed:
    """`token` is the fresh one."""

    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class FrameReceived:
    frame: str | bytes


@dataclass(frozen=True, slots=True)
class SocketClosed:
    """Closed, cut, or never opened. `code`: as received; None when none was."""

    code: int | None = None
    reason: str = ""
    lasted_seconds: float = 0.0  # since it was opened


@dataclass(frozen=True, slots=True)
class OpeningRefused:
    """No socket could even be asked for: the token, or the address, is of no use."""

    error: WeftError


@dataclass(frozen=True, slots=True)
class ReplicaWaited:
    dashboard_id: UUID


ConnectionEvent: TypeAlias = (
    SocketOpened | TokenRenewed | FrameReceived | SocketClosed | OpeningRefused | ReplicaWaited
)
