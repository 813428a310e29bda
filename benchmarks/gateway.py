"""What a submission costs its gateway: CPU of its process, sockets and link included.

Ten editors of one dashboard in closed loop. The owner commits whatever it is sent, in the batches
in which it comes, and costs the gateway nothing else; it shares a process with the editors.
"""

import asyncio
import hashlib
import multiprocessing
import statistics
import time
from collections.abc import Iterable
from multiprocessing.connection import Connection
from uuid import UUID, uuid4

import uvloop
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from benchmarks.editors import Load, run
from cluster.process_file import cpu_seconds
from gateway.rate_limit import Rate
from gateway.service import GatewayService, GatewaySettings
from storage.memory_accounts import MemoryAccounts
from storage.memory_directory import MemoryDirectory
from storage.memory_tables import MemoryTables
from storage.ports import OwnerAddress
from weft.wire.frames import committed_frame, joined_frame, submission_json
from weft.wire.link import (
    Attach,
    Joined,
    Publish,
    Submitted,
    ToGateway,
    ToOwner,
    pack_to_gateway,
    unpack_to_owner,
)

ROUNDS = 3
EDITORS = 10
BATCHES = (1, 16)  # edits in one submission
SECONDS = 2.0
UNLIMITED = Rate(10**9, 60_000)


def main() -> None:
    print(f"a whole gateway, {EDITORS} editors of one dashboard in closed loop:")
    for batch in BATCHES:
        rounds = [gateway_us(batch) for _ in range(ROUNDS)]
        print(
            f"  {batch:>2} edits each: {statistics.median(rounds):>6.1f} µs of CPU per submission"
        )


def gateway_us(batch: int) -> float:
    ours, theirs = multiprocessing.Pipe()
    gateway = multiprocessing.get_context("spawn").Process(target=serve_gateway, args=(theirs,))
    gateway.start()
    try:
        assert gateway.pid is not None
        return uvloop.run(edit_through(gateway.pid, ours, batch))
    finally:
        ours.send(None)
        gateway.join()


async def edit_through(pid: int, pipe: Connection, batch: int) -> float:
    owner = SettledOwner()
    async with serve(owner.serve, "127.0.0.1", 0, compression=None, max_size=None) as server:
        port = server.sockets[0].getsockname()[1]
        pipe.send(OwnerAddress("owner-1", str(uuid4()), f"ws://127.0.0.1:{port}/link"))
        url, tokens = await asyncio.to_thread(pipe.recv)
        load = Load(url, str(uuid4()), str(uuid4()), tokens, batch, None, 0.0, 0.5)
        await run(load)  # warm
        before = cpu_seconds(pid)
        load = Load(url, str(uuid4()), str(uuid4()), tokens, batch, None, 0.0, SECONDS)
        seen = await run(load)
        submissions: int = seen["submissions_in_all"]
        return (cpu_seconds(pid) - before) / submissions * 1e6


class SettledOwner:
    """Whatever comes in one message of the link is committed at once, in one frame."""

    def __init__(self) -> None:
        self._version = 0
        self._places: dict[int, Attach] = {}

    async def serve(self, connection: ServerConnection) -> None:
        try:
            while True:
                lines = unpack_to_owner(await connection.recv(decode=False))
                answer = self._answer(lines)
                if answer:
                    await connection.send(pack_to_gateway(answer), text=True)
        except ConnectionClosed:
            pass

    def _answer(self, lines: Iterable[ToOwner]) -> list[ToGateway]:
        answer: list[ToGateway] = []
        committed = []
        dashboard_id: UUID | None = None
        for line in lines:
            if isinstance(line, Attach):
                self._places[line.n] = line
                answer.append(Joined(line.n, self._joined(line)))
            elif isinstance(line, Submitted):
                self._version += 1
                dashboard_id = self._places[line.n].dashboard_id
                committed.append(self._committed(line, self._places[line.n]))
        if dashboard_id is not None:
            answer.append(Publish(dashboard_id, committed_frame(dashboard_id, committed)))
        return answer

    def _committed(self, line: Submitted, place: Attach) -> dict[str, object]:
        return submission_json(
            version=self._version,
            replica_id=place.replica_id,
            sequence=line.sequence,
            user_id=place.user_id,
            base_version=line.base_version,
            operations=line.operations,
            at_ms=0,
        )

    def _joined(self, line: Attach) -> bytes:
        return joined_frame(
            line.dashboard_id,
            version=self._version,
            role="editor",
            snapshot=(self._version, {}),
            submissions=(),
            last_sequence=0,
            last_version=0,
        )


# --- the gateway's process ---------------------------------------------------------------------


def serve_gateway(pipe: Connection) -> None:
    uvloop.run(_serve(pipe))


async def _serve(pipe: Connection) -> None:
    accounts, directory = MemoryAccounts(MemoryTables(time.time)), MemoryDirectory()
    await directory.announce_owner(await asyncio.to_thread(pipe.recv), 3600)
    rates = dict.fromkeys(("operations", "cursor", "feeds", "connections"), UNLIMITED)
    settings = GatewaySettings(
        "gateway-1", "secret", "key", http_port=None, rates=rates, global_rates=rates
    )
    service = GatewayService(settings, accounts, directory)
    await service.start()
    tokens = [await new_token(accounts) for _ in range(EDITORS)]
    pipe.send((service.ws_url, tokens))
    await asyncio.to_thread(pipe.recv)
    await service.stop()


async def new_token(accounts: MemoryAccounts) -> str:
    name = uuid4().hex
    user_id = await accounts.create_user(f"{name}@example.org", name)
    await accounts.create_session(user_id, hashlib.sha256(name.encode()).hexdigest(), 3600)
    return name


if __name__ == "__main__":
    main()
