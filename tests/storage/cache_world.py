"""A seeded world of caches: several nodes, one Redis, one PostgreSQL, and every delay there is.

Each call to Redis or PostgreSQL is parked until the world lets it happen; then it answers, or its
answer is lost, or it is lost, or it is given up and still happens later. Redis may be cut off from
one node, stop, and come back empty or from an old copy. Nodes die in the middle of what they do.
Time passes when the world says so.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any

from storage.cache import Kind
from storage.cache_service import Cache
from storage.memory_cache import MemoryCache, MemoryEpochs, Stored
from storage.memory_log import run_now
from weft.errors import WeftError

NODES, KEYS = 3, 2
UNAVAILABLE = WeftError("storage_unavailable")
NUMBER: Kind[int] = Kind("number", 3600.0, int, int, lambda n: str(n % 1_000))


class Dead(BaseException):
    """What a process that is no more meets: nothing of it happens."""


@dataclass(eq=False)
class Parked:
    """A call on its way."""

    happen: Callable[[], Any]
    answer: "asyncio.Future[Any]"
    node: int
    to_redis: bool


@dataclass
class World:
    """Values of key k are k, 1000 + k, 2000 + k, …: versions, so that order can be told."""

    chance: Random
    cache_type: type[Cache] = Cache
    now: float = 0.0
    parked: list[Parked] = field(default_factory=list)
    sleeping: list[tuple[float, "asyncio.Future[None]"]] = field(default_factory=list)
    late: list[Parked] = field(default_factory=list)
    committed: list[int] = field(default_factory=lambda: [0] * KEYS)
    returned: list[int] = field(default_factory=lambda: [0] * KEYS)  # newest of writes that did
    cut: set[int] = field(default_factory=set)
    copy: dict[str, Stored] = field(default_factory=dict)
    lives: list[int] = field(default_factory=lambda: [0] * NODES)
    tasks: set["asyncio.Task[Any]"] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)
    reads: int = 0
    fetches: int = 0

    def __post_init__(self) -> None:
        self.weather = self.chance.choice([0.0, 0.2, 1.0])  # how often things go wrong
        self.redis = MemoryCache(lambda: self.now)
        self.epochs = MemoryEpochs()
        self.caches = [self.new_cache(node) for node in range(NODES)]

    def new_cache(self, node: int) -> Cache:
        life = self.lives[node]
        return self.cache_type(
            Away(self, node, life, self.redis, to_redis=True),
            Away(self, node, life, self.epochs, to_redis=False),
            clock=lambda: self.now,
            sleep=lambda seconds: self.sleep(node, life, seconds),
        )

    # --- what nodes do -------------------------------------------------------------------------

    async def read(self, node: int, key: int) -> None:
        oldest_right, life = self.returned[key], self.lives[node]

        def select() -> int:
            return self.committed[key] * 1_000 + key

        async def fetch() -> int:
            self.fetches += 1
            return await self.call(node, life, select, to_redis=False)

        try:
            value = await self.caches[node].get(NUMBER, NUMBER.key(key), fetch)
        except (WeftError, Dead):
            return
        self.reads += 1
        if value is None or value // 1_000 < oldest_right:
            self.wrong.append(f"node {node} read {value} of {key}; {oldest_right} was there")

    async def write(self, node: int, key: int) -> None:
        life = self.lives[node]

        def commit() -> int:
            self.committed[key] += 1
            return self.committed[key]

        try:
            async with self.caches[node].changing(NUMBER.key(key)):
                version = await self.call(node, life, commit, to_redis=False)
        except (WeftError, Dead):
            return
        self.returned[key] = max(self.returned[key], version)

    async def ask_epoch(self, node: int) -> None:
        with suppress(Dead):
            await self.caches[node].ask_epoch()

    async def call(self, node: int, life: int, happen: Callable[[], Any], *, to_redis: bool) -> Any:
        if life != self.lives[node]:
            raise Dead
        parked = Parked(happen, asyncio.get_running_loop().create_future(), node, to_redis)
        self.parked.append(parked)
        answer = await parked.answer
        if life != self.lives[node]:
            raise Dead
        return answer

    async def sleep(self, node: int, life: int, seconds: float) -> None:
        waking = asyncio.get_running_loop().create_future()
        self.sleeping.append((self.now + seconds, waking))
        await waking
        if life != self.lives[node]:
            raise Dead

    # --- what the world does -------------------------------------------------------------------

    async def run(self, steps: int) -> None:
        for _ in range(steps):
            self.step()
            await settle()
        while self.tasks:  # let all that has begun come to its end
            for parked in self.parked:
                self.answer(parked, self.happen(parked))
            self.parked = []
            self.pass_time(20.0)
            await settle()

    def step(self) -> None:
        chance, kind = self.chance, self.chance.random()
        node, key = chance.randrange(NODES), chance.randrange(KEYS)
        if kind < 0.18:
            self.begin(self.read(node, key))
        elif kind < 0.21:
            self.begin(self.write(node, key))
        elif kind < 0.30:
            self.begin(self.ask_epoch(node))
        elif kind < 0.36:
            self.pass_time(chance.choice([0.01, 0.02, 0.05, 0.1, 0.2, 1.2, 11.0]))
        elif kind < 0.36 + 0.04 * self.weather:
            self.misfortune(node)
        elif kind < 0.42:
            self.cut.discard(node)
            self.redis.unavailable = False
        elif self.parked:
            self.settle_one(self.parked.pop(chance.randrange(len(self.parked))))

    def misfortune(self, node: int) -> None:
        match self.chance.randrange(6):
            case 0:
                self.cut.add(node)
            case 1:
                self.redis.unavailable = True
            case 2:
                self.copy = dict(self.redis.items)
            case 3:
                self.redis.restart(self.copy if self.chance.random() < 0.5 else None)
            case 4:
                self.lives[node] += 1
                self.caches[node] = self.new_cache(node)
            case 5 if self.late:
                self.happen(self.late.pop(self.chance.randrange(len(self.late))))

    def begin(self, doing: Awaitable[Any]) -> None:
        task = asyncio.ensure_future(doing)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        due = [one for one in self.sleeping if one[0] <= self.now]
        self.sleeping = [one for one in self.sleeping if one[0] > self.now]
        for _, waking in due:
            if not waking.done():
                waking.set_result(None)

    def settle_one(self, parked: Parked) -> None:
        lost = self.chance.random() < 0.15 * self.weather
        if parked.to_redis and parked.node in self.cut:
            self.answer(parked, UNAVAILABLE)
        elif not lost:
            self.answer(parked, self.happen(parked))
        else:
            match self.chance.randrange(3):
                case 0:  # the answer is lost, not the call
                    self.happen(parked)
                case 1 if parked.to_redis:  # the call is given up, and happens later
                    self.late.append(parked)
            self.answer(parked, UNAVAILABLE)

    def happen(self, parked: Parked) -> Any:
        try:
            return parked.happen()
        except WeftError as error:
            return error

    def answer(self, parked: Parked, answer: Any) -> None:
        if parked.answer.done():
            return
        if isinstance(answer, WeftError):
            parked.answer.set_exception(answer)
        else:
            parked.answer.set_result(answer)


class Away:
    """A twin, with all the world between it and its caller."""

    def __init__(self, world: World, node: int, life: int, twin: Any, *, to_redis: bool) -> None:
        self._world = world
        self._node = node
        self._life = life
        self._twin = twin
        self._to_redis = to_redis

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._twin, name)

        def call(*arguments: Any) -> Awaitable[Any]:
            return self._world.call(
                self._node,
                self._life,
                lambda: run_now(method(*arguments)),
                to_redis=self._to_redis,
            )

        return call


async def settle() -> None:
    """Until everybody waits for the world."""
    for _ in range(12):
        await asyncio.sleep(0)
