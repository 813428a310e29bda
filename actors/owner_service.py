"""One owner: hosts many dashboards, opened when a gateway asks for them. Runs without Ray.

What makes it an owner is only the fence in PostgreSQL (law 5); the directory tells gateways where
to go, and may be away. Dashboards share the commit loop and the links, and nothing else (law 10).
"""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from typing import Any
from uuid import UUID, uuid4

from actors.commit_figures import CommitFigures
from actors.commit_loop import CommitLoop
from actors.dashboard_service import DashboardService, Route
from actors.draining_loop import drain
from actors.events import MoveAsked, Stopped, Ticked
from actors.link_server import Link, LinkServer
from actors.load import LoadMeter
from actors.lock_loop import DashboardLocks
from actors.opening_loop import open_with_history
from actors.owner_report import owner_report
from actors.quarantine import Quarantine
from actors.standing_loop import Standing
from storage.identity_ports import GrantsReader
from storage.plugin_grants import narrowed
from storage.ports import Directory, OpenedDashboard, OperationLog, OwnerAddress
from storage.report_loop import keep_reporting
from weft.errors import WeftError
from weft.limits import (
    STOP_TIMEOUT_SECONDS,
    TICK_EVERY_SECONDS,
)
from weft.measures import Measures
from weft.plugins.plugin_service import Plugins
from weft.tracing import Tracer
from weft.wire import link as lines
from weft.wire.codec import encode
from weft.wire.frames import ended_frame

logger = logging.getLogger(__name__)


def wall_clock_ms() -> int:
    return time.time_ns() // 1_000_000


