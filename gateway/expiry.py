"""Law 6: a token's end is told ahead, so that a fresh one can come in time; then it is the end."""

from gateway.session_events import Instruction, Send, WakeAt
from storage.ports import SessionUser
from weft import limits
from weft.wire.frames import reauthenticate_frame


class Expiry:
    """Of the token that a session has now."""

    def __init__(self, user: SessionUser, at_ms: int) -> None:
        self.deadline_ms = user.expires_at_ms
        ahead_ms = int(limits.REAUTHENTICATE_AHEAD_SECONDS * 1000)
        self._tell_at_ms = self.deadline_ms - min(ahead_ms, (self.deadline_ms - at_ms) // 2)
        self._told = False

    def wake(self) -> WakeAt:
        return WakeAt(self.deadline_ms if self._told else self._tell_at_ms)

    def step(self, at_ms: int) -> list[Instruction] | None:
        """What to do at this time; None: it has ended."""
        if at_ms >= self.deadline_ms:
            return None
        if self._told or at_ms < self._tell_at_ms:
            return [self.wake()]
        self._told = True
        return [Send(reauthenticate_frame(self.deadline_ms)), self.wake()]
