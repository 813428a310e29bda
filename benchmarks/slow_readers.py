"""Law 9, the slow pay alone: 100 readers that never read, while 20 editors type and one pastes.

What the gateway grows by must stay within what may wait for each reader, all readers must be let go
of, and the editors must not notice: they are measured without those readers first, then with them.
"""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from websockets.asyncio.client import ClientConnection, connect

import weft
from benchmarks.cluster import System, apply, prepare, running_system
from benchmarks.editors import Load
from benchmarks.presence import ask
from cluster.process_file import descendants
from weft.client.admin import AdminClient
from weft.limits import OUTGOING_MAX_BYTES

READERS = 100
EDITORS = 20
USERS = 10  # who share the readers
PASTE_BYTES = 65_536
PASTES_PER_SECOND = 20.0
WAITING_MAX_BYTES = OUTGOING_MAX_BYTES + 2 * PASTE_BYTES  # for one reader: and the last frames
ALLOCATOR_SHARE = 1.25  # what a process holds for bytes that it has asked for
LOOK_SECONDS = 0.05
PATIENCE_SECONDS = 60.0


@dataclass
class Held:
    """What the readers made the gateway hold, resident."""

    readers: int
    before_bytes: int
    most_bytes: int
    let_go_after_seconds: float  # all of them, from the first paste

    @property
    def grown_bytes(self) -> int:
        return self.most_bytes - self.before_bytes

    @property
    def bound_bytes(self) -> int:
        return int(self.readers * WAITING_MAX_BYTES * ALLOCATOR_SHARE)

    def __str__(self) -> str:
        before, grown, bound = (
            round(each / 2**20) for each in (self.before_bytes, self.grown_bytes, self.bound_bytes)
        )
        return (
            f"{self.readers} readers that never read: the gateway grew from {before} MiB by "
            f"{grown} MiB at most, the bound is {bound} MiB; "
            f"all were let go of after {self.let_go_after_seconds:.1f} s"
        )


def resident_bytes(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    [line] = [line for line in status.splitlines() if line.startswith("VmRSS:")]
    return int(line.split()[1]) * 1024


async def watch(pid: int, held: Held) -> None:
    """Until cancelled."""
    while True:
        held.most_bytes = max(held.most_bytes, resident_bytes(pid))
        await asyncio.sleep(LOOK_SECONDS)


async def paste(load: Load, token: str) -> None:
    """For ever, by the real client: for who does not read, there is soon more than may wait."""
    async with weft.connect(load.url, token) as client:
        board = await client.join(UUID(load.dashboard_id))
        number = 0
        while True:
            number += 1
            board.set(None, ["settings", "pasted"], f"{number}".ljust(PASTE_BYTES, "x"))
            await board.saved(PATIENCE_SECONDS)
            await asyncio.sleep(1 / PASTES_PER_SECOND)


@asynccontextmanager
async def meanwhile(doing: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Something that goes on for ever; if it fails, so does this."""
    task = asyncio.create_task(doing)
    try:
        yield
        if task.done():
            await task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def stop_reading(load: Load, token: str) -> ClientConnection:
    """Whoever has joined, and reads no more; with little room of its own, so that it shows soon."""
    narrow = socket.socket()
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)
    address = urlsplit(load.url)
    narrow.connect((address.hostname, address.port))
    reader = await connect(load.url, sock=narrow, compression=None, max_size=None, proxy=None)
    await ask(reader, {"type": "hello", "protocol": [1], "token": token}, "welcome")
    join = {"type": "join", "dashboardId": load.dashboard_id, "replicaId": str(uuid4())}
    await ask(reader, join, "joined")
    reader.transport.pause_reading()
    return reader


async def hold_up(
    load: Load,
    gateway_pid: int,
    readers: int,
    are_let_go: Callable[[], Awaitable[bool]],
    during: Callable[[], Awaitable[None]],
) -> Held:
    """Readers that never read, one who pastes, and `during`, until the gateway has let go of all
    readers. The first of `load.tokens` is who pastes; the readers share the others.
    """
    before = resident_bytes(gateway_pid)
    held = Held(readers, before, before, 0.0)
    async with AsyncExitStack() as stack:
        tokens = load.tokens[1:]
        for number in range(readers):
            reader = await stop_reading(load, tokens[number % len(tokens)])
            stack.callback(reader.transport.abort)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await are_let_go():  # noqa: ASYNC110  (what is told is up to a second old)
                await asyncio.sleep(LOOK_SECONDS)
        await stack.enter_async_context(meanwhile(watch(gateway_pid, held)))
        began = time.perf_counter()
        await stack.enter_async_context(meanwhile(paste(load, load.tokens[0])))

        async def until_let_go() -> None:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not await are_let_go():  # noqa: ASYNC110  (another process tells)
                    await asyncio.sleep(LOOK_SECONDS)
            held.let_go_after_seconds = time.perf_counter() - began

        await asyncio.gather(until_let_go(), during())
    return held


async def measure(system: System, load: Load) -> tuple[Held, dict[str, Any], dict[str, Any]]:
    """What was held, and what editors saw without and with those readers."""
    editing = replace(load, tokens=load.tokens[:EDITORS])
    others = replace(load, tokens=load.tokens[EDITORS:])
    [pid] = [
        pid
        for pid, title in descendants(system.process.pid).items()
        if title.startswith("ray::Gateway")
    ]
    seen: list[dict[str, Any]] = []

    async def edit() -> None:
        seen.append(await asyncio.to_thread(apply, system, editing))

    async with AdminClient(system.ready["http"], system.ready["admin_key"]) as admin:

        async def are_let_go() -> bool:
            """Nobody is left but those who edit, or not even they."""
            [gateway] = (await admin.cluster.read()).gateways
            return gateway.connections <= EDITORS + 1

        async with meanwhile(paste(others, others.tokens[0])):
            await edit()
        held = await hold_up(others, pid, READERS, are_let_go, edit)
    return held, seen[0], seen[1]


def main() -> None:
    with running_system() as system:
        people = EDITORS + 1 + USERS
        load = asyncio.run(prepare(system, editors=people, batch=1, per_second=5.0))
        held, without, among = asyncio.run(measure(system, load))
    print(held)
    print(f"{EDITORS} editors, 5 edits/s each, and one who pastes: p50 / p99")
    for seen, said in ((without, "without readers"), (among, "with them")):
        ack, visible = (
            f"{seen[f'{what}_ms_p50']} / {seen[f'{what}_ms_p99']} ms" for what in ("ack", "visible")
        )
        print(f"  {said:<16} acknowledged after {ack}, visible to others after {visible}")
    if held.grown_bytes > held.bound_bytes:
        raise SystemExit("the gateway's memory is not bounded")


if __name__ == "__main__":
    main()