class OwnerService:
    """`start`, then `stop` once. All of it runs in one event loop."""

    def __init__(
        self,
        owner_id: str,
        log: OperationLog,
        grants: GrantsReader,
        directory: Directory,
        *,
        secret: str,
        host: str = "127.0.0.1",
        address: str = "",
        plugins: Plugins | None = None,
        clock_ms: Callable[[], int] = wall_clock_ms,
        measures: Measures | None = None,
        tracer: Tracer | None = None,
    ) -> None:
        """`secret`: what gateways must know. `host`: where to listen for them.
        `address`: of this node, as they reach it.
        """
        self._measures = measures or Measures()
        self._owner_id = owner_id
        self._log = log
        self._plugins = plugins or Plugins()
        self._grants = narrowed(grants, self._plugins)
        self._directory = directory
        self._host, self._node = host, address
        self._clock_ms = clock_ms
        self._meter = LoadMeter()
        self._commits = CommitLoop(log, CommitFigures(self._measures, tracer))
        self._links = LinkServer(self, secret)
        self._address = OwnerAddress(owner_id, str(uuid4()), "")
        self._locks = DashboardLocks(directory, self._address)
        self._dashboards: dict[UUID, DashboardService] = {}
        self._arriving: dict[UUID, dict[Route, lines.Attach]] = {}  # while it is being opened
        self._closing: dict[UUID, asyncio.Task[None]] = {}  # locks being released
        self._quarantine = Quarantine()
        self._tasks: set[asyncio.Task[None]] = set()
        self._all_closed = asyncio.Event()
        self._all_closed.set()
        self._is_stopping = False
        self._standing = self._new_standing()
        self._measures.watch("dashboards", lambda: len(self._dashboards))
        self._measures.watch("subscriptions", self._subscriptions)
        self._measures.watch("commit_queue", self._commit_queue)
        self._measures.follow("plugin_failures", self._plugins.failures)
        self._measures.follow("drops", lambda: {"plugins": self._plugins.dropped()})

    async def start(self) -> OwnerAddress:
        """Listen, announce, and host from now on."""
        url = await self._links.start(self._host, self._node)
        self._address = OwnerAddress(self._owner_id, self._address.incarnation, url)
        self._locks = DashboardLocks(self._directory, self._address)
        self._standing = self._new_standing()
        await self._standing.announce()
        standing = self._standing
        reporting = keep_reporting(self._directory, self._owner_id, self.report, self._node)
        watching = (standing.beat(), standing.watch_fence())
        for running in (self._commit(), self._tick(), *watching, reporting):
            self._start(running)
        return self._address

    async def stop(self) -> None:
        """Send everyone elsewhere, write the checkpoints, release the locks."""
        self._is_stopping = True
        try:
            async with asyncio.timeout(STOP_TIMEOUT_SECONDS):
                for dashboard in list(self._dashboards.values()):
                    dashboard.handle(Stopped())
                await self._all_closed.wait()
                await asyncio.gather(*self._closing.values())
                await self._links.flushed()
        except TimeoutError:
            logger.error("owner %s stops with its last work undone", self._owner_id)
        for task in self._tasks:
            task.cancel()
        await self._links.stop()
        await self._plugins.close()
        try:
            await self._directory.withdraw_owner(self._address)
        except WeftError as error:
            logger.warning("owner %s could not withdraw: %s", self._owner_id, error)

    def status(self) -> dict[str, Any]:
        """Counts, as JSON."""
        return {
            "ownerId": self._owner_id,
            "incarnation": self._address.incarnation,
            "url": self._address.url,
            "dashboards": len(self._dashboards),
            "subscribers": self._subscriptions(),
            "links": len(self._links.links),
            "queued": self._commit_queue(),
            "statements": self._commits.statements,
            "submissions": self._commits.submissions,
            "plugins": self._plugins.counts(),
        }

    def report(self) -> dict[str, Any]:
        dashboards = list(self._dashboards.values())
        return owner_report(self._address.url, dashboards, self._meter, time.monotonic())

    def _subscriptions(self) -> int:
        return sum(each.heart.subscribers for each in self._dashboards.values())

    def _commit_queue(self) -> int:
        return sum(len(each.lane.queue) for each in self._dashboards.values())

    async def regrant(self, dashboard_id: UUID, user_id: UUID | None = None) -> int | None:
        """Law 6: on return, nothing commits here any more that what is granted now forbids.

        The epoch under which the dashboard is open here; None: it is not.
        """
        dashboard = self._dashboards.get(dashboard_id)
        return None if dashboard is None else await dashboard.regrant(user_id)

    async def move(self, dashboard_id: UUID, heir: OwnerAddress) -> int:
        """Give the dashboard to another owner, live; the version at which it went.

        Raises WeftError not_found (it is not open here), owner_unavailable (the heir is not alive,
        or it did not come to a move), storage_unavailable (Redis does not answer: nothing moves).
        """
        dashboard = self._dashboards.get(dashboard_id)
        if dashboard is None:
            raise WeftError("not_found", f"Dashboard {dashboard_id} is not open at this owner.")
        if heir.incarnation == self._address.incarnation:
            return dashboard.heart.durable_version
        if heir not in await self._directory.owners():
            raise WeftError("owner_unavailable", f"There is no live owner {heir.owner_id}.")
        dashboard.handle(MoveAsked(heir))
        await dashboard.closed.wait()
        if dashboard.holder != heir:
            raise WeftError("owner_unavailable", f"{heir.owner_id} has not taken it over.")
        return dashboard.heart.durable_version

    async def drain(self) -> int:
        """Give every dashboard to another owner, live, and take no new ones; how many went.

        What cannot be given away (there is nobody, or Redis is away) stays, for `stop` to end.
        """
        self._locks.is_leaving = True
        given = await drain(self)
        await self._links.flushed()
        return given

    def stay(self) -> None:
        """After a drain that no stop has followed: new dashboards are taken again."""
        self._locks.is_leaving = False

    @property
    def hosted(self) -> list[UUID]:
        return list(self._dashboards)

    @property
    def is_opening(self) -> bool:
        return bool(self._arriving)

    async def give_away(self, dashboard_id: UUID) -> bool:
        """To whoever should have it when we leave; whether there is anybody."""
        heir = await self._locks.heir(dashboard_id)
        if heir is not None:
            await self.move(dashboard_id, heir)
        return heir is not None

    # --- links -----------------------------------------------------------------------------

    def receive(self, link: Link, batch: list[lines.ToOwner]) -> None:
        """The lines of one message, in order. Raises WeftError malformed for a second hello."""
        for line in batch:
            if isinstance(line, lines.LinkHello):
                raise WeftError("malformed", "A link says hello once.")
            route = Route(link, line.n)
            if isinstance(line, lines.Attach):
                self._attach(route, line)
            elif isinstance(line, lines.Detach):
                self._detach(route)
            elif isinstance(line, lines.Regrant):
                self._start(self._answer(link, line, self._regranted(line)))
            elif isinstance(line, lines.Move):
                self._start(self._answer(link, line, self._moved(line)))
            elif dashboard := self._dashboards.get(link.places.get(line.n, NOWHERE)):
                dashboard.receive(route, line)

    def link_lost(self, link: Link) -> None:
        for number in list(link.places):
            self._detach(Route(link, number))

    def _attach(self, route: Route, line: lines.Attach) -> None:
        dashboard_id = line.dashboard_id
        if self._is_stopping:
            self._refuse(route, dashboard_id, WeftError("going_away"))
            return
        route.link.places[route.number] = dashboard_id
        dashboard = self._dashboards.get(dashboard_id)
        if dashboard is not None:
            dashboard.attach(route, line)
            return
        is_first = dashboard_id not in self._arriving
        self._arriving.setdefault(dashboard_id, {})[route] = line
        if is_first:
            self._start(self._open(dashboard_id))

    def _detach(self, route: Route) -> None:
        dashboard_id = route.link.places.pop(route.number, NOWHERE)
        self._arriving.get(dashboard_id, {}).pop(route, None)
        dashboard = self._dashboards.get(dashboard_id)
        if dashboard is not None:
            dashboard.detach(route)

    async def _regranted(self, line: lines.Regrant) -> dict[str, Any]:
        return {"epoch": await self.regrant(line.dashboard_id, line.user_id)}

    async def _moved(self, line: lines.Move) -> dict[str, Any]:
        heir = OwnerAddress(line.owner_id, line.incarnation, line.url)
        return {"version": await self.move(line.dashboard_id, heir)}

    async def _answer(
        self,
        link: Link,
        line: lines.Regrant | lines.Move,
        asking: Coroutine[Any, Any, dict[str, Any]],
    ) -> None:
        try:
            answer = await asking
        except WeftError as error:
            answer = error.to_json()
        except Exception:
            cause = str(uuid4())
            what = type(line).__name__.lower()
            logger.exception("dashboard %s: %s failed, %s", line.dashboard_id, what, cause)
            answer = WeftError("internal", cause=cause).to_json()
        link.send(lines.Done(line.n, encode(answer)))

    def _refuse(self, route: Route, dashboard_id: UUID, error: WeftError) -> None:
        route.link.places.pop(route.number, None)
        route.link.send(lines.Ended(route.number, ended_frame(dashboard_id, error)))

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
            self._dashboards[dashboard_id] = dashboard
            self._plugins.loaded(dashboard_id, dashboard.heart.durable_version)
            self._measures.count("opened")
            self._all_closed.clear()
            for route, line in self._arriving.pop(dashboard_id).items():
                dashboard.attach(route, line)
            if self._is_stopping:
                dashboard.handle(Stopped())

    def _refuse_all(self, dashboard_id: UUID, error: WeftError) -> None:
        for route in self._arriving.pop(dashboard_id):
            self._refuse(route, dashboard_id, error)

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
            return self._hosted(await self._standing.unless_it_lets_go(opening))
        except Exception as error:
            await self._locks.release(dashboard_id)
            told = self._quarantine.judge(dashboard_id, error, self._clock_ms())
            if told is None:
                raise
            cause = told.details["cause"]
            logger.exception("dashboard %s cannot be opened, cause %s", dashboard_id, cause)
            raise told from error

    def _hosted(self, opened: OpenedDashboard) -> DashboardService:
        return DashboardService(
            opened,
            self._log,
            self._grants,
            self._commits,
            self._dashboard_closed,
            hand_over=self._locks.hand_over,
            plugins=self._plugins,
            clock_ms=self._clock_ms,
            measures=self._measures,
        )

    def _dashboard_closed(self, dashboard: DashboardService) -> None:
        dashboard_id = dashboard.dashboard_id
        del self._dashboards[dashboard_id]
        self._plugins.unloaded(dashboard_id, dashboard.heart.durable_version)
        task = self._start(self._locks.release(dashboard_id))
        self._closing[dashboard_id] = task
        task.add_done_callback(lambda _: self._closing.pop(dashboard_id, None))
        if not self._dashboards:
            self._all_closed.set()

    # --- loops -----------------------------------------------------------------------------

    async def _commit(self) -> None:
        while True:
            try:
                await self._commits.run()
            except Exception:
                logger.exception("the commit loop broke, all dashboards are opened anew")
                for dashboard in list(self._dashboards.values()):
                    dashboard.abandon()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_EVERY_SECONDS)
            for dashboard in list(self._dashboards.values()):
                dashboard.handle(Ticked(self._clock_ms()))

    def _new_standing(self) -> Standing:
        hosted = self._dashboards
        return Standing(
            self._log, self._directory, self._address, self._locks, lambda: list(hosted.values())
        )

    def _start(self, running: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(running)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


NOWHERE = UUID(int=0)
