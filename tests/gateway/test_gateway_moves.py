"""Laws 1, 3 and 4 while a dashboard goes from owner to owner under load, and nobody leaves.

Whole gateways and owners over real links, on memory twins, and on PostgreSQL and Redis.
"""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest
from websockets.asyncio.client import connect

from actors.owner_service import OwnerService
from gateway.service import GatewayService, GatewaySettings
from storage.memory_accounts import MemoryAccounts
from storage.memory_directory import MemoryDirectory
from storage.memory_log import MemoryLog
from storage.memory_tables import MemoryTables
from storage.ports import Accounts, Directory, OperationLog, OwnerAddress
from storage.redis_directory import RedisDirectory
from tests.gateway.gateway_world import ADMIN_KEY, LINK_SECRET, PATIENCE_SECONDS, Client
from tests.patience import patient_directory
from weft.errors import WeftError

MOVES = 6
TYPISTS = 4


@dataclass
class System:
    log: OperationLog
    accounts: Accounts
    directory: Directory
    gateways: list[GatewayService]
    owners: list[OwnerService]
    addresses: list[OwnerAddress]
    user_id: UUID
    dashboard_id: UUID

    async def typist(self, gateway: int = 0) -> "Typist":
        token = uuid4().hex
        token_hash = hashlib.sha256(token.encode()).hexdigest()
        await self.accounts.create_session(self.user_id, token_hash, 3_600)
        client = Client(await connect(self.gateways[gateway].ws_url, proxy=None))
        assert (await client.hello(token))["type"] == "welcome"
        typist = Typist(client, self.dashboard_id)
        await typist.join()
        return typist

    def holder(self) -> int:
        """Which owner has it open."""
        hosting = [owner.status()["dashboards"] for owner in self.owners]
        return hosting.index(1)

    async def move(self) -> int:
        """To the next owner; which that is."""
        holder = self.holder()
        heir = (holder + 1) % len(self.owners)
        await self.owners[holder].move(self.dashboard_id, self.addresses[heir])
        return heir


class Typist:
    """A raw client in closed loop, which takes note of every frame."""

    def __init__(self, client: Client, dashboard_id: UUID) -> None:
        self.client = client
        self.replica_id = str(uuid4())
        self.versions: list[int] = []
        self.acknowledged: list[int] = []
        self.others: list[dict[str, Any]] = []  # frames that a client in peace does not get
        self._heard = asyncio.Condition()
        self._dashboard_id = str(dashboard_id)
        self._version = 0

    async def join(self) -> None:
        join = {"type": "join", "dashboardId": self._dashboard_id, "replicaId": self.replica_id}
        await self.client.send(join)
        joined = await self.client.receive()
        assert joined["type"] == "joined", joined
        self._version = joined["version"]
        self.versions.append(self._version)

    async def submit(self, sequence: int, base_version: int | None = None) -> None:
        insert = {"type": "insert", "path": ["title"], "position": 0, "value": "x"}
        delete = {"type": "delete", "path": ["title"], "position": 0, "length": 1}
        await self.client.send(
            {
                "type": "submit",
                "dashboardId": self._dashboard_id,
                "sequence": sequence,
                "baseVersion": self._version if base_version is None else base_version,
                "operations": [insert, delete],
            }
        )

    async def listen(self) -> dict[str, Any]:
        """The next frame."""
        frame = await self.client.receive()
        if frame["type"] != "committed":
            self.others.append(frame)
            return frame
        for submission in frame["submissions"]:
            self._version = submission["version"]
            self.versions.append(self._version)
            if submission["replicaId"] == self.replica_id:
                self.acknowledged.append(submission["sequence"])
                async with self._heard:
                    self._heard.notify_all()
        return frame

    async def acknowledged_more_than(self, count: int) -> None:
        async with self._heard, asyncio.timeout(PATIENCE_SECONDS):
            await self._heard.wait_for(lambda: len(self.acknowledged) > count)

    async def acknowledgement(self, sequence: int) -> None:
        while sequence not in self.acknowledged:
            await self.listen()

    async def type(self, until: asyncio.Event) -> int:
        """In closed loop; how many were acknowledged."""
        sequence = 0
        while not until.is_set():
            sequence += 1
            await self.submit(sequence)
            await self.acknowledgement(sequence)
        return sequence

    async def reached(self, version: int) -> None:
        while self._version < version:
            await self.listen()

    def check(self) -> None:
        """Law 1 and 3 as this client has seen them, and nothing that tells it of a move."""
        first, last = self.versions[0], self.versions[-1]
        assert self.versions == list(range(first, last + 1))
        assert self.acknowledged == sorted(set(self.acknowledged))
        assert {frame["type"] for frame in self.others} <= {"permission"}


