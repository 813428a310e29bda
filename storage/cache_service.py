"""The three levels at work. What makes their answers true stands in storage/cache.py."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress

from storage.cache import (
    Belief,
    Busy,
    Claim,
    Copy,
    Entry,
    Epochs,
    Kind,
    LocalCache,
    NoEntry,
    SharedCache,
    Unchanged,
    Value,
)
from storage.ending_loop import end
from storage.single_flight_loop import SingleFlight
from weft.errors import Fault, WeftError
from weft.limits import (
    CACHE_EPOCH_EVERY_SECONDS,
    CACHE_ITEM_MAX_BYTES,
    CACHE_LEASE_WAIT_SECONDS,
    CACHE_REST_SECONDS,
)

logger = logging.getLogger(__name__)


class Cache:
    """One per process. Until `start`, or a first `ask_epoch`, it reads PostgreSQL."""

    def __init__(
        self,
        shared: SharedCache,
        epochs: Epochs,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._shared = shared
        self._epochs = epochs
        self._clock = clock
        self._sleep = sleep
        self._local = LocalCache()
        self._belief = Belief()
        self._flights = SingleFlight()
        self._rests_until = float("-inf")
        self._on_rise: list[Callable[[], None]] = []
        self._asking: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._asking = asyncio.create_task(self._ask_epochs())

    async def close(self) -> None:
        if self._asking is not None:
            await end(self._asking)

    # --- reading -------------------------------------------------------------------------------

    async def get(
        self, kind: Kind[Value], key: str, fetch: Callable[[], Awaitable[Value | None]]
    ) -> Value | None:
        """As `fetch` tells it, from PostgreSQL, now or since the last write. Raises as it does.

        The value is shared: it must be immutable.
        """
        value: Value | None = await self._flights.run(key, lambda: self._read(kind, key, fetch))
        return value

    async def _read(
        self, kind: Kind[Value], key: str, fetch: Callable[[], Awaitable[Value | None]]
    ) -> Value | None:
        now = self._clock()
        epoch = self._belief.epoch(now)
        if epoch is None or now < self._rests_until:
            return await fetch()
        try:
            found = await self._look(kind, key, epoch)
        except WeftError:
            self._rests_until = self._clock() + CACHE_REST_SECONDS
            return await fetch()
        if isinstance(found, Copy):
            held: Value | None = found.value
            return held
        value = await fetch()
        if isinstance(found, Claim):
            await self._keep(kind, key, found, value)
        return value

    async def _look(self, kind: Kind[Value], key: str, epoch: int) -> Copy | Claim | Busy:
        copy = self._local.get(key, self._clock())
        for _ in range(2):  # what cannot be read is forgotten, and looked for again
            asked_at = self._clock()
            found = await self._shared.look(key, epoch, copy.token if copy else None)
            match found:
                case Unchanged() if copy is not None:
                    return copy
                case Entry(token, raw):
                    try:
                        value = kind.decode(key, raw)
                    except NoEntry:
                        logger.warning("ignored what stood under %s in Redis", key)
                        await self._shared.forget([key])
                        continue
                    copy = Copy(token, value, asked_at + kind.ttl_of(value))
                    self._local.put(key, copy)
                    return copy
                case Claim():
                    return found
                case _:
                    return Busy()
        return Busy()

    async def _keep(self, kind: Kind[Value], key: str, claim: Claim, value: Value | None) -> None:
        raw = kind.encode(value)
        if len(raw) > CACHE_ITEM_MAX_BYTES:
            return
        ttl_seconds = kind.ttl_of(value)
        # Whether Redis took it, the token will tell.
        self._local.put(key, Copy(claim.token, value, self._clock() + ttl_seconds))
        with suppress(WeftError):
            await self._shared.fill(key, claim, raw, ttl_seconds)

    # --- writing -------------------------------------------------------------------------------

    @asynccontextmanager
    async def changing(self, *keys: str) -> AsyncIterator[list[str]]:
        """Around a write to PostgreSQL of what these keys tell. Keys that only the write can name
        are added to the list that it is given.

        Raises storage_unavailable when neither Redis nor PostgreSQL can be told: then the write has
        not returned, and may have happened.
        """
        named = list(keys)
        with suppress(WeftError):
            await self._shared.bar(named)
        try:
            yield named
        except WeftError as error:
            if error.fault is Fault.SERVER:  # perhaps it has happened
                await self.forget(named)
            else:
                with suppress(WeftError):
                    await self._shared.forget(named)
            raise
        except BaseException:
            await asyncio.shield(self.forget(named))
            raise
        await self.forget(named)

    async def forget(self, keys: Sequence[str]) -> None:
        """On all nodes, before it returns."""
        if not keys:
            return
        for key in keys:
            self._local.drop(key)
        try:
            await self._shared.forget(keys)
        except WeftError:
            logger.warning("Redis was not told of a write; its readers are, by PostgreSQL")
            await self.raise_epoch()
            await self._sleep(CACHE_LEASE_WAIT_SECONDS)

    # --- the epoch -----------------------------------------------------------------------------

    async def raise_epoch(self) -> None:
        """Every process learns within CACHE_EPOCH_EVERY_SECONDS that something was not told.

        Raises WeftError storage_unavailable.
        """
        await self._epochs.raise_epoch()

    def on_rise(self, risen: Callable[[], None]) -> None:
        """Call it whenever the epoch is seen to have risen; it must not wait."""
        self._on_rise.append(risen)

    async def ask_epoch(self) -> None:
        asked_at = self._clock()
        try:
            epoch = await self._epochs.epoch()
        except WeftError:  # then what is believed ends by itself
            return
        if self._belief.learn(epoch, asked_at):
            for risen in self._on_rise:
                risen()

    async def _ask_epochs(self) -> None:
        while True:
            await self.ask_epoch()
            await self._sleep(CACHE_EPOCH_EVERY_SECONDS)
