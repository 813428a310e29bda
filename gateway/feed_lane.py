"""Live values of one producer on their way to one dashboard's owner: latest wins, law 9.

Of each widget one value at most is on its way; what comes meanwhile waits, and only the latest of
it. So an owner that is slow is sent fewer values, and what waits is bounded. Pure: facts go in,
orders come out. Who asks is told once what became of the value; that a newer one took its place is
as good as having been taken.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from itertools import count
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

from weft.errors import WeftError
from weft.limits import FEEDS_WAITING_MAX_WIDGETS, OWNER_UNAVAILABLE_RETRY_MS

Value: TypeAlias = dict[str, Any]
Asker: TypeAlias = Hashable  # whoever fed a value; the shell's business


@dataclass(frozen=True, slots=True)
class SendValue:
    """To the owner, whose answer names the number."""

    number: int
    widget_id: UUID
    value: Value


@dataclass(frozen=True, slots=True)
class Answer:
    """`error` None: taken."""

    asker: Asker
    error: WeftError | None = None


Order: TypeAlias = SendValue | Answer


class _Fed(NamedTuple):
    widget_id: UUID
    value: Value
    asker: Asker


class FeedLane:
    def __init__(self) -> None:
        self.is_open = False
        self._numbers = count(1)
        self._under_way: dict[int, _Fed] = {}
        self._busy: set[UUID] = set()  # widgets of which a value is under way
        self._waiting: dict[UUID, _Fed] = {}

    @property
    def is_idle(self) -> bool:
        return not self._under_way and not self._waiting

    def feed(self, widget_id: UUID, value: Value, asker: Asker) -> list[Order]:
        """Raises WeftError rate_limited when too many widgets wait already."""
        fed = _Fed(widget_id, value, asker)
        if self.is_open and widget_id not in self._busy:
            return [self._send(fed)]
        replaced = self._waiting.get(widget_id)
        if replaced is None and len(self._waiting) >= FEEDS_WAITING_MAX_WIDGETS:
            raise WeftError("rate_limited", retryAfterMs=OWNER_UNAVAILABLE_RETRY_MS)
        self._waiting[widget_id] = fed
        return [] if replaced is None else [Answer(replaced.asker)]

    def opened(self) -> list[Order]:
        """The owner has let the producer in."""
        self.is_open = True
        waiting, self._waiting = self._waiting, {}
        return [self._send(fed) for fed in waiting.values()]

    def answered(self, number: int, error: WeftError | None) -> list[Order]:
        """What the owner says of a value; nothing, of one that it was not sent."""
        fed = self._under_way.pop(number, None)
        if fed is None:
            return []
        self._busy.discard(fed.widget_id)
        orders: list[Order] = [Answer(fed.asker, error)]
        follows = self._waiting.pop(fed.widget_id, None)
        return orders if follows is None else [*orders, self._send(follows)]

    def interrupted(self) -> list[Order]:
        """The owner lets go of the dashboard: what it has not answered waits for the next one."""
        under_way, waiting = list(self._under_way.values()), self._waiting
        self.is_open, self._under_way, self._busy = False, {}, set()
        self._waiting = {fed.widget_id: fed for fed in under_way} | waiting
        return [Answer(fed.asker) for fed in under_way if fed.widget_id in waiting]

    def ended(self, error: WeftError) -> list[Order]:
        """No way leads to the owner any more: whatever has no answer gets this one."""
        left = [*self._under_way.values(), *self._waiting.values()]
        self.is_open, self._under_way, self._busy, self._waiting = False, {}, set(), {}
        return [Answer(fed.asker, error) for fed in left]

    def _send(self, fed: _Fed) -> SendValue:
        number = next(self._numbers)
        self._under_way[number] = fed
        self._busy.add(fed.widget_id)
        return SendValue(number, fed.widget_id, fed.value)
