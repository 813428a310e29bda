"""Law 9 on a link between a gateway and an owner: operations before what may be lost.

Lines wait in two lanes. A message takes what waits of the first, and only then of the second, few
lines at a time: whoever reads it takes it in one turn of its loop, and has operations of others to
look at. Order is kept within a lane. Pure.
"""

from collections import deque
from typing import Generic, NamedTuple, TypeVar

from weft.limits import LINK_LOSSY_MAX_PER_MESSAGE, LINK_MESSAGE_MAX_BYTES

Line = TypeVar("Line")


class _Waiting(NamedTuple, Generic[Line]):
    line: Line
    size_bytes: int


class Outgoing(Generic[Line]):
    def __init__(self) -> None:
        self.waiting_bytes = 0
        self._operations: deque[_Waiting[Line]] = deque()
        self._lossy: deque[_Waiting[Line]] = deque()

    def __bool__(self) -> bool:
        return bool(self._operations or self._lossy)

    def add(self, line: Line, size_bytes: int, *, lossy: bool) -> None:
        (self._lossy if lossy else self._operations).append(_Waiting(line, size_bytes))
        self.waiting_bytes += size_bytes

    def next_message(self) -> list[Line]:
        """At least one line, if any waits, and as many as fit beside each other."""
        lines: list[Line] = []
        room = self._take(lines, self._operations, len(self._operations), LINK_MESSAGE_MAX_BYTES)
        if self._lossy and not self._operations:
            self._take(lines, self._lossy, LINK_LOSSY_MAX_PER_MESSAGE, room)
        return lines

    def _take(self, lines: list[Line], lane: deque[_Waiting[Line]], most: int, room: int) -> int:
        """Moves to `lines` what `lane` has and what fits; the room that is left, in bytes."""
        before = room
        for _ in range(min(most, len(lane))):
            line, size_bytes = lane[0]
            if lines and size_bytes >= room:
                break
            lane.popleft()
            lines.append(line)
            room -= size_bytes
        self.waiting_bytes -= before - room
        return room
