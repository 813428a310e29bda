"""An owner in a process of its own, so that it can be killed."""

import asyncio
import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

from actors.owner_service import OwnerService
from storage.postgres_pool import connect
from storage.redis_directory import RedisDirectory
from tests.owner.owner_gateway import SECRET

START_SECONDS = 60.0


@contextmanager
def owner_process(postgres_url: str, redis_url: str) -> Iterator[tuple[str, Callable[[], None]]]:
    """Yields its URL, and what kills it without a word; dead at the end in any case."""
    ours, theirs = multiprocessing.Pipe()
    spawn = multiprocessing.get_context("spawn")
    process = spawn.Process(target=_run, args=(postgres_url, redis_url, theirs))
    process.start()
    try:
        assert ours.poll(START_SECONDS), "the owner does not start"
        yield ours.recv(), process.kill
    finally:
        process.kill()
        process.join()
        process.close()
        ours.close()
        theirs.close()


def _run(postgres_url: str, redis_url: str, pipe: Connection) -> None:
    asyncio.run(_serve(postgres_url, redis_url, pipe))


async def _serve(postgres_url: str, redis_url: str, pipe: Connection) -> None:
    stores = await connect(postgres_url)
    owner = OwnerService(
        "owner-that-dies", stores.log, stores.accounts, RedisDirectory(redis_url), secret=SECRET
    )
    pipe.send((await owner.start()).url)
    await asyncio.Event().wait()
