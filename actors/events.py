"""Facts that reach one dashboard's heart, in the past tense. Time is a field, never a call.

A subscription is one replica's interest in the dashboard over one connection. Its name is the
shell's business: anything hashable (a test says "ann").
"""

from collections.abc import Hashable, Mapping, Set
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

from storage.ports import LoggedSubmission, OwnerAddress, ReplicaMark
from weft.errors import WeftError
from weft.models import Subject
from weft.models.address import Address

Subscription: TypeAlias = Hashable


@dataclass(frozen=True, slots=True)
class Attached:
    """A replica wants to follow. `version`: what it holds; None: nothing."""

    subscription: Subscription
    user_id: UUID
    replica_id: UUID
    version: int | None = None
    wants_tail: bool = False
    address: Address | None = None  # of the client, past the trusted proxies
    feeds: bool = False  # it brings live values, and follows nothing


@dataclass(frozen=True, slots=True)
class Identified:
    """The answer to `Identify`: what the user may do, and the stored mark if it was asked for."""

    subscription: Subscription
    subject: Subject
    mark: ReplicaMark | None = None
    at_ms: int = 0  # now, ms since epoch


@dataclass(frozen=True, slots=True)
class Submitted:
    """A submission has arrived; its form was checked at the edge."""

    subscription: Subscription
    sequence: int
    base_version: int
    operations: tuple[dict[str, Any], ...]  # wire JSON, as sent
    fingerprint: bytes  # 16 bytes, of base version and operations as sent
    size_bytes: int  # of the operations as JSON
    at_ms: int  # now, ms since epoch
    guard: str | None = None  # what nothing may have touched since: see weft/wire/link.py
    seen_version: int | None = None  # of what it overwrites; None: the base version


@dataclass(frozen=True, slots=True)
class Fed:
    """A live value has come for a widget; `number` is what its `Reply` names."""

    subscription: Subscription
    number: int
    widget_id: str
    value: dict[str, Any]
    at_ms: int  # now, ms since epoch


@dataclass(frozen=True, slots=True)
class LiveDue:
    """The answer to `WakeLive`."""

    now_ms: int


@dataclass(frozen=True, slots=True)
class LiveWritten:
    """The answer to `WriteLive`: of which widgets. None: of none, and it may be tried again."""

    widget_ids: Set[UUID] | None
    at_ms: int


@dataclass(frozen=True, slots=True)
class Detached:
    subscription: Subscription


@dataclass(frozen=True, slots=True)
class CommitReturned:
    """Every version up to this one is durable."""

    version: int


@dataclass(frozen=True, slots=True)
class CommitPoisoned:
    """The log refuses the content of the first uncommitted version; none has committed since."""

    error: Exception


@dataclass(frozen=True, slots=True)
class Fenced:
    """Another owner has raised the epoch: nothing more can commit here."""


@dataclass(frozen=True, slots=True)
class CheckpointWritten:
    version: int


@dataclass(frozen=True, slots=True)
class CheckpointFailed:
    """It was not written, and may be tried again later."""

    version: int


@dataclass(frozen=True, slots=True)
class Regranted:
    """What these users may do from now on, as read after what changed it was committed."""

    subjects: Mapping[UUID, Subject]
    at_ms: int


@dataclass(frozen=True, slots=True)
class TailFetched:
    """The answer to `FetchTail`: what the log holds of the range, rising."""

    subscription: Subscription
    submissions: tuple[LoggedSubmission, ...]


@dataclass(frozen=True, slots=True)
class PartTaken:
    """The client has read one `SendPart`."""

    subscription: Subscription


@dataclass(frozen=True, slots=True)
class SubmissionFound:
    """The answer to `FindSubmission`, with what was asked."""

    subscription: Subscription
    sequence: int
    fingerprint: bytes
    found: LoggedSubmission | None


@dataclass(frozen=True, slots=True)
class LookupFailed:
    """`Identify`, `FetchTail` or (with its sequence) `FindSubmission` could not be answered."""

    subscription: Subscription
    error: WeftError
    sequence: int | None = None


@dataclass(frozen=True, slots=True)
class Ticked:
    now_ms: int


@dataclass(frozen=True, slots=True)
class Stopped:
    """The owner is being stopped: send everyone elsewhere, and make the state durable."""


@dataclass(frozen=True, slots=True)
class MoveAsked:
    """Another owner shall have the dashboard, and those who follow it shall not notice."""

    heir: OwnerAddress


@dataclass(frozen=True, slots=True)
class HandedOver:
    """The answer to `HandOver`: who is to be asked for the dashboard from now on."""

    holder: OwnerAddress


Event: TypeAlias = (
    Attached
    | Identified
    | Submitted
    | Fed
    | LiveDue
    | LiveWritten
    | Detached
    | CommitReturned
    | CommitPoisoned
    | Fenced
    | CheckpointWritten
    | CheckpointFailed
    | Regranted
    | TailFetched
    | PartTaken
    | SubmissionFound
    | LookupFailed
    | Ticked
    | Stopped
    | MoveAsked
    | HandedOver
)
