"""Law 7, bad input is answered: what comes too frequently is refused with a time to wait.

A window is a count under one of the seed's keys (`ratelimit:{userId}:operations`) that ends by
itself. A gateway counts on its own, and every RATE_SYNC_EVERY_MS adds its counts to the shared
ones in one script; so a check costs no round trip, several gateways together overshoot by what
arrives in that time at most, and without Redis each process still limits by itself.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from storage.rate_counts import Count
from weft import limits


class Rate(NamedTuple):
    """At most `allowed` per window of `window_ms`."""

    allowed: int
    window_ms: int


DEFAULT_RATES: Mapping[str, Rate] = {
    "operations": Rate(limits.RATE_OPERATIONS_PER_WINDOW, limits.RATE_OPERATIONS_WINDOW_MS),
    "cursor": Rate(limits.RATE_CURSOR_PER_WINDOW, limits.RATE_CURSOR_WINDOW_MS),
    "feeds": Rate(limits.RATE_FEEDS_PER_WINDOW, limits.RATE_FEEDS_WINDOW_MS),
    "connections": Rate(limits.RATE_CONNECTIONS_PER_WINDOW, limits.RATE_CONNECTIONS_WINDOW_MS),
}
DEFAULT_GLOBAL_RATES: Mapping[str, Rate] = {
    "operations": Rate(limits.RATE_GLOBAL_OPERATIONS_PER_WINDOW, limits.RATE_OPERATIONS_WINDOW_MS),
    "connections": Rate(
        limits.RATE_GLOBAL_CONNECTIONS_PER_WINDOW, limits.RATE_CONNECTIONS_WINDOW_MS
    ),
}


@dataclass(slots=True)
class Window:
    rate: Rate
    ends_ms: int
    shared: int = 0  # as of the last synchronisation
    unsent: int = 0  # counted here since

    @property
    def used(self) -> int:
        return self.shared + self.unsent


class RateLimiter:
    """The counts of one gateway. Pure: time is an argument, in ms."""

    def __init__(
        self,
        rates: Mapping[str, Rate] = DEFAULT_RATES,
        global_rates: Mapping[str, Rate] = DEFAULT_GLOBAL_RATES,
    ) -> None:
        self._rates = rates
        self._global_rates = global_rates
        self._windows: dict[str, Window] = {}

    def take(self, user_id: object, kind: str, now_ms: int, amount: int = 1) -> int:
        """Count `amount` for the user and the cluster: 0, or the ms to wait, and nothing counted.

        A single amount beyond the whole rate is let through at the start of a window: refusing
        it for ever would be no answer.
        """
        windows = list(self._windows_of(user_id, kind, now_ms))
        for window in windows:
            if window.used and window.used + amount > window.rate.allowed:
                return max(1, window.ends_ms - now_ms)
        for window in windows:
            window.unsent += amount
        return 0

    def told(self) -> dict[str, int]:
        """As the welcome names them, per user."""
        told: dict[str, int] = {}
        for kind, rate in self._rates.items():
            told |= {f"{kind}MaxPerWindow": rate.allowed, f"{kind}WindowMs": rate.window_ms}
        return told

    def drain(self, now_ms: int) -> dict[str, tuple[int, int]]:
        """What to add to the shared counts: key → (amount, ms that its window still has)."""
        self._windows = {k: w for k, w in self._windows.items() if w.ends_ms > now_ms}
        unsent = {
            key: (window.unsent, window.ends_ms - now_ms)
            for key, window in self._windows.items()
            if window.unsent
        }
        for key in unsent:
            self._windows[key].shared += self._windows[key].unsent
            self._windows[key].unsent = 0
        return unsent

    def absorb(self, counts: Mapping[str, Count], now_ms: int) -> None:
        """Take over the shared counts that a synchronisation returned. One that has longer to go
        than a window lasts is none of ours, and would hold somebody up for ever.
        """
        for key, count in counts.items():
            window = self._windows.get(key)
            if window is not None and count.remaining_ms <= window.rate.window_ms:
                window.shared = max(0, count.total)
                window.ends_ms = now_ms + max(1, count.remaining_ms)

    def _windows_of(self, user_id: object, kind: str, now_ms: int) -> Iterator[Window]:
        yield self._window(f"ratelimit:{user_id}:{kind}", self._rates[kind], now_ms)
        if kind in self._global_rates:
            yield self._window(f"ratelimit:global:{kind}", self._global_rates[kind], now_ms)

    def _window(self, key: str, rate: Rate, now_ms: int) -> Window:
        window = self._windows.get(key)
        if window is None or window.ends_ms <= now_ms:
            window = self._windows[key] = Window(rate, now_ms + rate.window_ms)
        return window
