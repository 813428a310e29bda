"""An owner that leaves gives its dashboards to the others, live, some at a time."""

import asyncio
import logging
from typing import Protocol
from uuid import UUID

from weft.errors import WeftError
from weft.limits import DRAIN_LOOK_SECONDS, DRAIN_MOVES_AT_ONCE

logger = logging.getLogger(__name__)


class Leaving(Protocol):
    """An owner that takes no new dashboards."""

    @property
    def hosted(self) -> list[UUID]: ...

    @property
    def is_opening(self) -> bool:
        """Some are still being opened, for who came before it began to leave."""

    async def give_away(self, dashboard_id: UUID) -> bool:
        """Whether there was somebody to give it to. Raises WeftError."""


async def drain(owner: Leaving) -> int:
    """Until it hosts nothing, or nobody takes what it hosts; how many went."""
    turns = asyncio.Semaphore(DRAIN_MOVES_AT_ONCE)
    given = 0
    while owner.hosted or owner.is_opening:
        gone = await asyncio.gather(*(_give(owner, each, turns) for each in owner.hosted))
        given += sum(gone)
        if gone and not any(gone):
            break
        await asyncio.sleep(DRAIN_LOOK_SECONDS)
    return given


async def _give(owner: Leaving, dashboard_id: UUID, turns: asyncio.Semaphore) -> bool:
    async with turns:
        try:
            return await owner.give_away(dashboard_id)
        except WeftError as error:
            if error.code == "not_found":  # it has closed meanwhile
                return True
            logger.warning("dashboard %s is not given away: %s", dashboard_id, error)
            return False
