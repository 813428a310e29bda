"""What every `RateCounts` adds up, in memory and in Redis; and what strangers left in Redis."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
import redis.asyncio

from storage.memory_rate_counts import MemoryRateCounts
from storage.rate_counts import RateCounts
from storage.redis_rate_counts import RedisRateCounts
from tests.storage.conftest import BOTH_DIRECTORIES
from weft.errors import WeftError

WINDOW_MS = 60_000


@pytest.fixture(params=BOTH_DIRECTORIES)
async def counts(request: pytest.FixtureRequest) -> AsyncIterator[RateCounts]:
    if request.param == "memory":
        yield MemoryRateCounts()
        return
    counts = RedisRateCounts(request.getfixturevalue("redis_url"))
    yield counts
    await counts.close()


@pytest.fixture
def key() -> str:
    return f"ratelimit:{uuid4()}:operations"


async def test_law7_what_several_gateways_add_at_once_is_counted_once_each(
    counts: RateCounts, key: str
) -> None:
    added = [counts.add({key: (3, WINDOW_MS)}) for _ in range(20)]
    totals = sorted(answer[key].total for answer in await asyncio.gather(*added))
    assert totals == list(range(3, 61, 3))


async def test_each_key_answers_for_itself_and_the_first_to_come_sets_the_end(
    counts: RateCounts, key: str
) -> None:
    other = f"{key}:other"
    await counts.add({key: (2, 5_000)})
    answer = await counts.add({other: (7, WINDOW_MS), key: (1, WINDOW_MS)})
    assert (answer[key].total, answer[other].total) == (3, 7)
    assert 0 < answer[key].remaining_ms <= 5_000 < answer[other].remaining_ms <= WINDOW_MS
    assert await counts.add({}) == {}


async def test_a_window_ends_and_the_next_one_begins_at_nothing() -> None:
    now = 0.0
    counts = MemoryRateCounts(lambda: now)
    await counts.add({"k": (2, 1_000)})
    now = 1.0
    assert (await counts.add({"k": (5, 1_000)}))["k"] == (5, 1_000)


@pytest.mark.store
@pytest.mark.parametrize(
    "garbage", ["a list", "no number", "half a number", "too large", "without an end"]
)
async def test_what_somebody_else_left_under_a_key_does_no_harm(
    redis_url: str, key: str, garbage: str
) -> None:
    raw, counts = redis.asyncio.Redis.from_url(redis_url), RedisRateCounts(redis_url)
    match garbage:
        case "a list":
            await raw.rpush(key, "x")
        case "no number":
            await raw.set(key, "x")
        case "half a number":
            await raw.set(key, "1.5")
        case "too large":
            await raw.set(key, str(2**63 - 1))
        case "without an end":
            await raw.set(key, "0")
    total, left_ms = (await counts.add({key: (1, WINDOW_MS)}))[key]
    assert total == 1
    assert 0 < left_ms <= WINDOW_MS
    await raw.aclose()
    await counts.close()


async def test_an_outage_is_named() -> None:
    memory, nowhere = MemoryRateCounts(), RedisRateCounts("redis://127.0.0.1:1")
    memory.unavailable = True
    for counts in (memory, nowhere):
        with pytest.raises(WeftError) as refused:
            await counts.add({"ratelimit:global:operations": (1, WINDOW_MS)})
        assert refused.value.code == "storage_unavailable"
    await nowhere.close()
