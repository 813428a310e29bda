"""Sockets on which nothing waits for a task to be woken: messages are taken where their bytes come,
and what is sent leaves with the turn of the loop that it was made in.

`recv` alone wakes a task for every message. Its law stays: messages come in order, and while one
waits for its reader, or is being worked on, all that follow wait behind it in its bounded queue.

Law 9, seen from the door: who sends much at once has a turn like everybody else. What comes beyond
it waits until the others have been looked at.
"""

import asyncio
from collections.abc import Callable, Iterable

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.connection import Connection
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.protocol import Event, State
from websockets.typing import Data

from weft.limits import INCOMING_MAX_PER_TURN
from weft.wire.outgoing import Outgoing


class PromptMessages(Connection):
    """`on_text`, while there is one, takes what need not wait. It must not raise.

    What is binary, in fragments, not UTF-8, too much for one turn, or behind such a message is left
    to `next_message`.
    """

    on_text: Callable[[str], None] | None = None
    _unread = 0  # messages that are queued or being worked on
    _is_reading = False  # one of these is being worked on
    _taken = 0  # messages in this turn of the loop
    on_room: Callable[[], None] | None = None  # what waited to be written has gone

    def resume_writing(self) -> None:
        super().resume_writing()
        if self.on_room is not None:
            self.on_room()

    def process_event(self, event: Event) -> None:
        if isinstance(event, Frame) and event.opcode in (Opcode.TEXT, Opcode.BINARY):
            if self.on_text is not None and (text := self._prompt_text(event)) is not None:
                self._take()
                self.on_text(text)
                return
            self._unread += 1
        super().process_event(event)

    async def next_message(self) -> Data:
        """As `recv`. Who asks for the next message is done with the one before."""
        if self._is_reading:
            self._is_reading = False
            self._unread -= 1
        if self._taken >= INCOMING_MAX_PER_TURN:
            await asyncio.sleep(0)  # by then this turn has ended
        message = await self.recv()
        self._take()
        self._is_reading = True
        return message

    async def hand_over(self, receive: Callable[[Data], None]) -> None:
        """Give it every message from now on, where it arrives if that can be. Returns when the
        connection is closed, and raises what `receive` raises; nothing is received after that.
        """
        failed: asyncio.Future[None] = self.loop.create_future()

        def take(message: Data) -> None:
            if failed.done():
                return
            try:
                receive(message)
            except Exception as error:  # noqa: BLE001  (raised again below)
                failed.set_exception(error)

        reading = self.loop.create_task(self._read(take))
        self.on_text = take
        try:
            await asyncio.wait((reading, failed), return_when=asyncio.FIRST_COMPLETED)
            (failed if failed.done() else reading).result()
        finally:
            reading.cancel()

    async def _read(self, take: Callable[[Data], None]) -> None:
        try:
            while True:
                take(await self.next_message())
        except ConnectionClosed:
            return

    def _take(self) -> None:
        if not self._taken:
            self.loop.call_soon(self._end_turn)
        self._taken += 1

    def _end_turn(self) -> None:
        self._taken = 0

    def _prompt_text(self, frame: Frame) -> str | None:
        """None: it waits for `next_message`."""
        if self._unread or not frame.fin or frame.opcode is not Opcode.TEXT:
            return None
        if self._taken >= INCOMING_MAX_PER_TURN:
            return None
        try:
            return bytes(frame.data).decode()
        except UnicodeDecodeError:
            return None  # `next_message` closes the connection as the protocol says


class PromptConnection(PromptMessages, ServerConnection):
    """The side that has been connected to."""


class PromptClientConnection(PromptMessages, ClientConnection):
    """The side that has connected."""


class Outbox:
    """Lines for one connection, which leave together with this turn of the loop, if it takes them.

    Nobody waits for it; who asks how much waits is the bound.
    """

    def __init__(self, connection: PromptMessages, *, is_masked: bool = False) -> None:
        """`is_masked`: it is a client's, whose frames are."""
        self._connection = connection
        self._is_masked = is_masked
        self._outgoing: Outgoing[bytes] = Outgoing()
        self._is_leaving = False
        connection.on_room = self._write

    @property
    def waiting_bytes(self) -> int:
        """What the connection has not taken yet."""
        return self._outgoing.waiting_bytes

    def put(self, line: bytes, *, lossy: bool) -> None:
        """See Outgoing.add. It goes nowhere when the connection is lost: that is told otherwise."""
        self._outgoing.add(line, len(line), lossy=lossy)
        if not self._is_leaving:
            self._is_leaving = True
            self._connection.loop.call_soon(self._leave)

    async def flushed(self) -> None:
        """Wait until the connection has taken all of it, or is gone."""
        while self._outgoing and self._connection.state is State.OPEN:
            self._write()
            await self._connection.drain()

    def _leave(self) -> None:
        self._is_leaving = False
        self._write()

    def _write(self) -> None:
        """What it does not take now, it asks for: `on_room`."""
        while self._outgoing and not self._connection.paused:
            message = b"\n".join(self._outgoing.next_message())
            send_packed((self._connection,), message, is_masked=self._is_masked)


def fan_out(websockets: Iterable[ServerConnection], frame: bytes) -> None:
    """`frame` as one text message to all that are open. It waits for nobody.

    What a server sends is neither masked nor, here, compressed: the same bytes are right for all.
    """
    send_packed(websockets, frame, is_masked=False)


def send_packed(connections: Iterable[Connection], text: bytes, *, is_masked: bool) -> None:
    packed = Frame(Opcode.TEXT, text).serialize(mask=is_masked)
    for connection in connections:
        if connection.protocol.state is State.OPEN and not connection.transport.is_closing():
            connection.transport.write(packed)
