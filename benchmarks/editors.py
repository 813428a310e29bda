"""The load: editors that speak the raw protocol in a process of their own, and what they saw.

`python -m benchmarks.editors` reads one Load as JSON from standard input and prints one JSON
object. All editors share a clock, so that what an edit takes to reach the others can be told.
"""

import asyncio
import json
import sys
import time
from dataclasses import asdict, dataclass
from typing import Any
from uuid import uuid4

import orjson
import uvloop

from benchmarks.lean_socket import LeanSocket, open_socket


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


class Editor:
    """Types at the start of one text, whatever the others do."""

    def __init__(self, load: Load, board: "Board") -> None:
        self.replica_id = str(uuid4())
        self.heard: list[tuple[float, Committed]] = []  # and when
        self._sequence = 0
        self._load = load
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
        self._answers: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._acknowledged = asyncio.Event()
        self._typed = asyncio.get_running_loop().create_future()
        self._socket: LeanSocket

    async def join(self, token: str) -> None:
        self._socket = await open_socket(self._load.url, self._receive)
        self._send({"type": "hello", "protocol": [1], "token": token})
        await self._expect("welcome")
        join = {"type": "join", "dashboardId": self._load.dashboard_id}
        self._send({**join, "replicaId": self.replica_id})
        self._board.version = (await self._expect("joined"))["version"]

    async def edit(self, start: float) -> None:
        """Until the load is over; the editors of an open loop begin at different moments."""
        if self._load.per_second is None:
            self._submit(time.perf_counter())
            await self._typed
            return
        due = start
        while time.perf_counter() < self._board.ends_at:
            due += 1 / self._load.per_second
            await asyncio.sleep(due - time.perf_counter())
            self._acknowledged.clear()
            self._submit(due)  # counted from when it was due, so that a stall is not hidden
            await self._acknowledged.wait()

    def close(self) -> None:
        self._socket.close()

    def _submit(self, at: float) -> None:
        self._sequence += 1
        self._board.sent[self.replica_id, self._sequence] = at
        self._send(
            {
                "type": "submit",
                "dashboardId": self._load.dashboard_id,
                "sequence": self._sequence,
                "baseVersion": self._board.version,
                "operations": self._operations,
            }
        )

    def _receive(self, frame: bytes) -> None:
        now = time.perf_counter()
        committed = self._board.decode(frame)
        if committed is not None:
            self.heard.append((now, committed))
            if self.replica_id in committed.authors:
                self._go_on(now)
            return
        message = orjson.loads(frame)
        if message["type"] == "rejected":
            self._board.rejected += 1
            self._go_on(now)
        elif message["type"] in ("welcome", "joined", "ended", "error"):
            self._answers.put_nowait(message)

    def _go_on(self, now: float) -> None:
        if self._load.per_second is not None:
            self._acknowledged.set()
        elif now < self._board.ends_at:
            self._submit(time.perf_counter())
        elif not self._typed.done():
            self._typed.set_result(None)

    def _send(self, message: dict[str, Any]) -> None:
        self._socket.send(orjson.dumps(message))

    async def _expect(self, kind: str) -> dict[str, Any]:
        message = await self._answers.get()
        if message["type"] != kind:
            raise RuntimeError(f"expected {kind}, got {message}")
        return message


@dataclass(frozen=True, slots=True)
class Committed:
    """Of one frame: whose submissions it told, by sequence."""

    authors: dict[str, int]


class Board:
    """What the editors of one dashboard share: when each submission left, and the newest version.

    They sit in one process: the version that one has been told counts for all.
    """

    def __init__(self) -> None:
        self.begins_at = self.ends_at = time.perf_counter()
        self.sent: dict[tuple[str, int], float] = {}
        self.rejected = 0
        self.version = 0
        self._frame = b""
        self._committed: Committed | None = None

    def decode(self, frame: bytes) -> Committed | None:
        """Everyone receives the same frame: it is read once, so the load does not measure itself.
        None: it tells of something else.
        """
        if frame != self._frame:
            self._frame, self._committed = frame, None
            message = orjson.loads(frame)
            if message["type"] == "committed":
                submissions = message["submissions"]
                self.version = submissions[-1]["version"]
                self._committed = Committed({s["replicaId"]: s["sequence"] for s in submissions})
        return self._committed


async def run(load: Load) -> dict[str, Any]:
    board = Board()
    editors = [Editor(load, board) for _ in load.tokens]
    joining = zip(editors, load.tokens, strict=True)
    await asyncio.gather(*(editor.join(token) for editor, token in joining))
    began = time.perf_counter()
    board.begins_at = began + load.warm_up_seconds
    board.ends_at = board.begins_at + load.seconds
    spread = 1 / (load.per_second or 1e9) / len(editors)
    cpu_before = time.process_time()
    await asyncio.gather(
        *(editor.edit(began + number * spread) for number, editor in enumerate(editors))
    )
    cpu_seconds = time.process_time() - cpu_before
    for editor in editors:
        editor.close()
    return summary(load, board, editors, cpu_seconds)


def summary(load: Load, board: Board, editors: list[Editor], cpu_seconds: float) -> dict[str, Any]:
    """Milliseconds; only what was sent after the warm-up counts."""
    ack_ms: list[float] = []
    visible_ms: list[float] = []
    for editor in editors:
        for at, committed in editor.heard:
            for author, sequence in committed.authors.items():
                sent = board.sent.get((author, sequence))
                if sent is not None and board.begins_at <= sent < board.ends_at:
                    seen = ack_ms if author == editor.replica_id else visible_ms
                    seen.append((at - sent) * 1000)
    count = len(board.sent)
    return {
        "submissions_per_s": round(len(ack_ms) / load.seconds, 1),
        "edits_per_s": round(len(ack_ms) * load.batch / load.seconds, 1),
        "deliveries_per_s": round((len(ack_ms) + len(visible_ms)) / load.seconds, 1),
        "ack_ms_p50": percentile(ack_ms, 0.50),
        "ack_ms_p99": percentile(ack_ms, 0.99),
        "visible_ms_p50": percentile(visible_ms, 0.50),
        "visible_ms_p99": percentile(visible_ms, 0.99),
        "submissions_in_all": count,
        "rejected": board.rejected,
        "load_cpu_us": round(cpu_seconds / max(1, count) * 1e6),  # for one submission
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