@dataclass(frozen=True)
class Stores:
    log: OperationLog
    accounts: Any  # the ports Accounts, SessionFinder and GrantsReader
    directory: Directory


@pytest.fixture(params=["memory", pytest.param("real", marks=pytest.mark.store)])
def stores(request: pytest.FixtureRequest) -> Stores:
    if request.param == "memory":
        tables = MemoryTables(clock=time.time)
        return Stores(MemoryLog(tables), MemoryAccounts(tables), MemoryDirectory(time.monotonic))
    real = request.getfixturevalue("postgres_stores")
    return Stores(real.log, real.accounts, request.getfixturevalue("own_redis_directory"))


@pytest.fixture
async def own_redis_directory(redis_url: str) -> AsyncIterator[RedisDirectory]:
    directory = patient_directory(redis_url)
    yield directory
    await directory.close()


@pytest.fixture
async def system(stores: Stores) -> AsyncIterator[System]:
    log, accounts, directory = stores.log, stores.accounts, stores.directory
    async with AsyncExitStack() as stack:
        owners, addresses, gateways = [], [], []
        for _ in range(3):
            name = f"owner-{uuid4()}"
            owner = OwnerService(name, log, accounts, directory, secret=LINK_SECRET)
            addresses.append(await owner.start())
            stack.push_async_callback(owner.stop)
            owners.append(owner)
        for number in range(2):
            settings = GatewaySettings(f"gateway-{number}", LINK_SECRET, ADMIN_KEY, http_port=None)
            gateway = GatewayService(settings, accounts, directory)
            await gateway.start()
            stack.push_async_callback(gateway.stop)
            gateways.append(gateway)
        name = uuid4().hex
        user_id = await accounts.create_user(f"{name}@example.org", name)
        dashboard_id = await accounts.create_dashboard(user_id, "Sales")
        yield System(log, accounts, directory, gateways, owners, addresses, user_id, dashboard_id)


async def test_law3_a_dashboard_that_moves_under_load_loses_and_doubles_nothing(
    system: System,
) -> None:
    typists = [await system.typist(number % 2) for number in range(TYPISTS)]
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        typing = [group.create_task(typist.type(stop)) for typist in typists]
        for _ in range(MOVES):
            heir = await system.move()
            before = [len(typist.acknowledged) for typist in typists]  # one more may be on its way
            for typist, count in zip(typists, before, strict=True):
                await typist.acknowledged_more_than(count + 1)
            assert system.holder() == heir
        stop.set()
    submitted = sum(task.result() for task in typing)
    head = await system.log.head(system.dashboard_id)
    assert head is not None and head.version == submitted
    assert head.epoch == 1 + MOVES
    for typist in typists:
        await typist.reached(head.version)
        typist.check()


async def test_law4_an_edit_made_before_the_move_on_an_older_version_commits_after_it(
    system: System,
) -> None:
    ann, bob = await system.typist(), await system.typist(1)
    for sequence in range(1, 9):
        await ann.submit(sequence)
        await ann.acknowledgement(sequence)
    await system.move()
    await bob.submit(1, base_version=3)
    await bob.acknowledgement(1)
    assert bob.versions == list(range(10))
    await ann.reached(9)
    ann.check()


async def test_who_joins_while_it_moves_finds_the_heir(system: System) -> None:
    ann = await system.typist()
    moving = asyncio.create_task(system.move())
    late = await system.typist(1)
    heir = await moving
    await late.submit(1)
    await late.acknowledgement(1)
    await ann.reached(1)
    assert system.holder() == heir


