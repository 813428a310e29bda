"""Law 4, convergence, on the client's side: one document as it is confirmed, and as it is seen.

    confirmed ──in flight──▶ ──waiting──▶ ──open batch──▶ view

What others commit moves `confirmed`, and is transformed over all that is pending on its way to the
view. The commit of what is in flight moves `confirmed` over it, and the view does not change.
Knows nothing of messages; what it returns is for the application.
"""

from typing import TypeAlias
from uuid import UUID

from weft.client.instructions import Notify, Origin, Show
from weft.client.notices import Loss, Notices
from weft.client.own_writes import Overwritten, OwnWrites
from weft.client.pending import Pending, Rebased, effective
from weft.errors import WeftError
from weft.ot import apply, transform_pair
from weft.ot.document import Document
from weft.ot.operation import Operations

News: TypeAlias = list[Show | Notify]


class WorkingCopy:
    def __init__(self, confirmed: Document, pending: Pending | None = None) -> None:
        """Raises OperationError when what is pending does not belong to this document."""
        self.pending = pending or Pending()
        self.confirmed = confirmed
        self.view = apply(confirmed, self.pending.operations, within_limits=False)
        self.notices = Notices()
        self._own_writes = OwnWrites()

    # --- the user -------------------------------------------------------------------------------

    def edit(self, operations: Operations) -> News:
        """Apply at once. Raises WeftError, and nothing has changed."""
        size_bytes = self.pending.check(operations)
        self.view = apply(self.view, operations)
        self.pending.add(operations, size_bytes)
        self.notices.follow(operations)
        return [Show("local", operations)]

    def abandon_batch(self) -> News:
        """Undo the edits of the open batch."""
        undo = self.pending.drop_batch(self.confirmed)
        return self._change_view("local", undo)

    # --- the server -----------------------------------------------------------------------------

    def commit_own(self, version: int, operations: Operations) -> None:
        """What was in flight has committed, as these operations: the view stays as it is."""
        self.confirmed = apply(self.confirmed, operations, within_limits=False)
        self.pending.in_flight = None
        if not self.pending:
            self.view = self.confirmed  # equal, by law 4: now one object instead of two
        self._own_writes.record(version, operations)

    def commit_remote(self, base_version: int, operations: Operations, user_id: UUID) -> News:
        """Others have committed these, made when they had seen `base_version`."""
        overwritten = self._own_writes.meet(base_version, operations)
        self.confirmed = apply(self.confirmed, operations, within_limits=False)
        rebased = self.pending.rebase(operations)
        news = self._change_view("remote", rebased.change, user_id)
        news += self._tell_discarded(rebased, user_id)
        for lost in overwritten:
            news += self._tell_overwritten(lost, operations, user_id)
        return news

    def reject(self, error: WeftError) -> News:
        """What was in flight will never commit: undo it under all that was edited since."""
        assert self.pending.in_flight is not None
        rejected = self.pending.in_flight.operations
        rebased = self.pending.drop_in_flight(self.confirmed)
        news = self._change_view("rejected", rebased.change)
        news += self._tell(Loss.REJECTED, error.code, self._in_view(rejected), error=error)
        return news + self._tell_discarded(rebased, None)

    def replace(self, confirmed: Document, *, in_flight_is_in_it: bool) -> News:
        """A snapshot: what is pending cannot be moved onto it, so the application is told."""
        if in_flight_is_in_it:
            self.pending.in_flight = None
        lost = self.pending.clear()
        self.confirmed = self.view = confirmed
        self._own_writes = OwnWrites()
        news: News = [Show("snapshot")]
        return news + (self._tell(Loss.DISCARDED, "history_gone", lost) if lost else [])

    # --- telling --------------------------------------------------------------------------------

    def _change_view(self, origin: Origin, change: Operations, user_id: UUID | None = None) -> News:
        if not self.pending:
            self.view = self.confirmed
        else:
            self.view = apply(self.view, change, within_limits=False)
        if not change:
            return []
        self.notices.follow(change)
        return [Show(origin, change, user_id)]

    def _tell(
        self,
        loss: Loss,
        reason: str,
        operations: Operations,
        user_id: UUID | None = None,
        error: WeftError | None = None,
    ) -> News:
        return [Notify(self.notices.add(loss, reason, operations, user_id, error))]

    def _tell_discarded(self, rebased: Rebased, user_id: UUID | None) -> News:
        news: News = []
        for operation, reason in rebased.discarded:
            news += self._tell(Loss.DISCARDED, reason, (operation,), user_id)
        return news

    def _tell_overwritten(self, lost: Overwritten, by: Operations, user_id: UUID) -> News:
        """Unless something pending sets the value anew."""
        if lost.reason != "superseded":
            return self._tell(Loss.DISCARDED, lost.reason, (lost.operation,), user_id)
        again = self._in_view(transform_pair(by, (lost.operation,)).later)
        return self._tell(Loss.SUPERSEDED, lost.reason, again, user_id) if again else []

    def _in_view(self, operations: Operations) -> Operations:
        """Operations on the confirmed document as they would act on the view."""
        return effective(transform_pair(operations, self.pending.operations).earlier)
