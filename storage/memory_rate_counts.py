"""The shared counts in memory: the twin of redis_rate_counts."""

from collections.abc import Callable, Mapping

from storage.rate_counts import Count
from weft.errors import WeftError


class MemoryRateCounts:
    """The port `RateCounts`. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float] = lambda: 0.0) -> None:
        self.unavailable = False
        self._clock = clock
        self._counts: dict[str, tuple[int, float]] = {}  # and when its window ends

    async def add(self, amounts: Mapping[str, tuple[int, int]]) -> dict[str, Count]:
        if self.unavailable:
            raise WeftError("storage_unavailable", "Redis does not answer now.")
        now, answer = self._clock(), {}
        for key, (amount, window_ms) in amounts.items():
            total, until = self._counts.get(key, (0, now))
            if until <= now:
                total, until = 0, now + window_ms / 1000
            self._counts[key] = total + amount, until
            answer[key] = Count(total + amount, round((until - now) * 1000))
        return answer
