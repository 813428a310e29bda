"""What is known of one dashboard when a run is over: all that every client sent and was sent, all
that was granted and when, what the log holds, and what each client shows in the end.

Times are seconds since the epoch by one clock: clients, nemesis and PostgreSQL share a machine.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Any
from uuid import UUID

from storage.ports import LoggedSubmission
from weft.ot import Document


class What(Enum):
    OPENED = "opened a socket"
    CLOSED = "lost its socket"
    SENT = "sent"
    RECEIVED = "received"


@dataclass(frozen=True, slots=True)
class Event:
    """On one client's socket. `message`: the frame, as JSON; {} when it is about the socket."""

    at: float
    client: str
    what: What
    message: dict[str, Any] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        return str(self.message.get("type", ""))

    @property
    def submissions(self) -> list[dict[str, Any]]:
        """Those that it shows as committed."""
        if self.what is not What.RECEIVED or self.kind not in ("committed", "joined", "tail"):
            return []
        return list(self.message["submissions"])


@dataclass(frozen=True, slots=True)
class Change:
    """Of one user's role, over HTTP. `role` None: none any more.

    `returned_at` None: it was not answered, so it counts from some time after the call, or never.
    """

    user_id: UUID
    role: str | None
    called_at: float
    returned_at: float | None


@dataclass(frozen=True, slots=True)
class Row:
    """Of the log. `committed_at`: when PostgreSQL did; None: it has not kept that."""

    submission: LoggedSubmission
    committed_at: float | None = None

    @property
    def version(self) -> int:
        return self.submission.version

    @property
    def id(self) -> tuple[str, int]:
        """Replica and sequence."""
        return str(self.submission.replica_id), self.submission.sequence


@dataclass(frozen=True, slots=True)
class Ending:
    """What one client shows at rest."""

    client: str
    version: int
    document: Document
    pending: int  # operations
    at_rest: bool  # joined, and nothing pending
    saved_words: frozenset[str] = frozenset()  # typed, and never told that they were lost


@dataclass(frozen=True, slots=True)
class Blow:
    """One fault, as it was dealt. `ended_at`: when all was mended, or when it struck."""

    fault: str
    struck_at: float
    ended_at: float
    told: str = ""  # whom it hit
    stops_all: bool = False  # nobody can commit before it is mended


@dataclass(frozen=True, slots=True)
class History:
    dashboard_id: UUID
    start: Document  # at version 0
    events: tuple[Event, ...]  # in order of time
    changes: tuple[Change, ...]
    rows: tuple[Row, ...]  # in order of version
    head: int  # what `dashboards.version` says
    endings: tuple[Ending, ...]
    users: dict[str, UUID]  # of each client
    calm_at: float  # nothing was done to the cluster after that
    ended_at: float  # when the endings were taken
    difference: str | None = None  # that `weft verify` has found

    def by_version(self) -> dict[int, Row]:
        return {row.version: row for row in self.rows}

    def committed_at(self, version: int) -> float:
        """The last time that it was; 0.0: nobody knows."""
        times = [row.committed_at or 0.0 for row in self.rows if row.version == version]
        return max(times, default=0.0)

    def by_client(self) -> dict[str, list[Event]]:
        found: dict[str, list[Event]] = {}
        for event in self.events:
            found.setdefault(event.client, []).append(event)
        return found

    def seen(self) -> Iterator[tuple[Event, dict[str, Any]]]:
        """Each committed submission that somebody was shown."""
        for event in self.events:
            for submission in event.submissions:
                yield event, submission

    def replicas(self) -> dict[str, str]:
        """The client of each replica id."""
        joins = (each for each in self.events if each.what is What.SENT and each.kind == "join")
        return {each.message["replicaId"]: each.client for each in joins}
