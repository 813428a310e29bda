"""How long a server may say nothing after something was said to it, before it is asked, and again
before it is left.

Law 7's last word, never a reconnect loop: over a slow network a large frame takes longer than that.
So whoever has just left in vain gives the next socket twice as long.
"""

from weft import limits


class Silence:
    def __init__(self) -> None:
        self._left = 0  # times in a row

    @property
    def seconds(self) -> float:
        doublings = min(self._left, limits.ANSWER_TIMEOUT_DOUBLINGS_MAX)
        return limits.ANSWER_TIMEOUT_SECONDS * 2.0**doublings

    def left(self, lasted_seconds: float) -> None:
        """A socket that has lasted so long was left because of it."""
        if lasted_seconds > limits.SILENCE_FORGOTTEN_SECONDS:
            self._left = 0
        self._left += 1
