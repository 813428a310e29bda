"""Law 8, presence is true: people come and go at random over two gateways, and who is seen then.

200 raw clients of `weft up --gateways 2` for a minute; some say that they leave, some close, some
are cut off. In the end every roster must be the truth. Then what 50 moving cursors cost editors.
"""

import asyncio
import multiprocessing
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any
from uuid import uuid4

import orjson
import uvloop
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from benchmarks.cluster import System, apply, middle, prepare, running_system
from benchmarks.editors import Load, percentile

VISITORS = 200
USERS = 40  # who share the visitors, as tabs do
SECONDS = 60.0
STAY_SECONDS = (0.3, 4.0)
AWAY_SECONDS = (0.1, 2.0)
SETTLED_SECONDS = 1.0  # who came or went so long before a join must be right in its answer
TRUE_WITHIN_SECONDS = 10.0
MOVERS = 50
MOVES_PER_SECOND = 20.0
EDITORS = 10


@dataclass
class Churn:
    """Milliseconds are from the answer to a join, or a leaving, until somebody else sees it."""

    visits: int = 0
    seen_ms: list[float] = field(default_factory=list)
    gone_ms: list[float] = field(default_factory=list)
    missing_at_joins: int = 0
    ghosts_at_joins: int = 0
    rosters: int = 0  # compared in the end
    wrong: dict[str, tuple[set[str], set[str]]] = field(default_factory=dict)  # missing, ghosts
    true_after_seconds: float = 0.0  # the last one, after the last coming or going

    def __str__(self) -> str:
        return (
            f"{self.visits} visits; at their joins {self.missing_at_joins} missing and "
            f"{self.ghosts_at_joins} ghosts\n"
            f"seen after p50 {percentile(self.seen_ms, 0.5)} ms, "
            f"p99 {percentile(self.seen_ms, 0.99)} ms; "
            f"gone after p50 {percentile(self.gone_ms, 0.5)} ms, "
            f"p99 {percentile(self.gone_ms, 0.99)} ms\n"
            f"{self.rosters - len(self.wrong)} of {self.rosters} rosters the truth, "
            f"{self.true_after_seconds:.2f} s after the last change"
        )


@lru_cache(maxsize=64)
def decode(frame: bytes) -> dict[str, Any]:
    """Everyone is sent the same frame: read it once, so the load does not measure itself."""
    message: dict[str, Any] = orjson.loads(frame)
    return message


class Square:
    """What all visitors of one dashboard share: who is truly there, and since when."""

    def __init__(
        self, urls: Sequence[str], dashboard_id: str, seconds: float, clock: Callable[[], float]
    ) -> None:
        self.urls = urls
        self.dashboard_id = dashboard_id
        self.clock = clock
        self.ends_at = clock() + seconds
        self.present: dict[str, float] = {}
        self.gone: dict[str, float] = {}
        self.churn = Churn()
        self.news = asyncio.Event()  # a roster has changed

    def is_over(self) -> bool:
        return self.clock() >= self.ends_at

    def came(self, connection_id: str, asked_at: float, roster: set[str]) -> None:
        settled = asked_at - SETTLED_SECONDS
        there = {each for each, since in self.present.items() if since < settled}
        away = {each for each, since in self.gone.items() if since < settled}
        self.churn.missing_at_joins += len(there - roster)
        self.churn.ghosts_at_joins += len(away & roster)
        self.churn.visits += 1
        self.present[connection_id] = self.clock()

    def went(self, connection_id: str) -> None:
        del self.present[connection_id]
        self.gone[connection_id] = self.clock()


