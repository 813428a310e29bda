"""The heart of one replica of one dashboard: law 3, exactly once, on the client's side.

When it says what to the server; the document and what is pending are in the working copy.
At most one submission is in flight, under a rising sequence; what `joined` tells of the newest
committed sequence decides whether it is sent again. See docs/spec.md, "Rules of a replica".
"""

from collections.abc import Sequence
from enum import Enum
from typing import Any
from uuid import UUID

from weft.client.answers import error_in
from weft.client.backoff import Chance
from weft.client.catching_up import CatchingUp
from weft.client.events import (
    Connected,
    Disconnected,
    GivenUp,
    Received,
    ReplicaEvent,
    Waited,
)
from weft.client.instructions import (
    Finish,
    Permit,
    Reauthenticate,
    ReplicaInstruction,
    Report,
    Send,
    Wait,
)
from weft.client.notices import Notice
from weft.client.outgoing import join_of, submit_of
from weft.client.patience import Patience
from weft.client.rights import Rights
from weft.client.status import Status, status_of
from weft.client.working_copy import WorkingCopy
from weft.errors import Retry, WeftError
from weft.ot.document import Document
from weft.ot.operation import Operations
from weft.wire.messages import (
    Acknowledged,
    Committed,
    Ended,
    ErrorFields,
    ErrorMessage,
    Joined,
    Leave,
    Permission,
    Rejected,
    SnapshotPart,
    Submission,
    Tail,
)


class Phase(Enum):
    OFFLINE = "there is no connection"
    JOINING = "a join is on its way"
    JOINED = "the server sends what is committed"
    WAITING = "connected, and joins again when the wait is over"
    LEAVING = "a leave is on its way; whatever ends the connection ends it, too"
    FINISHED = "left, or refused for good"


