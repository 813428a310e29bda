"""Somebody comes back with many edits to a dashboard that has gone far on: who waits for it?

1,000 edits made offline against 20,000 by others, on one text of `weft up`. While they are merged
an editor of the same dashboard, in a process of its own, goes on, one edit after the other; its
slowest is the longest stall.
"""

import asyncio
import multiprocessing
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
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
ALONE_SECONDS = 5.0  # the other editor is measured before anybody comes back, too

Editing = AbstractAsyncContextManager[list[float]]  # what is given is full when it ends


@dataclass
class Merged:
    seconds: float  # from the opening of the socket to saved
    alone_ms: list[float]  # until the editor's edits were acknowledged, before
    acknowledged_ms: list[float]  # and meanwhile
    kept: int  # of the offline edits that are in the text of both
    same: bool

    def __str__(self) -> str:
        return (
            f"merged in {self.seconds:.2f} s, {self.kept} edits kept, "
            f"both texts the same: {self.same}\n"
            f"another editor before:    {told(self.alone_ms)}\n"
            f"another editor meanwhile: {told(self.acknowledged_ms)}"
        )


def told(waits: list[float]) -> str:
    return (
        f"{len(waits)} edits, acknowledged after p50 {percentile(waits, 0.5)} ms, "
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
    url: str,
    tokens: list[str],
    dashboard_id: UUID,
    widget_id: str,
    *,
    own: int,
    others: int,
    editing: Callable[[], Editing] | None = None,
    alone_seconds: float = 0.0,
) -> Merged:
    """Two people: who goes offline, and who edits meanwhile; and `editing` during the merge, which
    is the second one if it is not given.
    """
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
        editing = editing or partial(editing_here, theirs, widget_id)
        async with editing() as alone_ms:
            await asyncio.sleep(alone_seconds)
        async with editing() as waits:
            network.is_away = False
            await mine.saved(PATIENCE_SECONDS)
            seconds = time.perf_counter() - network.opened_at
        await theirs.saved(PATIENCE_SECONDS)
        await mine.reached(theirs.version)
        await theirs.reached(mine.version)
        text = str(theirs.document.value_at(widget_id, TEXT))
        kept = text.count("M") + text.count("W")
        return Merged(seconds, alone_ms, waits, kept, mine.document == theirs.document)


async def disconnected(board: weft.Board) -> None:
    while board.status.state.value != "offline":  # noqa: ASYNC110  (no news tells of it)
        await asyncio.sleep(0.01)


async def go_on(board: weft.Board, widget_id: str, waits: list[float]) -> None:
    while True:
        began = time.perf_counter()
        board.insert(widget_id, TEXT, 0, "y")
        await board.saved(PATIENCE_SECONDS)
        waits.append((time.perf_counter() - began) * 1000)


@asynccontextmanager
async def editing_here(board: weft.Board, widget_id: str) -> AsyncIterator[list[float]]:
    waits: list[float] = []
    task = asyncio.create_task(go_on(board, widget_id, waits))
    try:
        yield waits
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def editing_elsewhere(
    url: str, token: str, dashboard_id: UUID, widget_id: str
) -> AsyncIterator[list[float]]:
    """In another process: what merges here keeps this one busy."""
    waits: list[float] = []
    ours, theirs = multiprocessing.Pipe()
    spawn = multiprocessing.get_context("spawn")
    order = (url, token, dashboard_id, widget_id, theirs)
    process = spawn.Process(target=_edit_until_told, args=order)
    process.start()
    try:
        await asyncio.to_thread(ours.recv)  # it has joined
        yield waits
        ours.send("enough")
        waits += await asyncio.to_thread(ours.recv)
    finally:
        process.kill()
        process.join()


def _edit_until_told(*order: Any) -> None:
    asyncio.run(_edit(*order))


async def _edit(url: str, token: str, dashboard_id: UUID, widget_id: str, pipe: Connection) -> None:
    async with weft.connect(url, token) as client:
        board = await client.join(dashboard_id)
        async with editing_here(board, widget_id) as waits:
            pipe.send("joined")
            await asyncio.to_thread(pipe.recv)
        pipe.send(waits)


def main() -> None:
    with running_system() as system:
        load = asyncio.run(prepare(system, editors=3, batch=1, per_second=None))
        dashboard_id = UUID(load.dashboard_id)
        merged = asyncio.run(
            merge(
                load.url,
                load.tokens,
                dashboard_id,
                load.widget_id,
                own=OWN_EDITS,
                others=OTHER_EDITS,
                editing=partial(
                    editing_elsewhere, load.url, load.tokens[2], dashboard_id, load.widget_id
                ),
                alone_seconds=ALONE_SECONDS,
            )
        )
    print(merged)


if __name__ == "__main__":
    main()
