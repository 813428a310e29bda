"""A cluster of several Ray nodes on this machine with Weft on it, as a user would have it: stores
outside, a balancer before the gateways, Ray's head with a Redis to remember in.

Where network namespaces may be made, each node has one, and may be cut off from whatever it needs;
elsewhere nodes have loopback addresses.
"""

import asyncio
import random
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import UUID

import asyncpg

from cluster.chaos.door_server import Address, Door
from cluster.chaos.ray_memory_server import ray_memory
from cluster.chaos.ray_nodes_service import START_SECONDS, RayNode, RayNodes
from cluster.process_file import descendants
from storage.embedded_postgres import SOCKET_NAME as POSTGRES_SOCKET
from storage.embedded_postgres import EmbeddedPostgres
from storage.embedded_redis import EmbeddedRedis
from tests.cluster.namespaces import Network, network, unavailable
from tests.cluster.passage import passage
from tests.cluster.world import PATIENCE_SECONDS, TEXT, Desk, RunningSystem, weft_command
from tests.patience import patient_directory
from tests.running_clock import RunningClock
from weft import Board
from weft.errors import WeftError
from weft.wire.cluster import ClusterReport

LOOK_AGAIN_SECONDS = 0.1
OUTSIDERS = 4  # this process, PostgreSQL, Redis, the Redis of Ray
POSTGRES_PORT, REDIS_PORT, RAY_REDIS_PORT = 5432, 6379, 6389
WS_PORT, HTTP_PORT = 8765, 8766


class Cluster:
    """Nodes, and what is told of the Weft on them. `network` None: no node can be cut off."""

    def __init__(self, directory: Path, network: Network | None) -> None:
        self.directory = directory
        self.network = network
        (directory / "ray").mkdir()
        self._loopback = f"127.{random.randrange(64, 128)}.{random.randrange(256)}"
        redis = f"{self.outside(3)}:{RAY_REDIS_PORT}"
        self.nodes = RayNodes(directory / "ray", network=self._loopback, redis=redis)
        self.postgres = EmbeddedPostgres(directory / "postgres")
        self.redis = EmbeddedRedis(directory / "redis")
        self.system = RunningSystem(directory / "data")
        self.door = Door()  # one address for the gateways of all nodes, as a balancer has it

    def outside(self, number: int) -> str:
        return self.network.outside(number) if self.network else f"{self._loopback}.{100 + number}"

    @property
    def environment(self) -> dict[str, str]:
        return {
            "WEFT_POSTGRES_URL": f"postgresql://postgres@{self.outside(1)}:{POSTGRES_PORT}/postgres",
            "WEFT_REDIS_URL": f"redis://{self.outside(2)}:{REDIS_PORT}/0",
            **self.nodes.environment,
        }

    @property
    def head(self) -> RayNode:
        return self.nodes.nodes[0]

    def add_nodes(self, *cpus: int) -> None:
        """All start at once, the head among them; they have started."""
        for each in cpus:
            self.nodes.add(each, self.network.add_host() if self.network else None)
        for node in self.nodes.nodes:
            self.nodes.wait_for(node)

    def up(self) -> None:
        ports = ("--ws-port", str(WS_PORT), "--http-port", str(HTTP_PORT))
        self.system.ready = self.weft("up", "--detach", "--ray-address", self.nodes.address, *ports)

    def ask(self, node: RayNode) -> None:
        """Of its gateway, as `weft status --http` would."""
        self.system.ready["http"] = f"http://{node.address}:{HTTP_PORT}"

    def weft(self, *words: str) -> dict[str, Any]:
        """Typed on the head's node."""
        data_dir = ("--data-dir", str(self.system.data_dir))
        code, told = weft_command(
            *words,
            *data_dir,
            timeout=2 * START_SECONDS,
            environment=self.environment,
            prefix=self.head.host.prefix,
        )
        assert code == 0, told
        return told

    async def until(self, is_so: Callable[[ClusterReport], bool]) -> float:
        """Seconds until the gateways tell of such a cluster."""
        began = time.monotonic()
        async with self.system.admin() as admin, asyncio.timeout(START_SECONDS):
            while not is_so(await admin.cluster.read()):  # noqa: ASYNC110  (nobody tells us)
                await asyncio.sleep(LOOK_AGAIN_SECONDS)
        return time.monotonic() - began

    async def host_on(self, desk: Desk, node: RayNode) -> None:
        """The desk's dashboard goes to an owner of that node, once there is one."""
        async with self.system.admin() as admin, asyncio.timeout(PATIENCE_SECONDS):
            while True:
                there = await admin.cluster.read()
                heirs = [each.name for each in there.owners if each.host == node.address]
                try:
                    return await admin.cluster.move(desk.dashboard_id, heirs[0])
                except (IndexError, WeftError):  # it has told nothing yet, or is not back
                    await asyncio.sleep(LOOK_AGAIN_SECONDS)

    async def held_by(self, desk: Desk) -> str:
        """Where the owner of the desk's dashboard is reached; empty when Redis knows of none."""
        directory = patient_directory(self.environment["WEFT_REDIS_URL"])
        try:
            holder = await directory.holder(UUID(str(desk.dashboard_id)))
        finally:
            await directory.close()
        return "" if holder is None else holder.url

    async def epoch(self, desk: Desk) -> int:
        """How often the desk's dashboard has been opened."""
        connection = await asyncpg.connect(self.environment["WEFT_POSTGRES_URL"])
        try:
            asked = "SELECT owner_epoch FROM dashboards WHERE id = $1"
            return int(await connection.fetchval(asked, desk.dashboard_id))
        finally:
            await connection.close()

    def processes(self, title: str = "Actor") -> list[int]:
        """Of Weft, on the nodes that live."""
        below = [descendants(node.process.pid) for node in self.nodes.nodes]
        return [
            pid
            for found in below
            for pid, name in found.items()
            if name.startswith("ray::") and title in name
        ]


