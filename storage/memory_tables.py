"""What the memory twins of the log and the accounts share, in place of PostgreSQL's tables.

JSON is kept as bytes, as a database would: no reader can reach into what another has stored.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from storage.ports import LoggedSubmission, ReplicaMark
from weft.models import Collaborator, Session, User

FIRST: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class StoredSubmission:
    """A row of `operations`: the submission without its edits, and these as JSON."""

    submission: LoggedSubmission
    operations: bytes


@dataclass(slots=True)
class StoredRows:
    """The `dashboards` and `widgets` columns that a checkpoint brings up to date."""

    state: bytes
    widget_versions: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class DashboardTable:
    """A row of `dashboards` and all that refers to it."""

    owner_id: UUID
    rows: StoredRows
    version: int = 0
    epoch: int = 0
    log_start_version: int = 0
    is_public: bool = False
    is_archived: bool = False
    created_at: datetime = FIRST
    updated_at: datetime = FIRST
    last_accessed_at: datetime | None = None
    operations: list[StoredSubmission] = field(default_factory=list)  # version n at n - 1
    checkpoints: dict[int, tuple[bytes, int]] = field(default_factory=dict)  # state, count
    marks: dict[UUID, ReplicaMark] = field(default_factory=dict)
    live: dict[UUID, tuple[bytes, int]] = field(default_factory=dict)  # of widgets: value, at_ms
    collaborators: dict[UUID, Collaborator] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SessionRow:
    session: Session
    token_hash: str


@dataclass(slots=True)
class MemoryTables:
    """`clock` gives seconds since epoch and stands still unless one is given; `unavailable` makes
    every call fail as an outage does.
    """

    clock: Callable[[], float] = lambda: 0.0
    unavailable: bool = False
    users: dict[UUID, User] = field(default_factory=dict)
    sessions: dict[UUID, SessionRow] = field(default_factory=dict)
    dashboards: dict[UUID, DashboardTable] = field(default_factory=dict)

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock(), UTC)
