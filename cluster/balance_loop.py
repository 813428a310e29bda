"""Carries out what the balance decides, from time to time, and says what it did.

Only the busiest dashboards of an owner are told of; those that rest weigh nothing. A move that does
not come off changes nothing: the dashboard rests, and later looks decide anew.
"""

import logging
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from cluster.balance import Balance, Loads
from weft.errors import WeftError

logger = logging.getLogger(__name__)

BALANCE_EVERY_SECONDS = 5.0

Reports = Mapping[str, Mapping[str, Any]]  # owner to its report, as JSON
Move = Callable[[UUID, str, str], None]  # this dashboard, from this owner, to that one


class Rebalancer:
    def __init__(self, ask: Callable[[], Reports], move: Move) -> None:
        self._ask = ask
        self._move = move
        self._balance = Balance()
        self._looked_at = float("-inf")

    def step(self, now: float) -> list[str]:
        """What was moved. `now`: seconds; it looks once in BALANCE_EVERY_SECONDS."""
        if now - self._looked_at < BALANCE_EVERY_SECONDS:
            return []
        self._looked_at = now
        try:
            found = self._balance.look(loads_of(self._ask()), now)
            if found is None:
                return []
            self._move(found.dashboard_id, found.giver, found.taker)
        except WeftError as error:
            logger.warning("nothing is rebalanced: %s", error)
            return []
        return [f"dashboard {found.dashboard_id} has moved from {found.giver} to {found.taker}"]


def loads_of(reports: Reports) -> Loads:
    return {
        owner: {
            UUID(each["dashboardId"]): float(each["operationsPerSecond"]) for each in report["hot"]
        }
        for owner, report in reports.items()
    }
