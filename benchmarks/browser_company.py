"""Twenty people who type into the dashboard that a browser shows: Python clients, in a process of
their own, so that they take no time from who measures.

`python -m benchmarks.browser_company` reads {url, dashboardId, widgetIds, tokens} from standard
input, says `ready` when all have joined, and types until it is ended.
"""

import asyncio
import json
import random
import sys
from contextlib import AsyncExitStack
from typing import Any
from uuid import UUID

import uvloop

import weft
from weft.models.presence import CursorPosition

TEXT = ["config", "text"]
KEY_EVERY_SECONDS = 0.2  # sixty words a minute
WORDS = "the warp is under tension and the weft goes over and under it "


async def type_on(board: weft.Board, widget_id: str, chance: random.Random) -> None:
    """Character by character, the caret told with each, until cancelled."""
    await asyncio.sleep(chance.random() * KEY_EVERY_SECONDS)
    number = 0
    while True:
        letter = WORDS[number % len(WORDS)]
        board.insert(widget_id, TEXT, number % 400, letter)
        place = CursorPosition(
            x=1, y=1, element_id=widget_id, path=tuple(TEXT), offset=number % 400 + 1
        )
        board.set_presence(cursor=place)
        number += 1
        await asyncio.sleep(KEY_EVERY_SECONDS * chance.uniform(0.5, 1.5))


async def run(order: dict[str, Any]) -> None:
    chance = random.Random(20)
    ids = order["widgetIds"]
    async with AsyncExitStack() as stack, asyncio.TaskGroup() as typing:
        for number, token in enumerate(order["tokens"]):
            client = await stack.enter_async_context(weft.connect(order["url"], token))
            board = await client.join(UUID(order["dashboardId"]))
            typing.create_task(type_on(board, ids[number % len(ids)], chance))
        print("ready", flush=True)


if __name__ == "__main__":
    uvloop.run(run(json.loads(sys.stdin.readline())))
