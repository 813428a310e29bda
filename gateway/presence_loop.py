"""Law 9, the slow pay alone: a gateway's presence carried out, on a lane that delays no edit.

Frames go out on a timer of their own, to readers who have little waiting; who has more is sent the
whole roster once they have drained. A tick that took long makes the next one come later.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Protocol
from uuid import UUID

from websockets.asyncio.server import ServerConnection

from gateway.person_color import color_of
from gateway.presence import Presence
from gateway.presence_events import (
    Approached,
    Beat,
    Departed,
    Entered,
    Event,
    Exchange,
    Exchanged,
    ExchangeFailed,
    Heard,
    Moved,
    RosterKnown,
    Show,
    Ticked,
)
from storage.notices import Listening
from storage.ports import SessionUser
from storage.presence import HeardPresence, PresenceStore
from weft import limits
from weft.errors import WeftError
from weft.models import PresenceUser
from weft.wire.frames import with_roster
from weft.wire.messages import SetPresence
from weft.wire.prompt_loop import fan_out

log = logging.getLogger("weft.gateway.presence")


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class Reader(Protocol):
    """A client connection that follows dashboards."""

    connection_id: str

    @property
    def websocket(self) -> ServerConnection: ...

    @property
    def waiting_bytes(self) -> int: ...


class PresenceService:
    """`start`, then `stop`, in one event loop. `gateway` names this life of the gateway."""

    def __init__(self, gateway: str, store: PresenceStore) -> None:
        self._heart = Presence(gateway)
        self._store = store
        self._readers: dict[UUID, dict[str, Reader]] = {}
        self._behind: dict[UUID, dict[str, Reader]] = {}  # not told of what was shown last
        self._waiting: dict[UUID, asyncio.Event] = {}  # for who is there
        self._hears = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._not_before = 0.0  # the next tick
        self._exchange: asyncio.Task[None] | None = None
        self._beating: asyncio.Task[None] | None = None
        self._failing = False
        self.dropped = 0  # readers who had too much waiting: each is told anew later

    async def start(self) -> None:
        """Waits briefly for the store to listen, and goes on without it."""
        self._store.subscribe(self._heard)
        self._beating = asyncio.create_task(self._beat(), name="presence beat")
        await _within(limits.PRESENCE_ROSTER_WAIT_SECONDS, self._hears.wait())

    async def stop(self) -> None:
        """Tell the others who has gone, for a bounded time."""
        if self._beating is not None:
            self._beating.cancel()
        await _within(limits.CLOSE_TIMEOUT_SECONDS, self._say_the_last())
        if self._timer is not None:
            self._timer.cancel()
        if self._exchange is not None:
            self._exchange.cancel()

    @property
    def known(self) -> int:
        """Connections in the rosters that are kept here."""
        return self._heart.known

    async def users_present(self, dashboard_id: UUID) -> set[UUID]:
        """On any gateway. Raises WeftError storage_unavailable."""
        rosters = await self._store.rosters((dashboard_id,))
        elsewhere = {entry.place.user_id for entry in rosters[dashboard_id]}
        return elsewhere | self._heart.users_here(dashboard_id)

    # --- for connections -----------------------------------------------------------------------

    def approach(self, dashboard_id: UUID, reader: Reader) -> Callable[[], Awaitable[None]]:
        """It wants to join. What is returned waits until it is known who is there, not long."""
        known = self._waiting.setdefault(dashboard_id, asyncio.Event())
        self._handle(Approached(dashboard_id, reader.connection_id, now_ms()))
        return lambda: _within(limits.PRESENCE_ROSTER_WAIT_SECONDS, known.wait())

    def joined_frame(
        self, dashboard_id: UUID, replica_id: UUID, reader: Reader, user: SessionUser, frame: bytes
    ) -> bytes:
        """It is present from here on, and its answer says who else is."""
        self._readers.setdefault(dashboard_id, {})[reader.connection_id] = reader
        card = PresenceUser.model_construct(
            id=user.user_id,
            username=user.username,
            avatar_url=user.avatar_url,
            color=color_of(user.username),
        )
        connection_id = reader.connection_id
        self._handle(Entered(dashboard_id, connection_id, replica_id, card, now_ms()))
        return with_roster(frame, self._heart.encoded_roster(dashboard_id))

    def moved(self, connection_id: str, told: SetPresence) -> None:
        self._handle(Moved(connection_id, told, now_ms()))

    def depart(self, dashboard_id: UUID, reader: Reader) -> None:
        for readers in (self._readers, self._behind):
            there = readers.get(dashboard_id, {})
            there.pop(reader.connection_id, None)
            if not there:
                readers.pop(dashboard_id, None)
        self._handle(Departed(dashboard_id, reader.connection_id, now_ms()))
        if not self._heart.follows(dashboard_id):
            self._waiting.pop(dashboard_id, None)

    # --- the heart's orders --------------------------------------------------------------------

    def _handle(self, event: Event) -> None:
        for order in self._heart.handle(event):
            match order:
                case Show(dashboard_id, frame):
                    self._show(dashboard_id, frame)
                case RosterKnown(dashboard_id):
                    if known := self._waiting.pop(dashboard_id, None):
                        known.set()
                case Exchange():
                    self._exchange = asyncio.create_task(self._carry_out(order))
        self._tick_if_wanted()

    def _heard(self, heard: HeardPresence) -> None:
        if heard == Listening():
            self._hears.set()
        self._handle(Heard(heard, now_ms()))

    def _show(self, dashboard_id: UUID, frame: bytes) -> None:
        sockets = []
        behind = self._behind.get(dashboard_id, {})
        for connection_id, reader in self._readers.get(dashboard_id, {}).items():
            if connection_id in behind:
                continue
            if reader.waiting_bytes > limits.PRESENCE_WAITING_MAX_BYTES:
                self._behind.setdefault(dashboard_id, {})[connection_id] = reader
                self.dropped += 1
            else:
                sockets.append(reader.websocket)
        fan_out(sockets, frame)

    def _catch_up(self) -> None:
        """Who was behind and has drained is told everything."""
        for dashboard_id, behind in list(self._behind.items()):
            drained = [
                connection_id
                for connection_id, reader in behind.items()
                if reader.waiting_bytes <= limits.PRESENCE_WAITING_MAX_BYTES
            ]
            frame = self._heart.roster_frame(dashboard_id) if drained else None
            sockets = [behind.pop(connection_id).websocket for connection_id in drained]
            if frame is not None:
                fan_out(sockets, frame)
            if not behind:
                del self._behind[dashboard_id]

    # --- time ----------------------------------------------------------------------------------

    def _tick_if_wanted(self) -> None:
        if self._timer is None and (self._heart.wants_tick or self._behind):
            loop = asyncio.get_running_loop()
            earliest = self._not_before
            if not self._heart.wants_tick:  # readers drain when they will
                earliest = loop.time() + limits.PRESENCE_TICK_SECONDS
            self._timer = loop.call_at(earliest, self._tick)

    def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        if self._timer is not None:
            self._timer.cancel()
        try:
            self._catch_up()
            self._handle(Ticked(now_ms()))
        except Exception:
            log.exception("presence: a tick failed")
        took = loop.time() - began
        pause = max(limits.PRESENCE_TICK_SECONDS, took / limits.PRESENCE_SHARE)
        self._not_before = began + pause
        self._timer = None
        self._tick_if_wanted()

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(limits.PRESENCE_BEAT_SECONDS)
            self._handle(Beat(now_ms()))

    # --- the store -----------------------------------------------------------------------------

    async def _carry_out(self, order: Exchange) -> None:
        try:
            answer = await self._ask(order)
        except Exception as error:  # noqa: BLE001  (whatever it is, editing goes on)
            self._failed(error)
            self._handle(ExchangeFailed())
        else:
            self._failing = False
            self._handle(answer)

    async def _ask(self, order: Exchange) -> Exchanged:
        store, ttl_seconds = self._store, limits.PRESENCE_TTL_SECONDS
        for dashboard_id in order.unfollow:
            await store.unfollow(dashboard_id)
        await asyncio.gather(*map(store.follow, order.follow))
        if order.write or order.remove or order.news:
            await store.tell(order.write, order.remove, order.news, ttl_seconds)
        missing = await store.renew(order.renew, ttl_seconds) if order.renew else set()
        if order.sweeps:
            await store.sweep()
        rosters = await store.rosters(order.read) if order.read else {}
        return Exchanged(frozenset(missing), rosters, now_ms())

    def _failed(self, error: Exception) -> None:
        """Told once per outage."""
        if not self._failing:
            known = isinstance(error, WeftError)
            log.warning(
                "presence: %s; people see those of this gateway alone until it answers",
                error,
                exc_info=None if known else error,
            )
        self._failing = True

    async def _say_the_last(self) -> None:
        while True:
            if self._exchange is not None:
                await asyncio.wait([self._exchange])
            if not self._heart.wants_tick:
                return
            self._tick()


async def _within(seconds: float, awaited: Awaitable[object]) -> None:
    try:
        async with asyncio.timeout(seconds):
            await awaited
    except TimeoutError:
        pass
