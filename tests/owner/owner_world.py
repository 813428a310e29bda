"""A small world around one dashboard: clients, owners that come and go, a log that fails.

Everything but the sockets and the tables is the real thing. Owners that were replaced are not told:
they go on until the fence stops them.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from random import Random
from typing import Any
from uuid import UUID, uuid4

import orjson

from actors.commit_figures import CommitFigures
from actors.commit_loop import CommitLoop
from actors.dashboard_service import DashboardService, Route
from actors.events import Ticked
from actors.link_server import Link
from storage.memory_accounts import MemoryAccounts
from storage.memory_log import MemoryLog, run_now
from storage.memory_tables import MemoryTables
from storage.ports import Checkpoint, DashboardCommit, OwnerAddress
from tests.owner.owner_conversation import (
    OTHER_WIDGET,
    WIDGET,
    Json,
    named,
    retitling,
    typing,
    widget_state,
)
from weft.errors import OperationError
from weft.measures import Measures
from weft.ot import Document, apply, operation_from_json, operation_to_json, transform_pair
from weft.plugins.plugin_service import Plugins
from weft.wire import link as lines

POISON = "poison"  # a title that the log refuses


class GatedLog(MemoryLog):
    """Lets commits through one by one, and refuses poison as PostgreSQL would its content."""

    def __init__(self, tables: MemoryTables) -> None:
        super().__init__(tables)
        self.turns = asyncio.Semaphore(0)
        self.is_open = False

    async def commit(self, commits: list[DashboardCommit]) -> set[UUID]:
        if not self.is_open:
            await self.turns.acquire()
        clean = [each for each in commits if not is_poisoned(each)]
        return await super().commit(clean)

    def open(self) -> None:
        self.is_open = True
        self.turns.release()


def is_poisoned(commit: DashboardCommit) -> bool:
    return any(
        operation.get("value") == POISON
        for submission in commit.submissions
        for operation in submission.operations
    )


class Owner:
    def __init__(self, world: "World") -> None:
        opened = run_now(world.log.open_dashboard(world.dashboard_id))
        assert opened is not None
        self.commits = CommitLoop(world.log, CommitFigures(Measures()))
        self.service = DashboardService(
            opened,
            world.log,
            world.accounts,
            self.commits,
            lambda _: None,
            hand_over=hand_over_at_once,
            plugins=Plugins(),
            clock_ms=lambda: 0,
            measures=Measures(),
        )
        self.running = asyncio.create_task(self.commits.run())

    async def crash(self) -> None:
        self.running.cancel()
        with suppress(asyncio.CancelledError):
            await self.running
        self.service.lane.close()


async def hand_over_at_once(_: UUID, heir: OwnerAddress) -> OwnerAddress:
    return heir


class WatchedLink(Link):
    """A link that keeps what it is sent, and holds every frame against law 2."""

    def __init__(self, world: "World") -> None:
        self.places = {}
        self.lines: deque[lines.ToGateway] = deque()
        self._world = world

    @property
    def waiting_bytes(self) -> int:
        return 0

    def send(self, line: lines.ToGateway) -> None:
        frame = orjson.loads(line.frame)
        shown = [each["version"] for each in frame.get("submissions", [])]
        shown.append(frame.get("version", 0))
        if max(shown) > self._world.table.version:
            self._world.violations.append(f"law 2: {frame}")
        if frame.get("code") == "internal":
            self._world.violations.append(f"law 10: {frame}")
        self.lines.append(line)


class Client:
    """Follows the dashboard and edits it, one submission at a time."""

    def __init__(self, world: "World", name: str, user_id: UUID) -> None:
        self.world = world
        self.user_id = user_id
        self.replica_id = named(name)
        self.version = 0
        self.document = world.document_at(0)
        self.in_flight: lines.Submitted | None = None
        self._rebased: list[Json] = []  # what is in flight, as it would be at `version`
        self.acknowledged: dict[int, int] = {}  # version by sequence
        self.refused: dict[int, str] = {}
        self.given_up: set[int] = set()
        self._sequence = 0
        self._owner: Owner | None = None  # whom it asked to join, until told that this is over
        self._has_joined = False
        self._link = WatchedLink(world)
        self._number = 0

    def join(self, holds: bool = True, wants_tail: bool = False) -> None:
        """Over a new link, whose loss the owner may not have noticed yet."""
        self._link = WatchedLink(self.world)
        self._owner = self.world.owner
        self._has_joined = False
        self._number += 1
        version = self.version if holds else None
        line = lines.Attach(
            self._number,
            self.world.dashboard_id,
            self.user_id,
            "connection",
            self.replica_id,
            version,
            wants_tail,
        )
        self._owner.service.attach(self._route, line)

    def leave_and_join(self) -> None:
        if self._owner is not None:
            self._owner.service.detach(self._route)
        self.join()

    def edit(self, operations: list[Json]) -> None:
        if self.in_flight is None and self._has_joined:
            self._sequence += 1
            self.in_flight = lines.Submitted(self._number, self._sequence, self.version, operations)
            self.send()

    def send(self) -> None:
        """What is in flight, perhaps again."""
        if self.in_flight is not None and self._owner is not None and self._has_joined:
            self._owner.service.receive(self._route, self.in_flight)

    def read(self, count: int | None = None) -> None:
        """So many (or all) of the lines that wait."""
        link = self._link
        while link.lines and link is self._link and count != 0:
            line = link.lines.popleft()
            if isinstance(line, lines.Ended):
                self._owner = None
            else:
                self._hear(orjson.loads(line.frame))
            count = None if count is None else count - 1

    @property
    def _route(self) -> Route:
        return Route(self._link, self._number)

    def _hear(self, frame: Json) -> None:
        match frame["type"]:
            case "acknowledged":
                self._settled(frame["sequence"], frame["version"])
            case "rejected":
                self._refused(frame["sequence"], frame["code"])
            case "joined":
                self._joined(frame)
            case "committed" | "tail":
                self._follow(frame["submissions"])

    def _refused(self, sequence: int, code: str) -> None:
        assert sequence not in self.acknowledged
        if code == "rebase_required":
            self.join(wants_tail=True)
        elif code not in ("in_flight", "not_joined"):
            self.refused[sequence] = code
            self._forget(sequence)

    def _joined(self, frame: Json) -> None:
        if "snapshot" in frame:
            self._rebased = []  # what was missed is not known: it can only be given up
            self.version = frame["snapshot"]["version"]
            self.document = Document.from_json(frame["snapshot"]["state"])
        self._follow(frame["submissions"])
        assert self.version == frame["version"]
        self._has_joined = True
        if self.in_flight is not None:
            if frame["lastSequence"] >= self.in_flight.sequence:
                self._settled(self.in_flight.sequence, frame["lastVersion"])
            else:
                self._send_rebased()

    def _send_rebased(self) -> None:
        """Under the same sequence; what has nothing left in it is given up."""
        assert self.in_flight is not None
        left = [each for each in self._rebased if each["type"] != "noop"]
        if left:
            self.in_flight = self.in_flight._replace(base_version=self.version, operations=left)
            self.send()
        else:
            self.given_up.add(self.in_flight.sequence)
            self.in_flight = None

    def _follow(self, submissions: list[Json]) -> None:
        for each in submissions:
            assert each["version"] == self.version + 1, "law 1: no gap, no repeat"
            self.document = applied(self.document, each["operations"])
            self.version += 1
            if each["replicaId"] == str(self.replica_id):
                self._settled(each["sequence"], each["version"])
            elif self.in_flight is not None:
                self._rebased = rebased(self._rebased, each["operations"])

    def _settled(self, sequence: int, version: int) -> None:
        assert self.acknowledged.setdefault(sequence, version) == version, "law 3: one version"
        self._forget(sequence)

    def _forget(self, sequence: int) -> None:
        if self.in_flight is not None and self.in_flight.sequence == sequence:
            self.in_flight = None


class World:
    """`clients` have joined; `owner` is the newest of `owners`."""

    def __init__(self, people: int) -> None:
        self.violations: list[str] = []
        self.tables = MemoryTables()
        self.log = GatedLog(self.tables)
        self.accounts = MemoryAccounts(self.tables)
        user_id = run_now(self.accounts.create_user("ann@example.org", "ann"))
        self.dashboard_id = run_now(self.accounts.create_dashboard(user_id, "Sales"))
        self.table = self.tables.dashboards[self.dashboard_id]
        self.owners = [Owner(self)]
        self.clients = [Client(self, str(uuid4()), user_id) for _ in range(people)]

    @property
    def owner(self) -> Owner:
        return self.owners[-1]

    def document_at(self, version: int, since: Checkpoint | None = None) -> Document:
        """The log, replayed from a checkpoint (or the start)."""
        start = since or run_now(self.log.read_checkpoint(self.dashboard_id, 0))
        assert start is not None
        document = Document.from_json(start.state)
        followed = run_now(self.log.submissions_between(self.dashboard_id, start.version, version))
        for submission in followed:
            document = applied(document, submission.operations)
        return document

    async def pass_time(self) -> None:
        """Until everybody waits for somebody else."""
        for _ in range(30):
            await asyncio.sleep(0)

    async def heal(self) -> None:
        """No more failures; everyone joins the newest owner, edits once more, and hears it all."""
        self.log.failures.clear()
        self.log.open()
        self.replace_owner()
        for client in self.clients:
            client.join()
        await self._hear_all()
        for client in self.clients:
            client.edit(some_edit(client.document, Random(client.version)))
        await self._hear_all()
        self.checkpoint()
        await self.pass_time()

    async def _hear_all(self) -> None:
        for _ in range(4):
            await self.pass_time()
            for client in self.clients:
                client.read()

    async def crash_owner(self) -> None:
        await self.owner.crash()
        self.replace_owner()
        for client in self.clients:
            client.join()

    def replace_owner(self) -> None:
        self.owners.append(Owner(self))

    def checkpoint(self) -> None:
        self.owner.service.handle(Ticked(10**9))


@asynccontextmanager
async def world_of(people: int) -> AsyncIterator[World]:
    world = World(people)
    for client in world.clients:
        client.join()
    await world.pass_time()
    yield world
    for owner in world.owners:
        await owner.crash()


def applied(document: Document, operations: Any) -> Document:
    parsed = [operation_from_json(each, trusted=True) for each in operations]
    return apply(document, parsed, within_limits=False)


def rebased(operations: list[Json], over: list[Json]) -> list[Json]:
    try:
        mine = [operation_from_json(each, trusted=True) for each in operations]
    except OperationError:
        return operations  # of no use anywhere
    theirs = [operation_from_json(each, trusted=True) for each in over]
    return [operation_to_json(each) for each in transform_pair(theirs, mine).later]


def some_edit(document: Document, chance: Random) -> list[Json]:
    """One to three operations, valid at `document` one after another."""
    operations: list[Json] = []
    for _ in range(chance.randint(1, 3)):
        operation = _some_operation(document, chance)
        operations.append(operation)
        document = applied(document, [operation])
    return operations


def _some_operation(document: Document, chance: Random) -> Json:
    widget = chance.choice([WIDGET, OTHER_WIDGET])
    if widget not in document:
        return {"type": "addWidget", "targetId": widget, "value": widget_state("ab")}
    text = document.value_at(widget, ("config", "text"))
    assert isinstance(text, str)
    at = {"targetId": widget, "path": ["config", "text"]}
    kind = chance.choice(["insert"] * 4 + ["delete"] * 2 + ["remove", "move", "retitle"])
    if kind == "remove":
        return {"type": "removeWidget", "targetId": widget}
    if kind == "move":
        return {"type": "move", "targetId": widget, "value": {"x": chance.randint(0, 9)}}
    if kind == "retitle":
        return retitling(chance.choice(["North", "South"]))
    if kind == "delete" and text:
        position = chance.randrange(len(text))
        length = chance.randint(1, len(text) - position)
        return {"type": "delete", **at, "position": position, "length": length}
    return typing(chance.choice(["x", "yy"]), chance.randint(0, len(text)), widget)