class Visitor:
    def __init__(self, square: Square, token: str, chance: random.Random) -> None:
        self.roster: set[str] = set()
        self.connection_id = ""
        self._square = square
        self._token = token
        self._chance = chance
        self._socket: ClientConnection | None = None
        self._reading: asyncio.Task[None] | None = None

    async def come_and_go(self) -> None:
        square = self._square
        while True:
            await asyncio.sleep(self._chance.uniform(*AWAY_SECONDS))
            if square.is_over():
                return
            await self._come(self._chance.choice(square.urls))
            await asyncio.sleep(self._chance.uniform(*STAY_SECONDS))
            if square.is_over():
                return
            await self._go()

    async def _come(self, url: str) -> None:
        socket = await connect(url, compression=None, max_size=None, ping_interval=None, proxy=None)
        self._socket = socket
        hello = {"type": "hello", "protocol": [1], "token": self._token}
        self.connection_id = (await ask(socket, hello, "welcome"))["connectionId"]
        asked_at = self._square.clock()
        join = {"type": "join", "dashboardId": self._square.dashboard_id}
        joined = await ask(socket, {**join, "replicaId": str(uuid4())}, "joined")
        self.roster = {each["connectionId"] for each in joined["roster"]}
        self._square.came(self.connection_id, asked_at, self.roster)
        self._reading = asyncio.create_task(self._read(socket))

    async def _go(self) -> None:
        socket, reading = self._socket, self._reading
        assert socket is not None
        assert reading is not None
        reading.cancel()
        self._square.went(self.connection_id)
        self._socket = None
        match self._chance.randrange(3):
            case 0:
                leave = {"type": "leave", "dashboardId": self._square.dashboard_id}
                await socket.send(orjson.dumps(leave), text=True)
                await socket.close()
            case 1:
                await socket.close()
            case _:
                socket.transport.abort()

    async def end(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
        if self._socket is not None:
            await self._socket.close()

    async def _read(self, socket: ClientConnection) -> None:
        while True:
            message = decode(await socket.recv(decode=False))
            if message["type"] == "presence":
                changed = {each["connectionId"] for each in message["changed"]}
                self._measure(changed - self.roster, set(message["left"]) & self.roster)
                self.roster = (self.roster | changed) - set(message["left"])
            elif message["type"] == "roster":
                self.roster = {each["connectionId"] for each in message["roster"]}
            self._square.news.set()

    def _measure(self, arrived: set[str], departed: set[str]) -> None:
        square, now = self._square, self._square.clock()
        churn = square.churn
        churn.seen_ms += [
            max(0.0, now - square.present[each]) * 1000
            for each in arrived
            if each in square.present
        ]
        churn.gone_ms += [
            (now - square.gone[each]) * 1000 for each in departed if each in square.gone
        ]


async def ask(socket: ClientConnection, message: dict[str, Any], kind: str) -> dict[str, Any]:
    await socket.send(orjson.dumps(message), text=True)
    answer: dict[str, Any] = orjson.loads(await socket.recv(decode=False))
    if answer["type"] != kind:
        raise RuntimeError(f"expected {kind}, got {answer}")
    return answer


async def come_and_go(
    urls: Sequence[str],
    tokens: Sequence[str],
    dashboard_id: str,
    *,
    visitors: int,
    seconds: float,
    seed: int = 1,
    clock: Callable[[], float] = time.perf_counter,
) -> Churn:
    """`visitors` share the `tokens`; every coming goes to a random one of `urls`."""
    square = Square(urls, dashboard_id, seconds, clock)
    people = [
        Visitor(square, tokens[number % len(tokens)], random.Random(f"{seed} {number}"))
        for number in range(visitors)
    ]
    try:
        await asyncio.gather(*(each.come_and_go() for each in people))
        await until_true(square, [each for each in people if each.connection_id in square.present])
    finally:
        await asyncio.gather(*(each.end() for each in people))
    return square.churn


async def until_true(square: Square, here: list[Visitor]) -> None:
    """Everybody sees everybody, or what is wrong after TRUE_WITHIN_SECONDS is told."""
    truth = set(square.present)
    quiet_since = max([*square.present.values(), *square.gone.values()])
    deadline = square.clock() + TRUE_WITHIN_SECONDS
    churn = square.churn
    churn.rosters = len(here)
    while wrong := [each for each in here if each.roster != truth]:
        square.news.clear()
        left_seconds = deadline - square.clock()
        if left_seconds <= 0:
            churn.wrong = {
                each.connection_id: (truth - each.roster, each.roster - truth) for each in wrong
            }
            break
        with suppress(TimeoutError):
            async with asyncio.timeout(left_seconds):
                await square.news.wait()
    churn.true_after_seconds = square.clock() - quiet_since


# --- what moving cursors cost editors ------------------------------------------------------------


async def move_cursors(load: Load) -> None:
    """One cursor for each token, for ever, seen by everybody on the dashboard."""

    async def move(number: int, token: str) -> None:
        socket = await connect(load.url, compression=None, max_size=None, proxy=None)
        await ask(socket, {"type": "hello", "protocol": [1], "token": token}, "welcome")
        join = {"type": "join", "dashboardId": load.dashboard_id, "replicaId": str(uuid4())}
        await ask(socket, join, "joined")
        reading = asyncio.create_task(drain(socket))
        await asyncio.sleep(number / MOVERS / MOVES_PER_SECOND)
        x = 0
        while not reading.done():
            x += 1
            presence = {"type": "presence", "dashboardId": load.dashboard_id}
            cursor = {"x": x % 1000, "y": number}
            await socket.send(orjson.dumps({**presence, "cursor": cursor}), text=True)
            await asyncio.sleep(1 / MOVES_PER_SECOND)

    await asyncio.gather(*(move(number, token) for number, token in enumerate(load.tokens)))


async def drain(socket: ClientConnection) -> None:
    try:
        while True:
            await socket.recv(decode=False)
    except ConnectionClosed:
        return


def _move_cursors(load: Load) -> None:
    uvloop.run(move_cursors(load))


@contextmanager
def moving_cursors(load: Load) -> Iterator[None]:
    """In a process of their own."""
    process = multiprocessing.get_context("spawn").Process(target=_move_cursors, args=(load,))
    process.start()
    try:
        yield
        if not process.is_alive():
            raise RuntimeError("the cursors have stopped moving")
    finally:
        process.kill()
        process.join()


def edit_among_cursors(system: System, load: Load) -> dict[str, Any]:
    """Once without, then once with them; what was seen with them is named `moving_…`."""
    editing = replace(load, tokens=load.tokens[:EDITORS])
    without = apply(system, editing)
    with moving_cursors(replace(load, tokens=load.tokens[EDITORS:])):
        among = apply(system, editing)
    return without | {f"moving_{name}": value for name, value in among.items()}


def main() -> None:
    with running_system("--gateways", "2") as system:
        load = asyncio.run(prepare(system, editors=USERS, batch=1, per_second=None))
        urls = [gateway["ws"] for gateway in system.ready["gateways"]]
        churn = uvloop.run(
            come_and_go(urls, load.tokens, load.dashboard_id, visitors=VISITORS, seconds=SECONDS)
        )
        print(churn, flush=True)
        seen = middle(
            system,
            "moving_ack_ms_p50",
            edit_among_cursors,
            editors=EDITORS + MOVERS,
            batch=1,
            per_second=5.0,
        )
    print(f"{EDITORS} editors, 5 edits/s each, acknowledged and visible to others after p50 / p99")
    for prefix, said in (("", "nobody else"), ("moving_", f"{MOVERS} moving cursors")):
        ack = " / ".join(f"{seen[f'{prefix}ack_ms_{each}']} ms" for each in ("p50", "p99"))
        visible = " / ".join(f"{seen[f'{prefix}visible_ms_{each}']} ms" for each in ("p50", "p99"))
        print(f"  {said:<18} {ack}, {visible}")
    if churn.wrong:
        raise SystemExit(f"rosters that are not the truth: {churn.wrong}")


if __name__ == "__main__":
    main()
