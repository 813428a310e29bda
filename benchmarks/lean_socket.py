"""A WebSocket client that does next to nothing, so that the load does not measure itself.

It reads a server that it trusts: frames are whole, unmasked and not compressed. Its own are masked
with zeros, which the protocol allows and which costs nothing.
"""

import asyncio
import base64
import os
from collections.abc import Callable
from typing import Final, cast
from urllib.parse import urlsplit

TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA
FINAL: Final = 0x80
MASKED: Final = 0x80
NO_MASK: Final = bytes(4)


class LeanSocket(asyncio.Protocol):
    """`on_message` is called with each text frame's bytes, where they arrive."""

    def __init__(self, on_message: Callable[[bytes], None]) -> None:
        self.on_message = on_message
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._transport: asyncio.Transport
        self._data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._data = self._data + data if self._data else data
        if not self.opened.done():
            self._shake_hands()
            return
        self._read()

    def send(self, payload: bytes, opcode: int = TEXT) -> None:
        size = len(payload)
        if size < 126:
            head = bytes((FINAL | opcode, MASKED | size))
        elif size < 1 << 16:
            head = bytes((FINAL | opcode, MASKED | 126)) + size.to_bytes(2)
        else:
            head = bytes((FINAL | opcode, MASKED | 127)) + size.to_bytes(8)
        self._transport.write(head + NO_MASK + payload)

    def close(self) -> None:
        self._transport.close()

    def _shake_hands(self) -> None:
        head, end, rest = self._data.partition(b"\r\n\r\n")
        if not end:
            return
        if b" 101 " not in head[:20]:
            raise RuntimeError(f"no WebSocket: {head[:60]!r}")
        self._data = rest
        self.opened.set_result(None)
        self._read()

    def _read(self) -> None:
        data, at = self._data, 0
        while len(data) - at >= 2:
            opcode, size, start = data[at] & 0xF, data[at + 1], at + 2
            if size >= 126:
                start += 2 if size == 126 else 8
                size = int.from_bytes(data[at + 2 : start])
            if len(data) < start + size:
                break
            at = start + size
            if opcode == TEXT:
                self.on_message(data[start:at])
            elif opcode == PING:
                self.send(data[start:at], PONG)
        self._data = data[at:]


async def open_socket(url: str, on_message: Callable[[bytes], None]) -> LeanSocket:
    place = urlsplit(url)
    assert place.hostname is not None
    assert place.port is not None
    loop = asyncio.get_running_loop()
    transport, socket = await loop.create_connection(
        lambda: LeanSocket(on_message), place.hostname, place.port
    )
    lines = (
        f"GET {place.path or '/'} HTTP/1.1",
        f"Host: {place.netloc}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
        "Sec-WebSocket-Version: 13",
    )
    transport.write(("\r\n".join(lines) + "\r\n\r\n").encode())
    await socket.opened
    return socket
