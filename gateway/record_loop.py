"""Who is connected where, written to the directory off the editing path.

One call after the other, in order. A directory that does not answer costs no edit; what it has
missed, or lost, is told anew as a whole.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from uuid import UUID

from storage.ending_loop import end
from storage.ports import Directory, SessionUser
from weft import limits
from weft.plugins import Coming

log = logging.getLogger("weft.gateway.record")

_Call = Callable[[], Awaitable[None]]


@dataclass(slots=True)
class _Present:
    user: SessionUser
    rooms: set[UUID] = field(default_factory=set)


class DirectoryRecorder:
    def __init__(
        self, directory: Directory, server_id: str, watch: Callable[[Coming], None] | None = None
    ) -> None:
        """`watch`: told as well, of whoever comes and goes."""
        self._watch = watch
        self._directory = directory
        self._server_id = server_id
        self._present: dict[str, _Present] = {}
        self._calls: asyncio.Queue[_Call] = asyncio.Queue(limits.RECORDS_MAX_WAITING)
        self.has_missed = False  # the directory does not hold what was told
        self._failing = False
        self.dropped = 0
        self._task = asyncio.create_task(self._run(), name="directory recorder")

    def connected(self, connection_id: str, user: SessionUser) -> None:
        self._present[connection_id] = _Present(user)
        self._record(
            lambda: self._directory.connected(
                connection_id, user.user_id, user.session_id, self._server_id
            )
        )

    def renewed(self, connection_id: str, user: SessionUser) -> None:
        """It has another session; it stays where it is."""
        rooms = self._present[connection_id].rooms
        self.connected(connection_id, user)
        for dashboard_id in rooms:
            self.entered(connection_id, user, dashboard_id)

    def entered(self, connection_id: str, user: SessionUser, dashboard_id: UUID) -> None:
        if present := self._present.get(connection_id):
            present.rooms.add(dashboard_id)
        self._record(lambda: self._directory.entered(connection_id, user.user_id, dashboard_id))
        if self._watch is not None:
            self._watch(Coming(dashboard_id, user.user_id, connection_id, is_here=True))

    def departed(self, connection_id: str, user: SessionUser, dashboard_id: UUID) -> None:
        if present := self._present.get(connection_id):
            present.rooms.discard(dashboard_id)
        self._record(lambda: self._directory.departed(connection_id, user.user_id, dashboard_id))
        if self._watch is not None:
            self._watch(Coming(dashboard_id, user.user_id, connection_id, is_here=False))

    def disconnected(self, connection_id: str, user: SessionUser) -> None:
        self._present.pop(connection_id, None)
        self._record(lambda: self._directory.disconnected(connection_id, user.user_id))

    @property
    def waiting(self) -> int:
        """Entries not yet written."""
        return self._calls.qsize()

    def tell_all(self) -> None:
        """Who is here now, and nobody else."""
        self.has_missed = False
        self._record(self._tell_all)

    async def close(self) -> None:
        """Write what waits, for a bounded time."""
        try:
            async with asyncio.timeout(limits.CLOSE_TIMEOUT_SECONDS):
                await self._calls.join()
        except TimeoutError:
            log.warning("%d entries were not written to the directory", self._calls.qsize())
        await end(self._task)

    async def _tell_all(self) -> None:
        """Whoever comes or goes meanwhile is told of after this."""
        present = {id_: (one.user, tuple(one.rooms)) for id_, one in self._present.items()}
        await self._directory.prune_connections(self._server_id, present)
        for connection_id, (user, rooms) in present.items():
            await self._directory.connected(
                connection_id, user.user_id, user.session_id, self._server_id
            )
            for dashboard_id in rooms:
                await self._directory.entered(connection_id, user.user_id, dashboard_id)

    def _record(self, call: _Call) -> None:
        try:
            self._calls.put_nowait(call)
        except asyncio.QueueFull:
            self.dropped += 1
            self._failed("too many entries wait")

    def _failed(self, why: object) -> None:
        """Told once per outage."""
        self.has_missed = True
        if not self._failing:
            log.warning("directory: %s; connections are not recorded until it answers", why)
        self._failing = True

    async def _run(self) -> None:
        while True:
            call = await self._calls.get()
            try:
                await call()
                self._failing = False
            except Exception as error:  # noqa: BLE001  (whatever it is, editing goes on)
                self._failed(error)
            finally:
                self._calls.task_done()
