"""A client's socket that hands each text message over where it arrives, and a frame to many sockets
that is made once.

`recv` alone wakes a task for every message. Its law stays: messages come in order, and while one
waits for its reader, or is being worked on, all that follow wait behind it in its bounded queue.

Law 9, seen from the door: who sends much at once has a turn like everybody else. What comes beyond
it waits until the others have been looked at.
"""

import asyncio
from collections.abc import Callable, Iterable

from websockets.asyncio.server import ServerConnection
from websockets.frames import Frame, Opcode
from websockets.protocol import Event, State
from websockets.typing import Data

from weft.limits import INCOMING_MAX_PER_TURN


class PromptConnection(ServerConnection):
    """`on_text`, while there is one, takes what need not wait. It must not raise.

    What is binary, in fragments, not UTF-8, too much for one turn, or behind such a message is left
    to `next_message`.
    """

    on_text: Callable[[str], None] | None = None
    _unread = 0  # messages that are queued or being worked on
    _is_reading = False  # one of these is being worked on
    _taken = 0  # messages in this turn of the loop

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


def fan_out(websockets: Iterable[ServerConnection], frame: bytes) -> None:
    """`frame` as one text message to all that are open. It waits for nobody.

    What a server sends is neither masked nor, here, compressed: the same bytes are right for all.
    """
    packed = Frame(Opcode.TEXT, frame).serialize(mask=False)
    for websocket in websockets:
        if websocket.protocol.state is State.OPEN and not websocket.transport.is_closing():
            websocket.transport.write(packed)
