"""What a dashboard that is open costs its owner, and what opening it costs: memory and CPU.

One owner process on a scratch PostgreSQL opens many dashboards of twenty widgets each.
"""

import asyncio
import multiprocessing
import time
from multiprocessing.connection import Connection
from pathlib import Path
from uuid import UUID, uuid4

import uvloop
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as connect_socket

from actors.owner_service import OwnerService
from benchmarks.owner import SECRET, state_of
from benchmarks.scratch_postgres import with_postgres
from cluster.process_file import cpu_seconds, descendants
from storage.memory_directory import MemoryDirectory
from storage.ports import Checkpoint, DashboardCommit, LoggedSubmission
from storage.postgres_pool import connect
from weft.ot import Document, apply, operation_from_json
from weft.wire.link import Attach, Joined, LinkHello, pack_to_owner, unpack_to_gateway

COUNT = 500
WIDGETS = 20
CHARACTERS = 100  # of text in each widget
AT_ONCE = 50


def main() -> None:
    print(f"{COUNT:,} dashboards of {WIDGETS} widgets with {CHARACTERS} characters each")
    with_postgres(_run)


async def _run(url: str) -> None:
    ids, user_id = await _make(url)
    ours, theirs = multiprocessing.Pipe()
    owner = multiprocessing.get_context("spawn").Process(target=serve, args=(url, theirs))
    owner.start()
    try:
        link_url = await asyncio.to_thread(ours.recv)
        assert owner.pid is not None
        postgres = await _postmaster(url)
        await _open_all(link_url, owner.pid, postgres, ids, user_id)
    finally:
        ours.send("stop")
        await asyncio.to_thread(owner.join)


async def _make(url: str) -> tuple[list[UUID], UUID]:
    """Dashboards with a state, at a checkpoint; and whose they are."""
    stores = await connect(url)
    user_id = await stores.accounts.create_user("bench@example.org", "bench")
    ids = [await stores.accounts.create_dashboard(user_id, "Bench") for _ in range(COUNT)]
    adding = tuple(
        {"type": "addWidget", "targetId": target, "value": widget}
        for target, widget in state_of(WIDGETS, CHARACTERS)["widgets"].items()
    )
    operations = [operation_from_json(each) for each in adding]
    for each in ids:
        opened = await stores.log.open_dashboard(each)
        assert opened is not None
        first = LoggedSubmission(1, uuid4(), 1, user_id, 0, adding, bytes(16), 0)
        await stores.log.commit([DashboardCommit(each, 0, opened.epoch, (first,))])
        document = apply(Document.from_json(opened.checkpoint.state), operations)
        state = document.to_json()
        await stores.log.write_checkpoint(Checkpoint(each, 1, state), opened.epoch)
    await stores.close()
    return ids, user_id


async def _postmaster(url: str) -> int:
    stores = await connect(url)
    pid: int = await stores.pool.fetchval("SELECT pg_backend_pid()")
    postmaster = parent_of(pid)
    await stores.close()
    return postmaster


async def _open_all(link_url: str, owner: int, postgres: int, ids: list[UUID], who: UUID) -> None:
    def used() -> tuple[float, float]:
        return cpu_seconds(owner), sum(map(cpu_seconds, descendants(postgres)))

    async with connect_socket(link_url, proxy=None, compression=None, max_size=None) as link:
        await link.send(pack_to_owner([LinkHello(SECRET, "bench")]), text=True)
        await _open(link, ids[:AT_ONCE], 0, who)  # connections, code, caches
        memory, before, began = private_bytes(owner), used(), time.perf_counter()
        for first in range(AT_ONCE, COUNT, AT_ONCE):
            await _open(link, ids[first : first + AT_ONCE], first, who)
        took, after, count = time.perf_counter() - began, used(), COUNT - AT_ONCE
    ours, theirs = ((b - a) / count * 1000 for a, b in zip(before, after, strict=True))
    print(
        f"  private memory of the owner   {(private_bytes(owner) - memory) / count:,.0f} bytes each"
    )
    print(f"  opening, CPU of the owner     {ours:.2f} ms")
    print(f"  opening, CPU of PostgreSQL    {theirs:.2f} ms")
    print(f"  opened, {AT_ONCE} at once            {count / took:,.0f}/s")


async def _open(link: ClientConnection, ids: list[UUID], first: int, user_id: UUID) -> None:
    lines = [
        Attach(first + n, each, user_id, "bench", uuid4(), None, False)
        for n, each in enumerate(ids)
    ]
    await link.send(pack_to_owner(lines), text=True)
    joined = 0
    while joined < len(ids):
        heard = unpack_to_gateway(await link.recv(decode=False))
        joined += sum(isinstance(line, Joined) for line in heard)


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def private_bytes(pid: int) -> int:
    """Memory that is this process's alone, on Linux."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Private_"))


def serve(postgres_url: str, pipe: Connection) -> None:
    uvloop.run(_serve(postgres_url, pipe))


async def _serve(postgres_url: str, pipe: Connection) -> None:
    stores = await connect(postgres_url)
    grants = stores.identity.sharing
    owner = OwnerService("owner-1", stores.log, grants, MemoryDirectory(), secret=SECRET)
    pipe.send((await owner.start()).url)
    await asyncio.to_thread(pipe.recv)
    await owner.stop()
    await stores.close()


if __name__ == "__main__":
    main()
