"""How busy each dashboard of an owner is: operations per second, smoothed over some seconds.

What is compared with what others do must not jump with every pause between two words.
"""

import math
from collections.abc import Mapping
from uuid import UUID

from weft.limits import HOT_DASHBOARDS_MAX, LOAD_HALF_LIFE_SECONDS


class LoadMeter:
    def __init__(self) -> None:
        self.rates: dict[UUID, float] = {}
        self._counts: Mapping[UUID, int] = {}
        self._at = 0.0

    def measure(self, counts: Mapping[UUID, int], now: float) -> None:
        """`counts`: operations of each dashboard since it was opened here; `now`: seconds."""
        passed = now - self._at
        if passed <= 0:
            return
        kept = math.exp2(-passed / LOAD_HALF_LIFE_SECONDS)
        self.rates = {
            dashboard_id: kept * self.rates.get(dashboard_id, 0.0)
            + (1 - kept) * max(0, count - self._counts.get(dashboard_id, 0)) / passed
            for dashboard_id, count in counts.items()
        }
        self._counts, self._at = counts, now

    @property
    def total(self) -> float:
        return sum(self.rates.values())

    def hottest(self) -> list[tuple[UUID, float]]:
        """The busiest first, without those that rest."""
        busy = [each for each in self.rates.items() if each[1] >= 0.1]
        return sorted(busy, key=lambda each: (-each[1], str(each[0])))[:HOT_DASHBOARDS_MAX]
