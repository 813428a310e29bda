"""Live data through a gateway and a real owner: who may feed, who is told, and who pays for it."""

import asyncio
import socket
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest

from gateway.feeds_loop import Producer
from tests.gateway.gateway_world import Client, soon
from tests.gateway.owned_world import OwnedWorld
from weft import limits
from weft.errors import WeftError

POSITION = {"x": 0, "y": 0, "width": 4, "height": 2}


class Wall:
    """Ann's dashboard with one widget, followed by her."""

    def __init__(self, world: OwnedWorld, ann: Client, widget_id: str) -> None:
        self.world = world
        self.ann = ann
        self.widget_id = widget_id

    def feed(self, n: Any, **more: Any) -> dict[str, Any]:
        return {
            "type": "feed",
            "dashboardId": str(self.world.dashboard_id),
            "widgetId": self.widget_id,
            "value": {"n": n},
            **more,
        }

    async def edit(self, client: Client, sequence: int, base: int, *operations: Any) -> None:
        submit = {"type": "submit", "dashboardId": str(self.world.dashboard_id)}
        numbers = {"sequence": sequence, "baseVersion": base, "operations": list(operations)}
        await client.send(submit | numbers)

    async def member(self, role: str | None, **options: Any) -> Client:
        name = uuid4().hex
        accounts = self.world.accounts
        user_id = await accounts.create_user(f"{name}@example.org", name)
        if role is not None:
            await accounts.share(self.world.dashboard_id, user_id, role)
        return await self.world.client(user_id, **options)

    async def told(self, client: Client, n: Any) -> list[dict[str, Any]]:
        """Everything up to the value that is awaited."""
        heard: list[dict[str, Any]] = []
        while not heard or self.value_in(heard[-1]) != n:
            heard.append(await client.receive())
        return heard

    def value_in(self, frame: dict[str, Any]) -> Any:
        if frame["type"] != "data":
            return None
        return frame["values"].get(self.widget_id, {}).get("value", {}).get("n")


@pytest.fixture
async def wall(owned: OwnedWorld) -> Wall:
    ann, widget_id = await owned.client(), str(uuid4())
    assert (await ann.join(owned.dashboard_id))["type"] == "joined"
    wall = Wall(owned, ann, widget_id)
    value = {"type": "text", "position": POSITION}
    await wall.edit(ann, 1, 0, {"type": "addWidget", "targetId": widget_id, "value": value})
    assert (await ann.receive())["type"] == "committed"
    return wall


async def test_a_producer_that_has_joined_nothing_feeds_everyone_who_has(wall: Wall) -> None:
    producer = await wall.member("editor")
    await producer.send(wall.feed(1))
    [frame] = await wall.told(wall.ann, 1)
    assert frame["dashboardId"] == str(wall.world.dashboard_id)
    bob = await wall.member("viewer")
    joined = await bob.join(wall.world.dashboard_id)
    assert joined["live"] == frame["values"]
    assert joined["version"] == 1, "nothing but the widget was committed"
    await producer.send(wall.feed(2))
    await asyncio.gather(wall.told(wall.ann, 2), wall.told(bob, 2))
    await producer.send({"type": "ping", "nonce": "only this is answered"})
    assert (await producer.receive())["type"] == "pong"


@pytest.mark.parametrize(
    ("role", "code"), [("viewer", "forbidden"), (None, "unknown_dashboard")], ids=str
)
async def test_law6_who_may_not_write_the_widget_may_not_feed_it(
    wall: Wall, role: str | None, code: str
) -> None:
    stranger = await wall.member(role)
    await stranger.send(wall.feed(1))
    refused = await stranger.receive()
    about = {"dashboardId": str(wall.world.dashboard_id), "widgetId": wall.widget_id}
    assert (refused["type"], refused["code"], refused["about"]) == ("error", code, about)


async def test_law6_a_producer_whose_right_is_taken_feeds_no_more(wall: Wall) -> None:
    name = uuid4().hex
    accounts, dashboard_id = wall.world.accounts, wall.world.dashboard_id
    user_id = await accounts.create_user(f"{name}@example.org", name)
    await accounts.share(dashboard_id, user_id, "editor")
    producer = await wall.world.client(user_id)
    await producer.send(wall.feed(1))
    await wall.told(wall.ann, 1)
    await accounts.share(dashboard_id, user_id, "viewer")
    await wall.world.owner.regrant(dashboard_id, user_id)
    await producer.send(wall.feed(2))
    assert (await producer.receive())["code"] == "forbidden"


async def test_law7_a_bad_feed_is_answered_and_the_next_good_one_taken(wall: Wall) -> None:
    bad = {
        "target_missing": wall.feed(1, widgetId=str(uuid4())),
        "too_large": wall.feed("x" * limits.LIVE_VALUE_MAX_BYTES),
        "invalid_message": wall.feed(1, value=[1]),
        "unstorable_text": wall.feed("\0"),
        "unknown_dashboard": wall.feed(1, dashboardId=str(uuid4())),
    }
    for code, feed in bad.items():
        await wall.ann.send(feed)
        refused = await wall.ann.receive()
        assert (refused["type"], refused["code"]) == ("error", code)
    await wall.ann.send(wall.feed(2))
    await wall.told(wall.ann, 2)