async def test_a_move_to_an_owner_that_is_not_there_is_refused_and_nothing_happens(
    system: System,
) -> None:
    ann = await system.typist()
    owner = system.owners[system.holder()]
    gone = OwnerAddress("owner-gone", "never", "ws://127.0.0.1:1/link")
    with pytest.raises(WeftError) as refusal:
        await owner.move(system.dashboard_id, gone)
    assert refusal.value.code == "owner_unavailable"
    with pytest.raises(WeftError) as refusal:
        await owner.move(uuid4(), system.addresses[0])
    assert refusal.value.code == "not_found"
    await ann.submit(1)
    await ann.acknowledgement(1)
    ann.check()
    assert ann.others == []


async def test_a_dead_owner_is_taken_over_without_waiting_for_its_heartbeat(
    system: System,
) -> None:
    """The directory would believe in it for much longer than anyone waits here."""
    ann = await system.typist()
    await ann.submit(1)
    await ann.acknowledgement(1)
    holder = system.holder()
    await die(system.owners[holder])
    await system.directory.announce_owner(system.addresses[holder], 3_600)
    ended = await ann.listen()
    assert (ended["type"], ended["code"]) == ("ended", "owner_unavailable")
    await ann.join()
    await ann.submit(2)
    await ann.acknowledgement(2)
    assert await system.directory.holder(system.dashboard_id) != system.addresses[holder]


async def die(owner: OwnerService) -> None:
    """As its process would: it listens no more, and does nothing any more."""
    for task in owner._tasks:
        task.cancel()
    await owner._links.stop()


async def test_law3_an_owner_that_leaves_gives_its_dashboards_away_and_nobody_notices(
    system: System,
) -> None:
    typists = [await system.typist(number % 2) for number in range(TYPISTS)]
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        typing = [group.create_task(typist.type(stop)) for typist in typists]
        leaving = system.holder()
        assert await system.owners[leaving].drain() == 1
        await system.owners[leaving].stop()
        for typist in typists:
            await typist.acknowledged_more_than(len(typist.acknowledged) + 1)
        stop.set()
    head = await system.log.head(system.dashboard_id)
    assert head is not None and head.version == sum(task.result() for task in typing)
    for typist in typists:
        await typist.reached(head.version)
        typist.check()
    late = await system.typist()
    assert late.versions == [head.version]


async def test_nobody_waits_for_the_checkpoints_of_an_owner_that_stops(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is in nobody's choice before it sends its people away, who are back at once."""
    ann = await system.typist()
    await ann.submit(1)
    await ann.acknowledgement(1)
    write, may_write = system.log.write_checkpoint, asyncio.Event()

    async def write_late(*arguments: Any, **options: Any) -> bool:
        await may_write.wait()
        return await write(*arguments, **options)

    monkeypatch.setattr(system.log, "write_checkpoint", write_late)
    leaving = system.owners[system.holder()]
    stopping = asyncio.create_task(leaving.stop())
    assert (await ann.listen())["code"] == "going_away"
    await ann.join()
    await ann.submit(2)
    await ann.acknowledgement(2)
    assert not stopping.done()
    may_write.set()
    await stopping


async def test_an_owner_that_leaves_takes_nothing_new_and_keeps_what_nobody_can_take(
    system: System,
) -> None:
    first, *others = system.owners
    for owner in others:
        await owner.stop()
    ann = await system.typist()
    assert await first.drain() == 0
    await ann.submit(1)
    await ann.acknowledgement(1)
    ann.check()


async def test_an_owner_that_was_to_leave_and_stays_takes_dashboards_again(system: System) -> None:
    """As when a rolling restart breaks off after the drain."""
    ann = await system.typist()
    leaving = system.holder()
    assert await system.owners[leaving].drain() == 1
    await ann.submit(1)
    await ann.acknowledgement(1)
    back = system.addresses[leaving]
    giving = system.owners[system.holder()]
    system.owners[leaving].stay()
    await giving.move(system.dashboard_id, back)
    await ann.submit(2)
    await ann.acknowledgement(2)
    assert await system.directory.holder(system.dashboard_id) == back
    assert system.owners[leaving].hosted == [system.dashboard_id]
    ann.check()
