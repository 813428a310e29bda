"""An owner in a process of its own, so that it can be stopped, woken, and cut off from a store."""

import asyncio
import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from uuid import UUID

from actors.owner_service import OwnerService
from storage.postgres_pool import connect
from storage.redis_directory import RedisDirectory

START_SECONDS = 30.0


class OwnerProcess:
    def __init__(self, owner_id: str, pid: int, pipe: Connection) -> None:
        self.owner_id = owner_id
        self.pid = pid
        self._pipe = pipe

    async def has_open(self, dashboard_id: UUID) -> bool:
        """As it says itself; it answers when it runs."""
        self._pipe.send(dashboard_id)
        return bool(await asyncio.to_thread(self._pipe.recv))


@contextmanager
def owner_process(
    owner_id: str, postgres_url: str, redis_url: str, secret: str
) -> Iterator[OwnerProcess]:
    ours, theirs = multiprocessing.Pipe()
    spawn = multiprocessing.get_context("spawn")
    process = spawn.Process(target=_run, args=(owner_id, postgres_url, redis_url, secret, theirs))
    process.start()
    try:
        assert ours.poll(START_SECONDS), "the owner does not start"
        ours.recv()
        assert process.pid is not None
        yield OwnerProcess(owner_id, process.pid, ours)
    finally:
        process.kill()
        process.join()
        process.close()
        ours.close()
        theirs.close()


def _run(*arguments: object) -> None:
    asyncio.run(_serve(*arguments))  # type: ignore[arg-type]


async def _serve(
    owner_id: str, postgres_url: str, redis_url: str, secret: str, pipe: Connection
) -> None:
    stores = await connect(postgres_url)
    directory = RedisDirectory(redis_url)
    owner = OwnerService(owner_id, stores.log, stores.identity.sharing, directory, secret=secret)
    await owner.start()

    def answer() -> None:
        pipe.send(pipe.recv() in owner._dashboards)

    asyncio.get_running_loop().add_reader(pipe.fileno(), answer)
    pipe.send("ready")
    await asyncio.Event().wait()
