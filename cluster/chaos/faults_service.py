"""The faults, each a small class: how it strikes, whom, and how it is mended.

A new one is a class here and a line in FAULTS; schedule, checker and report know it then.
"""

import asyncio
import signal
from pathlib import Path

from cluster.chaos.battlefield_service import Battlefield, kill_server
from cluster.chaos.fault_service import NOBODY, Fault, Pause, Target
from cluster.chaos.ray_faults_service import (
    ControlPlanePause,
    GatewayRestart,
    HeadKill,
    NodeKill,
    OwnerRestart,
)
from cluster.chaos.signal_service import Victim, cut_connections
from weft.errors import WeftError

MOVE_SECONDS = 5.0  # for its answer; then the run goes on


class OwnerKill(Fault):
    async def strike(self, target: Target) -> str:
        found = await target.owner()
        return _signal(found and found[0], signal.SIGKILL, "owner")


class GatewayKill(Fault):
    async def strike(self, target: Target) -> str:
        return _signal(target.field.gateway(target.lot), signal.SIGKILL, "gateway")


class OwnerPause(Pause):
    lasts = (4.0, 7.0)  # past its lease

    async def process(self, target: Target) -> int | None:
        found = await target.owner()
        return found and found[0]


class GatewayPause(Pause):
    lasts = (1.0, 4.0)

    async def process(self, target: Target) -> int | None:
        return target.field.gateway(target.lot)


class RedisRestart(Fault):
    """It is killed, and begins again with nothing."""

    lasts = (0.5, 5.0)

    async def strike(self, target: Target) -> str:
        kill_server(target.field.redis, "pid")
        return "kill -9"

    async def mend(self, target: Target) -> None:
        await asyncio.to_thread(target.field.redis.start)


class PostgresRestart(Fault):
    lasts = (0.2, 3.0)
    stops_all = True

    async def strike(self, target: Target) -> str:
        await asyncio.to_thread(target.field.postgres.stop)
        return "stopped in order"

    async def mend(self, target: Target) -> None:
        await asyncio.to_thread(target.field.postgres.start)


class PostgresCrash(PostgresRestart):
    async def strike(self, target: Target) -> str:
        await asyncio.to_thread(target.field.postgres.crash)
        return "stopped at once; it will recover from its log"


class Cut(Fault):
    """One process cannot reach one store; everybody else can."""

    lasts = (1.0, 7.0)

    def __init__(self) -> None:
        self._pid: int | None = None

    async def strike(self, target: Target) -> str:
        self._pid = await self.process(target)
        if self._pid is None:
            return NOBODY
        target.field.relay.cut(self._pid, self.path(target.field))
        return f"process {self._pid}"

    async def mend(self, target: Target) -> None:
        if self._pid is not None:
            target.field.relay.mend(self._pid, self.path(target.field))

    async def process(self, target: Target) -> int | None:
        found = await target.owner()
        return found and found[0]

    def path(self, field: Battlefield) -> Path:
        raise NotImplementedError


class OwnerWithoutRedis(Cut):
    def path(self, field: Battlefield) -> Path:
        return field.redis_path


class OwnerWithoutPostgres(Cut):
    def path(self, field: Battlefield) -> Path:
        return field.postgres_path


class GatewayWithoutRedis(OwnerWithoutRedis):
    async def process(self, target: Target) -> int | None:
        return target.field.gateway(target.lot)


class GatewayWithoutPostgres(OwnerWithoutPostgres):
    async def process(self, target: Target) -> int | None:
        return target.field.gateway(target.lot)


class LinkCut(Fault):
    """Between a gateway and the owner of a dashboard; both live."""

    async def strike(self, target: Target) -> str:
        found, gateway = await target.owner(), target.field.gateway(target.lot)
        if found is None or gateway is None or not found[1]:
            return NOBODY
        cut = cut_connections(gateway, found[1])
        return f"{cut} from gateway {gateway} to owner {found[0]}"


class Move(Fault):
    """A dashboard is sent to the other owner, live; what is in the way may keep it where it is."""

    async def strike(self, target: Target) -> str:
        dashboard_id = target.dashboards[int(target.lot * len(target.dashboards))]
        try:
            async with asyncio.timeout(MOVE_SECONDS):
                heir = await target.field.move(dashboard_id, target.lot)
        except (WeftError, TimeoutError) as error:
            return f"refused: {error or 'no answer'}"
        return f"to {heir}"


class ClientCut(Fault):
    async def strike(self, target: Target) -> str:
        first = int(target.lot * len(target.editors))
        hit = target.editors[first : first + 3]
        for editor in hit:
            editor.recorder.cut()
        return ", ".join(editor.name for editor in hit)


class ClientEcho(Fault):
    """Every submission arrives twice."""

    lasts = (1.0, 4.0)

    async def strike(self, target: Target) -> str:
        for editor in target.editors:
            editor.recorder.echoes = True
        return "of all"

    async def mend(self, target: Target) -> None:
        for editor in target.editors:
            editor.recorder.echoes = False


FAULTS: dict[str, type[Fault]] = {
    "owner-kill": OwnerKill,
    "owner-pause": OwnerPause,
    "owner-restart": OwnerRestart,
    "owner-without-redis": OwnerWithoutRedis,
    "owner-without-postgres": OwnerWithoutPostgres,
    "gateway-kill": GatewayKill,
    "gateway-pause": GatewayPause,
    "gateway-restart": GatewayRestart,
    "gateway-without-redis": GatewayWithoutRedis,
    "gateway-without-postgres": GatewayWithoutPostgres,
    "node-kill": NodeKill,
    "head-kill": HeadKill,
    "control-plane-pause": ControlPlanePause,
    "link-cut": LinkCut,
    "move": Move,
    "client-cut": ClientCut,
    "client-echo": ClientEcho,
    "redis-restart": RedisRestart,
    "postgres-restart": PostgresRestart,
    "postgres-crash": PostgresCrash,
}


def _signal(pid: int | None, number: signal.Signals, who: str) -> str:
    if pid is None:
        return NOBODY
    victim = Victim.of(pid)
    victim.send(number)
    victim.close()
    return f"{who}, process {pid}"
