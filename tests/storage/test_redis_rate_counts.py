"""Law 7: counts of several gateways under the seed's keys, added in one script on a real Redis."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
import redis.asyncio

from storage.redis_client import redis_client
from storage.redis_rate_counts import RedisRateCounts
from weft.errors import WeftError

pytestmark = pytest.mark.store
WINDOW_MS = 60_000


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator[redis.asyncio.Redis]:
    client = redis_client(redis_url, 2.0)
    yield client
    await client.aclose()


@pytest.fixture
def key() -> str:
    return f"ratelimit:{uuid4()}:operations"


async def test_law7_what_several_gateways_add_at_once_is_counted_once_each(
    client: redis.asyncio.Redis, key: str
) -> None:
    gateways = [RedisRateCounts(client) for _ in range(4)]
    added = [gateway.add({key: (3, WINDOW_MS)}) for gateway in gateways for _ in range(5)]
    totals = sorted((answer[key][0]) for answer in await asyncio.gather(*added))
    assert totals == list(range(3, 61, 3))


async def test_each_key_answers_for_itself_and_the_first_to_come_sets_the_end(
    client: redis.asyncio.Redis, key: str
) -> None:
    counts = RedisRateCounts(client)
    other = f"{key}:other"
    await counts.add({key: (2, 5_000)})
    answer = await counts.add({other: (7, WINDOW_MS), key: (1, WINDOW_MS)})
    assert (answer[key][0], answer[other][0]) == (3, 7)
    assert 0 < answer[key][1] <= 5_000 < answer[other][1] <= WINDOW_MS


@pytest.mark.parametrize("garbage", ["a list", "no number", "without an end"])
async def test_what_somebody_else_left_under_a_key_does_no_harm(
    client: redis.asyncio.Redis, key: str, garbage: str
) -> None:
    match garbage:
        case "a list":
            await client.rpush(key, "x")
        case "no number":
            await client.set(key, "x")
        case "without an end":
            await client.set(key, "0")
    total, left_ms = (await RedisRateCounts(client).add({key: (1, WINDOW_MS)}))[key]
    assert total == 1
    assert 0 < left_ms <= WINDOW_MS


async def test_nothing_to_add_asks_nothing_and_an_outage_is_named() -> None:
    nowhere = redis_client("redis://127.0.0.1:1", 0.2)
    counts = RedisRateCounts(nowhere)
    assert await counts.add({}) == {}
    with pytest.raises(WeftError) as refused:
        await counts.add({"ratelimit:global:operations": (1, WINDOW_MS)})
    assert refused.value.code == "storage_unavailable"
    await nowhere.aclose()
