"""Live data beside edits: 50 widgets fed 20 times a second, 20 viewers, and 10 editors at work.

Told is what the feeds cost the editors: the same editors and viewers with feeds and without, on one
dashboard of one running system. The producer and its viewers have a process of their own.
"""

import asyncio
import json
import sys
import time
from dataclasses import replace
from typing import Any
from uuid import uuid4

import orjson
from websockets.asyncio.client import ClientConnection, connect

import weft
from benchmarks.beside import beside
from benchmarks.cluster import System, apply, prepare, running_system
from benchmarks.editors import Load, percentile

EDITORS = 10
VIEWERS = 20
WIDGETS = 50
PER_SECOND = 20.0
SECONDS = 20.0
ROUNDS = 2  # of each, by turns: the better one of each is told


async def add_widgets(load: Load) -> list[str]:
    async with weft.connect(load.url, load.tokens[0]) as client:
        board = await client.join(load.dashboard_id)
        place = {"x": 0, "y": 0, "width": 4, "height": 4}
        with board.batch():
            added = [board.add_widget({"type": "chart", "position": place}) for _ in range(WIDGETS)]
        await board.saved()
        return added


def measured(system: System, load: Load, widget_ids: list[str], per_second: float) -> Any:
    """What the editors saw, and (under `live`) what the viewers did."""
    job: dict[str, Any] = {"url": load.url, "dashboard": load.dashboard_id}
    job |= {"token": load.tokens[0], "widgets": widget_ids, "per_second": per_second}
    with beside("benchmarks.feeds", job) as enough:  # all viewers have joined
        began, before = time.perf_counter(), system.cpu_seconds()
        seen = apply(system, load)
        took, after = time.perf_counter() - began, system.cpu_seconds()
        seen["cpu"] = {role: round((after[role] - before[role]) / took, 3) for role in after}
        seen["live"] = enough()
    return seen


def main() -> None:
    if sys.argv[-1] == "child":
        asyncio.run(child())
        return
    quiet, fed = [], []
    with running_system() as system:
        load = replace(asyncio.run(prepare(system, EDITORS, 1, 5.0)), seconds=SECONDS)
        widget_ids = asyncio.run(add_widgets(load))
        for _ in range(ROUNDS):
            quiet.append(measured(system, load, widget_ids, 0))
            fed.append(measured(system, load, widget_ids, PER_SECOND))
    best = [min(each, key=lambda seen: seen["ack_ms_p99"]) for each in (quiet, fed)]
    for name, seen in zip(("without feeds", "with feeds"), best, strict=True):
        cpu = ", ".join(f"{role} {share:.0%}" for role, share in seen["cpu"].items())
        print(f"  {name:<14} of one core: {cpu}, viewers and producer {seen['live']['cpu']:.0%}")
        print(f"  {name:<14} acknowledged p50 {seen['ack_ms_p50']} ms, p99 {seen['ack_ms_p99']} ms")
    print(f"  the p99 ratio is {best[1]['ack_ms_p99'] / best[0]['ack_ms_p99']:.2f}")
    print(f"  viewers: {best[1]['live']}")


async def child() -> None:
    job = json.loads(sys.stdin.readline())
    late_ms: list[float] = []
    first, *others = [await joined(job) for _ in range(VIEWERS)]
    producer = await greeted(job)
    tasks = [asyncio.create_task(swallow(viewer)) for viewer in others]
    tasks.append(asyncio.create_task(watch(first, late_ms)))
    if job["per_second"]:
        tasks += [asyncio.create_task(feed(producer, job, each)) for each in job["widgets"]]
    print("ready", flush=True)
    began, cpu_before = time.perf_counter(), time.process_time()
    await asyncio.to_thread(sys.stdin.readline)
    share = (time.process_time() - cpu_before) / (time.perf_counter() - began)
    for task in tasks:
        task.cancel()
    shown = {"values": len(late_ms), "ms_p50": percentile(late_ms, 0.5)}
    shown |= {"ms_p99": percentile(late_ms, 0.99), "cpu": round(share, 3)}
    print(json.dumps(shown), flush=True)


async def greeted(job: dict[str, Any]) -> ClientConnection:
    socket = await connect(job["url"], compression=None, max_size=None)
    await socket.send(json.dumps({"type": "hello", "protocol": [1], "token": job["token"]}))
    await socket.recv()
    return socket


async def joined(job: dict[str, Any]) -> ClientConnection:
    socket = await greeted(job)
    join = {"type": "join", "dashboardId": job["dashboard"], "replicaId": str(uuid4())}
    await socket.send(json.dumps(join))
    while orjson.loads(await socket.recv())["type"] != "joined":
        pass
    return socket


async def watch(socket: ClientConnection, late_ms: list[float]) -> None:
    while True:
        frame = orjson.loads(await socket.recv())
        if frame["type"] == "data":
            now = time.perf_counter()
            late_ms += [(now - live["value"]["sent"]) * 1000 for live in frame["values"].values()]


async def swallow(socket: ClientConnection) -> None:
    """Reads as a viewer does, but for what it costs to understand it: that is another machine's."""
    while True:
        await socket.recv(decode=False)


async def feed(socket: ClientConnection, job: dict[str, Any], widget_id: str) -> None:
    told = {"type": "feed", "dashboardId": job["dashboard"], "widgetId": widget_id}
    due = time.perf_counter()
    while True:
        series = [{"name": "North", "values": [due % 7, due % 11, due % 13]}]
        value = {"sent": time.perf_counter(), "series": series}
        await socket.send(orjson.dumps(told | {"value": value}), text=True)
        due += 1 / job["per_second"]
        await asyncio.sleep(max(0, due - time.perf_counter()))


if __name__ == "__main__":
    main()
