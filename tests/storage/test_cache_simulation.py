"""No read that begins after a write has returned answers with what was before it: on many seeds.

Caches with one safeguard taken away are found out by the same seeds, so each of them is needed, and
the world can tell.
"""

import asyncio
import logging
from random import Random
from typing import Any

import pytest

from storage import cache_service
from storage.cache import Claim, SharedCache
from storage.cache_service import Cache
from storage.memory_cache import MemoryCache, Stored
from tests.storage.cache_world import World

STEPS = 400


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR, "storage.cache_service")


async def run(seed: int, cache_type: type[Cache] = Cache) -> World:
    world = World(Random(seed), cache_type)
    await world.run(STEPS)
    return world


async def test_no_read_is_older_than_the_last_write_before_it():
    reads = fetches = 0
    for seed in range(100):
        world = await run(seed)
        assert world.wrong == [], f"seed {seed}"
        reads += world.reads
        fetches += world.fetches
    assert reads > 5_000, "the world lets reads end"
    assert fetches < 0.9 * reads, "and the caches be of use"


# --- each safeguard is needed ------------------------------------------------------------------


class SharesRunsUnderWay(Cache):
    """As nearly every single flight does."""

    async def get(self, kind: Any, key: str, fetch: Any) -> Any:
        flights = self.__dict__.setdefault("under_way", {})
        task = flights.get(key)
        if task is None or task.done():
            task = flights[key] = asyncio.ensure_future(self._read(kind, key, fetch))
        return await asyncio.shield(task)


class KeepsWithoutAClaim(Cache):
    """As `setex` after a read does."""

    async def _keep(self, kind: Any, key: str, claim: Claim, value: Any) -> None:
        shared: SharedCache = self._shared
        found = await shared.look(key, self._belief.epoch(self._clock()) or 0, None)
        if isinstance(found, Claim):
            claim = found
        await super()._keep(kind, key, claim, value)


class WaitsForNoLease(Cache):
    async def forget(self, keys: Any) -> None:
        try:
            await self._shared.forget(keys)
        except cache_service.WeftError:
            await self._epochs.raise_epoch()


class TellsNobodyWhenRedisDoesNotAnswer(Cache):
    async def forget(self, keys: Any) -> None:
        try:
            await self._shared.forget(keys)
        except cache_service.WeftError:
            await self._sleep(2.0)


class BelievesForEver(Cache):
    async def ask_epoch(self) -> None:
        await super().ask_epoch()
        self._belief._until = float("inf")


class TrustsItsOwnMemory(Cache):
    """As an L1 that is asked before L2 does."""

    async def _look(self, kind: Any, key: str, epoch: int) -> Any:
        copy = self._local.get(key, self._clock())
        return copy or await super()._look(kind, key, epoch)


class ForgetsBeforeItWrites(Cache):
    async def forget(self, keys: Any) -> None:
        pass


@pytest.mark.parametrize(
    ("cache_type", "seed"),  # from which it does not take long
    [
        (SharesRunsUnderWay, 65),
        (KeepsWithoutAClaim, 9),
        (WaitsForNoLease, 171),
        (TellsNobodyWhenRedisDoesNotAnswer, 10),
        (BelievesForEver, 98),
        (TrustsItsOwnMemory, 0),
        (ForgetsBeforeItWrites, 12),
    ],
)
async def test_a_cache_without_one_of_its_safeguards_is_found_out(
    cache_type: type[Cache], seed: int
):
    assert await found_out(cache_type, seed)


async def test_a_redis_that_comes_back_unnoticed_from_an_old_copy_is_found_out(monkeypatch):
    def restart(self: MemoryCache, items: dict[str, Stored] | None = None) -> None:
        self.items = dict(items or {})

    monkeypatch.setattr(MemoryCache, "restart", restart)
    assert await found_out(Cache, 202)


async def found_out(cache_type: type[Cache], first_seed: int) -> bool:
    for seed in range(first_seed, first_seed + 500):
        if (await run(seed, cache_type)).wrong:
            return True
    return False
