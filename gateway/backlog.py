"""Law 9, the slow pay alone: when one reader has too much waiting.

What waits is bounded, and a single frame larger than the bound (a snapshot) does not make its
reader a slow one: it may wait as a whole, on top of what may wait anyway.
"""

from weft import limits


class Backlog:
    """Told after each frame sent to one reader how much now waits for it."""

    def __init__(self) -> None:
        self._bound = limits.OUTGOING_MAX_BYTES

    def is_exceeded(self, frame_bytes: int, waiting_bytes: int) -> bool:
        """`waiting_bytes` are not yet with the operating system; of them at most `frame_bytes`
        belong to the newest frame.
        """
        if waiting_bytes - frame_bytes <= limits.OUTGOING_MAX_BYTES:
            self._bound = limits.OUTGOING_MAX_BYTES + frame_bytes
            return False
        return waiting_bytes > self._bound
