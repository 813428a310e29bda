"""How long editors wait when all is restarted in order, or something killed: two Ray nodes with a
gateway and an owner each, people at both gateways, the dashboard at the owner that is hit.

Told is the time from the blow until everybody has had an edit acknowledged that was typed after it;
for PostgreSQL, from the moment at which it answers again. In network namespaces where they may be
made, so that each node has its own address. One machine does it all, and pays for the restarts.
"""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from cluster.chaos.battlefield_service import kill_server
from cluster.chaos.ray_nodes_service import RayNode
from cluster.process_file import descendants
from tests.cluster.nodes_world import Cluster, cluster_of_nodes, gateway_of, on, places
from tests.cluster.world import PATIENCE_SECONDS, TEXT, Desk
from weft import Board

EDITORS = 4
CPUS = 2  # of a node: one owner
PAUSE_SECONDS = 0.05  # an editor's, between two edits
AWAY_SECONDS = 3.0  # how long Redis is
LOOK_AGAIN_SECONDS = 0.01
ROUNDS = {"owner": 3, "gateway": 3, "Redis": 2, "PostgreSQL": 2, "node": 1, "head": 1}


@dataclass
class Editor:
    board: Board
    saved: list[tuple[float, float]] = field(default_factory=list)  # (typed at, saved at)

    async def type(self, desk: Desk) -> None:
        while True:
            typed_at = time.monotonic()
            self.board.insert(desk.widget_id, TEXT, 0, "x")
            await self.board.saved(PATIENCE_SECONDS)
            self.board.delete(desk.widget_id, TEXT, 0, 1)
            self.saved.append((typed_at, time.monotonic()))
            await asyncio.sleep(PAUSE_SECONDS)

    async def saved_after(self, moment: float) -> float:
        """Seconds from then until an edit that was typed after it is acknowledged."""
        while not self.saved or self.saved[-1][0] < moment:  # noqa: ASYNC110  (as people do)
            await asyncio.sleep(LOOK_AGAIN_SECONDS)
        return next(saved - moment for typed, saved in self.saved if typed >= moment)


@dataclass
class Scene:
    cluster: Cluster
    desk: Desk
    editors: list[Editor]

    @property
    def victim(self) -> RayNode:
        """Not the head's node."""
        return self.cluster.nodes.nodes[1]

    async def ready(self, holder: RayNode) -> None:
        """Both nodes have what they should, half of the editors are at each, all type."""
        nodes = self.cluster.nodes.nodes
        wanted = sorted([*on(nodes[0], 1), *on(nodes[1], 1)])
        await self.cluster.until(lambda report: places(report) == wanted)
        await self.cluster.host_on(self.desk, holder)
        await self.gap(time.monotonic())

    async def gap(self, moment: float) -> float:
        return max(await asyncio.gather(*(each.saved_after(moment) for each in self.editors)))

    def longest_wait(self, since: float) -> float:
        saved = (each for editor in self.editors for each in editor.saved)
        return max(until - typed for typed, until in saved if until > since)


async def kill_role(scene: Scene, role: str) -> float:
    for pid, title in descendants(scene.victim.process.pid).items():
        if title.startswith(f"ray::{role}"):
            os.kill(pid, signal.SIGKILL)
    return await scene.gap(time.monotonic())


async def kill_redis(scene: Scene) -> float:
    kill_server(scene.cluster.redis, "pid")
    struck = time.monotonic()
    gap = await scene.gap(struck)
    await asyncio.sleep(AWAY_SECONDS)
    await asyncio.to_thread(scene.cluster.redis.start)
    return max(gap, await scene.gap(time.monotonic()))


async def restart_postgres(scene: Scene) -> float:
    await asyncio.to_thread(scene.cluster.postgres.stop)
    await asyncio.to_thread(scene.cluster.postgres.start)
    return await scene.gap(time.monotonic())


async def kill_node(scene: Scene, node: RayNode) -> float:
    await asyncio.to_thread(node.kill)
    struck = time.monotonic()
    living = next(each for each in scene.cluster.nodes.nodes if each is not node)
    gap = await scene.gap(struck)
    scene.cluster.ask(living)
    began = time.monotonic()
    await asyncio.to_thread(scene.cluster.nodes.start_again, node)
    joined = time.monotonic()
    longest = scene.longest_wait(began)
    used = await scene.cluster.until(lambda report: set(places(report)) >= set(on(node, 1)))
    print(
        f"    its node has started after {joined - began:.1f} s, and is used {used:.1f} s later; "
        f"the longest wait of an editor meanwhile {longest:.2f} s",
        flush=True,
    )
    return gap


async def restart_in_order(scene: Scene) -> None:
    began = time.monotonic()
    await asyncio.to_thread(scene.cluster.weft, "rolling-restart")
    took = time.monotonic() - began
    await scene.gap(time.monotonic())
    print(
        f"  rolling-restart of all took {took:.1f} s; "
        f"the longest wait of an editor meanwhile {scene.longest_wait(began):.2f} s",
        flush=True,
    )


STRIKES: dict[str, Callable[[Scene], Awaitable[float]]] = {
    "owner": lambda scene: kill_role(scene, "Owner"),
    "gateway": lambda scene: kill_role(scene, "Gateway"),
    "Redis": kill_redis,
    "PostgreSQL": restart_postgres,
    "node": lambda scene: kill_node(scene, scene.victim),
    "head": lambda scene: kill_node(scene, scene.cluster.head),
}


@asynccontextmanager
async def scene_on(cluster: Cluster) -> AsyncIterator[Scene]:
    async with AsyncExitStack() as stack:
        cluster.ask(cluster.head)
        desk = Desk(cluster.system, stack)
        cluster.door.addresses = [gateway_of(node) for node in cluster.nodes.nodes]
        cluster.system.ready["ws"] = await stack.enter_async_context(cluster.door.open())
        editors = [Editor(await desk.prepare())]
        while len(editors) < EDITORS:
            cluster.door.addresses.reverse()
            editors.append(Editor(await desk.another()))
        async with asyncio.TaskGroup() as group:
            typing = [group.create_task(each.type(desk)) for each in editors]
            yield Scene(cluster, desk, editors)
            for each in typing:
                each.cancel()


async def measure(cluster: Cluster) -> None:
    async with scene_on(cluster) as scene:
        await scene.ready(scene.victim)
        await restart_in_order(scene)
        for what, rounds in ROUNDS.items():
            gaps = []
            for _ in range(rounds):
                await scene.ready(cluster.head if what == "head" else scene.victim)
                gaps.append(await STRIKES[what](scene))
            told = ", ".join(f"{gap:.2f}" for gap in gaps)
            print(f"  {what:<10} all edit again after {told} s", flush=True)


def main() -> None:
    with cluster_of_nodes() as cluster:
        cluster.add_nodes(CPUS, CPUS)
        cluster.up()
        asyncio.run(measure(cluster))


if __name__ == "__main__":
    main()
