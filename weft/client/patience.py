"""How long a replica waits before it takes a server at its word.

After a crash an owner that was replaced may still answer, and know less than this replica; an
earlier life of it may still be connected. Such things pass, so a replica asks again, after growing
waits, before it gives anything up.
"""

from weft.client.backoff import Backoff, Chance
from weft.errors import WeftError
from weft.limits import JOIN_PATIENCE_ATTEMPTS


class Patience:
    def __init__(self, chance: Chance) -> None:
        self.backoff = Backoff(chance)
        self.starts_afresh = False  # what is held is of no use: join as if nothing were
        self._conflicts = 0  # since it was connected

    def connected(self) -> None:
        self._conflicts = 0

    def is_behind(self, held: int | None, told: int) -> bool:
        """Does the server not have what this replica has seen?

        Another join finds the new owner. What stays behind has really lost versions, and is
        followed.
        """
        behind = held is not None and told < held
        if behind and self.backoff.attempts >= JOIN_PATIENCE_ATTEMPTS:
            self.starts_afresh = True
        return behind and not self.starts_afresh

    def doubts(self, error: WeftError) -> bool:
        """An older copy of it may have got through: the next `joined` tells, unless it goes on."""
        return error.code == "id_reused" and self.backoff.attempts < JOIN_PATIENCE_ATTEMPTS

    def survives_conflict(self, *, can_start_afresh: bool) -> bool:
        """Another life of this replica has joined: as a rule an earlier one, that is dying.

        Or the log no longer reaches back to what is held, which only starting afresh helps.
        """
        self._conflicts += 1
        if self._conflicts <= JOIN_PATIENCE_ATTEMPTS:
            return True
        self.starts_afresh = can_start_afresh
        return can_start_afresh
