"""Law 7 and law 10 towards Redis: whatever stands there, and whatever Redis refuses, nobody is let
in by it, nobody's socket is closed by it, editing goes on, and what was overwritten comes back.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import redis.asyncio

import weft
from gateway.rate_limit import Rate, RateLimiter
from storage.embedded_redis import EmbeddedRedis
from storage.notices import CHANNEL
from storage.postgres_pool import PostgresStores
from storage.presence import presence_channel
from storage.rate_counts import Count
from storage.redis_presence import RedisPresence
from tests.gateway.two_gateways import Cluster, Gateway, cluster_on, person, token_of
from tests.gateway.two_gateways import shared_dashboard as shared
from weft.client.board_loop import Board
from weft.errors import WeftError
from weft.models import User

PATIENCE_SECONDS = 60.0
DEEP = b"[" * 5_000 + b"]" * 5_000
TEXTS = {
    "nothing": b"",
    "no JSON": b"nonsense",
    "no UTF-8": b"\xff\xfe\x00",
    "another shape": b'{"gateway": [], "ownerId": 7, "url": {}, "incarnation": null}',
    "null": b"null",
    "a lone surrogate": b'{"gateway": "\\ud800", "changed": [], "left": []}',
    "a huge number": b"9" * 400,
    "deep": DEEP,
    "large": b'["' + b"x" * 2_000_000 + b'"]',
}


@pytest.fixture
async def own_redis(server_directory: Path) -> AsyncIterator[str]:
    """Whose keys are all of this test."""
    server = EmbeddedRedis(server_directory / f"redis-{uuid4().hex[:8]}")
    yield server.start()
    server.stop()


@pytest.fixture
async def raw(own_redis: str) -> AsyncIterator[redis.asyncio.Redis]:
    async with redis.asyncio.Redis.from_url(own_redis) as client:
        yield client


class Town:
    """Two gateways, and somebody at each of them."""

    def __init__(self, cluster: Cluster, gateways: list[Gateway]) -> None:
        self.cluster, self.gateways = cluster, gateways
        self.host = gateways[0].host
        self.boards: list[Board] = []
        self.clients: list[weft.Client] = []
        self.users: list[User] = []

    async def open(self, stack: AsyncExitStack) -> None:
        self.users = [await person(self.host) for _ in self.gateways]
        self.dashboard_id = await shared(self.host, *self.users)
        for user, gateway in zip(self.users, self.gateways, strict=True):
            _, token = await token_of(self.host, user)
            client = await stack.enter_async_context(weft.connect(gateway.service.ws_url, token))
            self.clients.append(client)
            self.boards.append(await client.join(self.dashboard_id))

    async def edit(self) -> None:
        """Durable, and on both screens."""
        for board in self.boards:
            title = f"Sales {uuid4()}"
            board.set(None, ["title"], title)
            await board.saved()
            await until(lambda title=title: all(title in shown(each) for each in self.boards))

    @property
    def sockets(self) -> list[str]:
        """The ids of the connections: others, if one had been lost."""
        return [board._replica.copy.attendance.connection_id for board in self.boards]

    def all_see_all(self) -> bool:
        names = sorted(user.username for user in self.users)
        return all(sorted(p.user.username for p in board.people) == names for board in self.boards)


def shown(board: Board) -> str:
    return str(board.document.value_at(None, ("title",)))


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not condition():  # noqa: ASYNC110  (two gateways and a server have to do with it)
            await asyncio.sleep(0.01)


@pytest.fixture
async def town(postgres_stores: PostgresStores, own_redis: str) -> AsyncIterator[Town]:
    async with cluster_on(postgres_stores) as cluster, AsyncExitStack() as stack:
        await cluster.owner(own_redis)
        gateways = []
        for _ in range(2):
            presence = RedisPresence(own_redis)
            stack.push_async_callback(presence.close)
            presence.start()
            gateways.append(await cluster.gateway(own_redis, presence))
        town = Town(cluster, gateways)
        await town.open(stack)
        await until(town.all_see_all)
        yield town


async def overwrite(raw: Any, write: Callable[[Any, bytes], Any]) -> int:
    """All keys there are, as a stranger would."""
    keys = [key async for key in raw.scan_iter(count=1_000)]
    async with raw.pipeline(transaction=False) as pipe:
        for key in keys:
            pipe.delete(key)
            write(pipe, key)
        await pipe.execute()
    return len(keys)


def writers() -> dict[str, Callable[[Any, bytes], Any]]:
    """Values of every wrong kind under every name."""
    kinds: dict[str, Callable[[Any, bytes], Any]] = {
        "a list": lambda pipe, key: pipe.rpush(key, "x"),
        "a set": lambda pipe, key: pipe.sadd(key, b"\xff", str(uuid4())),
        "a sorted set": lambda pipe, key: pipe.zadd(key, {b"\xff": 9e15, str(uuid4()): 1}),
        "a hash": lambda pipe, key: pipe.hset(key, mapping={b"\xff": b"\xff", str(uuid4()): "1"}),
        "a stream": lambda pipe, key: pipe.xadd(key, {"a": "b"}),
    }
    for name, text in TEXTS.items():
        kinds[name] = lambda pipe, key, text=text: pipe.set(key, text)
    return kinds


@pytest.mark.store
async def test_law7_whatever_stands_in_redis_breaks_no_socket_and_stops_no_edit(
    town: Town, raw: redis.asyncio.Redis
) -> None:
    sockets = town.sockets
    for write in writers().values():
        assert await overwrite(raw, write) > 5
        for text in TEXTS.values():
            await raw.publish(CHANNEL, text)
            await raw.publish(presence_channel(town.dashboard_id), text)
        await town.edit()
        for gateway in town.gateways:
            found = await gateway.host.users.read(town.users[0].id)
            assert found.username == town.users[0].username
            await gateway.host.users.connections(town.users[0].id)
            await gateway.host.cluster.read()
            await gateway.host.history.online(town.dashboard_id)
    assert town.sockets == sockets, "no socket was closed"
    await raw.flushall()
    await until(town.all_see_all)  # what was overwritten is told anew


@pytest.mark.store
async def test_law6_what_a_stranger_writes_to_redis_lets_nobody_in(
    town: Town, raw: redis.asyncio.Redis
) -> None:
    """Every record that Redis has of Ann's rights, session and presence, made out for somebody."""
    ann, stranger = town.users[0], await person(town.host)
    session_id, token = await token_of(town.host, stranger)
    await town.host.sessions.end(session_id)
    keys = [key async for key in raw.scan_iter(count=1_000)]
    for key in keys:
        name = key.decode().replace(str(ann.id), str(stranger.id))
        if await raw.type(key) == b"string" and name.encode() != key:
            value = (await raw.get(key)).replace(str(ann.id).encode(), str(stranger.id).encode())
            await raw.set(name, value)
    await raw.hset(
        f"session:{session_id}",
        mapping={"userId": str(stranger.id), "token": token, "expires": 9e15},
    )
    await raw.sadd(f"user:{stranger.id}:sessions", str(session_id))
    await raw.sadd(f"room:{town.dashboard_id}:participants", str(stranger.id))
    for gateway in town.gateways:
        with pytest.raises(WeftError) as refused:
            async with weft.connect(gateway.service.ws_url, token, open_timeout=5) as client:
                await client.join(town.dashboard_id)
        assert refused.value.code == "unauthenticated"
    _, other = await token_of(town.host, stranger)
    async with weft.connect(town.gateways[0].service.ws_url, other) as client:
        with pytest.raises(WeftError) as refused:
            await client.join(town.dashboard_id)
        assert refused.value.code == "unknown_dashboard"


