"""Carries out what one dashboard's heart orders, and brings it the answers.

Law 10, blast radius: whatever is raised in here ends this dashboard's subscriptions under a cause
id, and the clients join it again; the log has all that was acknowledged.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, NamedTuple, cast
from uuid import UUID, uuid4

from actors.commit_loop import CommitLoop, Lane
from actors.dashboard import Dashboard
from actors.events import (
    Attached,
    Detached,
    Event,
    Fed,
    Fenced,
    HandedOver,
    PartTaken,
    Regranted,
    Submitted,
)
from actors.fingerprint import fingerprint
from actors.instructions import (
    Admit,
    Commit,
    End,
    HandOver,
    Instruction,
    Join,
    PassOn,
    Publish,
    Reply,
    Report,
    RollBack,
    SendPart,
    StepDown,
    Unload,
)
from actors.link_server import Link
from actors.live_loop import LiveLoop
from actors.lookup_loop import Lookups
from actors.moving import owner_json
from actors.permission import subject_of
from storage.identity_ports import GrantsReader
from storage.ports import Head, OpenedDashboard, OperationLog, OwnerAddress
from weft.errors import WeftError
from weft.measures import Measures
from weft.plugins.plugin_service import Plugins
from weft.wire import link as lines
from weft.wire.codec import encode
from weft.wire.frames import ended_frame

logger = logging.getLogger(__name__)


class Route(NamedTuple):
    """A subscription, as the heart names it: where its answers go."""

    link: Link
    number: int


HandLockOver = Callable[[UUID, OwnerAddress], Awaitable[OwnerAddress]]


class DashboardService:
    """One open dashboard. `on_closed` is called once, when nothing can reach it any more;
    `hand_over` gives its lock to an heir, and says who holds it then.
    """

    def __init__(
        self,
        opened: OpenedDashboard,
        log: OperationLog,
        grants: GrantsReader,
        commits: CommitLoop,
        on_closed: Callable[["DashboardService"], None],
        *,
        hand_over: HandLockOver,
        plugins: Plugins,
        clock_ms: Callable[[], int],
        measures: Measures,
    ) -> None:
        """Raises what `Dashboard` raises."""
        self.dashboard_id = opened.dashboard_id
        self.heart = Dashboard(opened, plugins.review, plugins.widget_types)
        self.lane = Lane(opened, self.handle)
        self._log = log
        self._grants = grants
        self._clock_ms = clock_ms
        self._measures = measures
        self._regranting = asyncio.Lock()  # what was read first is applied first
        self._commits = commits
        self._plugins = plugins
        self._on_closed = on_closed
        self._hand_lock_over = hand_over
        self.submitted = 0
        self.closed = asyncio.Event()
        self.holder: OwnerAddress | None = None  # who has it after a move
        self.is_fenced = False  # somebody else has it, who did not ask
        self._routes: set[Route] = set()
        self._room: set[Route] = set()  # those that have joined
        self._room_links: Counter[Link] = Counter()
        self._live = LiveLoop(
            self.dashboard_id,
            self._room_links,
            log,
            self.lane,
            handle=self.handle,
            clock_ms=clock_ms,
            on_skipped=partial(measures.count, "drops", label="live"),
        )
        self._lookups = Lookups(
            self.lane, log, grants, handle=self.handle, clock_ms=clock_ms, measures=measures
        )
        self._is_closed = False
        self._orders: dict[type[Instruction], Callable[[Any], None]] = {
            Commit: self._commit,
            RollBack: self._roll_back,
            Publish: self._publish,
            Join: self._join,
            Admit: self._admit,
            Reply: self._reply,
            SendPart: self._send_part,
            End: self._end,
            Report: self._report,
            StepDown: self._step_down,
            Unload: self._close,
            HandOver: self._hand_over,
            PassOn: self._pass_on,
            **self._lookups.orders(),
            **self._live.orders(self._lookups.ask),
        }

    # --- events ----------------------------------------------------------------------------

    def handle(self, event: Event) -> None:
        if self._is_closed:
            return
        try:
            for instruction in self.heart.handle(event):
                self._orders[type(instruction)](instruction)
        except Exception:  # noqa: BLE001  (law 10)
            self.abandon()

    def attach(self, route: Route, line: lines.Attach) -> None:
        self._routes.add(route)
        self.handle(
            Attached(
                route,
                line.user_id,
                line.replica_id,
                line.version,
                line.wants_tail,
                line.address,
                line.feeds,
            )
        )

    def receive(self, route: Route, line: lines.Submitted | lines.Feed | lines.Taken) -> None:
        if isinstance(line, lines.Taken):
            self.handle(PartTaken(route))
        elif isinstance(line, lines.Feed):
            widget_id = str(line.widget_id)
            self.handle(Fed(route, line.number, widget_id, line.value, self._clock_ms()))
        else:
            self._submit(route, line)

    def _submit(self, route: Route, line: lines.Submitted) -> None:
        self.submitted += 1
        try:
            digest, size_bytes = fingerprint(line.base_version, line.operations)
        except Exception:  # noqa: BLE001  (law 10: not the link, which everyone shares)
            self.abandon()
            return
        self.handle(
            Submitted(
                route,
                line.sequence,
                line.base_version,
                tuple(line.operations),
                digest,
                size_bytes,
                self._clock_ms(),
                line.guard,
                line.seen_version,
            )
        )

    def detach(self, route: Route) -> None:
        self._leave(route)
        self.handle(Detached(route))

    async def regrant(self, user_id: UUID | None) -> int | None:
        """Law 6: on return, nothing commits here any more that what is granted now forbids.

        Of one user, or of everyone. The epoch under which the dashboard is open; None: no more.
        """
        async with self._regranting:
            users = self.heart.users if user_id is None else {user_id}
            found = await self._grants.grants_of_each(self.dashboard_id, users)
            subjects = {each: subject_of(found.get(each)) for each in users}
            self.handle(Regranted(subjects, self._clock_ms()))
        await self.lane.passed(self.heart.newest_version)
        return None if self._is_closed else self.lane.epoch

    def check_fence(self, head: Head | None) -> None:
        """`head`, as just read: has somebody else raised the epoch?"""
        lane = self.lane
        if not lane.is_settling and (head is None or head.epoch > lane.epoch):
            self.handle(Fenced())

    # --- instructions ----------------------------------------------------------------------

    def _commit(self, order: Commit) -> None:
        self._commits.put(self.lane, order)

    def _roll_back(self, _: RollBack) -> None:
        self.lane.roll_back()

    def _publish(self, order: Publish) -> None:
        line = lines.Publish(self.dashboard_id, order.frame)
        for link in self._room_links:
            link.send(line)
        self._plugins.committed(self.dashboard_id, order.frame)

    def _join(self, order: Join) -> None:
        self._measures.count("joins")
        route = cast("Route", order.subscription)
        self._room.add(route)
        self._room_links[route.link] += 1
        route.link.send(lines.Joined(route.number, order.frame))

    def _admit(self, order: Admit) -> None:
        route = cast("Route", order.subscription)
        route.link.send(lines.Joined(route.number, b"{}"))

    def _reply(self, order: Reply) -> None:
        route = cast("Route", order.subscription)
        route.link.send(lines.Reply(route.number, order.frame))

    def _send_part(self, order: SendPart) -> None:
        route = cast("Route", order.subscription)
        route.link.send(lines.Part(route.number, order.frame))

    def _end(self, order: End) -> None:
        route = cast("Route", order.subscription)
        self._leave(route)
        route.link.places.pop(route.number, None)
        route.link.send(lines.Ended(route.number, ended_frame(self.dashboard_id, order.error)))

    def _pass_on(self, order: PassOn) -> None:
        route = cast("Route", order.subscription)
        self._leave(route)
        route.link.places.pop(route.number, None)
        told = {"version": order.version, "owner": owner_json(order.holder)}
        route.link.send(lines.Moved(route.number, encode(told)))

    def _leave(self, route: Route) -> None:
        self._routes.discard(route)
        if route in self._room:
            self._room.discard(route)
            self._room_links[route.link] -= 1
            if self._room_links[route.link] == 0:
                del self._room_links[route.link]

    def _hand_over(self, order: HandOver) -> None:
        async def hand_over() -> None:
            self.holder = await self._hand_lock_over(self.dashboard_id, order.heir)
            self.handle(HandedOver(self.holder))

        self._lookups.run(hand_over())

    def _report(self, order: Report) -> None:
        logger.error("submission %s failed inside the server", order.cause, exc_info=order.error)

    def _step_down(self, order: StepDown) -> None:
        self._measures.count("stepped_down")
        self.is_fenced = self.holder is None
        self._close(order)

    def _close(self, _: StepDown | Unload) -> None:
        self._is_closed = True
        self.closed.set()
        self.lane.close()
        self._live.close()
        self._lookups.close()
        self._on_closed(self)

    def abandon(self) -> None:
        """After an exception: what is in memory cannot be trusted any more."""
        cause = str(uuid4())
        logger.exception("dashboard %s is dropped, cause %s", self.dashboard_id, cause)
        for route in list(self._routes):
            self._end(End(route, WeftError("internal", cause=cause)))
        self._close(StepDown())
