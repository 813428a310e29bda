"""Deals the blows of a schedule at their times, and mends each, whatever else is under way."""

import asyncio
import time
from collections.abc import Callable, Sequence
from uuid import UUID

from cluster.chaos.battlefield_service import Battlefield
from cluster.chaos.editor_loop import Editor
from cluster.chaos.fault_service import Target
from cluster.chaos.faults_service import FAULTS
from cluster.chaos.history import Blow
from cluster.chaos.schedule import Strike

Tell = Callable[[str], None]


async def strike_all(
    strikes: Sequence[Strike],
    field: Battlefield,
    dashboards: Sequence[UUID],
    editors: Sequence[Editor],
    tell: Tell,
) -> list[Blow]:
    """Returns when the last is mended; in order of time."""
    began = time.monotonic()

    async def deal(strike: Strike) -> Blow:
        await asyncio.sleep(max(0.0, began + strike.at - time.monotonic()))
        fault = FAULTS[strike.fault]()
        target = Target(field, dashboards, editors, strike.lot)
        struck_at = time.time()
        try:
            told = await fault.strike(target)
            tell(f"{time.monotonic() - began:6.2f}s {strike.fault}: {told}")
            await asyncio.sleep(strike.lasts)
        except ProcessLookupError:
            told = "gone before it was hit"
        finally:
            await fault.mend(target)
        if strike.lasts:
            tell(f"{time.monotonic() - began:6.2f}s {strike.fault} is mended")
        return Blow(strike.fault, struck_at, time.time(), told, fault.stops_all)

    async with asyncio.TaskGroup() as group:
        dealt = [group.create_task(deal(strike)) for strike in strikes]
    return sorted((task.result() for task in dealt), key=lambda blow: blow.struck_at)
