"""Waits that grow, bounded and jittered, so that a server that returns is not met by all at once.

Chance is an argument: a callable that returns a number in [0, 1).
"""

from collections.abc import Callable

from weft.limits import (
    RECONNECT_FIRST_SECONDS,
    RECONNECT_MAX_SECONDS,
    RECONNECT_QUICK_ATTEMPTS,
    RECONNECT_QUICK_MAX_SECONDS,
)

Chance = Callable[[], float]


class Backoff:
    """Each wait is drawn from the upper half of a span that doubles up to the maximum.

    On its way there it rests for some attempts: who was killed is back within seconds, and the
    wait shall not be as long again as the outage was.
    """

    def __init__(self, chance: Chance) -> None:
        self._chance = chance
        self.attempts = 0  # since the last success

    def next_seconds(self, at_least_ms: int | None = None) -> float:
        """The wait before the next attempt; `at_least_ms` is what the server asked for."""
        late = self.attempts - RECONNECT_QUICK_ATTEMPTS + 1
        span = min(RECONNECT_FIRST_SECONDS * 2.0**self.attempts, RECONNECT_QUICK_MAX_SECONDS)
        if late > 0:
            span = min(RECONNECT_QUICK_MAX_SECONDS * 2.0**late, RECONNECT_MAX_SECONDS)
        self.attempts = min(self.attempts + 1, 32)
        wait = span * (0.5 + 0.5 * self._chance())
        return wait if at_least_ms is None else at_least_ms / 1000 + wait

    def reset(self) -> None:
        self.attempts = 0
