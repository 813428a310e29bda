"""How many editors one dashboard bears, and how many dashboards one system: at stated rates.

One system, and the load of each scenario in a process of its own beside it on the same machine.
Told are the latencies, the CPU of each part of the system for one submission and for one delivery
(a submission that has reached one of its readers), and the memory of a connection.
"""

import asyncio
import json
import sys
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import uvloop
from websockets.asyncio.client import ClientConnection, connect

from benchmarks.beside import beside
from benchmarks.cluster import System, running_system
from benchmarks.editors import percentile
from loadtests.http_stage import prepare

WARM_UP_SECONDS = 4.0
SECONDS = 15.0


@dataclass(frozen=True)
class Scenario:
    dashboards: int
    editors: int  # on each
    per_second: float  # edits of each editor

    @property
    def people(self) -> int:
        return self.dashboards * self.editors

    def __str__(self) -> str:
        boards = "1 dashboard" if self.dashboards == 1 else f"{self.dashboards} dashboards"
        rate = self.people * self.per_second
        return f"{boards} x {self.editors} editors at {self.per_second}/s each: {rate:g} edits/s"


SCENARIOS = (
    Scenario(1, 50, 2.0),
    Scenario(1, 200, 0.5),
    Scenario(1, 500, 0.1),
    Scenario(300, 3, 0.2),
)


def main() -> None:
    if sys.argv[-1] == "child":
        print(json.dumps(uvloop.run(child())), flush=True)
        return
    with running_system() as system:
        for scenario in SCENARIOS:
            report(scenario, measured(system, scenario))


def measured(system: System, scenario: Scenario) -> dict[str, Any]:
    """What the editors saw, `cpu` by part of the system (s), `memory` of gateways (bytes)."""
    where = [system.ready[each] for each in ("ws", "http", "admin_key")]
    people: Any = {"dashboards": scenario.dashboards, "people": scenario.people}
    told = asyncio.run(prepare(*where, **people)).to_json()
    empty = private_bytes(system)
    with beside("benchmarks.capacity", told | {"per_second": scenario.per_second}) as go:
        memory = private_bytes(system) - empty
        before = system.cpu_seconds()
        seen: dict[str, Any] = go()
        after = system.cpu_seconds()
    return seen | {"memory": memory, "cpu": {role: after[role] - before[role] for role in after}}


def private_bytes(system: System) -> int:
    """Memory that the gateways have for themselves alone."""
    found = 0
    for pid in system.pids("gateway"):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Private_Dirty:"):
                found += int(line.split()[1]) * 1024
    return found


def report(scenario: Scenario, seen: dict[str, Any]) -> None:
    print(scenario)
    for what in ("ack", "visible"):
        print(f"  {what:<8} p50 {seen[f'{what}_p50']} ms, p99 {seen[f'{what}_p99']} ms")
    cpu, submissions = seen["cpu"], max(1, seen["submissions"])
    deliveries = max(1, seen["deliveries"])
    print(f"  deliveries/s {seen['deliveries'] / seen['seconds']:,.0f}, refused {seen['rejected']}")
    for name, count in (("submission", submissions), ("delivery", deliveries)):
        each = " + ".join(f"{role} {used / count * 1e6:.1f}" for role, used in cpu.items())
        print(f"  CPU per {name}: {sum(cpu.values()) / count * 1e6:.1f} us = {each}")
    share = ", ".join(f"{role} {used / seen['seconds']:.0%}" for role, used in cpu.items())
    print(f"  of one core: {share}, load {seen['load_cpu'] / seen['seconds']:.0%}")
    print(f"  gateway memory per connection {seen['memory'] / scenario.people / 1000:.1f} kB")


# --- the load's process --------------------------------------------------------------------------


class Board:
    """What the editors of one dashboard share. A frame is the same for all: it is read once."""

    def __init__(self, load: dict[str, Any]) -> None:
        self.load = load
        self.version = 0
        self.sent: dict[tuple[str, int], float] = {}
        self.ack_ms: list[float] = []
        self.visible_ms: list[float] = []
        self.rejected = 0
        self._frame = b""
        self._message: dict[str, Any] = {}

    def read(self, frame: bytes) -> dict[str, Any]:
        if frame != self._frame:
            self._frame, self._message = frame, orjson.loads(frame)
            if self._message["type"] == "committed":
                self.version = self._message["submissions"][-1]["version"]
        return self._message


