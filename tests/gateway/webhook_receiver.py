"""A real receiver of webhooks, on a loopback port: it keeps what it takes, and fails when told."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import orjson

PATIENCE_SECONDS = 60.0  # a bound for tests that fail; nothing waits for it to pass


@dataclass
class Received:
    headers: dict[str, str]  # names in lower case
    body: bytes

    @property
    def message(self) -> dict[str, Any]:
        told: dict[str, Any] = orjson.loads(self.body)
        return told

    @property
    def attempt(self) -> int:
        return int(self.headers["weft-attempt"])


class Receiver:
    """`answer` decides the status of each; None: it never answers."""

    def __init__(self) -> None:
        self.answer: Callable[[Received], int | None] = lambda _: 200
        self.all: list[Received] = []  # also what was refused
        self.taken: list[Received] = []
        self.url = ""
        self.counts = Counter[str]()
        self._changed = asyncio.Condition()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/hook"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS), self._changed:
            await self._changed.wait_for(holds)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        pairs = (line.partition(":") for line in head[1:] if line)
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        body = await reader.readexactly(int(headers["content-length"]))
        received = Received(headers, body)
        status = self.answer(received)
        async with self._changed:
            self.all.append(received)
            if status is not None and 200 <= status < 300:
                self.taken.append(received)
            self._changed.notify_all()
        if status is None:
            await reader.read()  # until whoever asked gives up
        else:
            location = "Location: http://127.0.0.1:1/elsewhere\r\n" if status == 302 else ""
            writer.write(f"HTTP/1.1 {status} X\r\n{location}Content-Length: 4\r\n\r\nsaid".encode())
            await writer.drain()
        writer.close()
