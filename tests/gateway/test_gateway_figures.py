"""What a gateway's parts count anyway is told as its figures, each in the lane it belongs to."""

from types import SimpleNamespace
from typing import Any, cast

from gateway.gateway_figures import GatewayFigures
from gateway.presence_loop import PresenceService
from storage.memory_presence import MemoryPresence
from tests.gateway.gateway_world import World
from weft import limits
from weft.measures import Measures


class Webhooks:
    def outcomes(self) -> dict[str, int]:
        return {"delivered": 3, "failed": 2, "dead": 1}


async def test_a_gateway_tells_who_is_there_and_what_was_dropped(world: World) -> None:
    ann, bob = await world.member(), await world.member()
    service = world.service
    taken = service._measures.take()
    assert taken.levels["connections"] == taken.levels["sessions"] == 2
    assert taken.levels["presence"] == 2
    assert taken.levels["outgoing_bytes"] >= 0
    assert taken.counts["frames", ""] == 4  # hello and join of each
    service._recorder.dropped += 5
    assert service._measures.take().counts["drops", "records"] == 5
    for client in (ann, bob):
        await client.websocket.close()


async def test_webhooks_and_plugins_are_told_where_there_are_any() -> None:
    measures = Measures()
    plugins = SimpleNamespace(failures=lambda: {"acme": 2}, dropped=lambda: 4)
    recorder = SimpleNamespace(waiting=7, dropped=0)
    sockets = SimpleNamespace(counts=lambda: {"connections": 0, "sessions": 0}, waiting_bytes=0)
    presence = PresenceService("gateway-0", MemoryPresence())
    parts: list[Any] = [sockets, presence, recorder, (), plugins, Webhooks()]
    GatewayFigures(*parts).tell(measures)
    taken = measures.take()
    assert taken.levels["records_waiting"] == 7
    assert taken.counts == {
        ("drops", "plugins"): 4,
        ("plugin_failures", "acme"): 2,
        ("webhook_deliveries", "delivered"): 3,
        ("webhook_deliveries", "failed"): 2,
        ("webhook_deliveries", "dead"): 1,
    }


async def test_a_reader_who_is_not_shown_presence_is_counted_once_until_it_has_drained(
    world: World,
) -> None:
    member = await world.member()
    [client] = world.service._sockets._clients
    presence = world.service._presence
    slow = SimpleNamespace(
        connection_id="slow",
        websocket=cast("Any", client.websocket),
        waiting_bytes=limits.PRESENCE_WAITING_MAX_BYTES + 1,
    )
    presence._readers[world.dashboard_id]["slow"] = slow
    for _ in range(3):
        presence._show(world.dashboard_id, b"{}")
    assert world.service._measures.take().counts["drops", "presence"] == 1
    await member.websocket.close()
