"""A socket that hands messages over where they arrive keeps the order in which they came."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from itertools import pairwise
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode

from tests.gateway.gateway_world import soon
from weft.limits import INCOMING_MAX_PER_TURN
from weft.wire import outgoing
from weft.wire.prompt_loop import Outbox, PromptConnection, fan_out

MANY = 5 * INCOMING_MAX_PER_TURN
Reader = Callable[[PromptConnection], Awaitable[None]]


@asynccontextmanager
async def client_of(reader: Reader) -> AsyncIterator[ClientConnection]:
    async def handle(connection: ServerConnection) -> None:
        assert isinstance(connection, PromptConnection)
        with suppress(ConnectionClosed):
            await reader(connection)

    options: dict[str, Any] = {"compression": None, "create_connection": PromptConnection}
    async with serve(handle, "127.0.0.1", 0, **options) as server:
        port = server.sockets[0].getsockname()[1]
        async with connect(
            f"ws://127.0.0.1:{port}", proxy=None, compression=None, max_size=None
        ) as client:
            yield client


async def arrived(client: ClientConnection) -> None:
    """All that was sent before has reached the server."""
    await soon(await client.ping())


class Diary:
    """Reads all messages, promptly or not; works on the first until `goes_on`."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str | bytes]] = []
        self.goes_on = asyncio.Event()

    async def read(self, connection: PromptConnection) -> None:
        first = await connection.next_message()
        connection.on_text = lambda text: self.seen.append(("prompt", text))
        await self.goes_on.wait()
        self.seen.append(("read", first))
        while True:
            self.seen.append(("read", await connection.next_message()))


async def test_while_one_message_is_worked_on_those_behind_it_wait() -> None:
    diary = Diary()
    async with client_of(diary.read) as client:
        for text in ("one", "two", "three"):
            await client.send(text)
        await arrived(client)
        assert diary.seen == []
        diary.goes_on.set()
        await arrived(client)
        await client.send("four")
        await arrived(client)
    read = [("read", text) for text in ("one", "two", "three")]
    assert diary.seen == [*read, ("prompt", "four")]


async def test_what_waits_for_its_reader_is_not_overtaken() -> None:
    diary = Diary()
    diary.goes_on.set()
    async with client_of(diary.read) as client:
        await client.send("one")
        await arrived(client)
        await client.send(["in ", "fragments"])
        await client.send(b"binary")
        await client.send("text")
        await arrived(client)
        await arrived(client)
    assert [message for _, message in diary.seen] == ["one", "in fragments", b"binary", "text"]
    assert diary.seen[1][0] == diary.seen[2][0] == "read"


async def test_who_is_handed_messages_gets_them_where_they_arrive_and_in_order() -> None:
    """A first message that was read apart once left every later one to a task."""
    seen: list[tuple[str | bytes, bool]] = []

    async def read(connection: PromptConnection) -> None:
        await connection.next_message()

        def receive(message: str | bytes) -> None:
            seen.append((message, asyncio.current_task() is None))

        await connection.hand_over(receive)

    async with client_of(read) as client:
        await client.send("hello")
        await arrived(client)
        await client.send("one")
        await client.send(["in ", "fragments"])
        await client.send("two")
        await arrived(client)
        await arrived(client)
        await client.send("three")
        await arrived(client)
    assert [message for message, _ in seen] == ["one", "in fragments", "two", "three"]
    assert [is_prompt for _, is_prompt in seen] == [True, False, False, True]


async def test_what_is_raised_over_a_message_ends_the_handing_over() -> None:
    seen: list[str | bytes] = []
    raised = asyncio.get_running_loop().create_future()

    async def read(connection: PromptConnection) -> None:
        def receive(message: str | bytes) -> None:
            seen.append(message)
            raise ValueError(message)

        try:
            await connection.hand_over(receive)
        except ValueError as error:
            raised.set_result(error.args)

    async with client_of(read) as client:
        await client.send("one")
        await client.send("two")
        assert await soon(raised) == ("one",)
    assert seen == ["one"]


async def test_lines_of_one_turn_leave_in_one_message_and_in_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(outgoing, "LINK_MESSAGE_MAX_BYTES", 10)

    async def write(connection: PromptConnection) -> None:
        outbox = Outbox(connection)
        for line in (b"one", b"two", b"and three"):
            outbox.put(line, lossy=False)
        assert outbox.waiting_bytes == 15
        await outbox.flushed()
        assert outbox.waiting_bytes == 0
        await connection.wait_closed()

    async with client_of(write) as client:
        assert [await soon(client.recv()) for _ in range(2)] == ["one\ntwo", "and three"]


async def test_law9_what_a_reader_does_not_take_waits_and_operations_go_first() -> None:
    """It is bounded by whoever asks how much waits, and leaves when the reader goes on."""
    full = asyncio.Event()

    async def write(connection: PromptConnection) -> None:
        outbox = Outbox(connection)
        while not connection.paused:
            outbox.put(b"x" * 1_000_000, lossy=False)
            await asyncio.sleep(0)
        outbox.put(b"lossy", lossy=True)
        outbox.put(b"operation", lossy=False)
        await asyncio.sleep(0)
        assert outbox.waiting_bytes == len(b"lossy" + b"operation")
        full.set()
        await connection.wait_closed()

    async with client_of(write) as client:
        client.transport.pause_reading()
        await soon(full.wait())
        client.transport.resume_reading()
        told = ""
        while "operation" not in told:
            told = str(await soon(client.recv()))
        assert told == "operation\nlossy"


async def test_a_frame_goes_to_all_that_are_open_and_only_to_them() -> None:
    connections: list[PromptConnection] = []
    closed = asyncio.Event()

    async def keep(connection: PromptConnection) -> None:
        connections.append(connection)
        await connection.wait_closed()
        closed.set()

    async with client_of(keep) as client:
        await arrived(client)
        for frame in (b"{}", b"x" * 200, b"y" * 70_000):  # each length has a header of its own
            fan_out(connections, frame)
            assert await soon(client.recv(decode=False)) == frame
        connections[0].transport.abort()
        fan_out(connections, b"to nobody")
        await soon(closed.wait())
        fan_out(connections, b"to nobody")


async def test_law9_who_sends_much_at_once_has_a_turn_like_everybody_else() -> None:
    """All of it arrives in one piece; what has been called for since then has its turn between."""
    diary = Diary()
    diary.goes_on.set()
    turns: list[int] = []

    def look() -> None:
        turns.append(len(diary.seen))
        if len(diary.seen) < 1 + MANY:
            asyncio.get_running_loop().call_soon(look)

    async with client_of(diary.read) as client:
        await client.send("one")
        await arrived(client)
        frames = b"".join(
            Frame(Opcode.TEXT, b"%d" % each).serialize(mask=True) for each in range(MANY)
        )
        client.transport.write(frames)
        look()
        async with asyncio.timeout(60):
            while len(diary.seen) < 1 + MANY:  # noqa: ASYNC110  (turns are what is counted)
                await asyncio.sleep(0)
    assert [message for _, message in diary.seen] == ["one", *map(str, range(MANY))]
    taken = [after - before for before, after in pairwise(turns)]
    assert 0 < max(taken) <= INCOMING_MAX_PER_TURN
