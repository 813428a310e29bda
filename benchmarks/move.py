"""What a live move costs those who edit: the gap between two acknowledgements that spans it.

Two owners, two gateways and ten editors in closed loop on one dashboard, over real sockets and
links, on an embedded PostgreSQL and Redis, all in this one process: the figure is an upper bound.
"""

import asyncio
import hashlib
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from typing import Any
from uuid import UUID, uuid4

import orjson
import uvloop
from websockets.asyncio.client import ClientConnection, connect

from actors.owner_service import OwnerService
from gateway.rate_limit import DEFAULT_RATES, Rate
from gateway.service import GatewayService, GatewaySettings
from storage.embedded_postgres import EmbeddedPostgres
from storage.embedded_redis import EmbeddedRedis
from storage.ports import OwnerAddress
from storage.postgres_migrations import migrate
from storage.postgres_pool import connect as connect_stores
from storage.redis_directory import RedisDirectory

EDITORS = 10
MOVES = 100
PAUSE_SECONDS = 0.1  # between two moves
SECRET = "between owners and gateways"


class Editor:
    """Types into the title, and takes away what it typed, so that the document stays small."""

    def __init__(self, socket: ClientConnection, dashboard_id: UUID) -> None:
        self.acknowledged_at: list[float] = []
        self.others: list[str] = []
        self._socket = socket
        self._dashboard_id = str(dashboard_id)
        self._replica_id = str(uuid4())
        self._version = 0

    async def begin(self, token: str) -> None:
        join = {"dashboardId": self._dashboard_id, "replicaId": self._replica_id}
        await self._send({"type": "hello", "protocol": [1], "token": token})
        await self._receive()
        await self._send({"type": "join", **join})
        self._version = (await self._receive())["version"]

    async def edit(self, until: asyncio.Event) -> None:
        sequence = 0
        where = {"path": ["title"], "position": 0}
        while not until.is_set():
            sequence += 1
            await self._send(
                {
                    "type": "submit",
                    "dashboardId": self._dashboard_id,
                    "sequence": sequence,
                    "baseVersion": self._version,
                    "operations": [
                        {"type": "insert", **where, "value": "x"},
                        {"type": "delete", **where, "length": 1},
                    ],
                }
            )
            while not self._is_mine(await self._receive(), sequence):
                pass
            self.acknowledged_at.append(time.perf_counter())

    def gap(self, moment: float) -> float:
        """Seconds between the last acknowledgement before the moment and the first after it."""
        before = max(at for at in self.acknowledged_at if at <= moment)
        return min(at for at in self.acknowledged_at if at > moment) - before

    def _is_mine(self, frame: dict[str, Any], sequence: int) -> bool:
        if frame["type"] == "rejected":
            raise RuntimeError(f"an edit was refused: {frame}")
        if frame["type"] != "committed":
            self.others.append(str(frame["type"]))
            return False
        mine = False
        for each in frame["submissions"]:
            self._version = each["version"]
            mine |= each["replicaId"] == self._replica_id and each["sequence"] == sequence
        return mine

    async def _send(self, message: dict[str, object]) -> None:
        await self._socket.send(orjson.dumps(message), text=True)

    async def _receive(self) -> dict[str, Any]:
        received: dict[str, Any] = orjson.loads(await self._socket.recv())
        return received


@dataclass
class System:
    owners: dict[OwnerAddress, OwnerService]
    editors: list[Editor]
    dashboard_id: UUID
    directory: RedisDirectory

    async def move(self) -> float:
        """To the other owner; the moment in the midst of it."""
        holder = await self.directory.holder(self.dashboard_id)
        assert holder is not None
        await self._opened(self.owners[holder])
        [heir] = [address for address in self.owners if address != holder]
        began = time.perf_counter()
        await self.owners[holder].move(self.dashboard_id, heir)
        return (began + time.perf_counter()) / 2

    async def _opened(self, owner: OwnerService) -> None:
        """On a busy machine it may still be opening it."""
        for _ in range(100):
            if owner.hosted:
                return
            await asyncio.sleep(PAUSE_SECONDS)


@asynccontextmanager
async def running(directory_path: Path) -> AsyncIterator[System]:
    async with AsyncExitStack() as stack:
        postgres = EmbeddedPostgres(directory_path / "postgres")
        url = postgres.start()
        stack.callback(postgres.stop)
        redis = EmbeddedRedis(directory_path / "redis")
        directory = RedisDirectory(redis.start())
        stack.callback(redis.stop)
        stack.push_async_callback(directory.close)
        await migrate(url)
        stores = await connect_stores(url)
        stack.push_async_callback(stores.close)
        owners = {}
        for number in range(2):
            owner = OwnerService(
                f"owner-{number}", stores.log, stores.accounts, directory, secret=SECRET
            )
            owners[await owner.start()] = owner
            stack.push_async_callback(owner.stop)
        gateways = []
        rates = {kind: Rate(10**9, 1_000) for kind in DEFAULT_RATES}  # all editors are one user
        for number in range(2):
            settings = GatewaySettings(
                f"gateway-{number}", SECRET, "no admin", http_port=None, rates=rates
            )
            gateway = GatewayService(settings, stores.accounts, directory)
            await gateway.start()
            stack.push_async_callback(gateway.stop)
            gateways.append(gateway)
        user_id = await stores.accounts.create_user("ann@example.org", "ann")
        dashboard_id = await stores.accounts.create_dashboard(user_id, "Sales")
        editors = []
        for number in range(EDITORS):
            token = uuid4().hex
            digest = hashlib.sha256(token.encode()).hexdigest()
            await stores.accounts.create_session(user_id, digest, 3_600)
            socket = await connect(gateways[number % 2].ws_url, proxy=None, compression=None)
            stack.push_async_callback(socket.close)
            editor = Editor(socket, dashboard_id)
            await editor.begin(token)
            editors.append(editor)
        yield System(owners, editors, dashboard_id, directory)


async def measure() -> None:
    with tempfile.TemporaryDirectory(prefix="weft-bench-") as name:
        async with running(Path(name)) as system:
            stop = asyncio.Event()
            moments, calm = [], []
            async with asyncio.TaskGroup() as group:
                for editor in system.editors:
                    group.create_task(editor.edit(stop))
                await asyncio.sleep(1.0)
                for _ in range(MOVES):  # first all of these: what follows a move is not calm
                    calm.append(time.perf_counter())
                    await asyncio.sleep(2 * PAUSE_SECONDS)
                for _ in range(MOVES):
                    moments.append(await system.move())
                    await asyncio.sleep(2 * PAUSE_SECONDS)
                stop.set()
            report(system.editors, calm, moments)


def report(editors: list[Editor], calm: list[float], moments: list[float]) -> None:
    print(f"{MOVES} moves of one dashboard that {len(editors)} editors type into, closed loop")
    for what, when in (("without a move", calm), ("through a move", moments)):
        gaps = [1000 * editor.gap(moment) for editor in editors for moment in when]
        cuts = quantiles(gaps, n=100)
        print(
            f"  between two acknowledgements, {what:15} "
            f"p50 {cuts[49]:.1f}, p95 {cuts[94]:.1f}, p99 {cuts[98]:.1f}, most {max(gaps):.1f} ms"
        )
    told = {frame for editor in editors for frame in editor.others}
    print(f"  what else clients were told: {', '.join(sorted(told)) or 'nothing'}")


def main() -> None:
    uvloop.run(measure())


if __name__ == "__main__":
    main()
