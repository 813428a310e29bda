"""A cluster of its own to be beaten: embedded stores behind relays, owners and gateways on a Ray of
one node or of several; and how to find whom to hit. Leaving ends it, and removes its directory.
"""

import asyncio
import logging
import os
import signal
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit
from uuid import UUID

from pydantic import SecretStr

from cluster.chaos.log_service import verify_all
from cluster.chaos.ray_memory_server import ray_memory
from cluster.chaos.ray_nodes_service import GCS, RayNode, RayNodes, free_port
from cluster.chaos.relay_server import Relay
from cluster.chaos.violation import Violation
from cluster.port_server import claim_port
from cluster.process_file import descendants, listener
from cluster.settings import Settings
from storage.embedded_postgres import SOCKET_NAME as POSTGRES_SOCKET
from storage.embedded_postgres import EmbeddedPostgres
from storage.embedded_redis import SOCKET_NAME as REDIS_SOCKET
from storage.embedded_redis import EmbeddedRedis
from storage.redis_directory import RedisDirectory
from weft.client.admin import AdminClient
from weft.errors import WeftError

MEMBERS = 2  # owners, and gateways: on the only node, or one on each of several
NETWORK = "127.0.78"  # of its nodes, beside any other Ray
MEMORY = 250  # there, the store of Ray's head
OWNER_TITLE, GATEWAY_TITLE = "ray::Owner", "ray::Gateway"
WATCH_EVERY_SECONDS = 1.0  # as `weft up` does
Say = Callable[[str], None]

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Aftermath:
    """Known when owners and gateways have stopped in order, as far as they still could."""

    checkpoints: int = 0  # with which the logs were compared, those at version 0 not among them
    violations: list[Violation] = field(default_factory=list)


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
    nodes: RayNodes | None  # None: a local Ray, which is one node
    aftermath: "Aftermath"

    def owners(self) -> list[int]:
        """Processes, those that live now."""
        return self._processes(OWNER_TITLE)

    def gateway(self, lot: float) -> int | None:
        """The process of one of them; None while it is being restarted."""
        url = self.gateways[int(lot * len(self.gateways))]["ws"]
        return self._listener(url, GATEWAY_TITLE)

    def control_plane(self) -> int | None:
        """Ray's."""
        below = descendants(os.getpid())
        found = (pid for pid, title in below.items() if title.split(" ")[0].endswith(GCS))
        return next(found, None)

    def kill_node(self, lot: float) -> str | None:
        """One of those beside the head; its address. None: none lives."""
        return _kill(self._members_nodes()[1:], lot)

    def kill_head(self) -> str | None:
        return _kill(self._members_nodes()[:1], 0.0)

    def start_node(self, address: str) -> None:
        """Anew, where one was killed; returns when it has joined. Raises WeftError internal."""
        assert self.nodes is not None
        [node] = [each for each in self._members_nodes() if each.address == address]
        self.nodes.start_again(node)

    def restart(self, role: str, lot: float) -> str:
        """One owner or gateway, in order; its name. Raises WeftError."""
        from cluster.ray_rolling_restart import restart_one  # noqa: PLC0415  (as below)

        return restart_one(role, lot)

    async def owner_of(self, dashboard_id: UUID, lot: float) -> tuple[int, int] | None:
        """(process, port) of who has it open, or of any when Redis does not say."""
        owners = self.owners()
        with suppress(WeftError):
            async with self._directory() as directory:
                holder = await directory.holder(dashboard_id)
            if holder is not None:
                pid = self._listener(holder.url, OWNER_TITLE)
                return None if pid is None else (pid, address_of(holder.url)[1])
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

    def _members_nodes(self) -> list[RayNode]:
        """All but the one that this command is on."""
        return [] if self.nodes is None else self.nodes.nodes[:-1]

    def _listener(self, url: str, begins: str) -> int | None:
        host, port = address_of(url)
        return listener(port, self._processes(begins), host)

    def _processes(self, begins: str) -> list[int]:
        below = descendants(os.getpid())
        return sorted(pid for pid, title in below.items() if title.startswith(begins))


