"""What every `SessionIndex` keeps, in memory and in Redis."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
import redis.asyncio

from storage.memory_session_index import MemorySessionIndex
from storage.redis_session_index import RedisSessionIndex
from storage.session_index import SessionIndex
from tests.storage.conftest import BOTH_DIRECTORIES
from weft.errors import WeftError
from weft.models import Session


@pytest.fixture(params=BOTH_DIRECTORIES)
def open_index(request: pytest.FixtureRequest) -> SessionIndex:
    if request.param == "memory":
        return MemorySessionIndex()
    return RedisSessionIndex(request.getfixturevalue("redis_url"))


@pytest.fixture
async def index(open_index: SessionIndex) -> AsyncIterator[SessionIndex]:
    yield open_index
    if isinstance(open_index, RedisSessionIndex):
        await open_index.close()


@pytest.fixture
async def redis_index(redis_url: str) -> AsyncIterator[RedisSessionIndex]:
    index = RedisSessionIndex(redis_url)
    yield index
    await index.close()


@pytest.fixture
async def raw(redis_url: str) -> AsyncIterator[redis.asyncio.Redis]:
    client = redis.asyncio.Redis.from_url(redis_url)
    yield client
    await client.aclose()


def a_session(user_id: UUID, expires_in: float = 3600.0) -> Session:
    now = datetime.now(UTC)
    return Session(
        id=uuid4(),
        user_id=user_id,
        created_at=now,
        expires_at=now + timedelta(seconds=expires_in),
        last_activity_at=now,
    )


async def test_sessions_are_found_by_their_user_until_they_are_forgotten(index):
    user_id, other = uuid4(), uuid4()
    made = [a_session(user_id) for _ in range(3)]
    theirs = a_session(other)
    for session in (*made, theirs):
        await index.remember(session, "hash")
    assert await index.sessions_of(user_id) == {one.id for one in made}
    await index.forget(user_id, [made[0].id, theirs.id])
    assert await index.sessions_of(user_id) == {one.id for one in made[1:]}
    assert await index.sessions_of(other) == {theirs.id}, "never what belongs to somebody else"
    await index.forget(user_id, [])
    await index.forget(user_id)
    assert await index.sessions_of(user_id) == set()
    await index.forget(user_id)
    assert await index.sessions_of(uuid4()) == set()


async def test_the_twin_can_be_down():
    index = MemorySessionIndex()
    index.unavailable = True
    with pytest.raises(WeftError):
        await index.sessions_of(uuid4())


@pytest.mark.store
async def test_a_session_has_the_record_of_the_seed_with_a_hash_in_place_of_the_token(
    redis_index, raw
):
    user_id = uuid4()
    short, long = a_session(user_id, 50.0), a_session(user_id, 100.0)
    for session in (short, long, short):
        await redis_index.remember(session, "a-hash")
    assert await raw.hgetall(f"session:{short.id}") == {
        b"userId": str(user_id).encode(),
        b"token": b"a-hash",
        b"expires": str(int(short.expires_at.timestamp() * 1000)).encode(),
    }
    assert 0 < await raw.pttl(f"session:{short.id}") <= 50_000
    assert 50_000 < await raw.pttl(f"user:{user_id}:sessions") <= 100_000


@pytest.mark.store
async def test_who_has_expired_is_not_listed_and_leaves_the_list(redis_index, raw):
    user_id = uuid4()
    gone, kept = a_session(user_id), a_session(user_id)
    await redis_index.remember(gone, "hash")
    await raw.delete(f"session:{gone.id}")
    assert await redis_index.sessions_of(user_id) == set()
    await redis_index.remember(kept, "hash")
    assert await raw.smembers(f"user:{user_id}:sessions") == {str(kept.id).encode()}
    await redis_index.remember(a_session(user_id, -5.0), "hash")
    assert await redis_index.sessions_of(user_id) == {kept.id}


@pytest.mark.store
async def test_what_strangers_put_there_is_ignored_and_replaced(redis_index, raw):
    user_id = uuid4()
    session = a_session(user_id)
    await raw.set(f"user:{user_id}:sessions", "garbage")
    await raw.set(f"session:{session.id}", "garbage")
    assert await redis_index.sessions_of(user_id) == set()
    await redis_index.remember(session, "hash")
    await raw.sadd(f"user:{user_id}:sessions", b"\xff\xfe", "nonsense")
    await raw.set("session:nonsense", "x")
    assert await redis_index.sessions_of(user_id) == {session.id}
    await raw.delete("session:nonsense")
