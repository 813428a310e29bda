"""A Ray cluster of several nodes: Weft is on each of them, and survives what becomes of them.

One session, since a cluster takes long to start: its parts are in the order of their damage.
"""

import asyncio
import os
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from cluster.chaos.ray_nodes_service import GCS, START_SECONDS, RayNodes
from cluster.data_dir_file import find_running
from cluster.process_file import descendants
from storage.embedded_postgres import EmbeddedPostgres
from storage.embedded_redis import EmbeddedRedis
from tests.cluster.world import PATIENCE_SECONDS, TEXT, Desk, RunningSystem, weft_command
from weft import Board
from weft.wire.cluster import ClusterReport

pytestmark = pytest.mark.cluster

LOOK_AGAIN_SECONDS = 0.1


class Door:
    """One address for the gateways of all nodes, as a balancer has it: the first that accepts."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.addresses: list[str] = []

    @asynccontextmanager
    async def open(self) -> AsyncIterator[str]:
        server = await asyncio.start_server(self._pass, "127.0.0.1", 0)
        async with server:
            yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for address in self.addresses:
            with suppress(OSError):
                far_reader, far_writer = await asyncio.open_connection(address, self.port)
                ways = ((reader, far_writer), (far_reader, writer))
                await asyncio.gather(*(_pour(*way) for way in ways))
                return
        writer.close()


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await reader.read(65536):
            writer.write(piece)
            await writer.drain()
    writer.close()


class Cluster:
    """Stores, nodes, and what is told of the Weft on them."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        (directory / "ray").mkdir()
        self.nodes = RayNodes(directory / "ray")
        with socket.create_server(("127.0.0.1", 0)) as bound:
            self.ws_port = bound.getsockname()[1]
        self.environment: dict[str, str] = {}
        self.system = RunningSystem(directory / "data")

    def weft(self, *words: str) -> dict[str, Any]:
        data_dir = ("--data-dir", str(self.system.data_dir))
        code, told = weft_command(
            *words, *data_dir, timeout=2 * START_SECONDS, environment=self.environment
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

    def processes(self) -> list[str]:
        """Of Weft, on the nodes that live."""
        below = [descendants(node.process.pid) for node in self.nodes.nodes]
        titles = [title for found in below for title in found.values()]
        return [title for title in titles if title.startswith("ray::") and "Actor" in title]


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """Two nodes, of one and of three CPUs. Not under pytest's own directory, which PostgreSQL
    cannot reach; and a short path: Ray's sockets are below it.
    """
    directory = Path(tempfile.mkdtemp(prefix="weft-n-"))
    directory.chmod(0o755)
    cluster = Cluster(directory)
    postgres = EmbeddedPostgres(directory / "postgres")
    redis = EmbeddedRedis(directory / "redis")
    try:
        cluster.environment = {
            "WEFT_POSTGRES_URL": postgres.start(),
            "WEFT_REDIS_URL": redis.start(),
            **cluster.nodes.environment,
        }
        for cpus in (1, 3):
            cluster.nodes.wait_for(cluster.nodes.add(cpus))
        yield cluster
    finally:
        cluster.nodes.end()
        redis.stop()
        postgres.stop()
        shutil.rmtree(directory, ignore_errors=True)


def places(report: ClusterReport) -> list[tuple[str, str]]:
    """(node, role), sorted."""
    owners = [(each.host, "owner") for each in report.owners]
    return sorted([*owners, *((each.host, "gateway") for each in report.gateways)])


def on(address: str, owners: int) -> list[tuple[str, str]]:
    return [(address, "gateway"), *[(address, "owner")] * owners]


async def edit(desk: Desk, boards: list[Board], word: str) -> float:
    """Each types; seconds until the last has been told that it is durable, and all see all."""
    began = time.monotonic()
    for number, board in enumerate(boards):
        board.insert(desk.widget_id, TEXT, 0, f"{word}{number} ")
    async with asyncio.timeout(PATIENCE_SECONDS):
        await asyncio.gather(*(board.saved(PATIENCE_SECONDS) for board in boards))
        head = max(board.version for board in boards)
        await asyncio.gather(*(board.reached(head) for board in boards))
    assert len({desk.text(board) for board in boards}) == 1
    return time.monotonic() - began


async def test_law2_nodes_come_and_go_under_editors(cluster: Cluster) -> None:
    nodes, system = cluster.nodes, cluster.system
    ports = ("--ws-port", str(cluster.ws_port), "--http-port", "0")
    up = ("up", "--detach", "--ray-address", nodes.address, *ports)
    system.ready = await asyncio.to_thread(cluster.weft, *up)
    head, lost = nodes.nodes
    assert {each["ws"] for each in system.ready["gateways"]} == {
        f"ws://{node.address}:{cluster.ws_port}" for node in nodes.nodes
    }
    before = on(head.address, 1) + on(lost.address, 2)
    await cluster.until(lambda report: places(report) == before)
    door = Door(cluster.ws_port)
    async with AsyncExitStack() as stack:
        desk = Desk(system, stack)
        boards = [await desk.prepare()]
        door.addresses = [lost.address, head.address]
        system.ready["ws"] = await stack.enter_async_context(door.open())
        boards.append(await desk.another())
        async with system.admin() as admin:
            there = await admin.cluster.read()
            heir = next(each.name for each in there.owners if each.host == lost.address)
            await admin.cluster.move(desk.dashboard_id, heir)
        await edit(desk, boards, "both")

        gcs = head.pid_of(GCS)
        os.kill(gcs, signal.SIGSTOP)
        try:
            without_head = await edit(desk, boards, "headless")
        finally:
            os.kill(gcs, signal.SIGCONT)

        await asyncio.to_thread(lost.kill)
        gap = await edit(desk, boards, "bereft")
        came = nodes.add(cpus=2)
        await asyncio.to_thread(nodes.wait_for, came)
        after = on(head.address, 1) + on(came.address, 1)
        used = await cluster.until(lambda report: places(report) == after)
        await edit(desk, boards, "whole")
        shown = await asyncio.to_thread(cluster.weft, "status")
        assert [each["address"] for each in shown["nodes"]] == [head.address, came.address]
    print(f"without head {without_head:.2f} s, node lost {gap:.2f} s, node used {used:.2f} s")
    ended = await asyncio.to_thread(cluster.weft, "down")
    assert len(ended["ended"]) == len(after)
    assert find_running(system.data_dir) is None
    async with asyncio.timeout(PATIENCE_SECONDS):
        while cluster.processes():  # noqa: ASYNC110  (as above)
            await asyncio.sleep(LOOK_AGAIN_SECONDS)
    found = await asyncio.to_thread(cluster.weft, "verify", "--all")
    assert found["ok"]
    assert all(each["versions"] == each["newest_checkpoint"] for each in found["dashboards"])
