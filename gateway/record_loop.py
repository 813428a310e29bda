"""Who is connected where, written to the directory off the editing path.

One call after the other, in order. A directory that does not answer costs entries, never an edit.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from uuid import UUID

from storage.ports import Directory, SessionUser
from weft import limits

log = logging.getLogger("weft.gateway.record")

_Call = Callable[[], Awaitable[None]]


class DirectoryRecorder:
    def __init__(self, directory: Directory, server_id: str) -> None:
        self._directory = directory
        self._server_id = server_id
        self._calls: asyncio.Queue[_Call] = asyncio.Queue(limits.RECORDS_MAX_WAITING)
        self._failing = False
        self._task = asyncio.create_task(self._run(), name="directory recorder")

    def connected(self, connection_id: str, user: SessionUser) -> None:
        self._record(
            lambda: self._directory.connected(
                connection_id, user.user_id, user.session_id, self._server_id
            )
        )

    def entered(self, connection_id: str, user: SessionUser, dashboard_id: UUID) -> None:
        self._record(lambda: self._directory.entered(connection_id, user.user_id, dashboard_id))

    def departed(self, connection_id: str, user: SessionUser, dashboard_id: UUID) -> None:
        self._record(lambda: self._directory.departed(connection_id, user.user_id, dashboard_id))

    def disconnected(self, connection_id: str, user: SessionUser) -> None:
        self._record(lambda: self._directory.disconnected(connection_id, user.user_id))

    async def close(self) -> None:
        """Write what waits, for a bounded time."""
        try:
            async with asyncio.timeout(limits.CLOSE_TIMEOUT_SECONDS):
                await self._calls.join()
        except TimeoutError:
            log.warning("%d entries were not written to the directory", self._calls.qsize())
        self._task.cancel()
        await asyncio.wait([self._task])

    def _record(self, call: _Call) -> None:
        try:
            self._calls.put_nowait(call)
        except asyncio.QueueFull:
            self._failed("too many entries wait")

    def _failed(self, why: object) -> None:
        """Told once per outage."""
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
