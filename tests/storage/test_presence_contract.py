"""What every `PresenceStore` keeps, in memory and over Redis; and Redis gone, garbled and back."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from uuid import UUID, uuid4

import orjson
import pytest
import redis.asyncio

from storage.embedded_redis import EmbeddedRedis
from storage.memory_presence import MemoryPresence, SharedPresence
from storage.notices import Deaf, Listening
from storage.presence import (
    EXPIRY_KEY,
    HeardPresence,
    Place,
    PresenceEntry,
    PresenceNews,
    decode_entry,
    decode_news,
    encode_entry,
    encode_news,
    presence_channel,
)
from storage.redis_presence import RedisPresence
from tests.storage.conftest import BOTH_DIRECTORIES
from weft.errors import WeftError

PATIENCE_SECONDS = 60.0
LONG_SECONDS = 60.0


def entry(dashboard_id: UUID, stamp: int = 1, user_id: UUID | None = None) -> PresenceEntry:
    user_id = user_id or uuid4()
    connection_id = str(uuid4())
    present = {
        "userId": str(user_id),
        "user": {"id": str(user_id), "username": "ada", "color": "#fff"},
        "isActive": True,
        "lastUpdate": "2026-01-01T00:00:00Z",
        "connectionId": connection_id,
        "replicaId": str(uuid4()),
    }
    place = Place(dashboard_id, user_id, connection_id)
    return PresenceEntry(place, "gateway", stamp, orjson.dumps(present))


class Ear:
    """Hears, and lets a test wait for what it wants to hear."""

    def __init__(self, store) -> None:
        self._queue: asyncio.Queue[HeardPresence] = asyncio.Queue()
        store.subscribe(self._queue.put_nowait)

    async def next(self) -> HeardPresence:
        return await asyncio.wait_for(self._queue.get(), PATIENCE_SECONDS)

    async def until(self, wanted: HeardPresence) -> None:
        while await self.next() != wanted:
            pass


@pytest.fixture(params=BOTH_DIRECTORIES)
def opened(request: pytest.FixtureRequest) -> Callable[[], MemoryPresence | RedisPresence]:
    """Makes one gateway's way to the same store after the other."""
    if request.param == "memory":
        shared = SharedPresence(time.monotonic)
        return lambda: MemoryPresence(shared)
    url = request.getfixturevalue("redis_url")
    return lambda: RedisPresence(url)


@pytest.fixture
async def pair(opened) -> AsyncIterator[list]:
    stores = [opened(), opened()]
    for store in stores:
        if isinstance(store, RedisPresence):
            store.start()
            await Ear(store).until(Listening())
    yield stores
    for store in stores:
        if isinstance(store, RedisPresence):
            await store.close()


async def test_law8_what_one_gateway_writes_every_other_reads_until_it_is_removed(pair):
    one, other = pair
    dashboard_id, elsewhere = uuid4(), uuid4()
    user_id = uuid4()
    tabs = [entry(dashboard_id, 1, user_id), entry(dashboard_id, 2, user_id)]
    all_there = [*tabs, entry(dashboard_id, 3)]
    await one.tell([*all_there, entry(elsewhere)], [], [], LONG_SECONDS)
    found = await other.rosters([dashboard_id, uuid4()])
    assert sorted(found[dashboard_id], key=by_stamp) == all_there
    assert sorted(map(len, found.values())) == [0, 3]
    await other.tell([], [tabs[0].place], [], LONG_SECONDS)
    found = await one.rosters([dashboard_id])
    assert sorted(found[dashboard_id], key=by_stamp) == all_there[1:]


def by_stamp(each: PresenceEntry) -> int:
    return each.stamp


async def test_written_again_it_is_as_it_was_written_last(pair):
    one, _ = pair
    before = entry(uuid4(), 1)
    after = PresenceEntry(before.place, "another gateway", 2, before.presence)
    for each in (before, after):
        await one.tell([each], [], [], LONG_SECONDS)
    dashboard_id = before.place.dashboard_id
    assert (await one.rosters([dashboard_id]))[dashboard_id] == (after,)


async def test_law8_what_nobody_renews_is_gone_when_its_time_is_over(pair):
    one, other = pair
    dashboard_id = uuid4()
    dead, alive = entry(dashboard_id, 1), entry(dashboard_id, 2)
    await one.tell([dead, alive], [], [], 0.05)
    assert await other.renew([alive.place], LONG_SECONDS) == set()
    while dead in (await other.rosters([dashboard_id]))[dashboard_id]:
        pass
    await other.sweep()
    assert (await other.rosters([dashboard_id]))[dashboard_id] == (alive,)
    assert await one.renew([dead.place, alive.place], LONG_SECONDS) == {dead.place}


async def test_news_come_in_order_to_those_who_follow(pair):
    one, other = pair
    followed, unheard = uuid4(), uuid4()
    await other.follow(followed)
    ear = Ear(other)
    assert await ear.next() == Listening()
    told = [
        PresenceNews(followed, "gateway", (entry(followed),)),
        PresenceNews(followed, "gateway", (), (("c", 5),)),
    ]
    await one.tell([], [], [PresenceNews(unheard, "gateway"), *told], LONG_SECONDS)
    assert [await ear.next() for _ in told] == told
    await other.unfollow(followed)
    await other.follow(unheard)
    last = PresenceNews(unheard, "gateway", (), (("d", 6),))
    await one.tell([], [], [told[0], last], LONG_SECONDS)
    assert await ear.next() == last


