"""Law 10 for plug-ins: what each has done and cost, and when it is left alone for a while. Pure.

One that has failed, or taken too long, several times in a row is not called until it has rested;
meanwhile its policy answers for it. So what a broken plug-in costs everyone is bounded.
"""

from collections import Counter
from dataclasses import dataclass, field

from weft.limits import PLUGIN_FAILURES_MAX, PLUGIN_REST_SECONDS


@dataclass(slots=True)
class Tally:
    """Of one plug-in in one process. Times are seconds of a clock that never goes back."""

    calls: Counter[str] = field(default_factory=Counter)  # by hook
    seconds: dict[str, float] = field(default_factory=dict)
    refused: int = 0
    amended: int = 0
    failed: int = 0
    slow: int = 0
    dropped: int = 0  # told too late to be told
    _in_a_row: int = 0
    _rests_until: float = float("-inf")

    def rests(self, now: float) -> bool:
        return now < self._rests_until

    def took(self, hook: str, seconds: float) -> None:
        self.calls[hook] += 1
        self.seconds[hook] = self.seconds.get(hook, 0.0) + seconds

    def went_well(self) -> None:
        self._in_a_row = 0

    def went_wrong(self, now: float) -> None:
        self._in_a_row += 1
        if self._in_a_row >= PLUGIN_FAILURES_MAX:
            self._in_a_row = 0
            self._rests_until = now + PLUGIN_REST_SECONDS

    def to_json(self) -> dict[str, object]:
        return {
            "calls": dict(self.calls),
            "milliseconds": {hook: round(1000 * each, 3) for hook, each in self.seconds.items()},
            "refused": self.refused,
            "amended": self.amended,
            "failed": self.failed,
            "slow": self.slow,
            "dropped": self.dropped,
        }
