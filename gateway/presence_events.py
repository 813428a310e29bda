"""What happens to a gateway's presence, in the past tense, and what it orders, in the imperative.

Time is an argument: `at_ms` is milliseconds since epoch.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

from storage.notices import Deaf, Listening
from storage.presence import Place, PresenceEntry, PresenceNews
from weft.models import PresenceUser
from weft.wire.messages import SetPresence

# --- events ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Approached:
    """A connection here wants to join: soon it must be told who is there."""

    dashboard_id: UUID
    connection_id: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Entered:
    """It has joined, and is present from here on."""

    dashboard_id: UUID
    connection_id: str
    replica_id: UUID
    user: PresenceUser
    at_ms: int


@dataclass(frozen=True, slots=True)
class Moved:
    """It has told where it is now."""

    connection_id: str
    told: SetPresence
    at_ms: int


@dataclass(frozen=True, slots=True)
class Departed:
    """It has left, or was cut off; perhaps before it had entered."""

    dashboard_id: UUID
    connection_id: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Heard:
    """From another gateway, or how well others are heard at all."""

    heard: PresenceNews | Listening | Deaf
    at_ms: int


@dataclass(frozen=True, slots=True)
class Ticked:
    """Time for a frame; asked for by `wants_tick`, and not more often than every tick."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class Beat:
    """Every PRESENCE_BEAT_SECONDS."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class Exchanged:
    """The last `Exchange` has been carried out."""

    missing: frozenset[Place]  # of those to renew: somebody took this gateway for dead
    rosters: Mapping[UUID, tuple[PresenceEntry, ...]]
    at_ms: int


@dataclass(frozen=True, slots=True)
class ExchangeFailed:
    """Perhaps some of it was carried out."""


Event: TypeAlias = (
    Approached | Entered | Moved | Departed | Heard | Ticked | Beat | Exchanged | ExchangeFailed
)

# --- instructions ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Show:
    """Send this to all readers of the dashboard who keep up."""

    dashboard_id: UUID
    frame: bytes


@dataclass(frozen=True, slots=True)
class RosterKnown:
    """Whoever approaches this dashboard need not wait (any longer)."""

    dashboard_id: UUID


@dataclass(frozen=True, slots=True)
class Exchange:
    """All that is to be said to the store, and asked, in the order of the fields.

    None other is ordered before this one is answered by Exchanged or ExchangeFailed.
    """

    unfollow: tuple[UUID, ...]
    follow: tuple[UUID, ...]
    write: tuple[PresenceEntry, ...]
    remove: tuple[Place, ...]
    news: tuple[PresenceNews, ...]
    renew: tuple[Place, ...]
    sweeps: bool
    read: tuple[UUID, ...]
    asked_at_ms: int


Instruction: TypeAlias = Show | RosterKnown | Exchange
