"""Law 9 between owner and gateways, and what becomes of live data in a store that fails."""

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID

import orjson
import pytest

from actors import live_loop
from actors.events import Event, Fed, LiveWritten, Ticked
from actors.instructions import PublishLive, WriteLive
from actors.link_server import Link
from actors.live_loop import LiveLoop
from storage.memory_log import run_now
from storage.ports import LiveValue
from tests.owner.owner_conversation import DASHBOARD, WIDGET
from tests.owner.owner_world import World, world_of
from weft.limits import LIVE_LINK_MAX_BYTES
from weft.wire import link as lines
from weft.wire.frames import data_frame


class SlowLink(Link):
    """Takes what it is sent; a test says how much waits in it."""

    def __init__(self) -> None:
        self.is_full = False
        self.values: list[dict[str, Any]] = []

    @property
    def waiting_bytes(self) -> int:
        return LIVE_LINK_MAX_BYTES + self.is_full

    def send(self, line: lines.ToGateway) -> None:
        assert isinstance(line, lines.Live)
        self.values.append(orjson.loads(line.frame)["values"])


def loop_to(*links: Link) -> LiveLoop:
    room: Counter[Link] = Counter(links)
    nothing: Any = None
    return LiveLoop(DASHBOARD, room, nothing, nothing, handle=nothing, clock_ms=lambda: 0)


def publish(live: LiveLoop, **values: Any) -> None:
    live._publish(PublishLive(data_frame(DASHBOARD, values), values))


async def test_law9_a_gateway_that_is_behind_skips_values_and_ends_with_the_latest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live_loop, "LIVE_RETRY_SECONDS", 0.0)
    quick, slow = SlowLink(), SlowLink()
    live = loop_to(quick, slow)
    slow.is_full = True
    for n in range(5):
        publish(live, a={"at": n})
    publish(live, b={"at": 9})
    await asyncio.sleep(0.01)
    assert (len(quick.values), slow.values) == (6, [])
    slow.is_full = False
    async with asyncio.timeout(60):
        while not slow.values:  # noqa: ASYNC110  (a timer of the loop is what is waited for)
            await asyncio.sleep(0)
    assert slow.values == [{"a": {"at": 4}, "b": {"at": 9}}]
    live.close()


async def test_a_gateway_that_has_left_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = SlowLink()
    live = loop_to(slow)
    slow.is_full = True
    publish(live, a={"at": 1})
    assert live._lane
    live._room.clear()  # type: ignore[attr-defined]
    live._catch_up()
    assert not live._lane
    live.close()


async def test_law5_a_stale_owner_that_would_write_live_data_lets_go() -> None:
    async with world_of(1) as world:
        await a_widget(world)
        stale = world.owner.service
        world.replace_owner()
        feed(world, stale)
        stale.handle(Ticked(10**9))
        await world.pass_time()
        assert stale.closed.is_set()
        assert run_now(world.log.open_dashboard(world.dashboard_id)).live == ()  # type: ignore[union-attr]


async def test_an_owner_that_raised_the_epoch_itself_writes_again() -> None:
    async with world_of(1) as world:
        await a_widget(world)
        service = world.owner.service
        told: list[Event] = []
        live = LiveLoop(
            world.dashboard_id, {}, world.log, service.lane, handle=told.append, clock_ms=lambda: 7
        )
        order = WriteLive((LiveValue(UUID(WIDGET), {"n": 1}, 5),))
        run_now(world.log.settle(world.dashboard_id, service.lane.epoch))
        service.lane.is_settling = True
        assert await live._write(order) == LiveWritten(None, 7)
        service.lane.is_settling, service.lane.epoch = False, world.table.epoch
        assert await live._write(order) == LiveWritten({UUID(WIDGET)}, 7)


async def test_an_outage_delays_live_data_and_nothing_else() -> None:
    async with world_of(1) as world:
        await a_widget(world)
        service = world.owner.service
        feed(world, service)
        world.tables.unavailable = True
        service.handle(Ticked(10**9))
        await world.pass_time()
        world.tables.unavailable = False
        service.handle(Ticked(2 * 10**9))
        await world.pass_time()
        [live] = run_now(world.log.open_dashboard(world.dashboard_id)).live  # type: ignore[union-attr]
        assert (str(live.widget_id), live.value) == (WIDGET, {"n": 1})


async def a_widget(world: World) -> None:
    """With a row of its own."""
    world.log.open()
    [client] = world.clients
    client.read()
    position = {"x": 0, "y": 0, "width": 4, "height": 2}
    value = {"type": "text", "position": position}
    client.edit([{"type": "addWidget", "targetId": WIDGET, "value": value}])
    await world.pass_time()
    world.checkpoint()
    await world.pass_time()
    assert WIDGET in world.table.rows.widget_versions


def feed(world: World, service: Any) -> None:
    route = world.clients[0]._route
    service.handle(Fed(route, 1, WIDGET, {"n": 1}, 0))
