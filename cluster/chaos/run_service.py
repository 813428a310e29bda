"""One run: dashboards of its own, editors on them, the nemesis among them; then rest and judgement.

Everything that chance decides comes from the seed: who edits what in which order, who loses a role
when, and which blow falls when and on whom. What the machine makes of it differs each time.
"""

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from uuid import UUID

import weft
from cluster.chaos.attendance import Attendance
from cluster.chaos.battlefield_service import Battlefield, address_of
from cluster.chaos.checker import check
from cluster.chaos.door_server import Door
from cluster.chaos.editor_loop import Editor
from cluster.chaos.edits import new_widget
from cluster.chaos.faults_service import FAULTS
from cluster.chaos.history import Blow, Ending, Event, History
from cluster.chaos.host_loop import Host, a_host
from cluster.chaos.log_service import read_head, read_rows, read_start
from cluster.chaos.nemesis_loop import strike_all
from cluster.chaos.recorder_service import Recorder
from cluster.chaos.recovery import pauses, saves
from cluster.chaos.schedule import schedule
from cluster.chaos.story import tell
from cluster.chaos.violation import Violation

DASHBOARDS = 2
STEADY = ("ann", "bob", "cem")  # of each dashboard, by turns at one gateway's door and the next's
FICKLE = ("dov",)  # whose role is taken away and given back
REST_SECONDS = 30.0  # for all to be saved everywhere, once nothing happens any more
LOOK_EVERY_SECONDS = 0.1
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """`pauses`: (fault, seconds) that an editor could not save after it."""

    seed: int
    operations_acknowledged: int
    versions: int
    blows: list[Blow]
    pauses: list[tuple[str, float]]
    violations: list[Violation]
    story: list[str] = field(default_factory=list)  # of the first violation


@dataclass(frozen=True, slots=True)
class Table:
    """One dashboard and who sits at it."""

    dashboard_id: UUID
    ledger: str
    editors: list[Editor]
    setter: Recorder  # of who has laid the ledger, and left
    users: dict[str, UUID]  # of each client

    @property
    def recorders(self) -> list[Recorder]:
        return [self.setter, *(each.recorder for each in self.editors)]

    @property
    def fickle(self) -> list[UUID]:
        return [each.user_id for each in self.editors if each.name.startswith(FICKLE)]

    @property
    def steady(self) -> list[str]:
        return [each.name for each in self.editors if not each.name.startswith(FICKLE)]


async def run_once(
    field: Battlefield, seed: int, seconds: float, faults: Sequence[str], say: Say
) -> Outcome:
    began = time.time()
    async with AsyncExitStack() as stack:
        urls = [gateway["http"] for gateway in field.gateways]
        host = await a_host(stack, urls, field.admin_key)
        doors = await doors_of(stack, field)
        tables = [await set_table(host, doors, seed, number) for number in range(DASHBOARDS)]
        chance = random.Random(f"nemesis {seed}").random
        lasts = {name: FAULTS[name].lasts for name in faults}
        strikes = schedule(chance, seconds, lasts)
        began = time.time()
        async with asyncio.TaskGroup() as group:
            at_work = [
                group.create_task(editor.run(table.dashboard_id, table.ledger))
                for table in tables
                for editor in table.editors
            ]
            fickle = [
                group.create_task(host.be_fickle(each.dashboard_id, each.fickle, f"host {seed}"))
                for each in tables
            ]
            boards = [table.dashboard_id for table in tables]
            everyone = [editor for table in tables for editor in table.editors]
            dealing = group.create_task(strike_all(strikes, field, boards, everyone, say))
            await asyncio.sleep(seconds)
            blows = await dealing
            for task in fickle:
                task.cancel()
            for editor in everyone:
                editor.is_typing = False
            calm_at = time.time()
            await let_rest(host, field, tables)
            ended_at = time.time()
            endings = {id(editor): editor.ending() for editor in everyone}
            for task in at_work:
                task.cancel()
    histories = [
        await history_of(field, host, table, endings, (calm_at, ended_at)) for table in tables
    ]
    return judge(seed, histories, tables, blows, began)


async def doors_of(stack: AsyncExitStack, field: Battlefield) -> list[str]:
    """One for each gateway, which leads to the others while that one is gone."""
    addresses = [address_of(gateway["ws"]) for gateway in field.gateways]
    return [
        await stack.enter_async_context(Door(addresses[at:] + addresses[:at]).open())
        for at in range(len(addresses))
    ]


