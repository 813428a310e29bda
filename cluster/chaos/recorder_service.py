"""Writes down what passes a client's sockets, as it passes: the client itself is the real one.

`weft.connect(url, token, create_connection=recorder.open)`.
"""

import time
from collections.abc import AsyncIterable, Iterable
from typing import Any

import orjson
from websockets.asyncio.client import ClientConnection
from websockets.typing import DataLike

from cluster.chaos.history import Event, What


class Recorder:
    """Of one client, over all its sockets."""

    def __init__(self, client: str) -> None:
        self.client = client
        self.events: list[Event] = []
        self.echoes = False  # send every submission twice, as a network that repeats would
        self._socket: RecordedConnection | None = None

    def open(self, *arguments: Any, **options: Any) -> ClientConnection:
        """What websockets calls to make a connection."""
        self._socket = RecordedConnection(*arguments, **options)
        self._socket.recorder = self
        return self._socket

    def cut(self) -> None:
        """Without a word to either side."""
        if self._socket is not None and hasattr(self._socket, "transport"):
            self._socket.transport.abort()

    def write(self, what: What, frame: bytes | str | None = None) -> Event:
        message = {} if frame is None else orjson.loads(frame)
        event = Event(time.time(), self.client, what, message)
        self.events.append(event)
        return event


class RecordedConnection(ClientConnection):
    recorder: Recorder

    async def recv(self, decode: bool | None = None) -> Any:
        frame = await super().recv(decode)
        self.recorder.write(What.RECEIVED, frame)
        return frame

    async def send(
        self,
        message: DataLike | Iterable[DataLike] | AsyncIterable[DataLike],
        text: bool | None = None,
    ) -> None:
        assert isinstance(message, str | bytes), "a frame of Weft is one text"
        event = self.recorder.write(What.SENT, message)
        await super().send(message, text=text)
        if self.recorder.echoes and event.kind == "submit":
            await super().send(message, text=text)

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.recorder.write(What.OPENED)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.recorder.write(What.CLOSED)
