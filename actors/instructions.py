"""Orders that leave one dashboard's heart, in the imperative. The shell carries them out in order.

`frame` is what clients receive (docs/spec.md, "Server to client"), encoded once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

from actors.events import Subscription
from storage.ports import Checkpoint, LiveValue, LoggedSubmission, OwnerAddress
from weft.errors import WeftError


@dataclass(frozen=True, slots=True)
class Commit:
    """Queue this version for the log; the versions of one dashboard are queued in order."""

    submission: LoggedSubmission
    size_bytes: int


@dataclass(frozen=True, slots=True)
class RollBack:
    """Forget every queued version above this one: it is being sequenced anew."""

    version: int


@dataclass(frozen=True, slots=True)
class Publish:
    """What is durable now, for everyone who has joined."""

    frame: bytes


@dataclass(frozen=True, slots=True)
class Join:
    """Answer `joined`; from here on this subscription receives what is published."""

    subscription: Subscription
    frame: bytes


@dataclass(frozen=True, slots=True)
class Admit:
    """Tell a producer that it may feed; it receives nothing of what is published."""

    subscription: Subscription


@dataclass(frozen=True, slots=True)
class PublishLive:
    """For everyone who has joined and has room; `values` by widget, as they are in the frame."""

    frame: bytes
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class WakeLive:
    """→ `LiveDue` after so long."""

    after_ms: int


@dataclass(frozen=True, slots=True)
class WriteLive:
    """→ `LiveWritten` or `Fenced`."""

    values: tuple[LiveValue, ...]


@dataclass(frozen=True, slots=True)
class Reply:
    subscription: Subscription
    frame: bytes


@dataclass(frozen=True, slots=True)
class SendPart:
    """Some of what a long catch-up takes → `PartTaken`, when the client has read it."""

    subscription: Subscription
    frame: bytes


@dataclass(frozen=True, slots=True)
class End:
    """This subscription is over."""

    subscription: Subscription
    error: WeftError


@dataclass(frozen=True, slots=True)
class Identify:
    """Look up the user's role, and the replica's stored mark if it is needed → `Identified`."""

    subscription: Subscription
    user_id: UUID
    replica_id: UUID
    mark_needed: bool


@dataclass(frozen=True, slots=True)
class FindSubmission:
    """Look an old id up in the log → `SubmissionFound`."""

    subscription: Subscription
    replica_id: UUID
    sequence: int
    fingerprint: bytes


@dataclass(frozen=True, slots=True)
class FetchTail:
    """Read versions after_version + 1 .. up_to_version from the log → `TailFetched`."""

    subscription: Subscription
    after_version: int
    up_to_version: int


@dataclass(frozen=True, slots=True)
class WriteCheckpoint:
    """→ `CheckpointWritten`, `CheckpointFailed` or `Fenced`."""

    checkpoint: Checkpoint


@dataclass(frozen=True, slots=True)
class Report:
    """Log a fault of the server; `cause` is what the client was told."""

    cause: str
    error: Exception


@dataclass(frozen=True, slots=True)
class StepDown:
    """This owner has lost the dashboard: drop it, write nothing."""


@dataclass(frozen=True, slots=True)
class Unload:
    """The state is durable and nobody is here: drop the dashboard and release its lock."""


@dataclass(frozen=True, slots=True)
class HandOver:
    """Nothing is under way any more: write the heir into the dashboard's lock → `HandedOver`."""

    heir: OwnerAddress


@dataclass(frozen=True, slots=True)
class PassOn:
    """This subscription, which has been told everything up to `version`, goes on at `holder`."""

    subscription: Subscription
    version: int
    holder: OwnerAddress


Instruction: TypeAlias = (
    Commit
    | RollBack
    | Publish
    | Join
    | Admit
    | PublishLive
    | WakeLive
    | WriteLive
    | Reply
    | SendPart
    | End
    | Identify
    | FindSubmission
    | FetchTail
    | WriteCheckpoint
    | Report
    | StepDown
    | Unload
    | HandOver
    | PassOn
)
