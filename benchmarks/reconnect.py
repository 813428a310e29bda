"""Everyone is cut at once: how soon everyone is back, and whether each is exactly caught up.

500 clients of the Python library on one dashboard of `weft up`, in this process; while they are
away somebody edits. What they try in vain is counted: a herd would show as a spike of errors.
"""

import asyncio
import gc
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from websockets.asyncio.client import ClientConnection

import weft
from benchmarks.cluster import prepare, running_system
from benchmarks.editors import percentile
from benchmarks.offline import disconnected
from weft.client.status import State

CLIENTS = 500
USERS = 10  # who share the clients, as tabs do
EDITS = 50  # made while everyone is away
PATIENCE_SECONDS = 60.0
LOOK_SECONDS = 0.05


@dataclass
class Back:
    """Seconds from the cut until each client has joined again, and what was tried in vain."""

    seconds: list[float]
    sockets: int  # opened in all after the cut; as many as clients: nobody tried twice
    exact: int  # clients that show what the editor shows

    def __str__(self) -> str:
        median, last = percentile(self.seconds, 0.5), max(self.seconds)
        in_vain = self.sockets - len(self.seconds)
        return (
            f"{len(self.seconds)} clients back after p50 {median} s, the last {last:.2f} s; "
            f"{in_vain} tries in vain; {self.exact} exactly caught up"
        )


class Sockets:
    """Those of all clients, which can be cut as a network does it: without a word."""

    def __init__(self) -> None:
        self.open: set[ClientConnection] = set()
        self.made = 0

    def make(self, *arguments: Any, **options: Any) -> ClientConnection:
        socket = ClientConnection(*arguments, **options)
        self.open.add(socket)
        self.made += 1
        return socket

    def cut(self) -> None:
        for socket in self.open:
            socket.transport.abort()
        self.open.clear()
        self.made = 0


async def cut_everyone(
    url: str, tokens: list[str], dashboard_id: UUID, clients: int, edits: int = EDITS
) -> Back:
    """`tokens`: the first is the editor's; the clients share the others."""
    sockets = Sockets()
    async with AsyncExitStack() as stack:
        editor = await stack.enter_async_context(weft.connect(url, tokens[0]))
        typing = await editor.join(dashboard_id)
        boards = []
        for number in range(clients):
            token = tokens[1 + number % (len(tokens) - 1)]
            client = weft.connect(url, token, create_connection=sockets.make, proxy=None)
            boards.append(await (await stack.enter_async_context(client)).join(dashboard_id))
        gc.disable()  # 500 rosters of 500 in one heap: its collections are no client's of its own
        sockets.cut()
        cut_at = time.perf_counter()

        async def edit() -> None:
            for number in range(edits):
                typing.set(None, ["settings", f"k{number % 7}"], number)
                await typing.saved(PATIENCE_SECONDS)

        async def back(board: weft.Board) -> float:
            while board.status.state is State.OFFLINE:  # noqa: ASYNC110  (no news tells of it)
                await asyncio.sleep(LOOK_SECONDS)
            return time.perf_counter() - cut_at

        async with asyncio.timeout(PATIENCE_SECONDS):
            await asyncio.gather(*map(disconnected, boards))
            seconds, _ = await asyncio.gather(asyncio.gather(*map(back, boards)), edit())
            await asyncio.gather(*(board.reached(typing.version) for board in boards))
        gc.enable()
        exact = sum(board.document == typing.document for board in boards)
        return Back(list(seconds), sockets.made, exact)


def main() -> None:
    with running_system() as system:
        load = asyncio.run(prepare(system, editors=1 + USERS, batch=1, per_second=None))
        back = asyncio.run(
            cut_everyone(load.url, load.tokens, UUID(load.dashboard_id), clients=CLIENTS)
        )
    print(back)


if __name__ == "__main__":
    main()
