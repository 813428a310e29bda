"""Law 4, convergence, on the client's side: one document as it is confirmed, and as it is seen.

    confirmed ──in flight──▶ ──waiting──▶ ──open batch──▶ view

What others commit moves `confirmed`, and is transformed over all that is pending on its way to the
view. The commit of what is in flight moves `confirmed` over it, and the view does not change.
Sends nothing; what it returns is for the application.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

from weft.client.attendance import Attendance, Step
from weft.client.instructions import Notify, Origin, Show
from weft.client.lost_widgets import Told, told_of
from weft.client.notices import Loss, Notices
from weft.client.own_writes import OwnWrites
from weft.client.pending import Lost, Pending, effective
from weft.errors import WeftError
from weft.ot import apply, invert, operation_from_json, transform_pair
from weft.ot.document import Document
from weft.ot.operation import Operations
from weft.wire.messages import Snapshot, Submission

News: TypeAlias = list[Show | Notify]


class Followed(NamedTuple):
    news: News
    misses_a_version: bool  # what comes after the gap was not taken in


class WorkingCopy:
    def __init__(
        self,
        replica_id: UUID,
        version: int | None = None,
        confirmed: Document | None = None,
        pending: Pending | None = None,
    ) -> None:
        """`version` None: nothing is held yet.

        Raises OperationError when what is pending does not belong to this document.
        """
        self.replica_id = replica_id
        self.version = version
        self.confirmed = confirmed or Document.empty()
        self.pending = pending or Pending()
        self.view = apply(self.confirmed, self.pending.operations, within_limits=False)
        self.notices = Notices()
        self.attendance = Attendance(replica_id, version or 0)
        self._own_writes = OwnWrites()

    # --- over a reload --------------------------------------------------------------------------

    def to_json(self) -> dict[str, Any]:
        return {
            "version": self.version,
            "state": self.confirmed.to_json(),
            "pending": self.pending.to_json(),
        }

    @classmethod
    def from_json(cls, replica_id: UUID, stored: dict[str, Any]) -> "WorkingCopy":
        confirmed = Document.from_json(stored["state"])
        pending = Pending.from_json(stored["pending"])
        return cls(replica_id, stored["version"], confirmed, pending)

    # --- the user -------------------------------------------------------------------------------

    def edit(self, operations: Operations) -> News:
        """Apply at once. Raises WeftError, and nothing has changed."""
        size_bytes = self.pending.check(operations)
        self.view = apply(self.view, operations)
        self.pending.add(operations, size_bytes)
        self.notices.follow(operations)
        self.attendance.change_view(operations, own=True)
        return [Show("local", operations)]

    def abandon_batch(self) -> News:
        """Undo the edits of the open batch."""
        undo = self.pending.drop_batch(self.confirmed)
        return self._change_view("local", undo)

    # --- the server -----------------------------------------------------------------------------

    def follow(self, submissions: Iterable[Submission]) -> Followed:
        """Take in what is new of what has committed, in order."""
        news: News = []
        for submission in submissions:
            if self.version is None or submission.version > self.version + 1:
                return Followed(news, misses_a_version=True)
            if submission.version == self.version + 1:
                news += self._take_in(submission)
                self.version = submission.version
        return Followed(news, misses_a_version=False)

    def _take_in(self, submission: Submission) -> News:
        made = _parsed(each for each in submission.operations if "plugin" not in each)
        added = _parsed(each for each in submission.operations if "plugin" in each)
        self.attendance.follow(Step(submission.version, submission.replica_id, made + added))
        if submission.replica_id == self.replica_id:
            flying = self.pending.in_flight
            if flying is not None and flying.sequence == submission.sequence:
                self._commit_own(submission.version, made)
                return self._commit_remote(submission, added, None) if added else []
            self.pending.sequence = max(self.pending.sequence, submission.sequence)
        return self._commit_remote(submission, made + added, submission.user_id)

    def _commit_own(self, version: int, operations: Operations) -> None:
        """What was in flight has committed, as these operations: the view stays as it is."""
        self.confirmed = apply(self.confirmed, operations, within_limits=False)
        self.pending.in_flight = None
        if not self.pending:
            self.view = self.confirmed  # equal, by law 4: now one object instead of two
        self._own_writes.record(version, operations)

    def _commit_remote(
        self, submission: Submission, operations: Operations, user_id: UUID | None
    ) -> News:
        """These of it are of others, who had seen its base version. `user_id` None: of a plug-in of
        the server, which had seen all but the edit of this replica that it follows.
        """
        version = submission.version
        seen_version = version - 1 if user_id is None else submission.base_version
        overwritten, before = self._own_writes.meet(seen_version, operations), self.view
        self.confirmed = apply(self.confirmed, operations, within_limits=False)
        rebased = self.pending.rebase(operations, version)
        news = self._change_view("remote", rebased.change, user_id)
        superseded = [lost for lost in overwritten if lost.reason == "superseded"]
        homeless = [lost for lost in overwritten if lost.reason != "superseded"]
        discarded = [*rebased.discarded, *homeless]
        news += self._tell_discarded(told_of(discarded, before, self.view), user_id)
        for lost in superseded:
            news += self._tell_superseded(lost, operations, user_id)
        return news

    def reject(self, error: WeftError) -> News:
        """What was in flight will never commit: undo it under all that was edited since."""
        assert self.pending.in_flight is not None
        rejected = self.pending.in_flight.operations
        rebased = self.pending.drop_in_flight(self.confirmed)
        news = self._change_view("rejected", rebased.change)
        again = self._in_view(rejected)
        news.append(
            Notify(
                self.notices.add(
                    Loss.REJECTED,
                    error.code,
                    again or rejected,
                    has_place=bool(again),
                    error=error,
                )
            )
        )
        return news + self._tell_discarded(
            [Told((lost.operation,), lost.reason) for lost in rebased.discarded], None
        )

    def replace(self, snapshot: Snapshot, last_sequence: int) -> News:
        """A snapshot: what is pending cannot be moved onto it, so the application is told.

        What has committed, up to `last_sequence` of this replica, is in the snapshot.
        """
        flying = self.pending.in_flight
        if flying is not None and flying.sequence <= last_sequence:
            self.pending.in_flight = None
        lost = self.pending.clear()
        self.confirmed = self.view = Document.from_json(snapshot.state)
        self.version = snapshot.version
        self.attendance.start_afresh(snapshot.version)
        self._own_writes = OwnWrites()
        self.notices.lose_places()
        news: News = [Show("snapshot")]
        if lost:
            gone = self.notices.add(Loss.DISCARDED, "history_gone", lost, has_place=False)
            news.append(Notify(gone))
        return news

    def undo_pending(self) -> Operations:
        """From the view to the confirmed document."""
        return invert(self.confirmed, self.pending.operations)

    # --- telling --------------------------------------------------------------------------------

    def _change_view(self, origin: Origin, change: Operations, user_id: UUID | None = None) -> News:
        if not self.pending:
            self.view = self.confirmed
        else:
            self.view = apply(self.view, change, within_limits=False)
        if not change:
            return []
        self.notices.follow(change)
        self.attendance.change_view(change, own=False)
        return [Show(origin, change, user_id)]

    def _tell_discarded(self, discarded: Iterable[Told], user_id: UUID | None) -> News:
        return [
            Notify(
                self.notices.add(
                    Loss.DISCARDED, told.reason, told.operations, has_place=False, user_id=user_id
                )
            )
            for told in discarded
        ]

    def _tell_superseded(self, lost: Lost, by: Operations, user_id: UUID | None) -> News:
        """Unless something pending sets the value anew."""
        again = self._in_view(transform_pair(by, (lost.operation,)).later)
        if not again:
            return []
        notice = self.notices.add(
            Loss.SUPERSEDED, lost.reason, again, has_place=True, user_id=user_id
        )
        return [Notify(notice)]

    def _in_view(self, operations: Operations) -> Operations:
        """Operations on the confirmed document as they would act on the view."""
        return effective(transform_pair(operations, self.pending.operations).earlier)


def _parsed(operations: Iterable[dict[str, Any]]) -> Operations:
    return tuple(
        operation_from_json(each, trusted=True) for each in operations if each["type"] != "noop"
    )
