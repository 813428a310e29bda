"""Law 3, exactly once: what is known of each replica decides what becomes of a submission's id.

A replica has at most one uncommitted submission, so its newest committed one says all about those
before it. Marks of replicas that are not known here are in storage; what is known here is newer.
"""

from collections.abc import Iterable, Set
from enum import Enum, auto
from uuid import UUID

from storage.ports import LoggedSubmission, ReplicaMark
from weft.errors import WeftError


class Standing(Enum):
    """Where the id of an arriving submission stands."""

    NEW = auto()  # sequence it
    COMMITTED = auto()  # acknowledge it with the version of its mark
    UNCOMMITTED = auto()  # its publication will be the acknowledgement
    REUSED = auto()  # the same id with other content
    BLOCKED = auto()  # another submission of the replica is uncommitted
    OLDER = auto()  # below the mark: the log knows


class Replicas:
    def __init__(self, tail: Iterable[LoggedSubmission]) -> None:
        self._marks: dict[UUID, ReplicaMark] = {}
        self._uncommitted: dict[UUID, LoggedSubmission] = {}
        for submission in tail:
            self.committed(submission)

    def knows(self, replica_id: UUID) -> bool:
        """Whether the stored mark of the replica is not needed."""
        return replica_id in self._marks

    def learn(self, replica_id: UUID, stored: ReplicaMark | None) -> None:
        """The mark that storage holds; None: the replica has never committed."""
        self._marks.setdefault(replica_id, stored or ReplicaMark(replica_id, 0, 0, b""))

    def belongs_to_another(self, replica_id: UUID, user_id: UUID) -> bool:
        """Whether somebody else has ever submitted as this replica."""
        uncommitted = self._uncommitted.get(replica_id)
        known = uncommitted.user_id if uncommitted else self._marks[replica_id].user_id
        return known is not None and known != user_id

    def mark(self, replica_id: UUID) -> ReplicaMark:
        return self._marks[replica_id]

    def is_undecided(self, replica_id: UUID) -> bool:
        return replica_id in self._uncommitted

    def standing(self, replica_id: UUID, sequence: int, fingerprint: bytes) -> Standing:
        uncommitted = self._uncommitted.get(replica_id)
        if uncommitted is not None:
            if uncommitted.sequence != sequence:
                return Standing.BLOCKED
            same = uncommitted.fingerprint == fingerprint
            return Standing.UNCOMMITTED if same else Standing.REUSED
        mark = self._marks[replica_id]
        if sequence > mark.sequence:
            return Standing.NEW
        if sequence < mark.sequence:
            return Standing.OLDER
        return Standing.COMMITTED if mark.fingerprint == fingerprint else Standing.REUSED

    def sequenced(self, submission: LoggedSubmission) -> None:
        self._uncommitted[submission.replica_id] = submission

    def committed(self, submission: LoggedSubmission) -> None:
        replica_id = submission.replica_id
        self._uncommitted.pop(replica_id, None)
        self._marks[replica_id] = ReplicaMark(
            replica_id,
            submission.sequence,
            submission.version,
            submission.fingerprint,
            submission.user_id,
        )

    def roll_back(self) -> None:
        self._uncommitted.clear()

    def marks_above(self, version: int) -> tuple[ReplicaMark, ...]:
        """Those that changed after `version`: what the next checkpoint has to store."""
        return tuple(mark for mark in self._marks.values() if mark.version > version)

    def forget(self, up_to_version: int, present: Set[UUID]) -> None:
        """Drop the marks that storage holds, except of the replicas that are present."""
        self._marks = {
            replica_id: mark
            for replica_id, mark in self._marks.items()
            if mark.version > up_to_version or replica_id in present
        }


def foreign_replica() -> WeftError:
    return WeftError("forbidden", "This replica belongs to another user.")