async def test_law7_too_much_is_refused_with_a_time_to_wait(
    wall: Wall, monkeypatch: pytest.MonkeyPatch
) -> None:
    rates = wall.world.service._limiter
    monkeypatch.setitem(rates._rates, "feeds", rates._rates["feeds"]._replace(allowed=1))
    producer = await wall.member("editor")
    await producer.send(wall.feed(1))
    await producer.send(wall.feed(2))
    refused = await producer.receive()
    assert refused["code"] == "rate_limited"
    assert 0 < refused["retryAfterMs"] <= limits.RATE_FEEDS_WINDOW_MS


async def test_law4_a_flood_of_values_leaves_no_trace_in_the_log(wall: Wall) -> None:
    log = wall.world.owner._log
    before = await log.head(wall.world.dashboard_id)
    for n in range(200):
        await wall.ann.send(wall.feed(n))
    heard = await wall.told(wall.ann, 199)
    assert {frame["type"] for frame in heard} == {"data"}
    assert len(heard) < 200, "coalesced"
    assert await log.head(wall.world.dashboard_id) == before
    title = {"type": "update", "path": ["title"], "value": "North"}
    await wall.edit(wall.ann, 2, 1, title)
    assert (await wall.ann.receive())["submissions"][0]["version"] == 2


async def test_law9_who_does_not_read_skips_values_and_ends_with_the_latest(
    wall: Wall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "LIVE_RETRY_SECONDS", 0.01)
    listening = wall.world.service._sockets._server.sockets[0]
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16_384)
    slow = await wall.member("viewer", sock=narrow_socket(wall.world.service.ws_url))
    assert (await slow.join(wall.world.dashboard_id))["type"] == "joined"
    slow.websocket.transport.pause_reading()
    padding, most, n = "x" * 60_000, 0, 0
    connections = wall.world.service._sockets._clients
    fan_outs = [(await opening)._live for opening in wall.world.service._links._links.values()]
    while not any(fan_out._lane for fan_out in fan_outs):
        n += 1
        await wall.ann.send(wall.feed(n, value={"n": n, "padding": padding}))
        await wall.told(wall.ann, n)
        most = max(most, *(client.waiting_bytes for client in connections))
    for n in range(n + 1, n + 21):  # noqa: B020  (it goes on where it was)
        await wall.ann.send(wall.feed(n, value={"n": n, "padding": padding}))
        await wall.told(wall.ann, n)
        most = max(most, *(client.waiting_bytes for client in connections))
    assert most <= limits.LIVE_READER_MAX_BYTES + 2 * limits.LIVE_FRAME_MAX_BYTES
    slow.websocket.transport.resume_reading()
    heard = [wall.value_in(frame) for frame in await wall.told(slow, n)]
    assert heard == sorted(heard)
    assert len(heard) < n, "some were skipped"
    assert slow.websocket.state.name == "OPEN"


def narrow_socket(url: str) -> socket.socket:
    """Connected to the gateway, with little room for what is not read."""
    narrow = socket.socket()
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)
    address = urlsplit(url)
    narrow.connect((address.hostname, address.port))
    return narrow


async def test_a_widget_that_is_removed_loses_its_value(wall: Wall) -> None:
    await wall.ann.send(wall.feed(1))
    await wall.told(wall.ann, 1)
    await wall.edit(wall.ann, 2, 1, {"type": "removeWidget", "targetId": wall.widget_id})
    assert (await wall.ann.receive())["type"] == "committed"
    gone = await wall.ann.receive()
    assert gone["type"] == "data"
    assert gone["values"][wall.widget_id].keys() == {"at"}
    await wall.ann.send(wall.feed(2))
    assert (await wall.ann.receive())["code"] == "target_missing"


async def test_the_way_to_the_owner_is_kept_while_it_is_used(
    wall: Wall, monkeypatch: pytest.MonkeyPatch
) -> None:
    feeds, owner = wall.world.service._feeds, wall.world.owner
    await wall.ann.send(wall.feed(1))
    await wall.told(wall.ann, 1)
    [way] = feeds._ways.values()
    assert owner.status()["subscribers"] == 2
    way._look()
    assert len(feeds) == 1
    monkeypatch.setattr(limits, "FEED_IDLE_SECONDS", 0.0)
    way._look()
    assert len(feeds) == 0
    await wall.ann.send({"type": "leave", "dashboardId": str(wall.world.dashboard_id)})
    await wall.ann.receive()
    await wall.ann.join(wall.world.dashboard_id)  # behind the ends of both
    assert owner.status()["subscribers"] == 1


async def test_without_an_owner_a_producer_is_told_to_try_later(
    wall: Wall, monkeypatch: pytest.MonkeyPatch
) -> None:
    await wall.ann.send(wall.feed(1))
    await wall.told(wall.ann, 1)
    monkeypatch.setattr(limits, "OWNER_WAIT_MAX_SECONDS", 0.1)
    for link in list(wall.world.owner._links.links):
        link._connection.transport.abort()
    assert (await wall.ann.receive())["code"] == "owner_unavailable"  # its subscription has ended
    await wall.world.owner.stop()
    await wall.ann.send(wall.feed(2))
    refused = await soon(wall.ann.receive())
    assert (refused["type"], refused["code"]) == ("error", "owner_unavailable")
    producer = Producer(wall.world.user_id, wall.world.dashboard_id, None)
    with pytest.raises(WeftError, match="No owner"):
        await wall.world.service._feeds.put(producer, UUID(wall.widget_id), {})
