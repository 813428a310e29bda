"""What every `SharedCache` and `Epochs` keeps, in memory and on the real servers."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
import redis.asyncio

from storage.cache import Busy, Claim, Entry, Epochs, NoEntry, SharedCache, Unchanged
from storage.cache_service import Cache
from storage.embedded_redis import EmbeddedRedis
from storage.memory_cache import MemoryCache, MemoryEpochs
from storage.postgres_cache_epoch import PostgresCacheEpoch
from storage.postgres_pool import PostgresStores
from storage.redis_cache import RedisCache
from tests.storage.cache_world import NUMBER
from tests.storage.conftest import BOTH_DIRECTORIES, BOTH_STORES
from weft.errors import WeftError

GARBAGE = (
    b"",
    b"nonsense",
    b"\xff\xfe",
    b"v|",
    b"v||",
    b"v|1.x|token",
    b"v|1.x|token|null",
    b"c|1.x|token|",
    b"x|1.x|token|{}",
    b"|" * 10_000,
)


@pytest.fixture
async def redis_cache(redis_url: str) -> AsyncIterator[RedisCache]:
    cache = RedisCache(redis_url)
    yield cache
    await cache.close()


@pytest.fixture(params=BOTH_DIRECTORIES)
def open_shared(request: pytest.FixtureRequest) -> SharedCache:
    if request.param == "memory":
        return MemoryCache()
    return RedisCache(request.getfixturevalue("redis_url"))


@pytest.fixture
async def shared(open_shared: SharedCache) -> AsyncIterator[SharedCache]:
    yield open_shared
    if isinstance(open_shared, RedisCache):
        await open_shared.close()


@pytest.fixture
def key() -> str:
    return NUMBER.key(uuid4())


async def claimed(shared: SharedCache, key: str, epoch: int = 1) -> Claim:
    found = await shared.look(key, epoch, None)
    assert isinstance(found, Claim)
    return found


async def test_who_finds_nothing_claims_and_others_find_it_claimed(shared, key):
    claim = await claimed(shared, key)
    assert await shared.look(key, 1, None) == Busy()
    await shared.fill(key, claim, b"0", 60.0)
    found = await shared.look(key, 1, None)
    assert found == Entry(claim.token, b"0")
    assert await shared.look(key, 1, claim.token) == Unchanged()
    assert await shared.look(key, 1, "another") == found


@pytest.mark.parametrize(
    "raw", [b"null", b'""', b"false", b"[]", b'{"a": "x|y|z"}', '"grüß"'.encode()]
)
async def test_every_value_comes_back_as_it_went_in(shared, key, raw):
    claim = await claimed(shared, key)
    await shared.fill(key, claim, raw, 60.0)
    assert await shared.look(key, 1, None) == Entry(claim.token, raw)


async def test_what_was_forgotten_is_not_filled_by_who_had_claimed_it_before(shared, key):
    early = await claimed(shared, key)
    await shared.forget([key])
    await shared.fill(key, early, b"1", 60.0)
    late = await claimed(shared, key)
    await shared.fill(key, early, b"1", 60.0)
    await shared.fill(key, late, b"2", 60.0)
    assert await shared.look(key, 1, None) == Entry(late.token, b"2")
    await shared.forget([key, NUMBER.key(uuid4())])
    await claimed(shared, key)


async def test_a_bar_keeps_everybody_out_until_it_is_forgotten(shared, key):
    early = await claimed(shared, key)
    await shared.bar([key])
    await shared.fill(key, early, b"1", 60.0)
    for epoch in (1, 2):
        assert await shared.look(key, epoch, None) == Busy()
    await shared.forget([key])
    await claimed(shared, key)


async def test_another_epoch_finds_nothing(shared, key):
    claim = await claimed(shared, key, 1)
    await claimed(shared, key, 2)
    await shared.fill(key, claim, b"1", 60.0)
    claim = await claimed(shared, key, 3)
    await shared.fill(key, claim, b"3", 60.0)
    assert await shared.look(key, 3, None) == Entry(claim.token, b"3")
    await claimed(shared, key, 4)


async def test_nothing_is_barred_or_forgotten_without_a_name(shared):
    await Cache(shared, MemoryEpochs()).forget([])
    async with Cache(shared, MemoryEpochs()).changing() as named:
        assert named == []


@pytest.fixture(params=BOTH_STORES)
def epochs(request: pytest.FixtureRequest) -> Epochs:
    if request.param == "memory":
        return MemoryEpochs()
    stores: PostgresStores = request.getfixturevalue("postgres_stores")
    return PostgresCacheEpoch(stores.pool)


async def test_the_epoch_rises_by_one_for_each_who_raises_it(epochs):
    first = await epochs.epoch()
    assert await epochs.epoch() == first
    await epochs.raise_epoch()
    assert await epochs.epoch() == first + 1
    await asyncio.gather(*(epochs.raise_epoch() for _ in range(5)))
    assert await epochs.epoch() == first + 6


# --- Redis -------------------------------------------------------------------------------------


@pytest.fixture
async def raw(redis_url: str) -> AsyncIterator[redis.asyncio.Redis]:
    client = redis.asyncio.Redis.from_url(redis_url)
    yield client
    await client.aclose()


@pytest.mark.store
@pytest.mark.parametrize("garbage", GARBAGE)
async def test_garbage_is_nothing_and_is_replaced(redis_cache: RedisCache, raw, key, garbage):
    await raw.set(key, garbage)
    await redis_cache.fill(key, Claim("token", b"c|1.x|other|"), b"1", 60.0)
    claim = await claimed(redis_cache, key)
    await redis_cache.fill(key, claim, b"1", 60.0)
    assert await redis_cache.look(key, 1, None) == Entry(claim.token, b"1")


@pytest.mark.store
async def test_a_key_of_another_type_is_nothing_and_is_replaced(redis_cache: RedisCache, raw, key):
    for make in (raw.rpush, raw.sadd):
        await make(key, "x")
        await redis_cache.fill(key, Claim("token", b"c|1.x|token|"), b"1", 60.0)
        claim = await claimed(redis_cache, key)
        await redis_cache.fill(key, claim, b"1", 60.0)
        assert await redis_cache.look(key, 1, None) == Entry(claim.token, b"1")
        await redis_cache.forget([key])
    await raw.rpush(key, "x")
    await redis_cache.bar([key])
    assert await redis_cache.look(key, 1, None) == Busy()
    await redis_cache.forget([key])


@pytest.mark.store
async def test_everything_ends_by_itself(redis_cache: RedisCache, raw, key):
    claim = await claimed(redis_cache, key)
    assert 0 < await raw.pttl(key) <= 10_000
    await redis_cache.fill(key, claim, b"1", 0.5)
    assert 0 < await raw.pttl(key) <= 500
    await redis_cache.bar([key])
    assert 0 < await raw.pttl(key) <= 60_000


@pytest.mark.store
async def test_a_redis_that_comes_back_from_an_old_copy_brings_nothing_back(
    server_directory: Path, key
):
    server = EmbeddedRedis(server_directory / "redis-with-a-copy")
    url = server.start()
    cache, raw = RedisCache(url), redis.asyncio.Redis.from_url(url)
    claim = await claimed(cache, key)
    await cache.fill(key, claim, b"1", 60.0)
    assert await cache.look(key, 1, None) == Entry(claim.token, b"1")
    copy = await raw.dump(key)
    await cache.forget([key])  # and the server dies before this has reached its disk
    await raw.aclose()
    server.stop()
    server.start()
    raw = redis.asyncio.Redis.from_url(url)
    await raw.restore(key, 60_000, copy)
    assert isinstance(await cache.look(key, 1, claim.token), Claim)
    await raw.aclose()
    await cache.close()
    server.stop()
    with pytest.raises(WeftError) as raised:
        await cache.look(key, 1, None)
    assert raised.value.code == "storage_unavailable"
    for call in (cache.bar([key]), cache.forget([key]), cache.fill(key, claim, b"1", 1.0)):
        with pytest.raises(WeftError):
            await call


def test_a_kind_reads_its_own_and_nothing_else():
    key = NUMBER.key(7)
    assert NUMBER.decode(key, NUMBER.encode(7)) == 7
    assert NUMBER.decode(key, NUMBER.encode(None)) is None
    for raw in (b"", b"{", b'"x"', b"[1]", b"8", b"\xff", b"[" * 10_000):
        with pytest.raises(NoEntry):
            NUMBER.decode(key, raw)
