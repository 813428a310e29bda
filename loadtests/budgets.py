"""What a load test must show to have passed, and what it showed. Pure.

A budget names a metric and holds limits: `p50_ms`, `p95_ms`, `p99_ms` at most, `failures` at most,
`count` at least: a test that has measured nothing has not passed.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final

LIMITS: Final = ("p50_ms", "p95_ms", "p99_ms", "failures", "count")

Budgets = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one metric. `count` holds the failures, too."""

    count: int = 0
    failures: int = 0
    p50_ms: float = 0.0
    p95_ms: float = 0.0
    p99_ms: float = 0.0


def check_budgets(budgets: Budgets) -> None:
    """Raises ValueError: a limit that is misspelt would never be reached."""
    for metric, limits in budgets.items():
        if not isinstance(limits, Mapping) or not limits:
            raise ValueError(f"the budget of {metric!r} holds no limits")
        for name, limit in limits.items():
            if name not in LIMITS:
                raise ValueError(f"{metric!r}: no limit {name!r}, there are {', '.join(LIMITS)}")
            if isinstance(limit, bool) or not isinstance(limit, int | float):
                raise ValueError(f"{metric!r}: {name} is not a number")


def breaches(budgets: Budgets, shown: Mapping[str, Figures]) -> list[str]:
    """One line for each limit that was not kept."""
    found = []
    for metric, limits in budgets.items():
        figures = asdict(shown.get(metric, Figures()))
        for name, limit in limits.items():
            is_least = name == "count"
            if figures[name] < limit if is_least else figures[name] > limit:
                bound = "at least" if is_least else "at most"
                found.append(f"{metric}: {name} is {figures[name]:g}, {bound} {limit:g} is allowed")
    return found