@contextmanager
def cluster_of_nodes() -> Iterator[Cluster]:
    """Without nodes yet. Not under pytest's own directory, which PostgreSQL cannot reach; and a
    short path: Ray's sockets are below it.
    """
    directory = Path(tempfile.mkdtemp(prefix="weft-n-"))
    directory.chmod(0o755)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, directory, ignore_errors=True)
        there = None if unavailable() else stack.enter_context(network(OUTSIDERS))
        cluster = Cluster(directory, there)
        stack.callback(cluster.postgres.stop)
        postgres = unquote(urlsplit(cluster.postgres.start()).query.removeprefix("host="))
        stack.callback(cluster.redis.stop)
        redis = unquote(urlsplit(cluster.redis.start()).path)
        stack.enter_context(
            passage(
                (cluster.outside(1), POSTGRES_PORT, f"{postgres}/{POSTGRES_SOCKET}"),
                (cluster.outside(2), REDIS_PORT, redis),
            )
        )
        stack.enter_context(ray_memory(directory, cluster.nodes.redis))
        stack.callback(cluster.nodes.end)
        yield cluster


def places(report: ClusterReport) -> list[tuple[str, str]]:
    """(node, role), sorted."""
    owners = [(each.host, "owner") for each in report.owners]
    return sorted([*owners, *((each.host, "gateway") for each in report.gateways)])


def gateway_of(node: RayNode) -> Address:
    return node.address, WS_PORT


def on(node: RayNode, owners: int) -> list[tuple[str, str]]:
    return [(node.address, "gateway"), *[(node.address, "owner")] * owners]


async def edit(desk: Desk, boards: list[Board], word: str) -> float:
    """Each types; seconds until the last has been told that it is durable, and all see all."""
    async with RunningClock() as clock, asyncio.timeout(PATIENCE_SECONDS):
        for number, board in enumerate(boards):
            board.insert(desk.widget_id, TEXT, 0, f"{word}{number} ")
        await asyncio.gather(*(board.saved(PATIENCE_SECONDS) for board in boards))
        head = max(board.version for board in boards)
        await asyncio.gather(*(board.reached(head) for board in boards))
        gap = clock.now()
    assert len({desk.text(board) for board in boards}) == 1
    return gap
