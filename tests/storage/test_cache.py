"""The parts of the caches one by one: L1, the belief in an epoch, shared runs, reads and writes."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.cache import Belief, Copy, Kind, LocalCache
from storage.cache_service import Cache
from storage.memory_cache import MemoryCache, MemoryEpochs
from storage.single_flight_loop import SingleFlight
from tests.storage.cache_world import NUMBER
from weft.errors import WeftError
from weft.limits import (
    CACHE_ABSENT_TTL_SECONDS,
    CACHE_BARRIER_SECONDS,
    CACHE_LEASE_SECONDS,
    CACHE_LEASE_WAIT_SECONDS,
)

KEY = NUMBER.key(7)

# --- L1 ------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from([1.0, 5.0])), max_size=40))
def test_l1_holds_the_last_used_each_for_its_own_time(puts):
    local, newest, now = LocalCache(max_items=3), {}, 0.0
    for key, ttl in puts:
        now += 1.0
        copy = Copy("t", now, now + ttl)
        local.put(key, copy)
        newest.pop(key, None)
        newest[key] = copy
    assert len(local) <= 3
    kept = dict(list(newest.items())[-3:])
    for key, copy in newest.items():
        expected = copy if key in kept and copy.until > now else None
        assert local.get(key, now) == expected


def test_l1_keeps_what_is_asked_for():
    local = LocalCache(max_items=2)
    for key in "ab":
        local.put(key, Copy(key, None, 9.0))
    assert local.get("a", 0.0) is not None
    local.put("c", Copy("c", None, 9.0))
    assert local.get("b", 0.0) is None
    assert local.get("a", 0.0) == Copy("a", None, 9.0), "None is a value"
    local.drop("a")
    local.drop("a")
    assert local.get("a", 0.0) is None


# --- the belief ----------------------------------------------------------------------------------


def test_an_answer_is_believed_from_when_it_was_asked_for():
    belief = Belief()
    assert belief.epoch(0.0) is None
    belief.learn(3, asked_at=10.0)
    assert belief.epoch(10.0 + CACHE_LEASE_SECONDS - 0.001) == 3
    assert belief.epoch(10.0 + CACHE_LEASE_SECONDS) is None
    belief.learn(2, asked_at=11.0)
    assert belief.epoch(11.5) is None, "an answer that was overtaken teaches nothing"
    belief.learn(4, asked_at=11.0)
    assert belief.epoch(11.5) == 4


# --- shared runs ---------------------------------------------------------------------------------


class Gate:
    """A fetch that counts its runs and waits to be let through."""

    def __init__(self) -> None:
        self.runs = 0
        self.begun = asyncio.Event()
        self.open = asyncio.Event()

    async def fetch(self) -> int:
        self.runs += 1
        mine = self.runs
        self.begun.set()
        await self.open.wait()
        return mine


async def test_a_thousand_who_ask_at_once_are_one_run():
    flights, gate = SingleFlight(), Gate()
    gate.open.set()
    assert (
        await asyncio.gather(*(flights.run("k", gate.fetch) for _ in range(1_000))) == [1] * 1_000
    )


async def test_who_asks_during_a_run_waits_for_the_next_one_and_shares_that():
    flights, gate = SingleFlight(), Gate()
    first = asyncio.create_task(flights.run("k", gate.fetch))
    await gate.begun.wait()
    later = [asyncio.create_task(flights.run("k", gate.fetch)) for _ in range(10)]
    await asyncio.sleep(0)
    assert gate.runs == 1
    gate.open.set()
    assert await first == 1
    assert await asyncio.gather(*later) == [2] * 10


async def test_keys_do_not_wait_for_each_other():
    flights, gate, other = SingleFlight(), Gate(), Gate()
    waiting = asyncio.create_task(flights.run("k", gate.fetch))
    await gate.begun.wait()
    other.open.set()
    assert await flights.run("other", other.fetch) == 1
    gate.open.set()
    await waiting


async def test_an_error_is_everybodys_and_the_next_run_is_free_of_it():
    flights = SingleFlight()

    async def fails() -> int:
        raise WeftError("storage_unavailable")

    answers = await asyncio.gather(
        *(flights.run("k", fails) for _ in range(3)), return_exceptions=True
    )
    assert [type(answer) for answer in answers] == [WeftError] * 3
    gate = Gate()
    gate.open.set()
    assert await flights.run("k", gate.fetch) == 1


async def test_who_gives_up_does_not_end_it_for_the_others():
    flights, gate = SingleFlight(), Gate()
    one, other = (asyncio.create_task(flights.run("k", gate.fetch)) for _ in range(2))
    await gate.begun.wait()
    one.cancel()
    gate.open.set()
    assert await other == 1
    with pytest.raises(asyncio.CancelledError):
        await one


# --- a node --------------------------------------------------------------------------------------


class Nodes:
    """Caches on one Redis and one PostgreSQL, in memory; `rows` is what PostgreSQL holds."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []
        self.shared = MemoryCache(lambda: self.now)
        self.epochs = MemoryEpochs()
        self.rows: dict[str, int] = {}
        self.fetches = 0

    async def node(self) -> Cache:
        cache = Cache(self.shared, self.epochs, lambda: self.now, self.sleep)
        await cache.ask_epoch()
        return cache

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def fetch(self, key: str = KEY) -> Callable[[], Awaitable[int | None]]:
        async def fetch() -> int | None:
            self.fetches += 1
            return self.rows.get(key)

        return fetch

    async def get(self, cache: Cache, key: str = KEY) -> int | None:
        return await cache.get(NUMBER, key, self.fetch(key))


