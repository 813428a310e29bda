"""Who was seen lately, collected so that it is written now and then, never once per message."""

from datetime import datetime
from uuid import UUID

from storage.identity_ports import Visit


class Activity:
    """Note what happens; every ACTIVITY_EVERY_SECONDS `take` what `Sessions.touch_sessions` and
    `Sharing.touch_visits` want. It holds one entry per session and visit, however much happens.
    """

    def __init__(self) -> None:
        self._sessions: dict[UUID, datetime] = {}
        self._visits: dict[Visit, datetime] = {}

    def session(self, session_id: UUID, at: datetime) -> None:
        self._sessions[session_id] = at

    def visit(self, dashboard_id: UUID, user_id: UUID, at: datetime) -> None:
        self._visits[Visit(dashboard_id, user_id)] = at

    def take(self) -> tuple[dict[UUID, datetime], dict[Visit, datetime]]:
        """Since the last time."""
        taken = self._sessions, self._visits
        self._sessions, self._visits = {}, {}
        return taken
