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
from actors.events import MoveAsked, Ticked
from actors.hosting_service import NOWHERE, Hosting
from actors.link_server import Link, LinkServer
from actors.load import LoadMeter
from actors.lock_loop import DashboardLocks
from actors.owner_report import owner_report
from actors.standing_loop import Standing
from storage.identity_ports import GrantsReader
from storage.plugin_grants import narrowed
from storage.ports import Directory, OpenedDashboard, OperationLog, OwnerAddress
from storage.report_loop import keep_reporting
from weft.errors import WeftError
from weft.limits import STOP_TIMEOUT_SECONDS, TICK_EVERY_SECONDS
from weft.measures import Measures
from weft.plugins.plugin_service import Plugins
from weft.tracing import Tracer
from weft.wire import link as lines
from weft.wire.codec import encode

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
        self._locks = DashboardLocks(directory, log, self._address)
        self._tasks: set[asyncio.Task[None]] = set()
        self._standing = Standing(
            log,
            directory,
            self._address,
            self._locks,
            lambda: self._hosting.all(),  # noqa: PLW0108  (it is made below)
        )
        self._hosting = Hosting(
            log,
            self._locks,
            self._standing,
            self._hosted,
            start=self._start,
            plugins=self._plugins,
            clock_ms=clock_ms,
            measures=self._measures,
        )
        self._measures.watch("dashboards", lambda: len(self._hosting.dashboards))
        self._measures.watch("subscriptions", self._subscriptions)
        self._measures.watch("commit_queue", self._commit_queue)
        self._measures.follow("plugin_failures", self._plugins.failures)
        self._measures.follow("drops", lambda: {"plugins": self._plugins.dropped()})

    async def start(self) -> OwnerAddress:
        """Listen, announce, and host from now on."""
        url = await self._links.start(self._host, self._node)
        self._address = OwnerAddress(self._owner_id, self._address.incarnation, url)
        self._locks.address = self._standing.address = self._address
        standing = self._standing
        await standing.announce()
        reporting = keep_reporting(self._directory, self._owner_id, self.report, self._node)
        watching = (standing.beat(), standing.watch_fence())
        for running in (self._commit(), self._tick(), *watching, reporting):
            self._start(running)
        return self._address

    async def stop(self) -> None:
        """Send everyone elsewhere, write the checkpoints, release the locks."""
        try:
            async with asyncio.timeout(STOP_TIMEOUT_SECONDS):
                await self._standing.leave()  # first: who is sent away comes back within 0.2 s
                await self._hosting.stop()
                await self._links.flushed()
        except TimeoutError:
            logger.error("owner %s stops with its last work undone", self._owner_id)
        for task in self._tasks:
            task.cancel()
        await self._links.stop()
        await self._plugins.close()
        await self._standing.leave()  # an announcement may have been under way

    def status(self) -> dict[str, Any]:
        """Counts, as JSON."""
        return {
            "ownerId": self._owner_id,
            "incarnation": self._address.incarnation,
            "url": self._address.url,
            "dashboards": len(self._hosting.dashboards),
            "subscribers": self._subscriptions(),
            "links": len(self._links.links),
            "queued": self._commit_queue(),
            "statements": self._commits.statements,
            "submissions": self._commits.submissions,
            "plugins": self._plugins.counts(),
        }

    def report(self) -> dict[str, Any]:
        return owner_report(self._address.url, self._hosting.all(), self._meter, time.monotonic())

    def _subscriptions(self) -> int:
        return sum(each.heart.subscribers for each in self._hosting.dashboards.values())

    def _commit_queue(self) -> int:
        return sum(len(each.lane.queue) for each in self._hosting.dashboards.values())

    async def regrant(self, dashboard_id: UUID, user_id: UUID | None = None) -> int | None:
        """Law 6: on return, nothing commits here any more that what is granted now forbids.

        The epoch under which the dashboard is open here; None: it is not.
        """
        dashboard = self._hosting.dashboards.get(dashboard_id)
        return None if dashboard is None else await dashboard.regrant(user_id)

    async def move(self, dashboard_id: UUID, heir: OwnerAddress) -> int:
        """Give the dashboard to another owner, live; the version at which it went.

        Raises WeftError not_found (it is not open here), owner_unavailable (the heir is not alive,
        or it did not come to a move), storage_unavailable (Redis does not answer: nothing moves).
        """
        dashboard = self._hosting.dashboards.get(dashboard_id)
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
        return list(self._hosting.dashboards)

    @property
    def is_opening(self) -> bool:
        return self._hosting.is_opening

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
                self._hosting.attach(route, line)
            elif isinstance(line, lines.Detach):
                self._hosting.detach(route)
            elif isinstance(line, lines.Regrant):
                self._start(self._answer(link, line, self._regranted(line)))
            elif isinstance(line, lines.Move):
                self._start(self._answer(link, line, self._moved(line)))
            elif dashboard := self._hosting.dashboards.get(link.places.get(line.n, NOWHERE)):
                dashboard.receive(route, line)

    def link_lost(self, link: Link) -> None:
        for number in list(link.places):
            self._hosting.detach(Route(link, number))

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

    def _hosted(
        self, opened: OpenedDashboard, on_closed: Callable[[DashboardService], None]
    ) -> DashboardService:
        return DashboardService(
            opened,
            self._log,
            self._grants,
            self._commits,
            on_closed,
            hand_over=self._locks.hand_over,
            plugins=self._plugins,
            clock_ms=self._clock_ms,
            measures=self._measures,
        )

    # --- loops -----------------------------------------------------------------------------

    async def _commit(self) -> None:
        while True:
            try:
                await self._commits.run()
            except Exception:
                logger.exception("the commit loop broke, all dashboards are opened anew")
                for dashboard in self._hosting.all():
                    dashboard.abandon()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_EVERY_SECONDS)
            for dashboard in self._hosting.all():
                dashboard.handle(Ticked(self._clock_ms()))

    def _start(self, running: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(running)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
