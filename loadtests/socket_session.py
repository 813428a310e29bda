"""One person's socket under gevent: what the seat says goes out, what comes in is given to it.

`websockets.sync` blocks, and gevent makes blocking cheap; asyncio would not mix with it. Imported
only where Locust has been imported, which is what makes the standard library cooperative.
"""

import time
from collections.abc import Callable
from contextlib import suppress

import gevent
import orjson
from gevent.event import Event
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import ClientConnection, connect

from loadtests.seat import Message, Seat, Sighting

ANSWER_SECONDS = 30.0  # then it counts as lost
UNREACHABLE = (OSError, TimeoutError, WebSocketException)

Measured = Callable[[Sighting], None]


class Frames:
    """Everybody in a room is sent the same bytes: read once, they leave the CPU to the server."""

    def __init__(self) -> None:
        self._frame: str | bytes = b""
        self._message: Message = {}

    def read(self, frame: str | bytes) -> Message:
        if frame != self._frame:
            self._frame, self._message = frame, orjson.loads(frame)
        return self._message


class SocketSession:
    """`open`, then say things, then `close`; after a cut `open` again: the seat stays."""

    def __init__(
        self, url: str, token: str, seat: Seat, frames: Frames, measured: Measured
    ) -> None:
        self.seat = seat
        self._url = url
        self._token = token
        self._frames = frames
        self._measured = measured
        self._socket: ClientConnection | None = None
        self._reader: gevent.Greenlet | None = None
        self._moved = Event()

    @property
    def is_open(self) -> bool:
        return self._socket is not None and self.seat.is_joined

    def open(self) -> None:
        """Until it is joined. Raises one of UNREACHABLE, or TimeoutError when nobody answers."""
        self.close()
        self._socket = connect(
            self._url, compression=None, proxy=None, max_size=None, ping_interval=None
        )
        self._reader = gevent.spawn(self._read, self._socket)
        self.say(self.seat.hello(self._token))
        self.say(self.seat.join())
        self._wait(lambda: self.seat.is_joined)

    def close(self) -> None:
        socket, self._socket = self._socket, None
        if socket is not None:
            socket.close()
        if self._reader is not None:
            self._reader.join(timeout=ANSWER_SECONDS)
        self.seat.is_joined = False

    def say(self, message: Message) -> None:
        """Raises ConnectionError."""
        if self._socket is None:
            raise ConnectionResetError("the socket is closed")
        try:
            self._socket.send(orjson.dumps(message), text=True)
        except ConnectionClosed as closed:
            raise ConnectionResetError(f"the socket was closed: {closed}") from closed

    def submit(self, *operations: Message) -> None:
        """Until it is answered, as a client does: one is in flight. Raises OSError."""
        self.say(self.seat.submit(operations, time.monotonic()))
        self._wait(lambda: self.seat.in_flight is None)

    def _wait(self, is_so: Callable[[], bool]) -> None:
        with gevent.Timeout(ANSWER_SECONDS, TimeoutError(f"no answer in {ANSWER_SECONDS} s")):
            while not is_so():
                if self._socket is None:
                    raise ConnectionResetError("the socket was closed while it waited")
                self._moved.clear()
                self._moved.wait()

    def _read(self, socket: ClientConnection) -> None:
        try:
            with suppress(ConnectionClosed):
                for frame in socket:
                    self._take(frame)
        finally:
            if self._socket is socket:
                self._socket = None
            self._moved.set()

    def _take(self, frame: str | bytes) -> None:
        now = time.monotonic()
        message = self._frames.read(frame)
        text = self.seat.snapshot_text if message["type"] == "joined" else None
        if text is not None:
            self.seat.stands_on(orjson.loads(text))
        for sighting in self.seat.told(message, now):
            self._measured(sighting)
        self._moved.set()
