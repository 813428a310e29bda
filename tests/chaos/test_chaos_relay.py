"""Cutting: a relay stops one process and lets others pass; a connection is ended from outside; who
listens where is found.
"""

import asyncio
import os
import socket
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import pytest

from cluster.chaos.battlefield_service import address_of
from cluster.chaos.door_server import Door
from cluster.chaos.relay_server import Relay
from cluster.chaos.signal_service import cut_connections
from cluster.process_file import connections_to, listener

PATIENCE_SECONDS = 60.0  # a bound for tests that fail; nothing waits for it to pass
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Echo:
    """A store that says what it is told, behind a relay."""

    def __init__(self, directory: Path) -> None:
        self.path, self.target = directory / "relay", directory / "store"
        self.relay = Relay({self.path: self.target})

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            writer.write(line)
        writer.close()

    async def connect(self) -> Streams:
        return await asyncio.open_unix_connection(self.path)


@pytest.fixture
async def echo() -> AsyncIterator[Echo]:
    async with AsyncExitStack() as stack:
        name = stack.enter_context(tempfile.TemporaryDirectory(prefix="weft-echo-"))
        echo = Echo(Path(name))
        server = await asyncio.start_unix_server(echo.answer, echo.target)
        stack.callback(server.close)
        stack.enter_context(echo.relay.running())
        yield echo


async def says(streams: Streams, text: bytes) -> bytes:
    streams[1].write(text)
    async with asyncio.timeout(PATIENCE_SECONDS):
        return await streams[0].readline()


async def test_what_is_cut_off_stands_still_and_goes_on_when_it_is_mended(echo: Echo) -> None:
    before = await echo.connect()
    assert await says(before, b"one\n") == b"one\n"
    echo.relay.cut(os.getpid(), echo.path)
    answers = asyncio.create_task(says(before, b"two\n"))
    after = await echo.connect()
    others = asyncio.create_task(says(after, b"three\n"))
    done, _ = await asyncio.wait([answers, others], timeout=0.2)
    assert not done, "neither an old connection nor a new one is heard"
    echo.relay.mend(os.getpid(), echo.path)
    assert await answers == b"two\n"
    assert await others == b"three\n"
    for _, writer in (before, after):
        writer.close()


async def test_who_is_not_cut_off_passes(echo: Echo) -> None:
    echo.relay.cut(os.getppid(), echo.path)
    streams = await echo.connect()
    assert await says(streams, b"one\n") == b"one\n"
    streams[1].close()


def test_a_connection_is_ended_at_both_ends_from_outside() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert listener(port, [os.getppid(), os.getpid()]) == os.getpid()
        with socket.create_connection(("127.0.0.1", port)) as ours:
            theirs, _ = server.accept()
            with theirs:
                ours.settimeout(PATIENCE_SECONDS)
                theirs.settimeout(PATIENCE_SECONDS)
                assert connections_to(port, os.getpid()) == [ours.fileno()]
                assert cut_connections(os.getpid(), port) == 1
                assert (ours.recv(1), theirs.recv(1)) == (b"", b"")


def test_who_listens_on_another_address_of_the_same_port_is_somebody_else() -> None:
    with socket.create_server(("127.0.78.9", 0)) as server:
        port = server.getsockname()[1]
        assert listener(port, [os.getpid()], "127.0.78.9") == os.getpid()
        assert listener(port, [os.getpid()], "127.0.78.8") is None


async def test_a_door_leads_to_the_first_who_is_there() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readline())
        writer.close()

    with socket.create_server(("127.0.0.1", 0)) as gone:
        nobody = gone.getsockname()
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server, Door([nobody, server.sockets[0].getsockname()]).open() as url:
        reader, writer = await asyncio.open_connection("127.0.0.1", address_of(url)[1])
        assert await says((reader, writer), b"one\n") == b"one\n"
        assert await reader.read() == b"", "who is there has left"
        writer.close()


async def test_a_door_that_closes_to_a_gateway_lets_go_of_who_is_led_there_alone() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.readline():
            writer.write(b"%d\n" % writer.get_extra_info("sockname")[1])
        writer.close()

    servers = [await asyncio.start_server(answer, "127.0.0.1", 0) for _ in range(2)]
    one, other = [server.sockets[0].getsockname() for server in servers]
    door = Door([one, other])
    async with servers[0], servers[1], door.open() as url:
        ousted = await asyncio.open_connection(*address_of(url))
        assert await says(ousted, b"where\n") == b"%d\n" % one[1]
        door.addresses.reverse()
        stays = await asyncio.open_connection(*address_of(url))
        assert await says(stays, b"where\n") == b"%d\n" % other[1]
        door.close_to(one)
        with suppress(ConnectionResetError):
            assert await ousted[0].read() == b""
        assert await says(stays, b"where\n") == b"%d\n" % other[1]
        for _, writer in (ousted, stays):
            writer.close()


async def test_a_door_that_leads_nowhere_closes() -> None:
    async with Door().open() as url:
        reader, writer = await asyncio.open_connection(*address_of(url))
        with suppress(ConnectionResetError):
            assert await reader.read() == b""
        writer.close()


def test_nobody_listens_where_nobody_does() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert listener(port, [os.getpid()]) is None