class Editor:
    """Types one letter at a time at the start of the text, one in flight, counted from when it was
    due: so a stall is not hidden."""

    def __init__(self, board: Board, socket: ClientConnection) -> None:
        self._board = board
        self._socket = socket
        self._replica_id = str(uuid4())
        self._acknowledged = asyncio.Event()

    async def join(self, token: str) -> None:
        await self._say({"type": "hello", "protocol": [1], "token": token})
        await self._say(
            {"type": "join", "dashboardId": self._board.load["id"], "replicaId": self._replica_id}
        )
        message: dict[str, Any] = {"type": ""}
        while message["type"] != "joined":
            message = orjson.loads(await self._socket.recv(decode=False))
            if message["type"] in ("ended", "error"):
                raise RuntimeError(f"not let in: {message}")
        self._board.version = message["version"]

    async def edit(self, due: float, period: float, begins_at: float, ends_at: float) -> int:
        """How many were sent in all; those before `begins_at` are not measured."""
        insert = {"type": "insert", "targetId": self._board.load["text"], "position": 0}
        insert |= {"path": ["config", "text"], "value": "a"}
        submit = {"type": "submit", "dashboardId": self._board.load["id"], "operations": [insert]}
        sequence = 0
        while due < ends_at:
            await asyncio.sleep(due - time.perf_counter())
            sequence += 1
            if due >= begins_at:
                self._board.sent[self._replica_id, sequence] = due
            self._acknowledged.clear()
            await self._say({**submit, "sequence": sequence, "baseVersion": self._board.version})
            await self._acknowledged.wait()
            due += period
        return sequence

    async def read(self) -> None:
        board = self._board
        while True:
            message = board.read(await self._socket.recv(decode=False))
            now = time.perf_counter()
            if message["type"] == "committed":
                for submission in message["submissions"]:
                    self._seen(submission["replicaId"], submission["sequence"], now)
            elif message["type"] == "rejected":
                board.rejected += 1
                self._acknowledged.set()

    def _seen(self, author: str, sequence: int, now: float) -> None:
        sent = self._board.sent.get((author, sequence))
        is_own = author == self._replica_id
        if sent is not None:
            took = self._board.ack_ms if is_own else self._board.visible_ms
            took.append((now - sent) * 1000)
        if is_own:
            self._acknowledged.set()

    async def _say(self, message: dict[str, Any]) -> None:
        await self._socket.send(orjson.dumps(message), text=True)


async def child() -> dict[str, Any]:
    job = json.loads(sys.stdin.readline())
    boards = [Board(each) for each in job["dashboards"]]
    async with AsyncExitStack() as stack:
        everybody: list[Editor] = []
        for board in boards:
            for token in board.load["tokens"]:
                opening = connect(job["url"], compression=None, max_size=None, ping_interval=None)
                editor = Editor(board, await stack.enter_async_context(opening))
                await editor.join(token)
                everybody.append(editor)
        reading = [asyncio.create_task(editor.read()) for editor in everybody]
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        began, cpu_before = time.perf_counter(), time.process_time()
        begins_at, period = began + WARM_UP_SECONDS, 1 / job["per_second"]
        ends_at, spread = begins_at + SECONDS, period / len(everybody)
        counts = await asyncio.gather(
            *(
                editor.edit(began + number * spread, period, begins_at, ends_at)
                for number, editor in enumerate(everybody)
            )
        )
        took, cpu = time.perf_counter() - began, time.process_time() - cpu_before
        for task in reading:
            task.cancel()
    acks = [ms for board in boards for ms in board.ack_ms]
    visible = [ms for board in boards for ms in board.visible_ms]
    return {
        **{f"ack_p{each}": percentile(acks, each / 100) for each in (50, 99)},
        **{f"visible_p{each}": percentile(visible, each / 100) for each in (50, 99)},
        "submissions": sum(counts),
        "deliveries": sum(counts) * len(boards[0].load["tokens"]),
        "rejected": sum(board.rejected for board in boards),
        "seconds": took,
        "load_cpu": cpu,
    }


if __name__ == "__main__":
    main()
