"""Law 9, presence is dropped first: a slow reader on a real socket, and others who keep up."""

import asyncio
from typing import Any

from gateway.client_connection_loop import ClientConnection
from tests.gateway.gateway_world import Client
from tests.gateway.owned_world import OwnedWorld
from tests.gateway.test_gateway_slow_reader import narrow_socket, read_on, stop_reading
from weft.limits import OUTGOING_MAX_BYTES, PRESENCE_WAITING_MAX_BYTES

MOVES = 50


async def test_law9_a_slow_reader_gets_no_presence_and_the_whole_roster_once_it_has_drained(
    owned: OwnedWorld,
) -> None:
    slow = await owned.client(sock=narrow_socket(owned), max_size=None)
    await slow.join(owned.dashboard_id)
    [reader] = owned.connections()
    bob, cem = await owned.client(max_size=None), await owned.client(max_size=None)
    for client in (bob, cem):
        await client.join(owned.dashboard_id)
    await until_seen(slow, people=3)
    stop_reading(slow)
    edits = await fill(reader, bob, owned)
    for x in range(MOVES):
        await move(bob, owned, x)
    await until_moved(cem, MOVES - 1)  # whoever reads is told at once
    read_on(slow)
    received = [await slow.receive_any() for _ in range(edits + 1)]
    assert [each["type"] for each in received] == ["committed"] * edits + ["roster"]
    roster = received[-1]["roster"]
    assert len(roster) == 3
    assert [each["cursor"]["x"] for each in roster if "cursor" in each] == [MOVES - 1]
    await move(bob, owned, MOVES)
    await until_moved(slow, MOVES)  # and then as everybody else


async def until_seen(client: Client, people: int) -> None:
    seen: set[str] = set()
    while len(seen) < people:
        told = await client.receive_any()
        seen |= {each["connectionId"] for each in told.get("changed", told.get("roster", ()))}


async def fill(reader: ClientConnection, editor: Client, owned: OwnedWorld) -> int:
    """Edits until more waits for the reader than presence may find; how many."""
    sequence = 0
    while reader.waiting_bytes <= PRESENCE_WAITING_MAX_BYTES:
        sequence += 1
        operation = {"type": "update", "path": ["settings", "a"], "value": "x" * 100_000}
        await editor.send(
            {
                "type": "submit",
                "dashboardId": str(owned.dashboard_id),
                "sequence": sequence,
                "baseVersion": sequence - 1,
                "operations": [operation],
            }
        )
        assert (await editor.receive())["type"] == "committed"
    assert reader.waiting_bytes < OUTGOING_MAX_BYTES
    return sequence


async def move(client: Client, owned: OwnedWorld, x: int) -> None:
    cursor: dict[str, Any] = {"x": x, "y": 0}
    await client.send(
        {"type": "presence", "dashboardId": str(owned.dashboard_id), "cursor": cursor}
    )


async def until_moved(client: Client, x: int) -> None:
    async with asyncio.timeout(60):
        while True:
            told = await client.receive_any()
            if x in [each.get("cursor", {}).get("x") for each in told.get("changed", ())]:
                return