class Replica:
    """`handle` what happens, `edit` what the user does; carry out the instructions in order."""

    def __init__(self, dashboard_id: UUID, replica_id: UUID, chance: Chance) -> None:
        self.dashboard_id = dashboard_id
        self.replica_id = replica_id
        self.rights = Rights()
        self.error: WeftError | None = None
        self.phase = Phase.OFFLINE
        self.copy = WorkingCopy(replica_id)
        self._resting = False  # joined, but the server has asked to send later
        self._patience = Patience(chance)
        self._catching_up = CatchingUp()
        self._out: list[ReplicaInstruction] = []

    @property
    def version(self) -> int | None:
        """The newest version it has; None: nothing is held yet."""
        return self.copy.version

    @property
    def document(self) -> Document:
        """What the user sees: the confirmed document with all pending edits."""
        return self.copy.view

    @property
    def status(self) -> Status:
        return status_of(
            joined=self.phase is Phase.JOINED,
            pending=len(self.copy.pending.operations),
            conflicts=len(self.copy.notices),
            error=self.error,
        )

    # --- over a reload --------------------------------------------------------------------------

    def to_json(self) -> dict[str, Any]:
        """All that a later life of this replica needs to go on; open notices are not in it.

        To be stored after every change. Only one life at a time may use it.
        """
        ids = {"dashboardId": str(self.dashboard_id), "replicaId": str(self.replica_id)}
        return ids | self.copy.to_json()

    @classmethod
    def from_json(cls, stored: dict[str, Any], chance: Chance) -> "Replica":
        """The replica that `to_json` has stored, not connected yet."""
        replica = cls(UUID(stored["dashboardId"]), UUID(stored["replicaId"]), chance)
        replica.copy = WorkingCopy.from_json(replica.replica_id, stored)
        return replica

    # --- what the user does ---------------------------------------------------------------------

    def edit(self, operations: Operations) -> list[ReplicaInstruction]:
        """Apply at once, and send in its turn. Raises WeftError, and nothing has changed."""
        self._check_editable()
        self._out += self.copy.edit(operations)
        self._submit()
        return self._taken()

    def open_batch(self) -> None:
        """Hold edits back until the batch is closed; they are then one."""
        self.copy.pending.open_batch()

    def close_batch(self) -> list[ReplicaInstruction]:
        self.copy.pending.close_batch()
        self._submit()
        return self._taken()

    def abandon_batch(self) -> list[ReplicaInstruction]:
        """Undo the edits of the open batch."""
        self._out += self.copy.abandon_batch()
        return self._taken()

    @property
    def batch_is_open(self) -> bool:
        return self.copy.pending.batch_is_open

    def restore(self, notice: Notice) -> list[ReplicaInstruction]:
        """Make the lost edit again, and close the notice. Raises OperationError if it cannot be."""
        current = self.copy.notices.find(notice)
        if current is None:
            return []
        instructions = self.edit(current.operations)
        self.dismiss(notice)
        return instructions

    def dismiss(self, notice: Notice) -> None:
        self.copy.notices.close(notice)

    def leave(self) -> list[ReplicaInstruction]:
        if self.phase in (Phase.JOINED, Phase.JOINING):
            self._out.append(Send(Leave(dashboard_id=self.dashboard_id)))
            self.phase = Phase.LEAVING
        elif self.phase is not Phase.LEAVING and self.phase is not Phase.FINISHED:
            self._finish(None)
        return self._taken()

    # --- what happens ---------------------------------------------------------------------------

    def handle(self, event: ReplicaEvent) -> list[ReplicaInstruction]:
        if self.phase is Phase.FINISHED:
            return []
        match event:
            case Connected():
                self._patience.connected()
                self._join()
            case Disconnected() if self.phase is Phase.LEAVING:
                self._finish(None)
            case Disconnected():
                self.phase = Phase.OFFLINE
                self._resting = False
            case Waited():
                self._wait_is_over()
            case GivenUp(error):
                self._finish(error)
            case Received(message) if self.phase is not Phase.OFFLINE:
                try:
                    self._receive(message)
                except Exception as error:  # noqa: BLE001  (law 10: it stays in this dashboard)
                    self._out.append(Report(error))
                    self._patience.starts_afresh = True
                    self._join_later()
        return self._taken()

    def _receive(self, message: object) -> None:
        match message:
            case Committed(submissions=submissions):
                if not self._follow(submissions) and self.phase is Phase.JOINED:
                    self._join()
                self._submit()
            case SnapshotPart() | Tail():
                self._catch_up(message)
            case Joined():
                self._joined(self._catching_up.completed(message))
            case Permission(role=role, permissions=permissions):
                self._permitted(Rights.told(role, permissions))
            case Rejected():
                self._rejected(message.sequence, message)
            case Ended(code="left"):
                self._finish(None)
            case Ended():
                self._ended(message)
            case ErrorMessage():
                self._refused(message)
            case Acknowledged():  # the submission itself has come, or is on its way
                self._acknowledged(message)

    def _refused(self, message: ErrorMessage) -> None:
        if message.about is not None and message.about.sequence is not None:
            self._rejected(message.about.sequence, message)
        elif self.phase is Phase.JOINING:
            self._ended(message)
        else:
            self._out.append(Report(error_in(message)))

    def _catch_up(self, message: SnapshotPart | Tail) -> None:
        if self.phase is not Phase.JOINING:
            return  # of a join that is no more
        if isinstance(message, SnapshotPart):
            self._out.append(self._catching_up.take_part(message))
            return
        self._out.append(self._catching_up.take_page(message))
        if not self._catching_up.holds_pages:
            self._follow(message.submissions)

    def _joined(self, message: Joined) -> None:
        if self.phase not in (Phase.JOINING, Phase.JOINED):
            return
        if self._patience.is_behind(self.version, message.version):
            self._join_later()
            return
        pending = self.copy.pending
        if message.snapshot is not None:
            self._out += self.copy.replace(message.snapshot, message.last_sequence)
        if not self._follow(message.submissions) or self.version != message.version:
            self._patience.starts_afresh = True
            self._join_later()
            return
        self._permitted(Rights.told(message.role, message.permissions))
        pending.sequence = max(pending.sequence, message.last_sequence)
        if not pending:
            self._patience.backoff.reset()
        self._patience.starts_afresh = False
        self.phase = Phase.JOINED
        self._send_in_flight()  # it has not committed, and never will from before

    def _permitted(self, rights: Rights) -> None:
        if rights != self.rights:
            self.rights = rights
            self._out.append(Permit(rights))

    def _acknowledged(self, message: Acknowledged) -> None:
        flying = self.copy.pending.in_flight
        passed = self.version is not None and message.version <= self.version
        if flying is not None and flying.sequence == message.sequence and passed:
            self._out.append(Report(WeftError("internal", "Its own commit was not recognised.")))
            self._patience.starts_afresh = True
            self._join_again()

    def _follow(self, submissions: Sequence[Submission]) -> bool:
        """False: a version is missing."""
        was_flying = self.copy.pending.in_flight is not None
        followed = self.copy.follow(submissions)
        self._out += followed.news
        if was_flying and self.copy.pending.in_flight is None:
            self._patience.backoff.reset()
        return not followed.misses_a_version

    def _rejected(self, sequence: int, message: ErrorFields) -> None:
        flying = self.copy.pending.in_flight
        if flying is None or flying.sequence != sequence:
            return
        error = error_in(message)
        if error.retry is Retry.NEVER and not self._patience.doubts(error):
            self._out += self.copy.reject(error)
            self._submit()
        elif self.phase is not Phase.JOINED:
            return  # the next `joined` has it sent again
        elif error.retry is Retry.LATER:
            self._resting = True
            self._wait(message.retry_after_ms)
        elif error.retry is Retry.REAUTHENTICATE:
            self._out.append(Reauthenticate())
        else:
            self._join_again()

    def _ended(self, message: Ended | ErrorMessage) -> None:
        error = error_in(message)
        helps = self.phase is Phase.JOINING and bool(self.copy.pending)  # to start afresh
        if error.code == "conflict" and self._patience.survives_conflict(can_start_afresh=helps):
            self._join_later()
        elif error.retry is Retry.NEVER:
            self._finish(error)
        elif error.retry is Retry.REAUTHENTICATE:
            self._out.append(Reauthenticate())
        else:
            if error.code == "future_version":
                self._patience.is_behind(self.version, 0)
            self._join_later(message.retry_after_ms)

    def _wait_is_over(self) -> None:
        if self.phase is Phase.WAITING:
            self._join()
        elif self._resting:
            self._resting = False
            self._send_in_flight()

    # --- what is asked for ----------------------------------------------------------------------

    def _join(self) -> None:
        self.phase = Phase.JOINING
        self._resting = False
        self._catching_up = CatchingUp(self.version)
        afresh = self._patience.starts_afresh
        self._out.append(Send(join_of(self.dashboard_id, self.copy, starts_afresh=afresh)))

    def _join_again(self) -> None:
        """At once; but with growing waits when nothing comes of it."""
        if self._patience.backoff.attempts:
            self._join_later()
        else:
            self._patience.backoff.next_seconds()
            self._join()

    def _join_later(self, at_least_ms: int | None = None) -> None:
        if self.phase is Phase.LEAVING:
            return self._finish(None)
        self.phase = Phase.WAITING
        return self._wait(at_least_ms)

    def _wait(self, at_least_ms: int | None) -> None:
        self._out.append(Wait(self._patience.backoff.next_seconds(at_least_ms)))

    def _send_in_flight(self) -> None:
        """Perhaps again, as it is now; if nothing is, what waits has its turn."""
        if self.copy.pending.resend() is not None:
            self._send()
        else:
            self._submit()

    def _submit(self) -> None:
        """Put in flight what waits, if it may fly."""
        pending = self.copy.pending
        may_fly = self.phase is Phase.JOINED and not self._resting and pending.in_flight is None
        if may_fly and pending.launch() is not None:
            self._send()

    def _send(self) -> None:
        self._out.append(Send(submit_of(self.dashboard_id, self.copy)))

    def _finish(self, error: WeftError | None) -> None:
        self.phase = Phase.FINISHED
        self.error = error
        self._out.append(Finish(error))

    def _check_editable(self) -> None:
        if self.error is not None:
            raise self.error
        if self.version is None or self.phase is Phase.FINISHED:
            raise WeftError("not_joined")
        if self.rights.forbid_editing:
            raise WeftError("forbidden", "This user may not edit here now.")

    def _taken(self) -> list[ReplicaInstruction]:
        out, self._out = self._out, []
        return out
