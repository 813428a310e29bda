"""What gateways share of identity in Redis, and the epoch in PostgreSQL that stands in for it."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from storage.cache_service import Cache
from storage.postgres_cache_epoch import PostgresCacheEpoch
from storage.postgres_connection import Pool
from storage.redis_cache import RedisCache
from storage.redis_notices import RedisNotices
from storage.redis_rate_counts import RedisRateCounts
from storage.redis_session_index import RedisSessionIndex
from storage.shared_identity import SharedIdentity


@asynccontextmanager
async def redis_identity(url: str, pool: Pool) -> AsyncIterator[SharedIdentity]:
    """Of one process; it need not be there when this begins."""
    async with AsyncExitStack() as stack:
        shared, notices = RedisCache(url), RedisNotices(url)
        index, rates = RedisSessionIndex(url), RedisRateCounts(url)
        cache = Cache(shared, PostgresCacheEpoch(pool))
        for each in (shared, notices, index, rates, cache):
            stack.push_async_callback(each.close)
        notices.start()
        cache.start()
        yield SharedIdentity(cache, notices, index, rates)
