"""The load: editors that speak the raw protocol in a process of their own, and what they saw.

`python -m benchmarks.editors` reads one Load as JSON from standard input and prints one JSON
object. All editors share a clock, so that what an edit takes to reach the others can be told.
"""

import asyncio
import json
import sys
import time
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import uuid4

import orjson
import uvloop
from websockets.asyncio.client import ClientConnection, connect


@dataclass(frozen=True)
class Load:
    """`per_second` None: closed loop, the next submission follows the acknowledgement."""

    url: str
    dashboard_id: str
    widget_id: str
    tokens: list[str]  # one editor each
    batch: int  # edits in one submission
    per_second: float | None
    warm_up_seconds: float
    seconds: float


@dataclass
class Seen:
    """Milliseconds; only what was sent after the warm-up counts."""

    ack_ms: list[float] = field(default_factory=list)
    visible_ms: list[float] = field(default_factory=list)
    submissions: int = 0
    deliveries: int = 0
    rejected: int = 0


class Editor:
    """Types at the start of one text, whatever the others do."""

    def __init__(self, load: Load, socket: ClientConnection, board: "Board") -> None:
        self.replica_id = str(uuid4())
        self.version = 0
        self.sequence = 0
        self._load = load
        self._socket = socket
        self._board = board
        self._operations = [
            {
                "type": "insert",
                "targetId": load.widget_id,
                "path": ["config", "text"],
                "position": position,
                "value": "a",
            }
            for position in range(load.batch)
        ]
        self._acknowledged = asyncio.Event()

    async def join(self, token: str) -> None:
        await self._send({"type": "hello", "protocol": [1], "token": token})
        await self._expect("welcome")
        join = {"type": "join", "dashboardId": self._load.dashboard_id}
        await self._send({**join, "replicaId": self.replica_id})
        joined = await self._expect("joined")
        self.version = joined["version"]

    async def edit(self, start: float) -> None:
        """Until the load is over; the editors of an open loop begin at different moments."""
        load = self._load
        due = start
        while time.perf_counter() < self._board.ends_at:
            if load.per_second is not None:
                due += 1 / load.per_second
                await asyncio.sleep(due - time.perf_counter())
            self._acknowledged.clear()
            self.sequence += 1
            self._board.sent[self.replica_id, self.sequence] = due_or_now(load, due)
            await self._send(
                {
                    "type": "submit",
                    "dashboardId": load.dashboard_id,
                    "sequence": self.sequence,
                    "baseVersion": self.version,
                    "operations": self._operations,
                }
            )
            await self._acknowledged.wait()

    async def read(self) -> None:
        async for frame in self._socket:
            now = time.perf_counter()
            message = self._board.decode(frame)
            if message["type"] == "committed":
                submissions = message["submissions"]
                self.version = submissions[-1]["version"]
                if self._board.arrived(self.replica_id, submissions, now):
                    self._acknowledged.set()
            elif message["type"] == "rejected":
                self._board.seen.rejected += 1
                self._acknowledged.set()

    async def _send(self, message: dict[str, Any]) -> None:
        await self._socket.send(orjson.dumps(message), text=True)

    async def _expect(self, kind: str) -> dict[str, Any]:
        message: dict[str, Any] = orjson.loads(await self._socket.recv(decode=False))
        if message["type"] != kind:
            raise RuntimeError(f"expected {kind}, got {message}")
        return message


class Board:
    """What the editors of one dashboard share: when each submission left, and what was seen."""

    def __init__(self, begins_at: float, ends_at: float) -> None:
        self.begins_at = begins_at
        self.ends_at = ends_at
        self.sent: dict[tuple[str, int], float] = {}
        self.seen = Seen()
        self._frame: str | bytes = b""
        self._message: dict[str, Any] = {}

    def decode(self, frame: str | bytes) -> dict[str, Any]:
        """Everyone receives the same frame: read it once, so the load does not measure itself."""
        if frame != self._frame:
            self._frame, self._message = frame, orjson.loads(frame)
        return self._message

    def arrived(self, reader: str, submissions: list[dict[str, Any]], now: float) -> bool:
        """Whether one of these is the reader's own: its acknowledgement."""
        own = False
        seen = self.seen
        for submission in submissions:
            author = submission["replicaId"]
            own = own or author == reader
            sent = self.sent.get((author, submission["sequence"]))
            if sent is None or not self.begins_at <= sent < self.ends_at:
                continue
            took_ms = (now - sent) * 1000
            seen.deliveries += 1
            if author == reader:
                seen.submissions += 1
                seen.ack_ms.append(took_ms)
            else:
                seen.visible_ms.append(took_ms)
        return own


def due_or_now(load: Load, due: float) -> float:
    """An open loop counts from when the edit was due, so a stall is not hidden by the editor."""
    return due if load.per_second is not None else time.perf_counter()


async def run(load: Load) -> dict[str, Any]:
    async with AsyncExitStack() as stack:
        sockets = [
            await stack.enter_async_context(
                connect(load.url, compression=None, max_size=None, ping_interval=None)
            )
            for _ in load.tokens
        ]
        began = time.perf_counter()
        board = Board(began, began)
        editors = [Editor(load, socket, board) for socket in sockets]
        await asyncio.gather(
            *(editor.join(token) for editor, token in zip(editors, load.tokens, strict=True))
        )
        began = time.perf_counter()
        board.begins_at = began + load.warm_up_seconds
        board.ends_at = board.begins_at + load.seconds
        reading = [asyncio.create_task(editor.read()) for editor in editors]
        spread = 1 / (load.per_second or 1e9) / len(editors)
        cpu_before = time.process_time()
        await asyncio.gather(
            *(editor.edit(began + number * spread) for number, editor in enumerate(editors))
        )
        cpu_seconds = time.process_time() - cpu_before
        for task in reading:
            task.cancel()
        return summary(load, board, cpu_seconds)


def summary(load: Load, board: Board, cpu_seconds: float) -> dict[str, Any]:
    seen, sent = board.seen, board.sent
    return {
        "submissions_per_s": round(seen.submissions / load.seconds, 1),
        "edits_per_s": round(seen.submissions * load.batch / load.seconds, 1),
        "deliveries_per_s": round(seen.deliveries / load.seconds, 1),
        "ack_ms_p50": percentile(seen.ack_ms, 0.50),
        "ack_ms_p99": percentile(seen.ack_ms, 0.99),
        "visible_ms_p50": percentile(seen.visible_ms, 0.50),
        "visible_ms_p99": percentile(seen.visible_ms, 0.99),
        "submissions_in_all": len(sent),
        "rejected": seen.rejected,
        "load_cpu_us": round(cpu_seconds / max(1, len(sent)) * 1e6),  # for one submission
    }


def percentile(values: list[float], share: float) -> float | None:
    if not values:
        return None
    return round(sorted(values)[min(len(values) - 1, int(len(values) * share))], 2)


def main() -> None:
    load = Load(**json.load(sys.stdin))
    print(json.dumps(uvloop.run(run(load))))


def start_command(load: Load) -> tuple[list[str], str]:
    """The command of the load's process, and what to write to its standard input."""
    return [sys.executable, "-m", "benchmarks.editors"], json.dumps(asdict(load))


if __name__ == "__main__":
    main()
