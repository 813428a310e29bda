"""The dashboards that one owner has open: each is opened when somebody arrives, once for all who
arrive meanwhile, and not again before its lock has been released.

Law 10, blast radius: one that cannot be opened ends the subscriptions of those who came for it.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any
from uuid import UUID, uuid4

from actors.dashboard_service import DashboardService, Route
from actors.events import Stopped
from actors.lock_loop import DashboardLocks
from actors.opening_loop import open_with_history
from actors.quarantine import Quarantine
from actors.standing_loop import Standing
from storage.ports import OpenedDashboard, OperationLog
from weft.errors import WeftError
from weft.measures import Measures
from weft.plugins.plugin_service import Plugins
from weft.wire import link as lines
from weft.wire.frames import ended_frame

logger = logging.getLogger(__name__)

Starter = Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]
Maker = Callable[[OpenedDashboard, Callable[[DashboardService], None]], DashboardService]
NOWHERE = UUID(int=0)


class Hosting:
    """`attach` and `detach` by route; `stop` once, after which nobody is let in."""

    def __init__(
        self,
        log: OperationLog,
        locks: DashboardLocks,
        standing: Standing,
        make: Maker,
        *,
        start: Starter,
        plugins: Plugins,
        clock_ms: Callable[[], int],
        measures: Measures,
    ) -> None:
        """`make`: given what the log holds, and whom to tell that it has closed. `start`: a task
        that ends with the owner.
        """
        self.dashboards: dict[UUID, DashboardService] = {}
        self._log = log
        self._locks = locks
        self._standing = standing
        self._make = make
        self._start = start
        self._plugins = plugins
        self._clock_ms = clock_ms
        self._measures = measures
        self._arriving: dict[UUID, dict[Route, lines.Attach]] = {}  # while it is being opened
        self._closing: dict[UUID, asyncio.Task[None]] = {}  # locks being released
        self._quarantine = Quarantine()
        self._all_closed = asyncio.Event()
        self._all_closed.set()
        self._is_stopping = False

    @property
    def is_opening(self) -> bool:
        return bool(self._arriving)

    def all(self) -> list[DashboardService]:
        """As they are now: it may be gone through while they close."""
        return list(self.dashboards.values())

    async def stop(self) -> None:
        """Everyone is sent elsewhere; on return the checkpoints are written, the locks released."""
        self._is_stopping = True
        for dashboard in self.all():
            dashboard.handle(Stopped())
        await self._all_closed.wait()
        await asyncio.gather(*self._closing.values())

    # --- who comes and goes ----------------------------------------------------------------

    def attach(self, route: Route, line: lines.Attach) -> None:
        dashboard_id = line.dashboard_id
        if self._is_stopping:
            _refuse(route, dashboard_id, WeftError("owner_moved"))  # its gateway asks another
            return
        route.link.places[route.number] = dashboard_id
        dashboard = self.dashboards.get(dashboard_id)
        if dashboard is not None:
            dashboard.attach(route, line)
            return
        is_first = dashboard_id not in self._arriving
        self._arriving.setdefault(dashboard_id, {})[route] = line
        if is_first:
            self._start(self._open(dashboard_id))

    def detach(self, route: Route) -> None:
        dashboard_id = route.link.places.pop(route.number, NOWHERE)
        self._arriving.get(dashboard_id, {}).pop(route, None)
        dashboard = self.dashboards.get(dashboard_id)
        if dashboard is not None:
            dashboard.detach(route)

    # --- opening and closing ---------------------------------------------------------------

    async def _open(self, dashboard_id: UUID) -> None:
        """Once for all who arrive meanwhile."""
        try:
            dashboard = await self._load(dashboard_id)
        except WeftError as error:
            self._refuse_all(dashboard_id, error)
        except Exception:
            cause = str(uuid4())
            logger.exception("dashboard %s cannot be opened, cause %s", dashboard_id, cause)
            self._refuse_all(dashboard_id, WeftError("internal", cause=cause))
        else:
            self.dashboards[dashboard_id] = dashboard
            self._plugins.loaded(dashboard_id, dashboard.heart.durable_version)
            self._measures.count("opened")
            self._all_closed.clear()
            for route, line in self._arriving.pop(dashboard_id).items():
                dashboard.attach(route, line)
            if self._is_stopping:
                dashboard.handle(Stopped())

    def _refuse_all(self, dashboard_id: UUID, error: WeftError) -> None:
        for route in self._arriving.pop(dashboard_id):
            _refuse(route, dashboard_id, error)

    async def _load(self, dashboard_id: UUID) -> DashboardService:
        """Raises WeftError owner_moved (with `owner`), unknown_dashboard, storage_unavailable,
        unreadable.
        """
        closing = self._closing.get(dashboard_id)
        if closing is not None:
            await closing
        if self._standing.stands_back:
            raise WeftError("storage_unavailable")
        self._quarantine.check(dashboard_id, self._clock_ms())
        await self._locks.claim(dashboard_id)
        try:
            opening = open_with_history(self._log, dashboard_id)
            opened = await self._standing.unless_it_lets_go(opening)
            return self._make(opened, self._closed)
        except Exception as error:
            await self._locks.release(dashboard_id)
            told = self._quarantine.judge(dashboard_id, error, self._clock_ms())
            if told is None:
                raise
            cause = told.details["cause"]
            logger.exception("dashboard %s cannot be opened, cause %s", dashboard_id, cause)
            raise told from error

    def _closed(self, dashboard: DashboardService) -> None:
        dashboard_id = dashboard.dashboard_id
        del self.dashboards[dashboard_id]
        if dashboard.is_fenced:
            self._locks.lost(dashboard_id, dashboard.lane.epoch)
        self._plugins.unloaded(dashboard_id, dashboard.heart.durable_version)
        task = self._start(self._locks.release(dashboard_id))
        self._closing[dashboard_id] = task
        task.add_done_callback(lambda _: self._closing.pop(dashboard_id, None))
        if not self.dashboards:
            self._all_closed.set()


def _refuse(route: Route, dashboard_id: UUID, error: WeftError) -> None:
    route.link.places.pop(route.number, None)
    route.link.send(lines.Ended(route.number, ended_frame(dashboard_id, error)))
