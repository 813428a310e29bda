"""Law 10, blast radius: a dashboard whose stored rows cannot be replayed stays shut alone. It is
not read again for everybody who asks, only now and then: somebody may have mended it.
"""

from typing import Final
from uuid import UUID, uuid4

from weft.errors import OperationError, WeftError
from weft.limits import UNREADABLE_REST_SECONDS

# What is said of a dashboard that is as it should be. Every other error is about its rows.
EXPECTED: Final = {
    "owner_moved",
    "unknown_dashboard",
    "storage_unavailable",
    "misconfigured",
    "migration_mismatch",
}


class Quarantine:
    """The dashboards that one owner could not open of late. Pure: time is an argument, in ms."""

    def __init__(self) -> None:
        self._shut: dict[UUID, tuple[int, str]] = {}  # until when, and the cause that was logged

    def check(self, dashboard_id: UUID, now_ms: int) -> None:
        """Raises WeftError unreadable, with the cause that was told before."""
        until_ms, cause = self._shut.get(dashboard_id, (0, ""))
        if now_ms < until_ms:
            raise WeftError("unreadable", cause=cause, retryAfterMs=until_ms - now_ms)
        self._shut.pop(dashboard_id, None)

    def judge(self, dashboard_id: UUID, error: Exception, now_ms: int) -> WeftError | None:
        """What to say instead of `error`, which came of opening; None: just that."""
        is_operation = isinstance(error, OperationError)
        if isinstance(error, WeftError) and not is_operation and error.code in EXPECTED:
            return None
        rest_ms = round(1000 * UNREADABLE_REST_SECONDS)
        self._shut[dashboard_id] = (now_ms + rest_ms, str(uuid4()))
        return WeftError("unreadable", cause=self._shut[dashboard_id][1], retryAfterMs=rest_ms)