async def test_one_reads_and_all_have_it():
    nodes = Nodes()
    caches = [await nodes.node() for _ in range(3)]
    nodes.rows[KEY] = 1_007
    for _ in range(2):
        assert [await nodes.get(cache) for cache in caches] == [1_007] * 3
    assert nodes.fetches == 1


@pytest.mark.parametrize("value", [None, 0])
async def test_what_is_absent_or_falsy_is_kept_too(value):
    nodes = Nodes()
    cache, key = await nodes.node(), NUMBER.key(0)
    if value is not None:
        nodes.rows[key] = value
    for _ in range(3):
        assert await nodes.get(cache, key) == value
    assert nodes.fetches == 1


async def test_absence_is_kept_more_briefly_than_a_value():
    nodes = Nodes()
    cache = await nodes.node()
    nodes.rows[KEY] = 7
    await nodes.get(cache)
    await nodes.get(cache, NUMBER.key(8))
    nodes.now = CACHE_ABSENT_TTL_SECONDS + 1
    await cache.ask_epoch()
    await nodes.get(cache)
    assert nodes.fetches == 2
    await nodes.get(cache, NUMBER.key(8))
    assert nodes.fetches == 3
    nodes.now = NUMBER.ttl_seconds + 1
    await cache.ask_epoch()
    await nodes.get(cache)
    assert nodes.fetches == 4


async def test_a_write_is_seen_by_all_when_it_has_returned():
    nodes = Nodes()
    caches = [await nodes.node() for _ in range(3)]
    nodes.rows[KEY] = 7
    for cache in caches:
        await nodes.get(cache)
    async with caches[0].changing(KEY):
        nodes.rows[KEY] = 1_007
    assert [await nodes.get(cache) for cache in caches] == [1_007] * 3
    assert nodes.slept == []


async def test_a_key_that_only_the_write_can_name_is_forgotten_too():
    nodes = Nodes()
    cache = await nodes.node()
    await nodes.get(cache)
    async with cache.changing() as named:
        nodes.rows[KEY] = 7
        named.append(KEY)
    assert await nodes.get(cache) == 7


async def test_without_redis_a_write_returns_when_nobody_believes_in_the_old_epoch_any_more():
    nodes = Nodes()
    writer, reader = await nodes.node(), await nodes.node()
    nodes.rows[KEY] = 7
    await nodes.get(reader)
    nodes.shared.unavailable = True  # for the writer
    async with writer.changing(KEY):
        nodes.rows[KEY] = 1_007
    nodes.shared.unavailable = False
    assert nodes.slept == [CACHE_LEASE_WAIT_SECONDS]
    assert await nodes.get(reader) == 7, "the write has not returned yet"
    nodes.now += CACHE_LEASE_WAIT_SECONDS
    assert await nodes.get(reader) == 1_007
    await reader.ask_epoch()
    assert await nodes.get(reader) == 1_007


