"""What the gateways of one process share of identity, in memory: the twin of redis_identity."""

from collections.abc import Callable

from storage.cache_service import Cache
from storage.memory_cache import MemoryCache, MemoryEpochs
from storage.memory_notices import MemoryNotices
from storage.memory_rate_counts import MemoryRateCounts
from storage.memory_session_index import MemorySessionIndex
from storage.shared_identity import SharedIdentity


def memory_shared_identity(clock: Callable[[], float]) -> SharedIdentity:
    """`clock` gives seconds since epoch. Nothing is cached until somebody starts the cache, or asks
    it for the epoch.
    """
    return SharedIdentity(
        Cache(MemoryCache(clock), MemoryEpochs()),
        MemoryNotices(),
        MemorySessionIndex(clock),
        MemoryRateCounts(clock),
    )