@pytest.mark.store
async def test_law10_a_redis_that_refuses_to_write_is_an_outage_and_no_more(
    town: Town, raw: redis.asyncio.Redis
) -> None:
    """As one whose disk is full, or that has lost its replicas; it answers every read."""
    sockets = town.sockets
    await raw.config_set("min-replicas-to-write", 1)
    await town.edit()
    directory = town.gateways[0].service._directory
    with pytest.raises(WeftError) as refused:
        await directory.announce_gateway("gateway-9", 1.0)
    assert refused.value.code == "storage_unavailable"
    await town.host.users.read(town.users[0].id)
    await raw.config_set("min-replicas-to-write", 0)
    await town.edit()
    await until(town.all_see_all)
    assert town.sockets == sockets


def test_law7_a_count_that_outlasts_its_window_is_a_strangers_and_holds_nobody_up() -> None:
    user_id = UUID(int=1)
    limiter = RateLimiter({"cursor": Rate(2, 1_000)}, {})
    assert limiter.take(user_id, "cursor", 0) == 0
    key = f"ratelimit:{user_id}:cursor"
    limiter.absorb({key: Count(10**12, 10**9)}, 10)
    assert limiter.take(user_id, "cursor", 20) == 0
    limiter.absorb({key: Count(10**12, 900)}, 30)
    assert limiter.take(user_id, "cursor", 40) == 890, "a window that ends is believed"
