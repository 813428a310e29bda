"""Twenty people who type into the dashboard that a browser shows, five letters a second each: raw
sockets in one process, which merge nothing, so that little is taken from what is measured.

`python -m benchmarks.browser_company` reads {url, dashboardId, widgetIds, tokens} from standard
input, says `ready` when all have joined, and types until it is ended.
"""

import asyncio
import json
import random
import re
import sys
from typing import Any
from uuid import uuid4

import orjson
import uvloop

from benchmarks.lean_socket import LeanSocket, open_socket

PATH = ["config", "text"]
KEY_EVERY_SECONDS = 0.2  # sixty words a minute
TEXT_LETTERS = 400  # then from the start again
WORDS = "the warp is under tension and the weft goes over and under it "
VERSION = re.compile(rb'"version":(\d+)')


class Typist:
    """`versions`: the newest one that any of them has been told is the last."""

    def __init__(self, order: dict[str, Any], widget_id: str, versions: list[int]) -> None:
        self._order = order
        self._widget_id = widget_id
        self._versions = versions
        self._joined = asyncio.Event()
        self._socket: LeanSocket

    async def join(self, token: str) -> None:
        self._socket = await open_socket(self._order["url"], self._hear)
        self._send({"type": "hello", "protocol": [1], "token": token})
        self._send(self._about("join") | {"replicaId": str(uuid4())})
        await self._joined.wait()

    async def type_on(self, chance: random.Random) -> None:
        """Letter by letter, the caret told with each, until cancelled."""
        await asyncio.sleep(chance.random() * KEY_EVERY_SECONDS)
        for number in range(sys.maxsize):
            position = number % TEXT_LETTERS
            letter = {"type": "insert", "position": position, "value": WORDS[number % len(WORDS)]}
            operation = letter | {"targetId": self._widget_id, "path": PATH}
            version = self._versions[-1]
            submit = {"sequence": number + 1, "baseVersion": version, "operations": [operation]}
            self._send(self._about("submit") | submit)
            caret = {"elementId": self._widget_id, "path": PATH, "offset": position}
            cursor = {"x": -1, "y": -1} | caret
            self._send(self._about("presence") | {"cursor": cursor, "version": version})
            await asyncio.sleep(KEY_EVERY_SECONDS * chance.uniform(0.5, 1.5))

    def _about(self, kind: str) -> dict[str, Any]:
        return {"type": kind, "dashboardId": self._order["dashboardId"]}

    def _send(self, message: dict[str, Any]) -> None:
        self._socket.send(orjson.dumps(message))

    def _hear(self, frame: bytes) -> None:
        if frame.startswith(b'{"type":"committed"'):
            told = int(VERSION.findall(frame)[-1])
            if told > self._versions[-1]:
                self._versions.append(told)
        elif frame.startswith(b'{"type":"joined"'):
            self._versions.append(max(self._versions[-1], orjson.loads(frame)["version"]))
            self._joined.set()
        elif frame.startswith((b'{"type":"rejected"', b'{"type":"error"', b'{"type":"ended"')):
            print(frame.decode(), file=sys.stderr, flush=True)


async def run(order: dict[str, Any]) -> None:
    chance = random.Random(20)
    ids, versions = order["widgetIds"], [0]
    typists = [Typist(order, ids[at % len(ids)], versions) for at in range(len(order["tokens"]))]
    for typist, token in zip(typists, order["tokens"], strict=True):
        await typist.join(token)
    print("ready", flush=True)
    await asyncio.gather(*(typist.type_on(chance) for typist in typists))


if __name__ == "__main__":
    uvloop.run(run(json.loads(sys.stdin.readline())))
