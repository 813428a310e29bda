"""Law 9, the slow pay alone: readers that do not read, on real sockets."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import orjson
import pytest
from websockets.exceptions import ConnectionClosed

from gateway.client_connection_loop import ClientConnection
from tests.gateway.gateway_world import Client, World, soon
from tests.gateway.owned_world import OwnedWorld
from weft import limits
from weft.limits import SNAPSHOT_PART_MAX_CHARACTERS, SNAPSHOT_PARTS_AHEAD
from weft.wire.frames import committed_frame, submission_json

MEGABYTE = 1_000_000
SNAPSHOT = {"title": "x" * (24 * MEGABYTE)}  # far more than the sockets' own buffers hold


@pytest.fixture(autouse=True)
def patience() -> Iterator[None]:
    """A slow machine shall not turn a close into a cut."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "CLOSE_TIMEOUT_SECONDS", 20.0)
        yield


def stop_reading(client: Client) -> None:
    client.websocket.transport.pause_reading()


def read_on(client: Client) -> None:
    client.websocket.transport.resume_reading()


def large_frame(dashboard_id: UUID, version: int, characters: int = MEGABYTE // 2) -> bytes:
    edit = {"type": "update", "path": ["settings", "a"], "value": "x" * characters}
    submission = submission_json(
        version=version,
        replica_id=uuid4(),
        sequence=1,
        user_id=uuid4(),
        base_version=0,
        operations=[edit],
        at_ms=0,
    )
    return committed_frame(dashboard_id, [submission])


def connections(world: World) -> list[ClientConnection]:
    return list(world.service._sockets._clients)


async def test_law9_who_does_not_read_is_told_to_resume_and_nobody_waits(world: World) -> None:
    slow, bob = await world.member(), await world.member()
    stop_reading(slow)
    most = 0
    for version in range(1, 200):
        frame = large_frame(world.dashboard_id, version)
        await world.owner.publish(world.dashboard_id, frame)
        assert (await bob.receive())["submissions"][0]["version"] == version
        most = max(most, *(client.waiting_bytes for client in connections(world)))
        if not world.owner.detached.empty():
            break
    else:
        pytest.fail("the slow reader may have everything waiting")
    assert most <= limits.OUTGOING_MAX_BYTES + 2 * len(frame)
    read_on(slow)
    received = 0
    async for _ in until_closed(slow):
        received += 1
    assert slow.websocket.close_code == 4413
    assert received <= version
    taken = world.service._measures.take()
    assert (taken.counts["drops", "edits"], taken.counts["closes", "4413"]) == (1, 1)


async def until_closed(client: Client) -> AsyncIterator[dict[str, Any]]:
    while True:
        try:
            yield await client.receive()
        except ConnectionClosed:
            return


async def test_law9_a_large_snapshot_does_not_make_its_reader_a_slow_one(world: World) -> None:
    world.owner.snapshot = SNAPSHOT
    client = await world.client(max_size=None)
    await client.hello(await world.token())
    stop_reading(client)
    await client.send(
        {"type": "join", "dashboardId": str(world.dashboard_id), "replicaId": str(uuid4())}
    )
    await soon(world.owner.attached.get())
    for version in (1, 2, 3):
        await world.owner.publish(world.dashboard_id, large_frame(world.dashboard_id, version))
    await world.owner.publish(world.dashboard_id, committed_frame(world.dashboard_id, []))
    read_on(client)
    assert (await client.receive())["type"] == "joined"
    for version in (1, 2, 3):
        assert (await client.receive())["submissions"][0]["version"] == version


async def test_law9_a_second_large_snapshot_waits_until_the_first_is_read(world: World) -> None:
    world.owner.snapshot = SNAPSHOT
    client = await world.client(max_size=None)
    await client.hello(await world.token())
    stop_reading(client)
    second = uuid4()
    for dashboard_id in (world.dashboard_id, second):
        await client.send(
            {"type": "join", "dashboardId": str(dashboard_id), "replicaId": str(uuid4())}
        )
    await soon(world.owner.detached.get())
    read_on(client)
    assert (await client.receive())["type"] == "joined"
    ended = await client.receive()
    assert (ended["type"], ended["code"]) == ("ended", "slow_reader")
    assert (await client.join(UUID(ended["dashboardId"])))["type"] == "joined"


async def test_law9_asking_without_reading_the_answers_has_an_end(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Answers are as bounded as broadcasts."""
    monkeypatch.setattr(limits, "OUTGOING_MAX_BYTES", 65_536)
    listening = world.service._sockets._server.sockets[0]
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16_384)
    client = await world.member(sock=narrow_socket(world))
    stop_reading(client)
    asking = asyncio.create_task(ask_for_ever(client))
    await soon(world.owner.detached.get())
    read_on(client)
    async for _ in until_closed(client):
        pass
    assert client.websocket.close_code == 4413
    await soon(asking)


def narrow_socket(world: World | OwnedWorld) -> socket.socket:
    """Connected to the gateway, with little room for what is not read."""
    narrow = socket.socket()
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)
    address = urlsplit(world.service.ws_url)
    narrow.connect((address.hostname, address.port))
    return narrow


async def ask_for_ever(client: Client) -> None:
    frame = '{"type": "ping", "nonce": "' + "n" * 100 + '"}'
    try:
        while True:
            await client.websocket.send(frame)
    except ConnectionClosed:
        return


# --- a whole dashboard, in parts ---------------------------------------------------------------


async def fill(owned: OwnedWorld, megabytes: int) -> None:
    """The dashboard's settings become so large."""
    ann = await owned.client(max_size=None)
    await ann.join(owned.dashboard_id)
    for number in range(2 * megabytes):
        value = f"{number}".ljust(MEGABYTE // 2, "x")
        operation = {"type": "update", "path": ["settings", f"k{number}"], "value": value}
        await ann.send(
            {
                "type": "submit",
                "dashboardId": str(owned.dashboard_id),
                "sequence": number + 1,
                "baseVersion": number,
                "operations": [operation],
            }
        )
        assert (await ann.receive())["type"] == "committed"
    await ann.websocket.close()


async def test_law9_who_reads_a_large_dashboard_slowly_has_little_of_it_waiting(
    owned: OwnedWorld,
) -> None:
    await fill(owned, megabytes=12)
    ann, slow = await owned.client(max_size=None), await owned.client(max_size=None)
    await slow.send(joining(owned))
    assert (await slow.receive())["part"] == 1
    stop_reading(slow)
    await ann.send(joining(owned))
    frames = [await ann.receive()]
    while frames[-1]["type"] == "snapshot":
        frames.append(await ann.receive())
    *parts, joined = frames
    assert [part["part"] for part in parts] == list(range(1, parts[0]["parts"] + 1))
    waiting = max(each.waiting_bytes for each in owned.connections())
    assert waiting < 2 * SNAPSHOT_PARTS_AHEAD * SNAPSHOT_PART_MAX_CHARACTERS
    state = orjson.loads("".join(part["text"] for part in parts))
    assert len(state["settings"]) == joined["version"] == 24
    read_on(slow)
    heard = [await slow.receive()]
    while heard[-1]["type"] == "snapshot":
        heard.append(await slow.receive())
    assert heard[-1]["type"] == "joined"


def joining(owned: OwnedWorld) -> dict[str, Any]:
    return {"type": "join", "dashboardId": str(owned.dashboard_id), "replicaId": str(uuid4())}
