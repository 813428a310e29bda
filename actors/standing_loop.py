"""Law 5, one writer, as the writer itself learns of it: is it one still, and do others know it?

    announced ──the log has not answered for 3 s──▶ standing back ──it answers──▶ announced

Who does not reach the log cannot commit. It leaves the directory, and if somebody else is there it
lets its dashboards go, so that nobody is kept where nothing can be saved. If nobody is, it is the
log that is away, and all wait for it. Either way the fence in the commit keeps the law.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from actors.dashboard_service import DashboardService
from actors.events import Fenced
from actors.lock_loop import DashboardLocks
from storage.ports import Directory, OperationLog, OwnerAddress
from weft.errors import WeftError
from weft.limits import (
    FENCE_CHECK_SECONDS,
    FENCE_TIMEOUT_SECONDS,
    HEARTBEAT_EVERY_SECONDS,
    HEARTBEAT_TTL_SECONDS,
    LOG_PATIENCE_SECONDS,
)

logger = logging.getLogger(__name__)

Opened = TypeVar("Opened")


class Standing:
    """Of one owner, in the directory and before the log. `beat` and `watch_fence` run until
    cancelled."""

    def __init__(
        self,
        log: OperationLog,
        directory: Directory,
        address: OwnerAddress,
        locks: DashboardLocks,
        dashboards: Callable[[], list[DashboardService]],
    ) -> None:
        """`dashboards`: those that are open here now."""
        self.address = address
        self.stands_back = False
        self._log = log
        self._directory = directory
        self._locks = locks
        self._dashboards = dashboards
        self._is_announced = True
        self._has_left = False
        self._lets_go = asyncio.Event()

    async def beat(self) -> None:
        """Stay in the directory; after a silence, look at what happened meanwhile."""
        announced_at = time.monotonic()
        while True:
            await asyncio.sleep(HEARTBEAT_EVERY_SECONDS)
            had_failed = not self._is_announced
            if await self.announce():
                silent_seconds = time.monotonic() - announced_at
                announced_at += silent_seconds
                if had_failed or silent_seconds > HEARTBEAT_TTL_SECONDS:
                    await self._look_around()

    async def announce(self) -> bool:
        """False: it is not in the directory."""
        if self.stands_back or self._has_left:
            return False
        try:
            await self._directory.announce_owner(self.address, HEARTBEAT_TTL_SECONDS)
        except Exception as error:  # noqa: BLE001  (the directory is never fatal)
            if self._is_announced:
                logger.warning("owner %s is not announced: %s", self.address.owner_id, error)
            self._is_announced = False
        else:
            self._is_announced = True
        return self._is_announced

    async def leave(self) -> None:
        """For good. From here on others are chosen, whatever is still to be ended here."""
        self._has_left = True
        try:
            await self._directory.withdraw_owner(self.address)
        except WeftError as error:
            logger.warning("owner %s could not withdraw: %s", self.address.owner_id, error)

    async def _look_around(self) -> None:
        """The directory may have lost our locks, and others may have taken our dashboards over."""
        for dashboard in self._dashboards():
            await self._locks.claim_again(dashboard.dashboard_id)

    async def watch_fence(self) -> None:
        """Who was fenced out while nobody edited, or cut off from anybody, learns it so."""
        reached_at = time.monotonic()
        asking: asyncio.Task[None] | None = None
        try:
            while True:
                await asyncio.sleep(FENCE_CHECK_SECONDS)
                # One question at a time: of a store that is silent each would hold a connection.
                asking = asking or asyncio.create_task(self._check_fence())
                await asyncio.wait([asking], timeout=FENCE_TIMEOUT_SECONDS)
                if asking.done() and not asking.exception():
                    reached_at = time.monotonic()
                    await self._stand_up()
                else:
                    logger.warning("owner %s does not know its fence", self.address.owner_id)
                    if time.monotonic() - reached_at > LOG_PATIENCE_SECONDS:
                        await self._stand_back()
                asking = None if asking.done() else asking
        finally:
            if asking is not None:
                asking.cancel()

    async def _check_fence(self) -> None:
        """Asked even of no dashboard: whether the log answers is what counts then."""
        hosted = self._dashboards()
        heads = await self._log.heads([each.dashboard_id for each in hosted])
        for dashboard in hosted:
            dashboard.check_fence(heads.get(dashboard.dashboard_id))

    async def _stand_back(self) -> None:
        try:
            if not self.stands_back:
                self.stands_back, self._is_announced = True, False
                logger.error("owner %s does not reach the log", self.address.owner_id)
                await self._directory.withdraw_owner(self.address)
            others = [each for each in await self._directory.owners() if each != self.address]
        except Exception as error:  # noqa: BLE001  (the directory is never fatal)
            logger.warning("owner %s does not know the others: %s", self.address.owner_id, error)
            return
        if others:
            self._lets_go.set()
            for dashboard in self._dashboards():
                dashboard.handle(Fenced())

    async def _stand_up(self) -> None:
        if self.stands_back:
            self.stands_back = False
            self._lets_go.clear()
            if await self.announce():
                await self._look_around()

    async def unless_it_lets_go(self, opening: Coroutine[Any, Any, Opened]) -> Opened:
        """Who waits here for a silent log is let go of like those whose dashboard is open.

        Raises what `opening` raises, and WeftError storage_unavailable.
        """
        ways = (asyncio.create_task(opening), asyncio.create_task(self._lets_go.wait()))
        done, _ = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()  # without waiting: a statement that is cancelled asks the silent log
        if ways[0] not in done:
            raise WeftError("storage_unavailable")
        return ways[0].result()
