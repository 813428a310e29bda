"""When the nemesis does what: decided before the run, by chance that a seed decides.

Blows come one after the other with time to recover between them; every third is met by a second
one of another kind while it still lasts.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

Chance = Callable[[], float]  # uniform in [0, 1)

FIRST_SECONDS = 1.0  # editors are under way by then
CALM_MIN_SECONDS, CALM_MAX_SECONDS = 1.0, 5.0  # from one blow's end to the next
LAST_CALM_SECONDS = 2.0  # before the run ends nothing new begins
COMBINED = 1 / 3  # of the blows


@dataclass(frozen=True, slots=True)
class Strike:
    at: float  # seconds from the start of the run
    fault: str
    lasts: float  # seconds; 0: it is over at once
    lot: float  # in [0, 1): whom it hits, where there is a choice


def schedule(
    chance: Chance, seconds: float, faults: Mapping[str, tuple[float, float]]
) -> list[Strike]:
    """`faults`: between how many seconds each lasts. In order of time."""
    strikes: list[Strike] = []
    names = sorted(faults)
    at = FIRST_SECONDS
    while names and at < seconds - LAST_CALM_SECONDS:
        first = _strike(chance, at, names, faults)
        strikes.append(first)
        end = at + first.lasts
        if chance() < COMBINED and len(names) > 1:
            others = [name for name in names if name != first.fault]
            second = _strike(chance, at + chance() * max(first.lasts, 1.0), others, faults)
            strikes.append(second)
            end = max(end, second.at + second.lasts)
        at = end + CALM_MIN_SECONDS + chance() * (CALM_MAX_SECONDS - CALM_MIN_SECONDS)
    return sorted(strikes, key=lambda strike: strike.at)


def _strike(
    chance: Chance, at: float, names: list[str], faults: Mapping[str, tuple[float, float]]
) -> Strike:
    name = names[int(chance() * len(names))]
    shortest, longest = faults[name]
    return Strike(at, name, shortest + chance() * (longest - shortest), chance())
