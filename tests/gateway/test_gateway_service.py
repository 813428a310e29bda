"""The gateway's shells on real sockets: clients before it, a fake owner behind it."""

import asyncio
import hashlib
from typing import Any
from uuid import uuid4

import pytest
from websockets.asyncio.client import connect

from tests.gateway.fake_owner import FakeOwner
from tests.gateway.gateway_world import LINK_SECRET, World, soon
from weft.errors import WeftError
from weft.wire.frames import committed_frame
from weft.wire.link import LinkHello


def submit(world: World, sequence: int = 1, **fields: Any) -> dict[str, Any]:
    operation = {"type": "update", "path": ["settings", "theme"], "value": "dark"}
    return {
        "type": "submit",
        "dashboardId": str(world.dashboard_id),
        "sequence": sequence,
        "baseVersion": 0,
        "operations": [operation],
    } | fields


async def test_an_edit_goes_to_the_owner_and_comes_back_to_everyone_in_the_room(
    world: World,
) -> None:
    ann, bob = await world.member(), await world.member()
    await ann.send(submit(world))
    to_ann, to_bob = await ann.receive(), await bob.receive()
    assert to_ann == to_bob
    assert to_ann["type"] == "committed"
    assert to_ann["submissions"][0]["version"] == 1
    assert world.owner.hellos == [LinkHello(LINK_SECRET, "gateway-1")]


async def test_one_link_carries_every_dashboard_and_rooms_do_not_mix(world: World) -> None:
    ann, bob = await world.member(), await world.member(uuid4())
    await ann.send(submit(world))
    assert (await ann.receive())["type"] == "committed"
    await bob.send({"type": "ping", "nonce": 7})
    assert (await bob.receive())["type"] == "pong"
    assert len(world.owner.hellos) == 1


async def test_many_dashboards_share_one_socket(world: World) -> None:
    ann = await world.member()
    other = uuid4()
    assert (await ann.join(other))["dashboardId"] == str(other)
    await ann.send(submit(world))
    assert (await ann.receive())["dashboardId"] == str(world.dashboard_id)
    await ann.send(submit(world, dashboardId=str(other)))
    assert (await ann.receive())["dashboardId"] == str(other)


async def test_who_leaves_is_told_and_hears_no_more(world: World) -> None:
    ann, bob = await world.member(), await world.member()
    await bob.send({"type": "leave", "dashboardId": str(world.dashboard_id)})
    assert (await bob.receive())["code"] == "left"
    await soon(world.owner.detached.get())
    await ann.send(submit(world))
    await ann.receive()
    await bob.send({"type": "ping"})
    assert (await bob.receive())["type"] == "pong"


async def test_a_closed_socket_is_detached_from_its_owner(world: World) -> None:
    ann = await world.member()
    attached = await soon(world.owner.attached.get())
    await ann.websocket.close()
    assert (await soon(world.owner.detached.get())).n == attached.n


async def test_an_unknown_token_is_4401(world: World) -> None:
    client = await world.client()
    refusal = await client.hello("unknown")
    assert (refusal["type"], refusal["code"]) == ("error", "unauthenticated")
    assert await client.closed() == 4401


async def test_a_session_that_expires_closes_its_open_socket(world: World) -> None:
    client = await world.client()
    assert (await client.hello(await world.token(ttl_seconds=0.2)))["type"] == "welcome"
    assert (await client.receive())["type"] == "reauthenticate"
    assert (await client.receive())["code"] == "unauthenticated"
    assert await client.closed() == 4401


async def test_law6_a_fresh_token_keeps_socket_and_subscriptions(world: World) -> None:
    client, user_id = await world.client(), await world.user()
    await client.hello(await world.token(user_id=user_id))
    assert (await client.join(world.dashboard_id))["type"] == "joined"
    fresh = await world.token(ttl_seconds=3_600, user_id=user_id)
    await client.send({"type": "authenticate", "token": fresh})
    assert (await client.receive())["type"] == "authenticated"
    await client.send(submit(world))
    assert (await client.receive())["type"] == "committed"
    await world.service._recorder._calls.join()
    (entry,) = world.directory.connections.values()
    assert (entry.user_id, entry.rooms) == (user_id, {world.dashboard_id})
    found = await world.accounts.find_session(hashlib.sha256(fresh.encode()).hexdigest())
    assert found is not None
    assert entry.session_id == found.session_id


