"""Two nodes on the stores of a house, and what each of them has heard."""

import asyncio
from collections.abc import Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from storage.cache_service import Cache
from storage.identity_cache import IdentityCache
from storage.identity_consequences import with_consequences
from storage.identity_ports import IdentityStores
from storage.memory_cache import MemoryCache, MemoryEpochs
from storage.memory_notices import MemoryNotices
from storage.memory_rate_counts import MemoryRateCounts
from storage.memory_session_index import MemorySessionIndex
from storage.notices import Heard, Listening
from storage.postgres_cache_epoch import PostgresCacheEpoch
from storage.redis_cache import RedisCache
from storage.redis_notices import RedisNotices
from storage.redis_session_index import RedisSessionIndex
from storage.shared_identity import SharedIdentity
from tests.storage.identity_house import House


@dataclass
class Node:
    stores: IdentityStores  # with consequences
    seen: IdentityCache
    heard: "asyncio.Queue[Heard]"
    enforced: list[UUID]  # dashboards whose owners were told
    cache: Cache

    async def next(self) -> Heard:
        return await asyncio.wait_for(self.heard.get(), 60)


@dataclass
class Cluster:
    house: House
    nodes: list[Node]
    index: Any
    parts: dict[str, Any]

    async def heard_everywhere(self) -> list[Heard]:
        """One notice of each node."""
        return [await node.next() for node in self.nodes]


async def memory_cluster(house: House) -> Cluster:
    shared, notices, index = MemoryCache(), MemoryNotices(), MemorySessionIndex()
    epochs, time_now = MemoryEpochs(), [0.0]

    async def sleep(seconds: float) -> None:
        time_now[0] += seconds

    caches = [Cache(shared, epochs, lambda: time_now[0], sleep) for _ in range(2)]
    nodes = [await node_on(house, cache, notices, index) for cache in caches]
    parts = {"shared": shared, "notices": notices}
    return Cluster(house, nodes, index, parts)


async def real_cluster(house: House, redis_url: str, pool: Any, stack: AsyncExitStack) -> Cluster:
    nodes = []
    for _ in range(2):
        shared, notices = RedisCache(redis_url), RedisNotices(redis_url)
        index, cache = RedisSessionIndex(redis_url), Cache(shared, PostgresCacheEpoch(pool))
        for each in (shared, notices, index, cache):
            stack.push_async_callback(each.close)
        notices.start()
        cache.start()
        nodes.append(await node_on(house, cache, notices, index))
    return Cluster(house, nodes, index, {})


async def node_on(house: House, cache: Cache, notices: Any, index: Any) -> Node:
    heard: asyncio.Queue[Heard] = asyncio.Queue()
    notices.subscribe(heard.put_nowait)
    enforced: list[UUID] = []

    async def enforce(dashboard_ids: Iterable[UUID]) -> None:
        enforced.extend(dashboard_ids)

    shared = SharedIdentity(cache, notices, index, MemoryRateCounts())
    stores = with_consequences(house.stores, shared, enforce)
    node = Node(stores, IdentityCache(cache, house.stores), heard, enforced, cache)
    await cache.ask_epoch()
    while await node.next() != Listening():
        pass
    return node
