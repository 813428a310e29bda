"""A cluster of its own to be beaten: embedded stores behind relays, owners and gateways on a local
Ray; and how to find whom to hit. Leaving ends it, and removes its directory.
"""

import os
import signal
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit
from uuid import UUID

from pydantic import SecretStr

from cluster.chaos.relay_server import Relay
from cluster.process_file import descendants, listener
from cluster.settings import Settings
from storage.embedded_postgres import SOCKET_NAME as POSTGRES_SOCKET
from storage.embedded_postgres import EmbeddedPostgres
from storage.embedded_redis import SOCKET_NAME as REDIS_SOCKET
from storage.embedded_redis import EmbeddedRedis
from storage.redis_directory import RedisDirectory
from weft.client.admin import AdminClient
from weft.errors import WeftError

OWNERS, GATEWAYS = 2, 2
OWNER_TITLE, GATEWAY_TITLE = "ray::Owner", "ray::Gateway"
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Battlefield:
    """`postgres_url` and `redis_url` lead straight to the stores; the cluster's pass the relay."""

    postgres: EmbeddedPostgres
    redis: EmbeddedRedis
    postgres_url: str
    redis_url: str
    relay: Relay
    postgres_path: Path  # of the relay
    redis_path: Path
    gateways: list[dict[str, str]]  # {"ws": url, "http": url} of each
    admin_key: str

    def owners(self) -> list[int]:
        """Processes, those that live now."""
        return self._processes(OWNER_TITLE)

    def gateway(self, lot: float) -> int | None:
        """The process of one of them; None while it is being restarted."""
        url = self.gateways[int(lot * len(self.gateways))]["ws"]
        return listener(_port(url), self._processes(GATEWAY_TITLE))

    async def owner_of(self, dashboard_id: UUID, lot: float) -> tuple[int, int] | None:
        """(process, port) of who has it open, or of any when Redis does not say."""
        owners = self.owners()
        with suppress(WeftError):
            async with self._directory() as directory:
                holder = await directory.holder(dashboard_id)
            if holder is not None:
                port = _port(holder.url)
                pid = listener(port, owners)
                return None if pid is None else (pid, port)
        return (owners[int(lot * len(owners))], 0) if owners else None

    async def move(self, dashboard_id: UUID, lot: float) -> str:
        """To an owner that does not have it, whose name is returned. Raises WeftError."""
        async with self._directory() as directory:
            holder = await directory.holder(dashboard_id)
            heirs = [each for each in await directory.owners() if each != holder]
        if not heirs:
            raise WeftError("owner_unavailable", "There is no other owner.")
        heir = heirs[int(lot * len(heirs))].owner_id
        url = self.gateways[int(lot * len(self.gateways))]["http"]
        async with AdminClient(url, self.admin_key) as admin:
            await admin.cluster.move(dashboard_id, heir)
        return heir

    @asynccontextmanager
    async def _directory(self) -> AsyncIterator[RedisDirectory]:
        directory = RedisDirectory(self.redis_url)
        try:
            yield directory
        finally:
            await directory.close()

    def _processes(self, begins: str) -> list[int]:
        below = descendants(os.getpid())
        return sorted(pid for pid, title in below.items() if title.startswith(begins))


@contextmanager
def battlefield(say: Say) -> Iterator[Battlefield]:
    """Takes half a minute to start: once for many runs."""
    from cluster.system_service import running_system  # noqa: PLC0415  (Ray takes a second to load)

    with ExitStack() as stack:
        name = stack.enter_context(tempfile.TemporaryDirectory(prefix="weft-chaos-"))
        directory = Path(name)
        postgres = EmbeddedPostgres(directory / "postgres")
        stack.callback(postgres.stop)
        postgres_url = postgres.start()
        redis = EmbeddedRedis(directory / "redis")
        stack.callback(redis.stop)
        redis_url = redis.start()
        passage = directory / "relay"
        passage.mkdir(mode=0o700)
        postgres_path, redis_path = passage / POSTGRES_SOCKET, passage / REDIS_SOCKET
        relay = Relay(
            {
                postgres_path: _socket_of(postgres_url, POSTGRES_SOCKET),
                redis_path: Path(unquote(urlsplit(redis_url).path)),
            }
        )
        stack.enter_context(relay.running())
        settings = Settings(
            data_dir=directory,
            ws_port=0,
            http_port=0,
            owners=OWNERS,
            gateways=GATEWAYS,
            postgres_url=SecretStr(f"postgresql://postgres@/postgres?host={quote(str(passage))}"),
            redis_url=SecretStr(f"unix://{quote(str(redis_path))}"),
        )
        system = stack.enter_context(running_system(settings, say))
        yield Battlefield(
            postgres,
            redis,
            postgres_url,
            redis_url,
            relay,
            postgres_path,
            redis_path,
            system.gateways,
            system.running.admin_key,
        )


def kill_server(server: EmbeddedPostgres | EmbeddedRedis, pid_file: str) -> None:
    """`kill -9` of the embedded server, by the process id that it has written down."""
    with suppress(ProcessLookupError, FileNotFoundError):
        os.kill(int((server.directory / pid_file).read_text().split()[0]), signal.SIGKILL)


def _socket_of(postgres_url: str, name: str) -> Path:
    host = urlsplit(postgres_url).query.removeprefix("host=")
    return Path(unquote(host)) / name


def _port(url: str) -> int:
    port = urlsplit(url).port
    assert port is not None
    return port
