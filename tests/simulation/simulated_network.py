"""What lies between the hearts: lines that are in order, late, and cut at any moment.

A cut loses what is in transit, but not all at once: of what was sent before it, a random part
still arrives, and each end notices in its own time.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any, Final

CUT: Final = object()  # what each end receives last


@dataclass(eq=False)
class Channel:
    """One direction: first in, first out. `receive` is called with each message, late."""

    name: str
    receive: Callable[[Any], None]

    def __post_init__(self) -> None:
        self.messages: deque[Any] = deque()
        self.is_open = True

    def send(self, message: Any) -> None:
        if self.is_open:
            self.messages.append(message)

    def deliver(self) -> None:
        self.receive(self.messages.popleft())

    def end(self, random: Random | None = None) -> None:
        """No more after what is in transit, of which a random part is lost."""
        if not self.is_open:
            return
        if random is not None:
            for _ in range(random.randint(0, len(self.messages))):
                self.messages.pop()
        self.messages.append(CUT)
        self.is_open = False

    def silence(self) -> None:
        """Nobody listens any more: all of it is lost."""
        self.messages.clear()
        self.is_open = False
