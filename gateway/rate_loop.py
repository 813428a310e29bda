"""Counts of several gateways, added up: law 7 for a user who is connected to more than one.

Off the path of every check. While Redis is away each gateway goes by its own counts.
"""

import asyncio
import logging
import time

from gateway.rate_limit import RateLimiter
from storage.ending_loop import end
from storage.rate_counts import RateCounts
from weft import limits
from weft.errors import WeftError

log = logging.getLogger("weft.gateway.rates")


class RateSync:
    """From when it is made, until `close`."""

    def __init__(self, limiter: RateLimiter, counts: RateCounts) -> None:
        self._limiter = limiter
        self._counts = counts
        self._failing = False
        self._task = asyncio.create_task(self._run(), name="rate sync")

    async def close(self) -> None:
        await end(self._task)

    async def sync(self) -> None:
        """Once. What could not be added is counted here alone."""
        counted = self._limiter.drain(_now_ms())
        if not counted:
            return
        try:
            answer = await self._counts.add(counted)
            self._failing = False
        except WeftError as error:
            if not self._failing:  # told once per outage
                log.warning("rates: %s; this gateway limits by its own counts", error)
            self._failing = True
        else:
            self._limiter.absorb(answer, _now_ms())

    async def _run(self) -> None:
        while True:
            try:
                await self.sync()
            except Exception:
                log.exception("rates could not be added up")
            await asyncio.sleep(limits.RATE_SYNC_EVERY_MS / 1000)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
