"""The index of sessions in memory: the twin of redis_session_index."""

from collections.abc import Callable, Collection
from datetime import UTC, datetime
from uuid import UUID

from storage.session_index import SessionIndex
from weft.errors import WeftError
from weft.models import Session


class MemorySessionIndex(SessionIndex):
    """The port `SessionIndex`."""

    def __init__(self, clock: Callable[[], float] = lambda: 0.0) -> None:
        self.unavailable = False
        self._clock = clock
        self._sessions: dict[UUID, Session] = {}

    async def remember(self, session: Session, token_hash: str) -> None:  # noqa: ARG002
        self._answer()
        self._sessions[session.id] = session

    async def forget(self, user_id: UUID, session_ids: Collection[UUID] | None = None) -> None:
        self._answer()
        for session in list(self._sessions.values()):
            if session.user_id == user_id and (session_ids is None or session.id in session_ids):
                del self._sessions[session.id]

    async def sessions_of(self, user_id: UUID) -> frozenset[UUID]:
        self._answer()
        now = datetime.fromtimestamp(self._clock(), UTC)
        return frozenset(
            session.id
            for session in self._sessions.values()
            if session.user_id == user_id and session.expires_at > now
        )

    def _answer(self) -> None:
        if self.unavailable:
            raise WeftError("storage_unavailable", "Redis does not answer now.")
