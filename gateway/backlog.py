"""Law 9, the slow pay alone: when one reader has too much waiting.

What waits is bounded, and a single frame larger than the bound (a snapshot) does not make its
reader a slow one: it may wait as a whole, on top of what may wait anyway. Each frame counts with
what the loop keeps for it: the bytes of a frame are shared with the others in the room, and of many
small ones that is most of what a reader costs.
"""

from collections import deque

from weft import limits


class Backlog:
    """Told after each frame sent to one reader how much now waits for it."""

    def __init__(self) -> None:
        self._bound = limits.OUTGOING_MAX_BYTES
        self._frames: deque[int] = deque()  # sizes of those that wait, and perhaps of one more
        self._frames_bytes = 0

    def is_exceeded(self, frame_bytes: int, waiting_bytes: int) -> bool:
        """`waiting_bytes` are not yet with the operating system; of them at most `frame_bytes`
        belong to the newest frame.
        """
        if not waiting_bytes:
            self._frames.clear()
            self._frames_bytes = 0
            return False
        held_bytes = waiting_bytes + self._overhead(frame_bytes, waiting_bytes)
        if held_bytes - frame_bytes <= limits.OUTGOING_MAX_BYTES:
            self._bound = limits.OUTGOING_MAX_BYTES + frame_bytes
            return False
        return held_bytes > self._bound

    def _overhead(self, frame_bytes: int, waiting_bytes: int) -> int:
        """They are read in order, so those that wait are the newest. Not of the newest itself."""
        frames = self._frames
        frames.append(frame_bytes)
        self._frames_bytes += frame_bytes
        while len(frames) > 1 and self._frames_bytes - frames[0] >= waiting_bytes:
            self._frames_bytes -= frames.popleft()
        return (len(frames) - 1) * limits.OUTGOING_OVERHEAD_BYTES
