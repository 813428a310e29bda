"""Time in which this machine runs: what a law allows is counted by it, so that a machine that
stands still for seconds, as a shared one may, accuses nobody.

It counts turns of the loop; one that comes late is one turn. Who waits for a timer, or for somebody
who never tells, is found out all the same: the loop goes on turning meanwhile.
"""

import asyncio
import time
from bisect import bisect
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Self

TURN_SECONDS = 0.02


@asynccontextmanager
async def within(seconds: float) -> AsyncIterator[None]:
    """As `asyncio.timeout`."""
    async with asyncio.timeout(None) as bound:
        counting = asyncio.create_task(_count(seconds, bound))
        try:
            yield
        finally:
            counting.cancel()


async def _count(seconds: float, bound: asyncio.Timeout) -> None:
    for _ in range(round(seconds / TURN_SECONDS)):
        await asyncio.sleep(TURN_SECONDS)
    bound.reschedule(0.0)


class RunningClock:
    """`async with` it, before what is measured begins."""

    def __init__(self) -> None:
        self._turned_at: list[float] = []

    async def __aenter__(self) -> Self:
        self._turning = asyncio.create_task(self._turn())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._turning.cancel()
        with suppress(asyncio.CancelledError):
            await self._turning

    async def _turn(self) -> None:
        while True:
            await asyncio.sleep(TURN_SECONDS)
            self._turned_at.append(time.monotonic())

    def now(self) -> float:
        return len(self._turned_at) * TURN_SECONDS

    def between(self, since: float, until: float) -> float:
        """Seconds, of two times by the monotonic clock, which all processes share."""
        turns = bisect(self._turned_at, until) - bisect(self._turned_at, since)
        return turns * TURN_SECONDS
