"""Waits that grow, bounded and jittered, so that a server that returns is not met by all at once.

Chance is an argument: a callable that returns a number in [0, 1).
"""

from collections.abc import Callable

from weft.limits import RECONNECT_FIRST_SECONDS, RECONNECT_MAX_SECONDS

Chance = Callable[[], float]


class Backoff:
    """Each wait is drawn from the upper half of a span that doubles up to the maximum."""

    def __init__(self, chance: Chance) -> None:
        self._chance = chance
        self.attempts = 0  # since the last success

    def next_seconds(self, at_least_ms: int | None = None) -> float:
        """The wait before the next attempt; `at_least_ms` is what the server asked for."""
        span = min(RECONNECT_FIRST_SECONDS * 2.0**self.attempts, RECONNECT_MAX_SECONDS)
        self.attempts = min(self.attempts + 1, 32)
        wait = span * (0.5 + 0.5 * self._chance())
        return wait if at_least_ms is None else at_least_ms / 1000 + wait

    def reset(self) -> None:
        self.attempts = 0
