"""A bounded sample of many values that stands for all of them evenly: every value at first; when it
is full, every second of what it has is kept, and every second, fourth, … of what follows.
"""

from weft.limits import SAMPLES_MAX_PER_LOOK


class Spread:
    """Of what one figure was between two looks."""

    __slots__ = ("_next", "_step", "values")

    def __init__(self) -> None:
        self.values: list[float] = []
        self._step = self._next = 1

    def add(self, value: float) -> None:
        self._next -= 1
        if self._next:
            return
        self.values.append(value)
        self._next = self._step
        if len(self.values) == SAMPLES_MAX_PER_LOOK:
            self.values = self.values[::2]  # without the last: the next one follows as it would
            self._step *= 2
