"""What can happen to a session, in the past tense, and what it orders, in the imperative.

Time is an argument: `at_ms` is milliseconds since epoch. `subscription` numbers the joins of one
connection, so that what comes late for an earlier join is told apart.
"""

from dataclasses import dataclass, field
from typing import Any, TypeAlias
from uuid import UUID

from storage.ports import SessionUser
from weft.errors import WeftError
from weft.wire.messages import SetPresence

# --- events ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Opened:
    """The WebSocket handshake is done."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class FrameReceived:
    """A text frame. None arrives between Authenticate and its answer: the shell does not read."""

    data: str | bytes
    at_ms: int


@dataclass(frozen=True, slots=True)
class BinaryReceived:
    """A binary frame, which the wire does not know."""


@dataclass(frozen=True, slots=True)
class Authenticated:
    user: SessionUser
    at_ms: int


@dataclass(frozen=True, slots=True)
class AuthenticationFailed:
    error: WeftError


@dataclass(frozen=True, slots=True)
class Revoked:
    """The session was ended, or its user is not active any more."""


@dataclass(frozen=True, slots=True)
class Told:
    """The host product has something to say to this user."""

    text: str


@dataclass(frozen=True, slots=True)
class SubscriptionJoined:
    """The owner has let it in. `waiting_bytes` are not yet taken by this connection's reader."""

    subscription: int
    frame: bytes
    waiting_bytes: int = 0


@dataclass(frozen=True, slots=True)
class SubscriptionAnswered:
    """A frame of the owner for this subscription alone: snapshot, tail, rejected, acknowledged."""

    subscription: int
    frame: bytes
    waiting_bytes: int = 0


@dataclass(frozen=True, slots=True)
class SubscriptionEnded:
    """The owner has ended it; `frame` tells the client why."""

    subscription: int
    frame: bytes


@dataclass(frozen=True, slots=True)
class SubscriptionLost:
    """No owner was found, or the link to it is gone."""

    subscription: int
    error: WeftError


@dataclass(frozen=True, slots=True)
class FeedRefused:
    """A live value was not taken; `frame` tells the client why."""

    frame: bytes


@dataclass(frozen=True, slots=True)
class Ticked:
    """A moment asked for with WakeAt has come."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class ReaderFellBehind:
    """More waits for this client than it may have waiting."""


@dataclass(frozen=True, slots=True)
class GatewayStopping:
    retry_after_ms: int


@dataclass(frozen=True, slots=True)
class SocketClosed:
    """By whomever; nothing can be sent any more."""


Event: TypeAlias = (
    Opened
    | FrameReceived
    | BinaryReceived
    | Authenticated
    | AuthenticationFailed
    | Revoked
    | Told
    | SubscriptionJoined
    | SubscriptionAnswered
    | SubscriptionEnded
    | SubscriptionLost
    | FeedRefused
    | Ticked
    | ReaderFellBehind
    | GatewayStopping
    | SocketClosed
)

# --- instructions ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Send:
    frame: bytes


@dataclass(frozen=True, slots=True)
class SendJoined:
    """The owner's frame, with who is present; its connection is present from here on."""

    subscription: int
    dashboard_id: UUID
    replica_id: UUID
    frame: bytes


@dataclass(frozen=True, slots=True)
class TellPresence:
    """Where this connection is now, checked."""

    told: SetPresence


@dataclass(frozen=True, slots=True)
class Authenticate:
    """Find out whom this token stands for; read no further frame before the answer is known."""

    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Attach:
    """Find the owner of this dashboard and subscribe there."""

    subscription: int
    dashboard_id: UUID
    replica_id: UUID
    version: int | None
    wants_tail: bool


@dataclass(frozen=True, slots=True)
class EnterRoom:
    """From here on, what the owner publishes for this dashboard goes to this connection."""

    subscription: int
    dashboard_id: UUID


@dataclass(frozen=True, slots=True)
class Forward:
    """Pass a checked submission on to the owner."""

    subscription: int
    sequence: int
    base_version: int
    operations: list[dict[str, Any]]
    seen_version: int | None = None


@dataclass(frozen=True, slots=True)
class PassLive:
    """Bring a live value to the owner → `FeedRefused`, if it is."""

    dashboard_id: UUID
    widget_id: UUID
    value: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Detach:
    """Leave the room and the owner, as far as they were reached."""

    subscription: int
    dashboard_id: UUID


@dataclass(frozen=True, slots=True)
class WakeAt:
    """Send Ticked at this moment; replaces the one asked for before."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class Close:
    code: int
    reason: str


Instruction: TypeAlias = (
    Send
    | SendJoined
    | TellPresence
    | Authenticate
    | Attach
    | EnterRoom
    | Forward
    | Detach
    | WakeAt
    | PassLive
    | Close
)
