"""Law 2, durable first, as the user reads it: `saved` is never said before it is so."""

from dataclasses import dataclass
from enum import StrEnum

from weft.errors import WeftError


class State(StrEnum):
    """The first of these that is true, from the last to the first."""

    SAVED = "saved"  # connected, and nothing is pending: all that is shown is durable
    CONFLICT = "conflict"  # the same, but an open notice tells of an edit that was lost
    SAVING = "saving"  # edits are pending, and on their way
    OFFLINE = "offline"  # not joined; edits wait
    FAILED = "failed"  # over for good: see `error`


@dataclass(frozen=True, slots=True)
class Status:
    state: State
    pending: int  # operations that are not durable yet
    conflicts: int  # open notices
    error: WeftError | None = None


def status_of(*, joined: bool, pending: int, conflicts: int, error: WeftError | None) -> Status:
    if error is not None:
        state = State.FAILED
    elif not joined:
        state = State.OFFLINE
    elif pending:
        state = State.SAVING
    else:
        state = State.CONFLICT if conflicts else State.SAVED
    return Status(state, pending, conflicts, error)
