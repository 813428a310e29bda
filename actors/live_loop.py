"""Carries out what a dashboard's heart orders about live data: when, to whom, and to PostgreSQL.

Law 9, the slow pay alone: a gateway for which too much waits skips values, so that they never
stand in the way of operations; it is given the latest when it has room again.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any
from uuid import UUID

from actors.commit_loop import Lane
from actors.events import Event, Fenced, LiveDue, LiveWritten
from actors.instructions import Instruction, PublishLive, WakeLive, WriteLive
from actors.link_server import Link
from storage.ports import OperationLog
from weft.limits import LIVE_LINK_MAX_BYTES, LIVE_RETRY_SECONDS
from weft.wire import link as lines
from weft.wire.frames import data_frame
from weft.wire.lossy_lane import LossyLane

LookUp = Callable[[Coroutine[Any, Any, Event], Callable[[Exception], Event]], None]


class LiveLoop:
    """Of one dashboard. `room` counts its subscribers by link."""

    def __init__(
        self,
        dashboard_id: UUID,
        room: Mapping[Link, int],
        log: OperationLog,
        fence: Lane,
        *,
        handle: Callable[[Event], None],
        clock_ms: Callable[[], int],
        on_skipped: Callable[[int], None] = lambda _: None,
    ) -> None:
        """`on_skipped`: told to how many gateways values were not sent."""
        self._dashboard_id = dashboard_id
        self._room = room
        self._log = log
        self._fence = fence
        self._handle = handle
        self._clock_ms = clock_ms
        self._on_skipped = on_skipped
        self._lane: LossyLane[Link] = LossyLane(has_room)
        self._waking: asyncio.TimerHandle | None = None
        self._retrying: asyncio.TimerHandle | None = None

    def orders(self, look_up: LookUp) -> dict[type[Instruction], Callable[[Any], None]]:
        return {
            PublishLive: self._publish,
            WakeLive: self._wake,
            WriteLive: lambda order: look_up(self._write(order), self._not_written),
        }

    def close(self) -> None:
        for timer in (self._waking, self._retrying):
            if timer is not None:
                timer.cancel()

    def _wake(self, order: WakeLive) -> None:
        loop = asyncio.get_running_loop()
        wake = lambda: self._handle(LiveDue(self._clock_ms()))  # noqa: E731
        self._waking = loop.call_later(order.after_ms / 1000, wake)

    def _publish(self, order: PublishLive) -> None:
        line = lines.Live(self._dashboard_id, order.frame)
        direct = self._lane.offer(self._room, lambda: order.values)
        for link in direct:
            link.send(line)
        if self._lane:
            self._on_skipped(len(self._room) - len(direct))
            self._catch_up()

    def _catch_up(self) -> None:
        """What a gateway has skipped, once it has room; until then it is looked at again."""
        for link in self._lane.readers():
            if link not in self._room:
                self._lane.forget(link)
        for link, values in self._lane.ready():
            link.send(lines.Live(self._dashboard_id, data_frame(self._dashboard_id, values)))
        if self._lane and self._retrying is None:
            loop = asyncio.get_running_loop()
            self._retrying = loop.call_later(LIVE_RETRY_SECONDS, self._retry)

    def _retry(self) -> None:
        self._retrying = None
        self._catch_up()

    # --- PostgreSQL ------------------------------------------------------------------------

    async def _write(self, order: WriteLive) -> Event:
        epoch = self._fence.epoch
        written = await self._log.write_live(self._dashboard_id, epoch, order.values)
        if written is not None:
            return LiveWritten(written, self._clock_ms())
        if self._fence.is_settling or self._fence.epoch != epoch:
            return self._not_written(None)  # it was we who raised the epoch
        return Fenced()

    def _not_written(self, _: object) -> LiveWritten:
        return LiveWritten(None, self._clock_ms())


def has_room(link: Link) -> bool:
    return link.waiting_bytes <= LIVE_LINK_MAX_BYTES