@contextmanager
def battlefield(say: Say, nodes: int) -> Iterator[Battlefield]:
    """Takes half a minute to start: once for many runs."""
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
        ground = None if nodes == 1 else stack.enter_context(_ray_of(nodes, directory, say))
        settings = _settings(directory, ground).model_copy(
            update={
                "postgres_url": SecretStr(
                    f"postgresql://postgres@/postgres?host={quote(str(passage))}"
                ),
                "redis_url": SecretStr(f"unix://{quote(str(redis_path))}"),
            }
        )
        aftermath = Aftermath()
        stack.push(partial(_look_after, aftermath, postgres_url))
        from cluster.system_service import running_system  # noqa: PLC0415  (it reads the token)

        joins_at = ground.outpost.address if ground else None
        system = stack.enter_context(running_system(settings, say, joins_at))
        stack.enter_context(_kept(system.fleet, say))
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
            ground,
            aftermath,
        )


def _look_after(aftermath: Aftermath, postgres_url: str, broken_off: object, *_: object) -> None:
    """Of what was broken off nothing is to be said."""
    if broken_off is None:
        aftermath.checkpoints, aftermath.violations = asyncio.run(verify_all(postgres_url))


@contextmanager
def _ray_of(count: int, directory: Path, say: Say) -> Iterator[RayNodes]:
    """So many nodes, and one for this command itself, with which no other ends. Call it before Ray
    is imported, which reads the token then.
    """
    say(f"Ray, {count} nodes")
    (directory / "ray").mkdir()
    memory = f"{NETWORK}.{MEMORY}"
    nodes = RayNodes(directory / "ray", NETWORK, f"{memory}:{free_port(memory)}")
    os.environ.update(nodes.environment)
    with ray_memory(directory, nodes.redis):
        try:
            for cpus in (*[1] * count, 0):
                nodes.add(cpus)
            for node in nodes.nodes:
                nodes.wait_for(node)
            yield nodes
        finally:
            nodes.end()


def _kill(nodes: Sequence[RayNode], lot: float) -> str | None:
    alive = [each for each in nodes if each.process.poll() is None]
    if not alive:
        return None
    node = alive[int(lot * len(alive))]
    node.kill()
    return node.address


def _settings(directory: Path, nodes: RayNodes | None) -> Settings:
    """Members of several nodes listen on the same ports, each on the address of its node."""
    if nodes is None:
        return Settings(
            data_dir=directory, ws_port=0, http_port=0, owners=MEMBERS, gateways=MEMBERS
        )
    ws_port, http_port = (claim_port(nodes.head.address, 0, "--nodes") for _ in range(2))
    return Settings(
        data_dir=directory,
        ws_port=ws_port,
        http_port=http_port,
        owners=1,
        gateways=1,
        ray_address=nodes.address,
    )


@contextmanager
def _kept(fleet: Any, say: Say) -> Iterator[None]:
    """Members are placed anew, and dashboards balanced, as `weft up` does while it waits."""
    is_over = threading.Event()

    def keep() -> None:
        while not is_over.wait(WATCH_EVERY_SECONDS):
            try:
                for news in (*fleet.look(), *fleet.balance()):
                    say(f"        {news}")
            except Exception:
                logger.exception("the fleet is not looked after now")

    thread = threading.Thread(target=keep, name="fleet", daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def kill_server(server: EmbeddedPostgres | EmbeddedRedis, pid_file: str) -> None:
    """`kill -9` of the embedded server, by the process id that it has written down."""
    with suppress(ProcessLookupError, FileNotFoundError):
        os.kill(int((server.directory / pid_file).read_text().split()[0]), signal.SIGKILL)


def _socket_of(postgres_url: str, name: str) -> Path:
    host = urlsplit(postgres_url).query.removeprefix("host=")
    return Path(unquote(host)) / name


def address_of(url: str) -> tuple[str, int]:
    """Host and port."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    assert parts.port is not None
    return parts.hostname, parts.port
