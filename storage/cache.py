"""No read that begins after a write has returned answers with what was before it, on any node.

Three levels: what this process holds (L1), what Redis holds (L2), PostgreSQL (L3). Why it is so:

1. Every read asks Redis first. L1 counts only if Redis still holds the very entry of which it is a
   copy (its token). So to forget in Redis is to forget everywhere.
2. Who finds nothing leaves a claim, then reads PostgreSQL, and puts the entry there only if the
   claim still stands. To forget removes claims too: nothing that was read before a write comes in
   after it was forgotten.
3. Reads of one key in one process share a run, but only one that begins after each of them was
   asked for (storage.single_flight_loop).
4. A write bars its keys (no entries, no claims), commits, forgets, and returns. Had its process
   died in between, the bar would have kept them empty until it ends by itself.
5. A write that cannot reach Redis raises the epoch, a sequence in PostgreSQL, and returns only
   CACHE_LEASE_WAIT_SECONDS later. Every process asks for the epoch all the time, believes an answer
   no longer than CACHE_LEASE_SECONDS from when it asked, and counts only entries that were claimed
   under the epoch it believes in. While it believes in none it reads PostgreSQL.
6. An entry also names the run of Redis it was claimed in, which each new connection learns anew. A
   Redis that comes back from an old copy, or a replica that takes over, is another run: what it
   brings with it counts for nothing.

So Redis slow, gone, cut off from some, or emptied makes reads slower, not wrong; strangers' content
in it is no entry. What decides over rights is never read from here. Pure: time is an argument.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

import orjson
from pydantic import ValidationError

from weft.errors import WeftError
from weft.limits import CACHE_ABSENT_TTL_SECONDS, CACHE_LEASE_SECONDS, CACHE_LOCAL_MAX_ITEMS

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Unchanged:
    """Redis holds the entry whose token was shown."""


@dataclass(frozen=True, slots=True)
class Entry:
    token: str
    raw: bytes  # JSON


@dataclass(frozen=True, slots=True)
class Claim:
    """There was nothing; this may be filled. `mark` is what stands there now."""

    token: str
    mark: bytes


@dataclass(frozen=True, slots=True)
class Busy:
    """Somebody else has claimed or barred it: read PostgreSQL, and keep nothing."""


Look: TypeAlias = Unchanged | Entry | Claim | Busy


class SharedCache(Protocol):
    """L2. Everything raises WeftError storage_unavailable; then it may have happened or not."""

    async def look(self, key: str, epoch: int, known: str | None) -> Look:
        """`known`: the token of the copy in L1."""

    async def fill(self, key: str, claim: Claim, raw: bytes, ttl_seconds: float) -> None:
        """If the claim still stands."""

    async def bar(self, keys: Sequence[str]) -> None: ...

    async def forget(self, keys: Sequence[str]) -> None: ...


class Epochs(Protocol):
    """Of PostgreSQL; only rises. Raises WeftError storage_unavailable."""

    async def epoch(self) -> int: ...

    async def raise_epoch(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Kind(Generic[Value]):
    """What is kept under one family of keys."""

    name: str
    ttl_seconds: float
    to_json: Callable[[Value], Any]
    from_json: Callable[[Any], Value]  # raises for what is none
    id_of: Callable[[Value], str]  # by which a value knows its key

    def key(self, *ids: object) -> str:
        return f"cache:{self.name}:{':'.join(map(str, ids))}"

    def encode(self, value: Value | None) -> bytes:
        return orjson.dumps(None if value is None else self.to_json(value))

    def decode(self, key: str, raw: bytes) -> Value | None:
        """Raises NoEntry: not one of ours, or of another key."""
        try:
            content = orjson.loads(raw)
            if content is None:
                return None
            value = self.from_json(content)
        except (ValueError, TypeError, KeyError, ValidationError, WeftError) as error:
            raise NoEntry from error
        if self.key(self.id_of(value)) != key:
            raise NoEntry
        return value

    def ttl_of(self, value: Value | None) -> float:
        return (
            min(self.ttl_seconds, CACHE_ABSENT_TTL_SECONDS) if value is None else self.ttl_seconds
        )


class NoEntry(Exception):  # noqa: N818  (a miss, not a failure)
    """What was found cannot be read."""


@dataclass(frozen=True, slots=True)
class Copy:
    token: str
    value: Any  # immutable; None: there is none
    until: float


class LocalCache:
    """L1: the entries used last, each with a time of its own."""

    def __init__(self, max_items: int = CACHE_LOCAL_MAX_ITEMS) -> None:
        self._max_items = max_items
        self._copies: OrderedDict[str, Copy] = OrderedDict()

    def __len__(self) -> int:
        return len(self._copies)

    def get(self, key: str, now: float) -> Copy | None:
        copy = self._copies.get(key)
        if copy is None:
            return None
        if copy.until <= now:
            del self._copies[key]
            return None
        self._copies.move_to_end(key)
        return copy

    def put(self, key: str, copy: Copy) -> None:
        self._copies[key] = copy
        self._copies.move_to_end(key)
        if len(self._copies) > self._max_items:
            self._copies.popitem(last=False)

    def drop(self, key: str) -> None:
        self._copies.pop(key, None)


class Belief:
    """The epoch as last heard of, and until when it is believed."""

    def __init__(self) -> None:
        self._epoch = 0
        self._until = float("-inf")

    def learn(self, epoch: int, asked_at: float) -> bool:
        """Whether it is newer than the last. Answers may overtake each other."""
        has_risen = epoch > self._epoch
        if epoch >= self._epoch:
            self._epoch = epoch
            self._until = max(self._until, asked_at + CACHE_LEASE_SECONDS)
        return has_risen

    def epoch(self, now: float) -> int | None:
        return self._epoch if now < self._until else None