async def set_table(host: Host, doors: Sequence[str], seed: int, number: int) -> Table:
    """A new dashboard with its ledger; everyone may edit, and nobody is connected yet."""
    owner_id, token = await host.new_user("owner")
    dashboard_id = await host.new_dashboard(owner_id, f"Chaos {seed}")
    editors = []
    for at, name in enumerate((*STEADY, *FICKLE)):
        user_id, its_token = await host.new_user(name)
        await host.set_role(dashboard_id, user_id, "editor")
        url = doors[at % len(doors)]
        label = f"{name}{number + 1}"
        editors.append(Editor(label, user_id, its_token, url, f"{label} {seed}"))
    setter = Recorder("owner")
    async with weft.connect(
        doors[0], token, open_timeout=None, create_connection=setter.open
    ) as client:
        board = await client.join(dashboard_id)
        ledger = board.add_widget(new_widget(random.Random(seed).random))
        await board.saved()
    users = {setter.client: owner_id, **{each.name: each.user_id for each in editors}}
    return Table(dashboard_id, ledger, editors, setter, users)


async def let_rest(host: Host, field: Battlefield, tables: Sequence[Table]) -> None:
    """Everyone may edit again; return when all is saved and shown everywhere, or time is up."""
    try:
        async with asyncio.timeout(REST_SECONDS):
            for table in tables:
                for user_id in table.fickle:
                    await host.set_role(table.dashboard_id, user_id, "editor")
            await all_at_rest(field, tables)
    except TimeoutError:
        pass  # the checker will say who has not come to rest


async def all_at_rest(field: Battlefield, tables: Sequence[Table]) -> None:
    """All tables in one look: one that was at rest may be stirred while another is waited for."""
    presence = [Seen(Attendance(table.users)) for table in tables]
    while True:
        are_true = [seen.is_true(table) for seen, table in zip(presence, tables, strict=True)]
        if all(are_true) and await are_at_rest(field, tables):
            return
        await asyncio.sleep(LOOK_EVERY_SECONDS)


async def are_at_rest(field: Battlefield, tables: Sequence[Table]) -> bool:
    """And still are, when the log has told of each."""
    told = [await is_at_rest(field, table) for table in tables]
    return all(told) and all(each.is_at_rest() for table in tables for each in table.editors)


@dataclass(slots=True)
class Seen:
    """Who is shown as present at one table, as far as its events have been looked at."""

    attendance: Attendance
    known: int = 0

    def is_true(self, table: Table) -> bool:
        events = events_of(table)
        for event in events[self.known :]:
            self.attendance.follow(event)
        self.known = len(events)
        return self.attendance.is_true


async def is_at_rest(field: Battlefield, table: Table) -> bool:
    if not all(editor.is_at_rest() for editor in table.editors):
        return False
    head = await read_head(field.postgres_url, table.dashboard_id)
    return all(editor.version == head for editor in table.editors)


def events_of(table: Table) -> list[Event]:
    """In order of time."""
    events = [event for recorder in table.recorders for event in recorder.events]
    return sorted(events, key=lambda event: event.at)


async def history_of(
    field: Battlefield,
    host: Host,
    table: Table,
    endings: dict[int, Ending],
    rest: tuple[float, float],
) -> History:
    """`rest`: from when to when."""
    start, difference = await read_start(field.postgres_url, table.dashboard_id)
    return History(
        dashboard_id=table.dashboard_id,
        start=start,
        events=tuple(events_of(table)),
        changes=tuple(host.changes[table.dashboard_id]),
        rows=await read_rows(field.postgres_url, table.dashboard_id),
        head=await read_head(field.postgres_url, table.dashboard_id),
        endings=tuple(endings[id(editor)] for editor in table.editors),
        users=table.users,
        calm_at=rest[0],
        ended_at=rest[1],
        difference=difference,
    )


def judge(
    seed: int,
    histories: Sequence[History],
    tables: Sequence[Table],
    blows: list[Blow],
    began: float,
) -> Outcome:
    violations: list[Violation] = []
    story: list[str] = []
    saved: list[list[float]] = []
    for history, table in zip(histories, tables, strict=True):
        found = check(history)
        if found and not violations:
            story = tell(history, found[0], blows, began)
        violations += found
        saved += saves(history, table.steady).values()
    return Outcome(
        seed,
        sum(operations_acknowledged(history) for history in histories),
        sum(history.head for history in histories),
        blows,
        pauses(blows, saved),
        violations,
        story,
    )


def operations_acknowledged(history: History) -> int:
    """Operations whose author was shown them as committed, each once."""
    replicas = history.replicas()
    own = {
        (submission["replicaId"], submission["sequence"]): len(submission["operations"])
        for event, submission in history.seen()
        if replicas.get(submission["replicaId"]) == event.client
    }
    return sum(own.values())
