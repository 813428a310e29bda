"""What every `Notices` keeps, in memory and over Redis; and Redis gone, garbled and back."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
import redis.asyncio

from storage.embedded_redis import EmbeddedRedis
from storage.memory_notices import MemoryNotices
from storage.notices import (
    CHANNEL,
    Deaf,
    Heard,
    Listening,
    Notices,
    SessionEnded,
    UserChanged,
    UserTold,
    decode_notice,
    encode_notice,
)
from storage.redis_notices import RedisNotices
from tests.storage.conftest import BOTH_DIRECTORIES
from weft.errors import WeftError

ALL = [
    SessionEnded(uuid4(), uuid4()),
    UserChanged(uuid4()),
    UserTold(uuid4(), "We restart at noon \u2603"),
]


class Ear:
    """Hears, and lets a test wait for what it wants to hear."""

    def __init__(self, notices) -> None:
        self._queue: asyncio.Queue[Heard] = asyncio.Queue()
        notices.subscribe(self._queue.put_nowait)

    async def next(self) -> Heard:
        return await asyncio.wait_for(self._queue.get(), 60)

    async def until(self, wanted: Heard) -> list[Heard]:
        """All up to it."""
        heard = [await self.next()]
        while heard[-1] != wanted:
            heard.append(await self.next())
        return heard


@pytest.fixture
async def over_redis(redis_url: str) -> AsyncIterator[RedisNotices]:
    notices = RedisNotices(redis_url)
    notices.start()
    yield notices
    await notices.close()


@pytest.fixture(params=BOTH_DIRECTORIES)
def open_notices(request: pytest.FixtureRequest) -> Notices:
    if request.param == "memory":
        return MemoryNotices()
    return RedisNotices(request.getfixturevalue("redis_url"))


@pytest.fixture
async def notices(open_notices: Notices) -> AsyncIterator[Notices]:
    if not isinstance(open_notices, RedisNotices):
        yield open_notices
        return
    open_notices.start()
    yield open_notices
    await open_notices.close()


async def test_everybody_hears_everything_in_order_once_they_listen(notices):
    ears = [Ear(notices), Ear(notices)]
    for ear in ears:
        await ear.until(Listening())
    await notices.publish(ALL)
    for ear in ears:
        assert [await ear.next() for _ in ALL] == ALL


async def test_a_late_listener_is_told_how_it_stands(notices):
    await Ear(notices).until(Listening())
    assert await Ear(notices).next() == Listening()


@pytest.mark.parametrize("notice", ALL)
def test_a_notice_survives_the_trip(notice):
    assert decode_notice(encode_notice(notice)) == notice


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"nonsense",
        b"\xff\xfe",
        b"[]",
        b"{}",
        b"7",
        b"null",
        b'["Listening"]',
        b'["UserChanged"]',
        b'["UserChanged", null]',
        b'["UserChanged", 7]',
        b'["UserChanged", "x"]',
        b'["SessionEnded", "6b1c2c0a-7d0f-4b1c-9d0e-1a2b3c4d5e6f", null]',
        b'[["UserChanged"], "x"]',
        None,
    ],
)
def test_what_strangers_say_is_not_a_notice(garbage):
    assert decode_notice(garbage) is None


async def test_the_twin_can_be_cut():
    notices = MemoryNotices()
    ear = Ear(notices)
    notices.cut(True)
    notices.cut(True)
    with pytest.raises(WeftError) as raised:
        await notices.publish(ALL)
    assert raised.value.code == "storage_unavailable"
    notices.cut(False)
    await notices.publish(ALL[:1])
    assert [await ear.next() for _ in range(4)] == [Listening(), Deaf(), Listening(), ALL[0]]


# --- Redis -------------------------------------------------------------------------------------


@pytest.mark.store
async def test_strangers_on_the_channel_and_a_listener_that_fails_stop_nobody(
    over_redis: RedisNotices, redis_url: str
):
    def fails(heard: Heard) -> None:
        raise RuntimeError

    ear = Ear(over_redis)
    await ear.until(Listening())
    with pytest.raises(RuntimeError):
        over_redis.subscribe(fails)  # at once: that is its own
    client = redis.asyncio.Redis.from_url(redis_url)
    await client.publish(CHANNEL, b"\xff garbage")
    await client.aclose()
    await over_redis.publish(ALL)
    assert [await ear.next() for _ in ALL] == ALL


@pytest.mark.store
async def test_whose_link_is_cut_hears_that_it_was_and_listens_again(
    over_redis: RedisNotices, redis_url: str
):
    ear = Ear(over_redis)
    await ear.until(Listening())
    client = redis.asyncio.Redis.from_url(redis_url)
    await client.client_kill_filter(_type="pubsub")
    await client.aclose()
    assert await ear.next() == Deaf()
    assert await ear.next() == Listening()
    await over_redis.publish(ALL[:1])
    assert await ear.next() == ALL[0]


@pytest.mark.store
async def test_a_redis_that_stands_still_is_noticed(
    server_directory: Path, patience_with_redis: pytest.MonkeyPatch
):
    """Paused, so that no connection breaks: only the silence tells."""
    patience_with_redis.undo()
    server = EmbeddedRedis(server_directory / "redis-to-pause")
    url = server.start()
    notices = RedisNotices(url)
    notices.start()
    ear = Ear(notices)
    await ear.until(Listening())
    client = redis.asyncio.Redis.from_url(url)
    await client.client_pause(1_500)
    assert await ear.next() == Deaf()
    await client.aclose()
    await ear.until(Listening())
    server.stop()
    await ear.until(Deaf())
    with pytest.raises(WeftError) as raised:
        await notices.publish(ALL)
    assert raised.value.code == "storage_unavailable"
    await notices.close()
