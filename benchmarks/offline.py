"""Somebody comes back with many edits to a dashboard that has gone far on: who waits for it?

1,000 edits made offline against 20,000 by others, on one text of `weft up`. While they are merged
an editor of the same dashboard goes on, one edit after the other; its slowest is the longest stall.
"""

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from websockets.asyncio.client import ClientConnection

import weft
from benchmarks.cluster import prepare, running_system
from benchmarks.editors import percentile

OWN_EDITS = 1_000
OTHER_EDITS = 20_000
TEXT = ("config", "text")
PATIENCE_SECONDS = 300.0


@dataclass
class Merged:
    seconds: float  # from the opening of the socket to saved
    acknowledged_ms: list[float]  # of the editor, meanwhile
    kept: int  # of the offline edits that are in the text of both
    same: bool

    def __str__(self) -> str:
        waits = self.acknowledged_ms
        return (
            f"merged in {self.seconds:.2f} s, {self.kept} edits kept, "
            f"both texts the same: {self.same}\nanother editor meanwhile: {len(waits)} edits, "
            f"acknowledged after p50 {percentile(waits, 0.5)} ms, "
            f"p99 {percentile(waits, 0.99)} ms, the slowest {max(waits, default=0):.1f} ms"
        )


class Unplugged(ClientConnection):
    """A connection that comes to nothing."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.transport.abort()


class Network:
    """Of one client; while it is away no socket lasts."""

    def __init__(self) -> None:
        self.is_away = False
        self.opened_at = 0.0  # of the newest socket
        self._socket: ClientConnection | None = None

    def make(self, *arguments: Any, **options: Any) -> ClientConnection:
        if self.is_away:
            return Unplugged(*arguments, **options)
        self.opened_at = time.perf_counter()
        self._socket = ClientConnection(*arguments, **options)
        return self._socket

    def leave(self) -> None:
        self.is_away = True
        if self._socket is not None:
            self._socket.transport.abort()


async def merge(
    url: str, tokens: list[str], dashboard_id: UUID, widget_id: str, *, own: int, others: int
) -> Merged:
    """Three people: who goes offline, who edits meanwhile, and who edits during the merge."""
    network = Network()
    away = weft.connect(url, tokens[0], create_connection=network.make, proxy=None)
    async with away as first, weft.connect(url, tokens[1]) as second:
        mine, theirs = await first.join(dashboard_id), await second.join(dashboard_id)
        network.leave()
        await disconnected(mine)
        for number in range(own):  # apart from each other, so that they stay as many operations
            mine.insert(widget_id, TEXT, 0, "M" if number % 2 else "W")
        for number in range(others):
            theirs.insert(widget_id, TEXT, number % 50 if number > 50 else 0, "x")
            await theirs.saved(PATIENCE_SECONDS)
        waits: list[float] = []
        editing = asyncio.create_task(go_on(theirs, widget_id, waits))
        network.is_away = False
        await mine.saved(PATIENCE_SECONDS)
        seconds = time.perf_counter() - network.opened_at
        editing.cancel()
        with suppress(asyncio.CancelledError):
            await editing
        await theirs.saved(PATIENCE_SECONDS)
        await mine.reached(theirs.version)
        await theirs.reached(mine.version)
        text = str(theirs.document.value_at(widget_id, TEXT))
        kept = text.count("M") + text.count("W")
        return Merged(seconds, waits, kept, mine.document == theirs.document)


async def disconnected(board: weft.Board) -> None:
    while board.status.state.value != "offline":  # noqa: ASYNC110  (no news tells of it)
        await asyncio.sleep(0.01)


async def go_on(board: weft.Board, widget_id: str, waits: list[float]) -> None:
    while True:
        began = time.perf_counter()
        board.insert(widget_id, TEXT, 0, "y")
        await board.saved(PATIENCE_SECONDS)
        waits.append((time.perf_counter() - began) * 1000)


def main() -> None:
    with running_system() as system:
        load = asyncio.run(prepare(system, editors=2, batch=1, per_second=None))
        merged = asyncio.run(
            merge(
                load.url,
                load.tokens,
                UUID(load.dashboard_id),
                load.widget_id,
                own=OWN_EDITS,
                others=OTHER_EDITS,
            )
        )
    print(merged)


if __name__ == "__main__":
    main()
