"""A Ray cluster of several nodes: Weft is on each of them, and survives what becomes of them.

One cluster, since it takes long to start: the tests are in the order of their damage.
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack

import pytest

from cluster.chaos.ray_nodes_service import RayNode
from cluster.data_dir_file import find_running
from cluster.process_file import descendants
from tests.cluster.namespaces import unavailable
from tests.cluster.nodes_world import (
    LOOK_AGAIN_SECONDS,
    WS_PORT,
    Cluster,
    cluster_of_nodes,
    edit,
    gateway_of,
    on,
    places,
)
from tests.cluster.world import PATIENCE_SECONDS, Desk
from tests.patience import patient_directory
from weft import Board

pytestmark = pytest.mark.cluster

NODE_SECONDS = 10.0  # the bar: until editors commit again when a node is lost


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """Two nodes, of one and of three CPUs."""
    with cluster_of_nodes() as cluster:
        cluster.add_nodes(1, 3)
        cluster.up()
        yield cluster


@pytest.fixture
async def desk(cluster: Cluster) -> AsyncIterator[Desk]:
    async with AsyncExitStack() as stack:
        cluster.ask(cluster.head)
        yield Desk(cluster.system, stack)


async def pair(cluster: Cluster, desk: Desk, holder: RayNode) -> list[Board]:
    """One at the head's gateway, one at the other's. The dashboard is with an owner of `holder`."""
    head, other = cluster.nodes.nodes
    cluster.door.addresses = [gateway_of(head), gateway_of(other)]
    cluster.system.ready["ws"] = await desk.stack.enter_async_context(cluster.door.open())
    boards = [await desk.prepare()]
    cluster.door.addresses.reverse()
    boards.append(await desk.another())
    while holder.address not in await cluster.held_by(desk):  # the balance moves dashboards, too
        await cluster.host_on(desk, holder)
        await edit(desk, boards, "both")
    return boards


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not is_so():  # noqa: ASYNC110  (nobody tells us)
            await asyncio.sleep(LOOK_AGAIN_SECONDS)


async def test_every_node_has_its_gateway_and_owners_by_its_cpus(cluster: Cluster) -> None:
    head, other = cluster.nodes.nodes
    assert {each["ws"] for each in cluster.system.ready["gateways"]} == {
        f"ws://{node.address}:{WS_PORT}" for node in (head, other)
    }
    await cluster.until(lambda report: places(report) == on(head, 1) + on(other, 2))


@pytest.fixture
def needs_namespaces() -> None:
    """Where they could be made, a test that is skipped would go unnoticed."""
    reason = unavailable()
    if reason is not None and os.environ.get("CI") == "true" and os.geteuid() == 0:
        pytest.fail(f"no partitions were tested: {reason}")
    if reason is not None:
        pytest.skip(f"no network namespaces here: {reason}")


@pytest.mark.usefixtures("needs_namespaces")
async def test_law5_who_is_cut_off_from_redis_goes_on_until_another_opens(
    cluster: Cluster, desk: Desk
) -> None:
    """Its heartbeat ends: who joins now opens the dashboard elsewhere. The log knows one writer."""
    assert cluster.network is not None
    head, other = cluster.nodes.nodes
    boards = await pair(cluster, desk, other)
    network, redis = cluster.network, cluster.outside(2)
    network.cut(other.address, redis)
    try:
        lasting = await edit(desk, boards, "without-redis")
        await until_alone(cluster, head.address)
        cluster.door.addresses.reverse()
        boards.append(await desk.another())
        taken = await edit(desk, boards, "taken-over")
        epoch = await cluster.epoch(desk)
        for number in range(3):
            await edit(desk, boards, f"settled{number}-")
        assert await cluster.epoch(desk) == epoch, "two owners take it from each other"
    finally:
        network.mend(other.address, redis)
    await edit(desk, boards, "healed")
    print(f"cut off from Redis: goes on {lasting:.2f} s, taken over {taken:.2f} s")


async def until_alone(cluster: Cluster, address: str) -> None:
    """Until Redis knows owners of that address only."""
    directory = patient_directory(cluster.environment["WEFT_REDIS_URL"])
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while any(address not in each.url for each in await directory.owners()):  # noqa: ASYNC110
                await asyncio.sleep(LOOK_AGAIN_SECONDS)
    finally:
        await directory.close()


@pytest.mark.usefixtures("needs_namespaces")
async def test_law5_who_is_cut_off_from_the_log_lets_its_dashboards_go(
    cluster: Cluster, desk: Desk
) -> None:
    assert cluster.network is not None
    other = cluster.nodes.nodes[-1]
    boards = await pair(cluster, desk, other)
    postgres = cluster.outside(1)
    cluster.network.cut(other.address, postgres)
    try:
        gap = await edit(desk, boards, "without-log")
    finally:
        cluster.network.mend(other.address, postgres)
    await edit(desk, boards, "healed")
    print(f"cut off from PostgreSQL: {gap:.2f} s")
    assert gap < NODE_SECONDS


@pytest.mark.usefixtures("needs_namespaces")
async def test_law5_a_node_that_is_cut_off_from_everything_is_done_without(
    cluster: Cluster, desk: Desk
) -> None:
    assert cluster.network is not None
    other = cluster.nodes.nodes[-1]
    boards = await pair(cluster, desk, other)
    cluster.network.cut(other.address)
    try:
        cluster.door.close_to(gateway_of(other))
        gap = await edit(desk, boards, "cut-off")
    finally:
        cluster.network.mend(other.address)
    await edit(desk, boards, "healed")
    print(f"cut off from everything: {gap:.2f} s")
    assert gap < NODE_SECONDS
    await cluster.until(lambda report: len(places(report)) == 5)


async def test_a_supervisor_that_is_killed_has_a_successor_that_leaves_everybody_as_they_are(
    cluster: Cluster,
) -> None:
    """It is with Ray's head: on any other node it would be missed only when Ray misses the node.
    It knows nothing but what it finds; that it keeps the fleet, the next test shows.
    """
    [supervisor] = cluster.processes("Supervisor")
    before = members(cluster)
    assert supervisor in descendants(cluster.head.process.pid)
    os.kill(supervisor, signal.SIGKILL)
    await until(lambda: bool(set(cluster.processes("Supervisor")) - {supervisor}))
    assert members(cluster) == before


def members(cluster: Cluster) -> set[int]:
    return {*cluster.processes("Owner"), *cluster.processes("Gateway")}


async def test_law2_the_node_of_rays_head_is_killed_and_comes_back(
    cluster: Cluster, desk: Desk
) -> None:
    """`kill -9` of its raylet, its GCS, its owner, which has the dashboard, and its gateway. What
    is on the other node lives through it without Ray; the new head remembers the cluster.
    """
    head, other = cluster.nodes.nodes
    boards = await pair(cluster, desk, head)
    living = set(descendants(other.process.pid))
    await asyncio.to_thread(head.kill)
    gap = await edit(desk, boards, "bereft")
    assert gap < NODE_SECONDS
    back = asyncio.create_task(asyncio.to_thread(cluster.nodes.start_again, head))
    edits = 0
    while not back.done():
        await edit(desk, boards, f"headless{edits}-")
        edits += 1
        await asyncio.sleep(LOOK_AGAIN_SECONDS)
    await back
    cluster.ask(other)
    used = await cluster.until(lambda report: places(report) == on(head, 1) + on(other, 2))
    await edit(desk, boards, "whole")
    assert living <= set(descendants(other.process.pid))
    shown = await asyncio.to_thread(cluster.weft, "status")
    assert [each["address"] for each in shown["nodes"]] == [head.address, other.address]
    print(f"head lost {gap:.2f} s, {edits} edits without it; when it was back, used {used:.2f} s")


async def test_down_ends_every_process_and_every_checkpoint_is_written(
    cluster: Cluster, desk: Desk
) -> None:
    await pair(cluster, desk, cluster.nodes.nodes[-1])
    ended = await asyncio.to_thread(cluster.weft, "down")
    assert len(ended["ended"]) == 5
    assert find_running(cluster.system.data_dir) is None
    await until(lambda: not cluster.processes())
    found = await asyncio.to_thread(cluster.weft, "verify", "--all")
    assert found["ok"]
    [here] = [
        each for each in found["dashboards"] if each["dashboard_id"] == str(desk.dashboard_id)
    ]
    assert here["versions"] == here["newest_checkpoint"]
