"""Opening a dashboard: the fence is raised, and a little more is read than the state needs.

An owner that takes over from another knows what was committed just before its checkpoint, so that
an edit made a moment ago, on an older version, is transformed here as it would have been there.
"""

from dataclasses import replace
from uuid import UUID

from storage.ports import LoggedSubmission, OpenedDashboard, OperationLog
from weft.errors import WeftError
from weft.limits import HISTORY_REOPEN_VERSIONS


async def open_with_history(log: OperationLog, dashboard_id: UUID) -> OpenedDashboard:
    """Raises WeftError unknown_dashboard, storage_unavailable, unreadable."""
    opened = await log.open_dashboard(dashboard_id)
    if opened is None:
        raise WeftError("unknown_dashboard")
    return replace(opened, before=await _before(log, opened))


async def _before(log: OperationLog, opened: OpenedDashboard) -> tuple[LoggedSubmission, ...]:
    up_to = opened.checkpoint.version
    missing = min(up_to, HISTORY_REOPEN_VERSIONS - len(opened.tail))
    if missing <= 0:
        return ()
    try:
        return await log.submissions_between(opened.dashboard_id, up_to - missing, up_to)
    except WeftError as error:
        if error.code not in ("conflict", "unreadable"):
            raise
        return ()  # retention has taken the first of it; or it cannot be read, and is not needed
