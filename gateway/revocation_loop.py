"""Law 6: an open socket whose session has ended is closed within 1 s, on every gateway.

Told by notices, and looking by itself when it hears none. While PostgreSQL does not answer nobody
is closed: nothing can have been revoked there meanwhile.
"""

import asyncio
import logging
from collections.abc import Collection
from typing import Protocol
from uuid import UUID

from gateway.authentication import SessionFinder
from gateway.session_events import Event, Revoked, Told
from gateway.watched_sessions import WatchedSessions
from storage.ending_loop import end
from storage.notices import Heard, UserTold
from storage.ports import SessionUser
from storage.shared_identity import SharedIdentity
from weft import limits
from weft.errors import WeftError

log = logging.getLogger("weft.gateway.revocation")


class Watched(Protocol):
    """A client's connection."""

    def handle(self, event: Event) -> None: ...


class SessionWatch:
    """Watches from when it is made, until `close`."""

    def __init__(self, sessions: SessionFinder, shared: SharedIdentity) -> None:
        self._sessions = sessions
        self._watched = WatchedSessions[Watched]()
        self._stirred = asyncio.Event()
        self._failing = False
        shared.notices.subscribe(self._hear)
        shared.cache.on_rise(self._rise)
        self._task = asyncio.create_task(self._run(), name="session watch")

    @property
    def heard(self) -> int:
        """To be asked for before a session is looked up, and given to `begin`."""
        return self._watched.heard

    def begin(self, user: SessionUser, connection: Watched, heard_before: int) -> None:
        self._watched.begin(user, connection, heard_before)
        self._stirred.set()

    def end(self, user: SessionUser, connection: Watched) -> None:
        self._watched.end(user, connection)

    async def close(self) -> None:
        await end(self._task)

    def _hear(self, heard: Heard) -> None:
        if isinstance(heard, UserTold):
            for connection in self._watched.of_user(heard.user_id):
                connection.handle(Told(heard.text))
            return
        self._watched.hear(heard)
        self._stirred.set()

    def _rise(self) -> None:
        """Somebody could not publish what they changed."""
        self._watched.look_at_all()
        self._stirred.set()

    async def _run(self) -> None:
        while True:
            await self._wait()
            self._stirred.clear()
            due = self._watched.take_due()
            try:
                await self._look(due)
                self._failing = False
            except Exception as error:
                if not self._failing:
                    known = isinstance(error, WeftError)
                    log.warning("sessions: %s; open sockets wait", error, exc_info=not known)
                self._failing = True
                self._watched.put_back(due)

    async def _wait(self) -> None:
        seldom = not (self._watched.is_deaf or self._failing)
        seconds = limits.SESSION_SECOND_LOOK_SECONDS if seldom else limits.SESSION_LOOK_SECONDS
        if self._failing:  # what is due waits with it
            await asyncio.sleep(seconds)
            return
        try:
            async with asyncio.timeout(seconds):
                await self._stirred.wait()
        except TimeoutError:
            self._watched.look_at_all()

    async def _look(self, due: Collection[UUID]) -> None:
        if not due:
            return
        alive = await self._sessions.alive(due)
        for connection in self._watched.over(due, alive):
            connection.handle(Revoked())
