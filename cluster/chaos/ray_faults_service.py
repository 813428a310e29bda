"""Faults of what Ray looks after: a node that dies, Ray's control plane that stands still, and
restarts in order, which are no fault but must be noticed as little.
"""

import asyncio
from typing import ClassVar

from cluster.chaos.fault_service import NOBODY, Fault, Pause, Target
from weft.errors import WeftError


class NodeKill(Fault):
    """A raylet and all that is on its node, at one blow; then there is another at its address.
    Not the head.
    """

    lasts = (2.0, 6.0)
    needs_nodes = 2

    def __init__(self) -> None:
        self._address: str | None = None

    async def strike(self, target: Target) -> str:
        self._address = await asyncio.to_thread(self.kill, target)
        return NOBODY if self._address is None else f"node {self._address}"

    async def mend(self, target: Target) -> None:
        if self._address is not None:
            await asyncio.to_thread(target.field.start_node, self._address)

    def kill(self, target: Target) -> str | None:
        return target.field.kill_node(target.lot)


class HeadKill(NodeKill):
    """Ray's control plane, and all else that is on its node. The next head finds in Ray's own store
    what this one knew.
    """

    def kill(self, target: Target) -> str | None:
        return target.field.kill_head()


class ControlPlanePause(Pause):
    """Nobody is placed, named or brought back meanwhile; what is linked stays linked."""

    lasts = (2.0, 8.0)

    async def process(self, target: Target) -> int | None:
        return target.field.control_plane()


class Restart(Fault):
    """In order: what it did goes elsewhere before it stops. What else strikes may prevent that."""

    role: ClassVar[str]

    async def strike(self, target: Target) -> str:
        try:
            return await asyncio.to_thread(target.field.restart, self.role, target.lot)
        except WeftError as error:
            return f"not in order: {str(error).splitlines()[0]}"


class OwnerRestart(Restart):
    role = "owner"


class GatewayRestart(Restart):
    role = "gateway"
