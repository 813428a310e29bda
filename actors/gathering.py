"""Law 2 costs a commit for each group: when is it worth a moment's wait to make the group whole?

Those whom one commit answers edit on together. The first to come back would have a commit to
itself, and all the others would wait for it. So the first waits for as many as came of late.
"""

from weft.limits import COMMIT_GATHER_FROM


class Gathering:
    """Counts what has arrived since the last group was taken, against the last two groups."""

    def __init__(self) -> None:
        self._arrived = 0
        self._last = self._before_last = 0

    def arrived(self) -> None:
        self._arrived += 1

    def taken(self) -> None:
        self._arrived = 0

    def committed(self, submissions: int) -> None:
        self._before_last, self._last = self._last, submissions

    @property
    def is_whole(self) -> bool:
        """Nobody more is expected. One who was late makes a small group between two large ones."""
        expected = max(self._last, self._before_last)
        return expected < COMMIT_GATHER_FROM or self._arrived >= expected