async def test_many_at_once(pair):
    one, other = pair
    dashboard_id = uuid4()
    crowd = [entry(dashboard_id, stamp) for stamp in range(500)]
    await one.tell(crowd, [], [], LONG_SECONDS)
    assert await one.renew([each.place for each in crowd], LONG_SECONDS) == set()
    found = await other.rosters([dashboard_id])
    assert sorted(found[dashboard_id], key=by_stamp) == crowd
    await one.tell([], [each.place for each in crowd], [], LONG_SECONDS)
    assert (await other.rosters([dashboard_id]))[dashboard_id] == ()


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"nonsense",
        b"[]",
        b"null",
        b'{"gateway": "g", "stamp": 1}',
        b'{"gateway": "g", "stamp": 1, "presence": {}}',
        b'{"gateway": "g", "stamp": "1", "presence": {"userId": "x"}}',
        b'{"gateway": "g", "changed": [], "left": [["c"]]}',
        b'{"gateway": "g", "changed": [7], "left": []}',
        b'{"gateway": 7, "changed": [], "left": []}',
        None,
    ],
)
def test_what_strangers_say_is_not_presence(garbage):
    assert decode_entry(uuid4(), garbage) is None
    assert decode_news(uuid4(), garbage) is None


def test_entries_and_news_survive_the_trip():
    one = entry(uuid4(), 7)
    dashboard_id = one.place.dashboard_id
    assert decode_entry(dashboard_id, encode_entry(one)) == one
    news = PresenceNews(dashboard_id, "g", (one,), (("c", 5),))
    assert decode_news(dashboard_id, encode_news(news)) == news


# --- Redis alone -------------------------------------------------------------------------------


@pytest.fixture
async def over_redis(redis_url: str) -> AsyncIterator[RedisPresence]:
    store = RedisPresence(redis_url)
    store.start()
    await Ear(store).until(Listening())
    yield store
    await store.close()


@pytest.mark.store
async def test_presence_lies_under_the_keys_of_the_seed_and_ends_by_itself(over_redis, redis_url):
    one = entry(uuid4())
    room, user, connection = one.place
    await over_redis.tell([one], [], [], LONG_SECONDS)
    async with redis.asyncio.Redis.from_url(redis_url) as raw:
        assert await raw.hgetall(f"presence:{room}:{user}") == {
            connection.encode(): encode_entry(one)
        }
        for key in (f"presence:{room}:{user}", f"presence:{room}"):
            assert 0 < await raw.pttl(key) <= LONG_SECONDS * 1000
        member = f"{room}:{user}:{connection}"
        assert abs(await raw.zscore(EXPIRY_KEY, member) / 1000 - time.time() - LONG_SECONDS) < 30
        await over_redis.tell([], [one.place], [], LONG_SECONDS)
        assert await raw.exists(f"presence:{room}:{user}", f"presence:{room}") == 0
        assert await raw.zscore(EXPIRY_KEY, member) is None


@pytest.mark.store
async def test_what_strangers_have_put_under_our_names_is_replaced(over_redis, redis_url):
    one = entry(uuid4())
    room, user, _ = one.place
    async with redis.asyncio.Redis.from_url(redis_url) as raw:
        for key in (f"presence:{room}:{user}", f"presence:{room}", EXPIRY_KEY):
            await raw.delete(key)
            await raw.set(key, "ours")
        await over_redis.tell([one], [], [], LONG_SECONDS)
        await raw.hset(f"presence:{room}:{user}", "stranger", "boo")
        await raw.zadd(EXPIRY_KEY, {"nonsense": 1, f"{room}:{user}:stranger": 9e15})
        await over_redis.sweep()
        assert (await over_redis.rosters([room]))[room] == (one,)
        assert await raw.zscore(EXPIRY_KEY, "nonsense") is None


@pytest.mark.store
async def test_garbage_on_a_channel_is_not_heard(over_redis, redis_url):
    dashboard_id = uuid4()
    await over_redis.follow(dashboard_id)
    ear = Ear(over_redis)
    assert await ear.next() == Listening()
    async with redis.asyncio.Redis.from_url(redis_url) as raw:
        await raw.publish(presence_channel(dashboard_id), b"nonsense")
    good = PresenceNews(dashboard_id, "g", (), (("c", 1),))
    await over_redis.tell([], [], [good], LONG_SECONDS)
    assert await ear.next() == good


@pytest.mark.store
async def test_redis_goes_and_what_was_followed_is_heard_when_it_is_back(server_directory: Path):
    server = EmbeddedRedis(server_directory / "redis-of-presence")
    store = RedisPresence(server.start())
    ear = Ear(store)
    assert await ear.next() == Deaf()
    store.start()
    try:
        await ear.until(Listening())
        dashboard_id = uuid4()
        await store.follow(dashboard_id)
        server.stop()
        await ear.until(Deaf())
        for failing in (store.rosters([dashboard_id]), store.follow(uuid4()), store.sweep()):
            with pytest.raises(WeftError, match="Redis"):
                await failing
        server.start()
        await ear.until(Listening())
        await store.follow(dashboard_id)
        news = PresenceNews(dashboard_id, "g", (), (("c", 1),))
        await store.tell([], [], [news], LONG_SECONDS)
        assert await ear.next() == news
    finally:
        await store.close()
        server.stop()
