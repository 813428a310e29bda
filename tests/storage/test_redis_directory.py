"""Redis in bad company: garbage under our names, heartbeats that end, a server that is gone."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import redis.asyncio

import storage.redis_directory as redis_directory_room
from storage.addresses import lock_key, owner_key
from storage.embedded_redis import EmbeddedRedis
from storage.ports import OwnerAddress
from storage.redis_client import Silence
from storage.redis_directory import GATEWAYS_KEY, OWNERS_KEY, RedisDirectory
from tests.storage.making import until
from weft.errors import WeftError

pytestmark = pytest.mark.store

GARBAGE = (
    b"",
    b"nonsense",
    b"\xff\xfe",
    b"[]",
    b"null",
    b"1e999",
    b'{"ownerId": 1}',
    b"[" * 10_000,
)


@pytest.fixture
async def raw(redis_url: str) -> AsyncIterator[redis.asyncio.Redis]:
    client = redis.asyncio.Redis.from_url(redis_url)
    yield client
    await client.aclose()


@pytest.fixture
async def live(redis_directory: RedisDirectory) -> OwnerAddress:
    address = OwnerAddress(str(uuid4()), str(uuid4()), "ws://127.0.0.1:1/link")
    await redis_directory.announce_owner(address, 60.0)
    return address


@pytest.mark.parametrize("garbage", GARBAGE)
async def test_a_garbled_lock_is_nobodys_and_can_be_claimed(redis_directory, raw, live, garbage):
    dashboard_id = uuid4()
    await raw.set(lock_key(dashboard_id), garbage)
    assert await redis_directory.holder(dashboard_id) is None
    await redis_directory.release(dashboard_id, live)
    assert await redis_directory.claim(dashboard_id, live) == live
    assert await redis_directory.holder(dashboard_id) == live


async def test_a_lock_of_another_type_is_nobodys_and_can_be_claimed(redis_directory, raw, live):
    dashboard_id = uuid4()
    await raw.rpush(lock_key(dashboard_id), "x")
    assert await redis_directory.holder(dashboard_id) is None
    await redis_directory.release(dashboard_id, live)
    assert await redis_directory.claim(dashboard_id, live) == live
    assert await redis_directory.holder(dashboard_id) == live


@pytest.mark.parametrize("garbage", GARBAGE)
async def test_a_garbled_heartbeat_is_no_owner(redis_directory, raw, live, garbage):
    dashboard_id = uuid4()
    await redis_directory.claim(dashboard_id, live)
    await raw.set(owner_key(live.owner_id), garbage)
    assert live not in await redis_directory.owners()
    assert await redis_directory.holder(dashboard_id) is None


async def test_an_owner_announces_itself_over_garbage(redis_directory, raw, live):
    await raw.delete(owner_key(live.owner_id), OWNERS_KEY)
    await raw.rpush(owner_key(live.owner_id), "x")
    await raw.sadd(OWNERS_KEY, b"\xff")
    assert await redis_directory.owners() == ()
    await redis_directory.announce_owner(live, 60.0)
    assert await redis_directory.owners() == (live,)


async def test_a_list_of_owners_with_strangers_in_it_is_read_past_them(redis_directory, raw, live):
    await raw.zadd(OWNERS_KEY, {b"\xff\xfe": 9e15, b"": 9e15, b"stranger": 9e15})
    assert live in await redis_directory.owners()


@pytest.mark.parametrize("rooms", ["garbage", "{}", "[1, null, []]", '["x"', ""])
async def test_a_garbled_connection_is_left_behind(redis_directory, raw, rooms):
    connection_id, user_id, room = str(uuid4()), uuid4(), uuid4()
    await redis_directory.connected(connection_id, user_id, uuid4(), "gateway-1")
    await raw.hset(f"connection:{connection_id}", "roomIds", rooms)
    await redis_directory.entered(connection_id, user_id, room)
    assert await redis_directory.room_connections(room) == {connection_id}
    await redis_directory.disconnected(connection_id, user_id)
    assert await redis_directory.room_connections(room) == set()
    assert not await raw.exists(f"connection:{connection_id}")


async def test_keys_of_another_type_are_read_as_empty_and_replaced(redis_directory, raw):
    connection_id, user_id, room = str(uuid4()), uuid4(), uuid4()
    keys = (
        f"connection:{connection_id}",
        f"connections:{user_id}",
        f"room:{room}:connections",
        f"room:{room}:participants",
    )
    for key in keys:
        await raw.set(key, "garbage")
    assert await redis_directory.connections_of(user_id) == set()
    assert await redis_directory.room_connections(room) == set()
    await redis_directory.connected(connection_id, user_id, uuid4(), "gateway-1")
    await redis_directory.entered(connection_id, user_id, room)
    assert await redis_directory.connections_of(user_id) == {connection_id}
    assert await redis_directory.room_connections(room) == {connection_id}
    await redis_directory.disconnected(connection_id, user_id)
    assert await raw.exists(*keys) == 0


@pytest.mark.parametrize(
    ("field", "garbage"),
    [
        ("roomIds", "{"),
        ("roomIds", "7"),
        ("sessionId", "x"),
        ("serverId", b"\xff"),
        ("lastPing", "soon"),
        ("lastPing", "9" * 30),
        ("lastPing", "-1"),
        ("userId", str(UUID(int=7))),
    ],
)
async def test_a_record_that_a_stranger_wrote_says_where_nobody_is(
    redis_directory, raw, field, garbage
):
    user_id, tabs = uuid4(), [str(uuid4()) for _ in range(3)]
    for tab in tabs:
        await redis_directory.connected(tab, user_id, uuid4(), "gateway-1/1")
    await raw.hset(f"connection:{tabs[0]}", field, garbage)
    await raw.set(f"connection:{tabs[1]}", "of another type")
    assert [one.connection_id for one in await redis_directory.whereabouts(user_id)] == [tabs[2]]


async def test_a_connection_has_the_record_of_the_seed(redis_directory, raw):
    connection_id, user_id, session_id, room = str(uuid4()), uuid4(), uuid4(), uuid4()
    await redis_directory.connected(connection_id, user_id, session_id, "gateway-1")
    await redis_directory.entered(connection_id, user_id, room)
    record = await raw.hgetall(f"connection:{connection_id}")
    assert int(record.pop(b"lastPing")) > 1_700_000_000_000
    assert record == {
        b"userId": str(user_id).encode(),
        b"sessionId": str(session_id).encode(),
        b"serverId": b"gateway-1",
        b"roomIds": f'["{room}"]'.encode(),
    }


async def test_law8_a_user_takes_part_while_one_connection_is_in_the_room(redis_directory, raw):
    user_id, room, tabs = uuid4(), uuid4(), [str(uuid4()), str(uuid4())]
    participants = f"room:{room}:participants"
    for tab in tabs:
        await redis_directory.connected(tab, user_id, uuid4(), "gateway-1")
        await redis_directory.entered(tab, user_id, room)
    await redis_directory.disconnected(tabs[0], user_id)
    assert await raw.smembers(participants) == {str(user_id).encode()}
    await redis_directory.departed(tabs[1], user_id, room)
    assert await raw.smembers(participants) == set()


async def test_an_owner_whose_heartbeat_ends_is_no_longer_listed_nor_holds(redis_directory):
    address, dashboard_id = OwnerAddress(str(uuid4()), "1", "ws://x"), uuid4()
    await redis_directory.announce_owner(address, 60.0)
    assert await redis_directory.claim(dashboard_id, address) == address
    await redis_directory.announce_owner(address, 0.02)

    async def ended() -> bool:
        return address not in await redis_directory.owners()

    await until(ended)
    assert await redis_directory.holder(dashboard_id) is None


async def test_a_gateway_whose_heartbeat_ends_is_gone(redis_directory):
    server_id = f"gateway-1/{uuid4()}"
    await redis_directory.announce_gateway(server_id, 0.02)

    async def gone() -> bool:
        return server_id in await redis_directory.gone_gateways()

    await until(gone)
    assert server_id not in await redis_directory.gateways()
    await redis_directory.forget_gateway(server_id)


async def test_a_gateway_announces_itself_over_garbage(redis_directory, raw):
    server_id = f"gateway-1/{uuid4()}"
    await raw.delete(GATEWAYS_KEY)
    await raw.sadd(GATEWAYS_KEY, b"\xff")
    assert await redis_directory.gateways() == frozenset()
    assert await redis_directory.announce_gateway(server_id, 60.0) is False
    assert await redis_directory.gateways() == {server_id}


async def test_a_sweep_takes_no_connection_that_another_gateway_has_told_of_since(
    redis_directory, raw
):
    connection_id, user_id, dead, heir = str(uuid4()), uuid4(), f"a/{uuid4()}", f"b/{uuid4()}"
    await redis_directory.connected(connection_id, user_id, uuid4(), heir)
    await raw.sadd(f"gateway:{dead}:connections", connection_id, b"\xff", "stranger")
    await redis_directory.sweep_connections(dead)
    assert await redis_directory.connections_of(user_id) == {connection_id}


async def test_a_gateway_with_many_connections_is_swept_whole(redis_directory, raw, monkeypatch):
    monkeypatch.setattr("storage.redis_directory.SWEEP_BATCH_CONNECTIONS", 2)
    server_id, user_id = f"gateway-1/{uuid4()}", uuid4()
    for _ in range(5):
        await redis_directory.connected(str(uuid4()), user_id, uuid4(), server_id)
    await redis_directory.sweep_connections(server_id)
    assert await redis_directory.connections_of(user_id) == set()
    assert not await raw.exists(f"gateway:{server_id}:connections")


async def test_an_outage_of_redis_has_a_code_and_ends_with_it(server_directory: Path):
    server = EmbeddedRedis(server_directory / "redis-to-stop")
    directory = RedisDirectory(server.start())
    address, dashboard_id, user_id = OwnerAddress("o", "1", "ws://x"), uuid4(), uuid4()
    await directory.announce_owner(address, 60.0)
    server.stop()
    for call in (
        directory.announce_owner(address, 60.0),
        directory.withdraw_owner(address),
        directory.owners(),
        directory.claim(dashboard_id, address),
        directory.holder(dashboard_id),
        directory.release(dashboard_id, address),
        directory.connected("c", user_id, uuid4(), "gateway-1"),
        directory.entered("c", user_id, dashboard_id),
        directory.departed("c", user_id, dashboard_id),
        directory.disconnected("c", user_id),
        directory.connections_of(user_id),
        directory.room_connections(dashboard_id),
        directory.announce_gateway("g/1", 60.0),
        directory.withdraw_gateway("g/1"),
        directory.gateways(),
        directory.gone_gateways(),
        directory.forget_gateway("g/1"),
        directory.sweep_connections("g/1"),
        directory.prune_connections("g/1", ()),
        directory.whereabouts(user_id),
    ):
        with pytest.raises(WeftError) as raised:
            await call
        assert raised.value.code == "storage_unavailable"
    server.start()
    assert await directory.owners() == (), "a new Redis knows nothing, and says so"
    await directory.announce_owner(address, 60.0)
    assert await directory.owners() == (address,)
    await directory.close()
    server.stop()


async def test_a_silent_redis_is_left_alone_for_a_while_by_who_has_waited_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found by cutting a node off from Redis: every question waited anew, four seconds each."""
    came: list[asyncio.StreamWriter] = []

    async def accept(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.append(writer)

    monkeypatch.setattr(redis_directory_room, "DIRECTORY_TIMEOUT_SECONDS", 0.05)
    monkeypatch.setattr(redis_directory_room, "DIRECTORY_REST_SECONDS", 60.0)
    async with await asyncio.start_unix_server(accept, tmp_path / "silent"):
        directory = RedisDirectory(f"unix://{tmp_path / 'silent'}")
        with pytest.raises(WeftError) as first:
            await directory.owners()
        asked = len(came)
        with pytest.raises(WeftError, match="has just not answered") as second:
            await directory.holder(uuid4())
        assert first.value.code == second.value.code == "storage_unavailable"
        assert len(came) == asked > 0
        await directory.close()
        for writer in came:
            writer.close()


def test_what_fails_at_once_is_asked_again_and_a_rest_ends() -> None:
    now = 0.0
    silence = Silence(2.0, 1.0, lambda: now)
    for waited, rests in ((0.1, False), (2.0, True)):
        with pytest.raises(WeftError), silence():
            now += waited
            raise ConnectionRefusedError
        if rests:
            with pytest.raises(WeftError, match="has just not answered"), silence():
                pytest.fail("it was asked")
            now += 1.0
        with silence():
            if rests:
                with pytest.raises(WeftError, match="has just not answered"), silence():
                    pytest.fail("two asked at once")
        with silence(), silence():
            pass  # it has answered
