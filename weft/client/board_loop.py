"""A dashboard in an asyncio program: edits at once, and what to wait for.

Waits and hands on; what happens is decided in `replica.py`.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeAlias
from uuid import UUID

from weft.client.attendance import Person
from weft.client.editing import Editing
from weft.client.instructions import (
    FeedRefused,
    Finish,
    Notify,
    Permit,
    Progress,
    ReplicaInstruction,
    Report,
    Send,
    Show,
    ShowLive,
    ShowPresence,
)
from weft.client.live import LiveValues
from weft.client.notices import Loss
from weft.client.places import Whereabouts
from weft.client.replica import Phase, Replica
from weft.client.status import State, Status
from weft.limits import PRESENCE_TICK_SECONDS
from weft.models.presence import CursorPosition, Present, SelectionRange, Viewport
from weft.ot.operation import Operations
from weft.wire.content import check_content
from weft.wire.messages import Feed, Live

News: TypeAlias = Show | Notify | Permit | ShowPresence | Progress | ShowLive | FeedRefused
Listener: TypeAlias = Callable[[News], None]
Carry: TypeAlias = Callable[[Replica, list[ReplicaInstruction]], None]

logger = logging.getLogger("weft.client")


class Board(Editing):
    """One dashboard: what `weft.Client.join` returns. All edits are methods of `Editing`."""

    def __init__(self, replica: Replica, carry: Carry) -> None:
        super().__init__(replica, lambda instructions: carry(replica, instructions))
        self._live = LiveValues()
        self._listeners: list[Listener] = []
        self._stepped: asyncio.Event | None = None  # None: nobody waits
        self._presence_timer: asyncio.TimerHandle | None = None

    @property
    def dashboard_id(self) -> UUID:
        return self._replica.dashboard_id

    @property
    def replica_id(self) -> UUID:
        return self._replica.replica_id

    @property
    def version(self) -> int:
        """The newest committed version that this board has; 0 before anything was committed."""
        return self._replica.version or 0

    @property
    def role(self) -> str | None:
        return self._replica.rights.role

    @property
    def permissions(self) -> tuple[str, ...]:
        """What this user may do here and now, as `write widget`, at least on some widgets."""
        return self._replica.rights.permissions

    @property
    def live(self) -> Mapping[str, Live]:
        """What feeds have given widgets last, by widget id: `value`, and `at` in ms since epoch."""
        return self._live.values

    def feed(self, widget_id: UUID | str, value: Mapping[str, Any]) -> None:
        """Give a widget its newest live data, of which no history is kept; the latest wins.

        What is fed while there is no connection is lost; what is refused comes to listeners as
        `FeedRefused`. Raises WeftError when the value cannot be sent at all.
        """
        told = dict(value)
        check_content(told)
        widget = UUID(str(widget_id))
        self._carry([Send(Feed(dashboard_id=self.dashboard_id, widget_id=widget, value=told))])

    @property
    def status(self) -> Status:
        return self._replica.status

    @property
    def is_over(self) -> bool:
        """Left, or failed for good."""
        return self._replica.phase is Phase.FINISHED

    @property
    def is_leaving(self) -> bool:
        return self._replica.phase is Phase.LEAVING

    async def over(self) -> None:
        await self._until(lambda: self.is_over)

    def pending(self) -> Operations:
        """What is not durable yet, in order."""
        return self._replica.copy.pending.operations

    async def saved(self, timeout: float | None = None) -> None:  # noqa: ASYNC109
        """Return when nothing is pending and the board is joined: all that is shown is durable.

        Raises WeftError when an edit is rejected meanwhile or the board has failed, TimeoutError
        after `timeout` seconds.
        """
        known = {notice.number for notice in self.notices()}
        async with asyncio.timeout(timeout):
            await self._until(lambda: self.status.state in _SETTLED)
        for notice in self.notices():
            if notice.loss is Loss.REJECTED and notice.number not in known:
                assert notice.error is not None
                raise notice.error
        if self.status.error is not None:
            raise self.status.error

    async def joined(self) -> None:
        """Return when the server has let it in. Raises WeftError if it never will."""
        await self._until(lambda: self._replica.phase in (Phase.JOINED, Phase.FINISHED))
        if self.status.error is not None:
            raise self.status.error

    async def leave(self) -> None:
        """Stop following this dashboard. What is not saved is lost: await `saved` before."""
        self._carry(self._replica.leave())
        await self.over()

    async def reached(self, version: int) -> None:
        """Return when the board has this version. Raises WeftError if the board has failed."""
        await self._until(lambda: self.version >= version or self.status.error is not None)
        if self.version < version and self.status.error is not None:
            raise self.status.error

    # --- who is here ----------------------------------------------------------------------------

    @property
    def presence(self) -> tuple[Present, ...]:
        """Every other connection, cursors where they are in what is shown now.

        ShowPresence tells when somebody has come, gone or moved; an edit (Show) moves them, too.
        """
        return self._replica.copy.attendance.others(self.pending())

    @property
    def people(self) -> tuple[Person, ...]:
        """Everybody who is here, this user included: one for all their tabs."""
        return self._replica.copy.attendance.people(self.pending())

    def set_presence(
        self,
        *,
        cursor: CursorPosition | None = None,
        selection: Sequence[SelectionRange] | None = None,
        viewport: Viewport | None = None,
        is_active: bool = True,
    ) -> None:
        """Tell the others where this user is: all of it; what is left out is nowhere.

        Offsets are those of what is shown now, and move with the text. Told at most every
        PRESENCE_TICK_SECONDS, the newest; and again after a reconnect. Raises WeftError too_large.
        """
        ranges = None if selection is None else tuple(selection)
        self._replica.copy.attendance.set(Whereabouts(cursor, ranges, viewport, is_active))
        self.step()

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with every change and every notice; returns what ends it."""
        self._listeners.append(listener)

        def stop() -> None:
            with suppress(ValueError):
                self._listeners.remove(listener)

        return stop

    async def changes(self) -> AsyncIterator[News]:
        """Every change and notice from now on, until the board is over."""
        waiting: list[News] = []
        stop = self.listen(waiting.append)
        try:
            while waiting or not self.is_over:
                await self._until(lambda: waiting or self.is_over)
                taken = waiting.copy()
                waiting.clear()
                for news in taken:
                    yield news
        finally:
            stop()

    # --- for the connection ---------------------------------------------------------------------

    def tell(self, news: News | Report | Finish) -> None:
        if isinstance(news, Report):
            logger.error("Dashboard %s: %r", self.dashboard_id, news.error)
        if isinstance(news, Report | Finish):
            return
        if isinstance(news, ShowLive):
            news = self._live.follow(news)
        for listener in list(self._listeners):
            try:
                listener(news)
            except Exception:  # a listener's fault stays with the listener
                logger.exception("A listener of dashboard %s has failed", self.dashboard_id)

    def step(self) -> None:
        """Something has happened: whoever waits looks again."""
        if self._replica.copy.attendance.may_have_news and self._presence_timer is None:
            self._tell_presence()
        if self._stepped is not None:
            self._stepped.set()
            self._stepped = None

    def _tell_presence(self) -> None:
        self._presence_timer = None
        replica = self._replica
        if replica.phase is not Phase.JOINED:
            return
        copy = replica.copy
        news = copy.attendance.news(replica.dashboard_id, copy.undo_pending)
        if news is not None:
            loop = asyncio.get_running_loop()
            self._presence_timer = loop.call_later(PRESENCE_TICK_SECONDS, self._tell_presence)
            self._carry([Send(news)])

    async def settled(self) -> None:
        """Return when nothing is pending, or nothing will be saved any more."""
        await self._until(lambda: not self.pending() or self.is_over)

    async def _until(self, condition: Callable[[], object]) -> None:
        while not condition():
            if self._stepped is None:
                self._stepped = asyncio.Event()
            await self._stepped.wait()


_SETTLED = frozenset({State.SAVED, State.CONFLICT, State.FAILED})
