"""Law 7 at the socket: whatever is sent, the answer is a documented message or a documented close.

    python -m tests.gateway.wire_fuzz [--seconds N] [--seed S]

A real gateway before a real owner is sent what hostile clients make up; what it logs as an error,
says otherwise than docs/spec.md, or keeps of those who have gone, is a finding. `--seed` begins
there.
"""

import argparse
import asyncio
import gc
import json
import logging
import sys
import time
from collections import Counter
from itertools import count
from pathlib import Path
from secrets import randbelow
from typing import Any
from unittest.mock import patch
from uuid import UUID, uuid4

import orjson
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from gateway.client_connection_loop import ClientConnection
from tests.gateway.hostile_client import HostileClient
from tests.gateway.owned_world import OwnedWorld, owned_world
from tests.wire.wire_page import PAGE, Page
from weft import limits
from weft.wire.close_codes import CLOSE_CODES

PART = Page(PAGE.read_text())
FRAMES = 60  # of one connection
TURNS = 10  # of the loop between two frames: the server, which shares it, may answer some
PATIENCE_SECONDS = 60.0
GROWTH_MAX_BYTES = 100_000_000
REPORT_SECONDS = 5.0
FEED_IDLE_SECONDS = 1.0  # a way for live values outlives its producer; half a minute is no finding


class Finding(AssertionError):  # noqa: N818  (what a fuzzer looks for)
    """What should not have happened."""


class Complaints(logging.Handler):
    """Every error that the server logs."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.records: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(self.format(record))


class Fuzzer:
    def __init__(self, world: OwnedWorld, widget_id: str) -> None:
        self.outcomes = Counter[str]()
        self._world = world
        self._widget_id = widget_id
        self._complaints = Complaints()

    async def run(self, seed: int) -> None:
        """One connection. Raises Finding."""
        logging.getLogger().addHandler(self._complaints)
        try:
            await self._converse(seed)
        finally:
            logging.getLogger().removeHandler(self._complaints)
        if self._complaints.records:
            raise Finding(f"seed {seed}: the server logs {self._complaints.records[0]}")

    async def _converse(self, seed: int) -> None:
        dashboards = [self._world.dashboard_id, uuid4()]
        hostile = HostileClient(seed, dashboards, self._widget_id)
        url = self._world.service.ws_url
        async with asyncio.timeout(PATIENCE_SECONDS), connect(url, proxy=None) as websocket:
            self._joined, self._committed = asyncio.Event(), asyncio.Event()
            self._version, self._is_last = 0, False
            reading = asyncio.create_task(self._read(websocket, seed))
            try:
                if hostile.random.random() < 0.9:
                    await websocket.send(await self._hello())
                    await websocket.send(self._join(seed))
                    await self._joined.wait()
                    await self._edit_twice(websocket)
                for _ in range(FRAMES):
                    await websocket.send(hostile.frame())
                    for _ in range(TURNS):
                        await asyncio.sleep(0)
                await websocket.send(json.dumps({"type": "ping", "nonce": "the last"}))
                await websocket.send(self._join(seed))
            except (ConnectionClosed, UnicodeEncodeError):
                pass
            await reading
        if websocket.close_code not in CLOSE_CODES:
            raise Finding(f"seed {seed}: closed with {websocket.close_code}")
        self.outcomes[f"closed {websocket.close_code}"] += 1

    async def _hello(self) -> str:
        return json.dumps({"type": "hello", "protocol": [1], "token": await self._world.token()})

    def _join(self, seed: int) -> str:
        ids = {"dashboardId": str(self._world.dashboard_id), "replicaId": str(UUID(int=seed * 8))}
        return json.dumps({"type": "join", **ids})

    async def _edit_twice(self, websocket: Any) -> None:
        """Under one id: the second time, it has committed before."""
        title = {"type": "update", "path": ["title"], "value": "edited"}
        edit = {"sequence": 1, "baseVersion": self._version, "operations": [title]}
        told = {"type": "submit", "dashboardId": str(self._world.dashboard_id), **edit}
        await websocket.send(json.dumps(told))
        await self._committed.wait()
        await websocket.send(json.dumps(told))

    async def _read(self, websocket: Any, seed: int) -> None:
        try:
            while True:
                message = orjson.loads(await websocket.recv())
                if faults := PART.server_faults(message):
                    raise Finding(f"seed {seed}: {faults[0]}")
                if message["type"] == "committed":
                    self._committed.set()
                if message["type"] in ("joined", "ended"):
                    self._version = message.get("version", 0)
                    self._joined.set()
                    if self._is_last:
                        return
                self._is_last |= message.get("nonce") == "the last"
                self.outcomes[f"{message['type']} {message.get('code', '')}".strip()] += 1
        except ConnectionClosed:
            return

    async def check_nothing_is_left(self) -> None:
        """Of those who have gone. Raises Finding."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while self._somebody_is_here():  # noqa: ASYNC110  (nobody is told of the last one)
                await asyncio.sleep(0.01)
        gc.collect()
        alive = [each for each in gc.get_objects() if isinstance(each, ClientConnection)]
        if alive:
            raise Finding(f"{len(alive)} connections are still in memory")

    def _somebody_is_here(self) -> bool:
        world = self._world
        return bool(world.service.status()["connections"] or world.owner.status()["subscribers"])


async def prepared(world: OwnedWorld) -> Fuzzer:
    """With a widget that can be edited."""
    widget_id = str(UUID(int=7))
    client = await world.client()
    await client.join(world.dashboard_id)
    position = {"x": 0, "y": 0, "width": 4, "height": 2}
    value = {"type": "text", "position": position, "config": {"text": "hello"}}
    operation = {"type": "addWidget", "targetId": widget_id, "value": value}
    submit = {"type": "submit", "sequence": 1, "baseVersion": 0, "operations": [operation]}
    await client.send({**submit, "dashboardId": str(world.dashboard_id)})
    assert (await client.receive())["type"] == "committed"
    await client.websocket.close()
    return Fuzzer(world, widget_id)


async def fuzz(first: int, seconds: float | None) -> None:
    async with owned_world() as world:
        fuzzer = await prepared(world)
        started = reported = time.monotonic()
        resident = 0
        for seed in count(first):
            await fuzzer.run(seed)
            now = time.monotonic()
            is_over = seconds is not None and now - started >= seconds
            if is_over or now - reported >= REPORT_SECONDS:
                await fuzzer.check_nothing_is_left()
                resident = resident or resident_bytes()
                if resident_bytes() > resident + GROWTH_MAX_BYTES:
                    raise Finding(
                        f"seed {seed}: the memory has grown to {resident_bytes():,} bytes"
                    )
                rate = fuzzer.outcomes.total() / (now - started)
                megabytes = resident_bytes() // 1_000_000
                print(f"seed {seed}: {rate:.0f} answers/s, {megabytes} MB", flush=True)
                reported = now
            if is_over:
                return


def resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4_096


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.gateway.wire_fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, help="stop after so long (default: never)")
    parser.add_argument("--seed", type=int, help="begin with this seed (default: a random one)")
    options = parser.parse_args()
    first = randbelow(2**31) if options.seed is None else options.seed
    print(f"hostile clients, from seed {first}", flush=True)
    try:
        with patch.object(limits, "FEED_IDLE_SECONDS", FEED_IDLE_SECONDS):
            asyncio.run(fuzz(first, options.seconds))
    except Finding as finding:
        print(finding, flush=True)
        return 1
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
