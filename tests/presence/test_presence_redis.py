"""Law 8 over a real Redis: two gateways see each other, also after it was lost and came back."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.embedded_redis import EmbeddedRedis
from storage.redis_presence import RedisPresence
from tests.presence.town import Town

pytestmark = pytest.mark.store


@pytest.fixture
async def redis(server_directory: Path) -> AsyncIterator[EmbeddedRedis]:
    server = EmbeddedRedis(server_directory / "redis-of-a-town")
    server.start()
    yield server
    server.stop()


async def test_law8_losing_redis_loses_presence_alone_and_it_heals_by_itself(
    redis: EmbeddedRedis,
) -> None:
    stores = [RedisPresence(redis.start()) for _ in range(2)]
    for store in stores:
        store.start()
    async with Town(*stores) as town:
        ann, bob = await town.person("anna", 0), await town.person("bob", 1)
        for person in (ann, bob):
            await person.sees("anna", "bob")
        redis.stop()
        cem = await town.person("cem", 0)
        await cem.until(lambda: "anna" in cem.names)  # of the same gateway
        redis.start()
        for person in (ann, bob, cem):
            await person.sees("anna", "bob", "cem")
        await ann.leave()
        for person in (bob, cem):
            await person.sees("bob", "cem")
    for store in stores:
        await store.close()