async def test_without_redis_reads_come_from_postgresql_and_leave_it_alone_for_a_while():
    nodes = Nodes()
    cache = await nodes.node()
    nodes.rows[KEY] = 7
    nodes.shared.unavailable = True
    assert await nodes.get(cache) == 7
    nodes.shared.unavailable = False
    assert await nodes.get(cache) == 7
    assert nodes.shared.items == {}
    nodes.now += 1.0
    await cache.ask_epoch()
    await nodes.get(cache)
    assert KEY in nodes.shared.items


async def test_without_an_epoch_nothing_is_believed_and_nothing_kept():
    nodes = Nodes()
    cache = Cache(nodes.shared, nodes.epochs, lambda: nodes.now, nodes.sleep)
    nodes.epochs.unavailable = True
    await cache.ask_epoch()
    nodes.rows[KEY] = 7
    assert await nodes.get(cache) == 7
    assert nodes.shared.items == {}
    nodes.shared.unavailable = True
    with pytest.raises(WeftError) as raised:
        async with cache.changing(KEY):
            nodes.rows[KEY] = 1_007
    assert raised.value.code == "storage_unavailable", "such a write does not return"


async def test_a_write_that_was_refused_waits_for_nothing():
    nodes = Nodes()
    cache = await nodes.node()
    nodes.shared.unavailable = True
    with pytest.raises(WeftError) as raised:
        async with cache.changing(KEY):
            raise WeftError("forbidden")
    assert raised.value.code == "forbidden"
    assert nodes.slept == []


@pytest.mark.parametrize("error", [WeftError("storage_unavailable"), RuntimeError("?")])
async def test_a_write_that_may_have_happened_is_forgotten_as_one_that_has(error):
    nodes = Nodes()
    cache = await nodes.node()
    await nodes.get(cache)
    with pytest.raises(type(error)):
        async with cache.changing(KEY):
            nodes.rows[KEY] = 7
            raise error
    assert await nodes.get(cache) == 7


async def test_a_writer_that_dies_before_it_could_tell_leaves_nothing_old_behind():
    """Its bar kept the entry out; reads were slower for a while."""
    nodes = Nodes()
    reader, writer = await nodes.node(), await nodes.node()
    nodes.rows[KEY] = 7
    await nodes.get(reader)
    dying = writer.changing(KEY)
    await dying.__aenter__()
    assert await nodes.get(reader) == 7
    nodes.rows[KEY] = 1_007  # committed, and nobody is told
    assert await nodes.get(reader) == 1_007
    nodes.now += CACHE_BARRIER_SECONDS
    await reader.ask_epoch()
    assert await nodes.get(reader) == 1_007
    fetches = nodes.fetches
    assert await nodes.get(reader) == 1_007
    assert nodes.fetches == fetches, "and it is kept again"
    await dying.__aexit__(None, None, None)


async def test_what_a_stranger_put_in_redis_is_a_miss():
    nodes = Nodes()
    first, second = await nodes.node(), await nodes.node()
    nodes.rows[KEY] = 7
    await nodes.get(first)
    good = nodes.shared.items[KEY]
    for raw in (b"8", b'"x"', b"{", b"\xff"):
        nodes.shared.items[KEY] = type(good)(good.kind, good.stamp, "theirs", raw, good.until)
        assert await nodes.get(second) == 7
        assert nodes.shared.items[KEY].raw == b"7", "and is replaced"


async def test_a_large_value_is_read_where_it_is():
    nodes = Nodes()
    cache = await nodes.node()
    nodes.rows[KEY] = 7
    large: Kind[int] = Kind("large", 60.0, lambda n: "x" * 70_000, lambda raw: 7, lambda n: "1")
    for _ in range(2):
        assert await cache.get(large, large.key(1), nodes.fetch(KEY)) == 7
    assert nodes.fetches == 2


async def test_a_running_cache_asks_for_the_epoch_until_it_is_closed():
    asked = asyncio.Event()

    class Epochs(MemoryEpochs):
        async def epoch(self) -> int:
            asked.set()
            return await super().epoch()

    cache = Cache(MemoryCache(), Epochs())
    cache.start()
    await asyncio.wait_for(asked.wait(), 60)
    await cache.close()
