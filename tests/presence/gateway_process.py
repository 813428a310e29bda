"""A gateway in a process of its own, on a real PostgreSQL and Redis, so that it can be killed."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from gateway.service import GatewayService, GatewaySettings
from storage.postgres_pool import connect
from storage.redis_directory import RedisDirectory
from storage.redis_presence import RedisPresence
from tests.served_process import ServedProcess, served_process
from weft.measures import Measures


class GatewayProcess:
    def __init__(self, process: ServedProcess) -> None:
        self.url: str = process.ready
        self.pid = process.pid
        self.kill = process.kill
        self._process = process

    async def closes(self) -> Counter[str]:
        """How many sockets it has closed, by close code."""
        told: Counter[str] = await self._process.ask()
        return told


@contextmanager
def gateway_process(
    gateway_id: str, postgres_url: str, redis_url: str, secret: str
) -> Iterator[GatewayProcess]:
    with served_process(serve_gateway, gateway_id, postgres_url, redis_url, secret) as process:
        yield GatewayProcess(process)


async def serve_gateway(
    gateway_id: str, postgres_url: str, redis_url: str, secret: str
) -> tuple[str, Callable[[None], Counter[str]]]:
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

    def answer(_: None) -> Counter[str]:
        for (name, label), count in measures.take().counts.items():
            if name == "closes":
                closes[label] += count
        return closes

    return gateway.ws_url, answer