async def test_law6_a_fresh_token_that_is_none_costs_nothing_before_the_deadline(
    world: World,
) -> None:
    client = await world.member()
    for token in ("nonsense", await world.token()):
        await client.send({"type": "authenticate", "token": token})
    assert [(await client.receive())["code"] for _ in range(2)] == ["unauthenticated", "forbidden"]
    await client.send({"type": "ping"})
    assert (await client.receive())["type"] == "pong"


async def test_who_never_says_hello_is_4408(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("weft.limits.HELLO_TIMEOUT_SECONDS", 0.05)
    assert await (await world.client()).closed() == 4408


async def test_without_postgres_a_hello_is_told_to_try_later(world: World) -> None:
    token = await world.token()
    world.tables.unavailable = True
    client = await world.client()
    assert (await client.hello(token))["code"] == "storage_unavailable"
    assert await client.closed() == 1011
    world.tables.unavailable = False
    assert (await (await world.client()).hello(token))["type"] == "welcome"


async def test_a_binary_frame_is_1003(world: World) -> None:
    ann = await world.member()
    await ann.websocket.send(b"{}")
    assert await ann.closed() == 1003


async def test_ten_megabytes_are_1009_and_nobody_else_notices(world: World) -> None:
    ann, bob = await world.member(), await world.member()
    await ann.websocket.send("x" * 10_000_000)
    assert await ann.closed() == 1009
    await bob.send(submit(world))
    assert (await bob.receive())["type"] == "committed"


async def test_text_that_is_not_utf8_is_1007(world: World) -> None:
    ann = await world.member()
    await ann.websocket.send(b"\xff\xfe", text=True)
    assert await ann.closed() == 1007


HOSTILE = [
    "nonsense",
    "[" * 10_000 + "]" * 10_000,
    '{"type": "submit"}',
    '{"type": "join", "dashboardId": 7}',
    '{"sequence": ' + "9" * 400 + "}",
    '"\0"',
]
HOSTILE_SUBMISSIONS = [
    '{"type": "insert", "path": ["title"], "position": -1, "value": "x"}',
    '{"type": "update", "path": ["settings", "a"], "value": NaN}',
    '{"type": "update", "path": ["settings", "a"], "value": 99999999999999999999}',
    r'{"type": "update", "path": ["settings", "a"], "value": "\u0000"}',
    r'{"type": "update", "path": ["settings", "a"], "value": "\ud800"}',
    '{"type": "update", "path": ["settings", "a"], "value": ' + "[" * 9_999 + "]" * 9_999 + "}",
    '{"type": "update", "path": ["settings", "__proto__"], "value": 1}',
    '{"type": "explode"}',
    "7",
]


async def test_law7_hostile_frames_are_each_answered_and_nobody_else_notices(world: World) -> None:
    ann, bob = await world.member(), await world.member()
    for frame in HOSTILE:
        await ann.websocket.send(frame)
        assert (await ann.receive())["type"] == "error"
    for sequence, operation in enumerate(HOSTILE_SUBMISSIONS, start=1):
        await ann.websocket.send(
            f'{{"type": "submit", "operations": [{operation}], "baseVersion": 0, '
            f'"dashboardId": "{world.dashboard_id}", "sequence": {sequence}}}'
        )
        rejected = await ann.receive()
        assert (rejected["type"], rejected["sequence"]) == ("rejected", sequence)
        assert rejected["retry"] == "never"
    await ann.send(submit(world, sequence=100))
    for client in (ann, bob):
        assert (await client.receive())["type"] == "committed"
    assert (await soon(world.owner.submitted.get())).sequence == 100


# --- owners that move and vanish ------------------------------------------------------------------


async def test_a_lost_link_ends_every_subscription_over_it_once(world: World) -> None:
    ann, bob = await world.member(), await world.member()
    await world.owner.die()
    for client in (ann, bob):
        ended = await client.receive()
        assert (ended["type"], ended["code"]) == ("ended", "owner_unavailable")
        assert ended["retryAfterMs"] > 0
    await ann.send(submit(world, sequence=9))
    rejected = await ann.receive()
    assert (rejected["code"], rejected["sequence"]) == ("not_joined", 9)


async def test_after_the_owner_was_restarted_a_join_finds_the_new_one(world: World) -> None:
    ann = await world.member()
    await world.owner.die()
    assert (await ann.receive())["code"] == "owner_unavailable"
    async with FakeOwner() as restarted:
        await world.directory.announce_owner(restarted.address, 60)
        assert (await ann.join(world.dashboard_id))["type"] == "joined"
        await ann.send(submit(world))
        assert (await ann.receive())["type"] == "committed"


async def test_a_join_waits_for_an_owner_to_appear(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("weft.limits.OWNER_WAIT_MAX_SECONDS", 60.0)
    await world.directory.withdraw_owner(world.owner.address)
    ann = await world.client()
    await ann.hello(await world.token())
    joining = asyncio.create_task(ann.join(world.dashboard_id))
    await asyncio.wait([joining], timeout=0.05)
    assert not joining.done()
    await world.directory.announce_owner(world.owner.address, 60)
    assert (await joining)["type"] == "joined"


async def test_law9_an_owner_that_takes_nothing_more_is_as_good_as_lost(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = await world.member()
    monkeypatch.setattr("weft.limits.LINK_OUTGOING_MAX_BYTES", 100_000)
    world.owner.stop_reading()
    ended: asyncio.Task[dict[str, Any]] = asyncio.create_task(ann.receive())
    edit = {"type": "update", "path": ["settings", "a"], "value": "x" * 500_000}
    for sequence in range(1, 200):
        await ann.send(submit(world, sequence, operations=[edit]))
        if ended.done():
            break
    assert (await ended)["code"] == "owner_unavailable"


async def test_without_an_owner_a_join_ends_within_a_bound(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("weft.limits.OWNER_WAIT_MAX_SECONDS", 0.05)
    await world.directory.withdraw_owner(world.owner.address)
    ann = await world.client()
    await ann.hello(await world.token())
    ended = await ann.join(world.dashboard_id)
    assert (ended["type"], ended["code"]) == ("ended", "owner_unavailable")


async def test_the_gateway_follows_an_owner_that_has_moved(world: World) -> None:
    async with FakeOwner("owner-2") as second:
        world.owner.moved_to = second.address
        ann = await world.member()
        await ann.send(submit(world))
        assert (await ann.receive())["type"] == "committed"
        assert (await soon(second.submitted.get())).sequence == 1


async def test_owners_that_point_at_each_other_are_not_followed_for_ever(world: World) -> None:
    async with FakeOwner("owner-2") as second:
        world.owner.moved_to, second.moved_to = second.address, world.owner.address
        ann = await world.client()
        await ann.hello(await world.token())
        assert (await ann.join(world.dashboard_id))["code"] == "owner_moved"
        assert world.owner.attached.qsize() + second.attached.qsize() == 4


async def test_who_is_told_by_the_owner_that_it_is_over_may_join_again(world: World) -> None:
    ann = await world.member()
    await world.owner.end_all(WeftError("owner_moved"))
    assert (await ann.receive())["code"] == "owner_moved"
    assert (await ann.join(world.dashboard_id))["type"] == "joined"


# --- Redis ----------------------------------------------------------------------------------------


async def test_without_redis_joins_go_to_the_owners_known_last(world: World) -> None:
    ann = await world.member()
    world.directory.unavailable = True
    assert (await ann.join(uuid4()))["type"] == "joined"
    await ann.send(submit(world))
    assert (await ann.receive())["type"] == "committed"
    world.directory.unavailable = False


async def test_connections_and_rooms_are_recorded_and_forgotten(world: World) -> None:
    client = await world.client()
    welcome = await client.hello(await world.token())
    await client.join(world.dashboard_id)
    await recorded(world)
    connection_id = welcome["connectionId"]
    assert await world.directory.room_connections(world.dashboard_id) == {connection_id}
    await client.send({"type": "leave", "dashboardId": str(world.dashboard_id)})
    await client.receive()
    await recorded(world)
    assert await world.directory.room_connections(world.dashboard_id) == set()
    assert connection_id in world.directory.connections
    await client.websocket.close()
    await world.service.stop()
    assert connection_id not in world.directory.connections


async def recorded(world: World) -> None:
    await soon(world.service._recorder._calls.join())


# --- stopping -------------------------------------------------------------------------------------


async def test_stopping_sends_every_client_elsewhere(world: World) -> None:
    ann = await world.member()
    stranger = await world.client()
    await world.service.stop()
    farewell = await ann.receive()
    assert (farewell["type"], farewell["code"]) == ("goaway", "going_away")
    assert farewell["retryAfterMs"] >= 0
    assert await ann.closed() == 1001
    assert await stranger.closed() == 1001
    with pytest.raises(OSError):
        await connect(world.service.ws_url, proxy=None)


async def test_a_frame_for_an_unknown_room_harms_nobody(world: World) -> None:
    ann = await world.member()
    stray = uuid4()
    await world.owner.publish(stray, committed_frame(stray, []))
    await ann.send({"type": "ping"})
    assert (await ann.receive())["type"] == "pong"
