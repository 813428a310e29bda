"""A gateway in a process of its own, on a real PostgreSQL and Redis, so that it can be killed."""

import asyncio
import multiprocessing
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

from gateway.service import GatewayService, GatewaySettings
from storage.postgres_pool import connect
from storage.redis_directory import RedisDirectory
from storage.redis_presence import RedisPresence
from weft.measures import Measures

START_SECONDS = 60.0


class GatewayProcess:
    def __init__(self, url: str, process: multiprocessing.process.BaseProcess, pipe: Connection):
        assert process.pid is not None
        self.url = url
        self.pid = process.pid
        self._process = process
        self._pipe = pipe

    def kill(self) -> None:
        """`kill -9`, and it is gone when this returns."""
        self._process.kill()
        self._process.join()

    async def closes(self) -> Counter[str]:
        """How many sockets it has closed, by close code."""
        self._pipe.send("closes")
        told: Counter[str] = await asyncio.to_thread(self._pipe.recv)
        return told


@contextmanager
def gateway_process(
    gateway_id: str, postgres_url: str, redis_url: str, secret: str
) -> Iterator[GatewayProcess]:
    ours, theirs = multiprocessing.Pipe()
    spawn = multiprocessing.get_context("spawn")
    order = (gateway_id, postgres_url, redis_url, secret, theirs)
    process = spawn.Process(target=_run, args=order)
    process.start()
    try:
        assert ours.poll(START_SECONDS), "the gateway does not start"
        yield GatewayProcess(ours.recv(), process, ours)
    finally:
        process.kill()
        process.join()
        process.close()
        ours.close()
        theirs.close()


def _run(*order: object) -> None:
    asyncio.run(_serve(*order))  # type: ignore[arg-type]


async def _serve(
    gateway_id: str, postgres_url: str, redis_url: str, secret: str, pipe: Connection
) -> None:
    stores = await connect(postgres_url)
    presence = RedisPresence(redis_url)
    presence.start()
    measures = Measures()
    gateway = GatewayService(
        GatewaySettings(gateway_id, secret, "admin", http_port=None),
        stores.identity.sessions,
        RedisDirectory(redis_url),
        presence=presence,
        measures=measures,
    )
    await gateway.start()
    closes = Counter[str]()

    def answer() -> None:
        pipe.recv()
        for (name, label), count in measures.take().counts.items():
            if name == "closes":
                closes[label] += count
        pipe.send(closes)

    asyncio.get_running_loop().add_reader(pipe.fileno(), answer)
    pipe.send(gateway.ws_url)
    await asyncio.Event().wait()
