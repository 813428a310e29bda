"""Law 8, presence is true: that this gateway lives, and what is left of those that do not any more.

Every gateway looks for gateways whose heartbeat has ended, and sweeps what they left. A sweep that
is done twice does no harm; one that fails is done again, by whoever looks next.
"""

import asyncio
import logging

from gateway.record_loop import DirectoryRecorder
from storage.ending_loop import end
from storage.ports import Directory
from weft import limits
from weft.errors import WeftError

log = logging.getLogger("weft.gateway.heartbeat")


class GatewayHeartbeat:
    """Beats from when it is made, until `close`."""

    def __init__(self, directory: Directory, server_id: str, recorder: DirectoryRecorder) -> None:
        self._directory = directory
        self._server_id = server_id
        self._recorder = recorder
        self._failing = False
        self._task = asyncio.create_task(self._run(), name="gateway heartbeat")

    async def close(self) -> None:
        """Others need not wait for the heartbeat to end."""
        await end(self._task)
        try:
            await self._directory.withdraw_gateway(self._server_id)
        except WeftError as error:
            log.warning("directory: %s; this gateway's end is noticed by others later", error)

    async def _run(self) -> None:
        while True:
            try:
                await self.beat()
                self._failing = False
            except WeftError as error:
                if not self._failing:  # told once per outage
                    log.warning("directory: %s; the heartbeat goes on when it answers", error)
                self._failing = True
            except Exception:
                log.exception("gateway %s: the heartbeat failed", self._server_id)
            await asyncio.sleep(limits.HEARTBEAT_EVERY_SECONDS)

    async def beat(self) -> None:
        """Once; raises WeftError storage_unavailable."""
        known = await self._directory.announce_gateway(
            self._server_id, limits.HEARTBEAT_TTL_SECONDS
        )
        if not known or self._recorder.has_missed:
            self._recorder.tell_all()
        for server_id in sorted(await self._directory.gone_gateways() - {self._server_id}):
            await self._directory.sweep_connections(server_id)
            await self._directory.forget_gateway(server_id)
            log.info("swept what gateway %s left", server_id)
