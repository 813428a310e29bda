"""Carries out what the balance decides, from time to time, and says what it did.

Only the busiest dashboards of an owner are told of; those that rest weigh nothing. A move that does
not come off changes nothing: the dashboard rests, and later looks decide anew.
"""

import logging
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from cluster.balance import Balance, Loads, Relocation
from weft.errors import WeftError

logger = logging.getLogger(__name__)

BALANCE_EVERY_SECONDS = 5.0

Reports = Mapping[str, Mapping[str, Any]]  # owner to its report, as JSON
Move = Callable[[list[Relocation]], list[Relocation]]  # at once; those that came off


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
            wanted = self._balance.look(loads_of(self._ask()), now)
            moved = self._move(wanted) if wanted else []
        except WeftError as error:
            logger.warning("nothing is rebalanced: %s", error)
            return []
        return [
            f"dashboard {each.dashboard_id} has moved from {each.giver} to {each.taker}"
            for each in moved
        ]


def loads_of(reports: Reports) -> Loads:
    return {
        owner: {
            UUID(each["dashboardId"]): float(each["operationsPerSecond"]) for each in report["hot"]
        }
        for owner, report in reports.items()
    }
