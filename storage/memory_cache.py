"""L2 and the epoch in memory: the twins of redis_cache and postgres_cache_epoch."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count

from storage.cache import Busy, Claim, Entry, Look, Unchanged
from weft.errors import WeftError
from weft.limits import CACHE_BARRIER_SECONDS, CACHE_CLAIM_SECONDS


@dataclass(frozen=True, slots=True)
class Stored:
    kind: str  # entry, claim or bar
    stamp: tuple[int, int]  # epoch, run
    token: str
    raw: bytes
    until: float


class MemoryCache:
    """The port `SharedCache`. `items` is what stands there, as a stranger could see it."""

    def __init__(self, clock: Callable[[], float] = lambda: 0.0) -> None:
        self.items: dict[str, Stored] = {}
        self.unavailable = False
        self._clock = clock
        self._tokens = count(1)
        self._run = 1

    def restart(self, items: dict[str, Stored] | None = None) -> None:
        """With nothing, or with an old copy."""
        self._run += 1
        self.items = dict(items or {})

    async def look(self, key: str, epoch: int, known: str | None) -> Look:
        found, stamp = self._found(key), (epoch, self._run)
        if found is not None and found.kind == "entry" and found.stamp == stamp:
            return Unchanged() if found.token == known else Entry(found.token, found.raw)
        if found is not None and found.kind == "bar":
            return Busy()
        if found is not None and found.kind == "claim" and found.stamp == stamp:
            return Busy()
        token = str(next(self._tokens))
        until = self._clock() + CACHE_CLAIM_SECONDS
        self.items[key] = Stored("claim", stamp, token, b"", until)
        return Claim(token, f"{epoch}.{self._run}".encode())

    async def fill(self, key: str, claim: Claim, raw: bytes, ttl_seconds: float) -> None:
        found = self._found(key)
        if found is not None and (found.kind, found.token) == ("claim", claim.token):
            until = self._clock() + ttl_seconds
            self.items[key] = Stored("entry", found.stamp, found.token, raw, until)

    async def bar(self, keys: Sequence[str]) -> None:
        self._answer()
        until = self._clock() + CACHE_BARRIER_SECONDS
        self.items.update({key: Stored("bar", (0, 0), "", b"", until) for key in keys})

    async def forget(self, keys: Sequence[str]) -> None:
        self._answer()
        for key in keys:
            self.items.pop(key, None)

    def _found(self, key: str) -> Stored | None:
        self._answer()
        found = self.items.get(key)
        return found if found is not None and self._clock() < found.until else None

    def _answer(self) -> None:
        if self.unavailable:
            raise WeftError("storage_unavailable", "Redis does not answer now.")


class MemoryEpochs:
    """The port `Epochs`."""

    def __init__(self) -> None:
        self.unavailable = False
        self._epoch = 1

    async def epoch(self) -> int:
        self._answer()
        return self._epoch

    async def raise_epoch(self) -> None:
        self._answer()
        self._epoch += 1

    def _answer(self) -> None:
        if self.unavailable:
            raise WeftError("storage_unavailable")
