"""Which dashboards should go from which owner to which: a heart, fed with what owners tell.

An owner is too busy when it does more than `TOLERANCE` times the mean, and more than a floor. Then
its busiest dashboard that makes the two owners more equal goes to the least busy one; the second
busiest owner gives to the second least busy, and so on. It settles: no owner takes part in two
moves of one look, so each lowers the sum of squares of the loads; and a dashboard that has moved
stays for a while, so nothing goes back and forth with the noise of what people do.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

TOLERANCE = 1.3  # times the mean; below it moving costs more than it brings
FLOOR_PER_SECOND = 20.0  # operations; an owner with fewer is not busy, whatever the others do
GAIN_MIN = 0.2  # of the difference between the two owners, which a move must take away
REST_SECONDS = 60.0  # for a dashboard that has moved
MOVES_MAX_PER_LOOK = 16  # each is an opening for PostgreSQL, and 3 ms for whoever edits there

Loads = Mapping[str, Mapping[UUID, float]]  # owner to its dashboards' operations per second


@dataclass(frozen=True, slots=True)
class Relocation:
    dashboard_id: UUID
    giver: str
    taker: str


@dataclass(slots=True)
class Balance:
    """`look` at the loads from time to time; at most one move of each owner comes of it."""

    _moved_at: dict[UUID, float] = field(default_factory=dict)

    def look(self, loads: Loads, now: float) -> list[Relocation]:
        """`now`: seconds."""
        self._moved_at = {
            each: at for each, at in self._moved_at.items() if now - at < REST_SECONDS
        }
        totals = {owner: sum(dashboards.values()) for owner, dashboards in loads.items()}
        ranked = sorted(totals, key=lambda owner: (totals[owner], owner))
        busy = max(FLOOR_PER_SECOND, TOLERANCE * sum(totals.values()) / max(1, len(totals)))
        found: list[Relocation] = []
        takers = iter(ranked[: len(ranked) // 2])
        taker = next(takers, None)
        for giver in reversed(ranked):
            if taker is None or giver == taker or totals[giver] <= busy:
                break
            chosen = self._choose(loads[giver], totals[giver] - totals[taker])
            if chosen is not None:
                self._moved_at[chosen] = now
                found.append(Relocation(chosen, giver, taker))
                taker = next(takers, None) if len(found) < MOVES_MAX_PER_LOOK else None
        return found

    def _choose(self, dashboards: Mapping[UUID, float], difference: float) -> UUID | None:
        """The one that leaves the two owners most equal, if that is worth a move. One that is
        nearly all its owner does stays: it would only carry the difference over to the other.
        """
        free = {each: load for each, load in dashboards.items() if each not in self._moved_at}
        best = min(
            free, key=lambda each: (abs(difference - 2 * free[each]), str(each)), default=None
        )
        if best is None or abs(difference - 2 * free[best]) > (1 - GAIN_MIN) * difference:
            return None
        return best
