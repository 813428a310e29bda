"""What a submission costs its owner: the heart alone, and a whole owner process over its link.

The heart: against how many edit at once, the length of history elsewhere, and the number of
widgets. The owner: CPU of its process, link and group commit included, in closed loop.
"""

import asyncio
import multiprocessing
import statistics
import tempfile
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import orjson
import uvloop
from websockets.asyncio.client import ClientConnection, connect

from actors.dashboard import Dashboard
from actors.events import Attached, CommitReturned, Identified, Submitted
from actors.fingerprint import fingerprint
from actors.owner_service import OwnerService
from cluster.process_file import cpu_seconds
from storage import postgres_pool
from storage.embedded_postgres import EmbeddedPostgres
from storage.memory_accounts import MemoryAccounts
from storage.memory_directory import MemoryDirectory
from storage.memory_log import MemoryLog
from storage.ports import Accounts, Checkpoint, OpenedDashboard, OperationLog
from storage.postgres_migrations import migrate
from weft.limits import HISTORY_MAX_VERSIONS
from weft.models import Subject
from weft.wire.link import Attach, Joined, LinkHello, ToOwner, pack_to_owner, unpack_to_gateway
from weft.wire.link import Submitted as SubmittedLine

SUBMISSIONS = 6_000  # of each figure
ROUNDS = 3  # the machine is shared: the middle one of three is told
EDITORS = 10
SECRET = "bench"
Json = dict[str, Any]


def main() -> None:
    print("the heart alone, µs of CPU per submission (one typed letter unless told otherwise):")
    for name, heart in HEARTS.items():
        figures = [heart_us(**heart) for _ in range(ROUNDS)]
        print(f"  {name:<48} {statistics.median(figures):>8.1f}")
    print(f"a whole owner, {EDITORS} editors of one dashboard in closed loop over one link:")
    for name, (postgres, batch) in OWNERS.items():
        rounds = [owner_figures(postgres, batch) for _ in range(ROUNDS)]
        middle = sorted(rounds, key=lambda each: each.cpu_us)[ROUNDS // 2]
        print(f"  {name:<48} {middle.cpu_us:>8.1f} µs of CPU  {middle.per_second:>7.0f} /s")


HEARTS: dict[str, dict[str, int]] = {
    "one editor": {},
    "10 editors at once, one text": {"editors": 10},
    "10 editors at once, a text each": {"editors": 10, "texts": 10},
    "one editor, 2,000 versions of others elsewhere": {"elsewhere": HISTORY_MAX_VERSIONS},
    "one editor, 1,900 widgets": {"widgets": 1_900},
    "one editor, a text of 1 MB": {"characters": 1_000_000},
    "one editor, 16 edits in each submission": {"batch": 16},
}
OWNERS = {
    "log in memory, one edit each": (False, 1),
    "PostgreSQL, one edit each": (True, 1),
    "PostgreSQL, 16 edits each": (True, 16),
}


# --- the heart ---------------------------------------------------------------------------------


def widget_id(number: int) -> str:
    return str(UUID(int=number))


def letters(widget: int, count: int) -> tuple[Json, ...]:
    insert = {
        "type": "insert",
        "targetId": widget_id(widget),
        "path": ["config", "text"],
        "value": "x",
    }
    return tuple({**insert, "position": position} for position in range(count))


def state_of(widgets: int, characters: int) -> Json:
    position = {"x": 0, "y": 0, "width": 4, "height": 2}
    widget = {"type": "text", "position": position, "config": {"text": "a" * characters}}
    return {"title": "Bench", "widgets": {widget_id(number): widget for number in range(widgets)}}


def heart_us(
    *,
    editors: int = 1,
    texts: int = 1,
    elsewhere: int = 0,
    widgets: int = 20,
    characters: int = 100,
    batch: int = 1,
) -> float:
    """All editors submit at the same version; then all of it commits at once, as under load."""
    state = state_of(widgets, characters)
    dashboard_id = uuid4()
    heart = Dashboard(OpenedDashboard(dashboard_id, 0, 1, Checkpoint(dashboard_id, 0, state), ()))
    for editor in range(editors):
        heart.handle(Attached(editor, uuid4(), uuid4(), 0))
        heart.handle(Identified(editor, Subject.compile("editor")))
    turn(heart, 1, elsewhere, lambda _: letters(widgets - 1, 1))
    sent = {widget: letters(widget, batch) for widget in range(texts)}
    started = time.process_time()
    turn(heart, editors, SUBMISSIONS // batch, lambda editor: sent[editor % texts], elsewhere)
    return (time.process_time() - started) / (SUBMISSIONS // batch) * 1e6


def turn(heart: Dashboard, editors: int, count: int, edit: Any, above: int = 0) -> None:
    """`count` submissions by `editors` in turn, their sequences above those of before."""
    for number in range(0, count, editors):
        base = heart.durable_version
        for editor in range(editors):
            operations = edit(editor)
            digest, size = fingerprint(base, list(operations))
            sequence = above + number + 1
            heart.handle(Submitted(editor, sequence, base, operations, digest, size, 0))
        heart.handle(CommitReturned(heart.newest_version))
        assert heart.durable_version == base + editors


# --- the owner ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Figures:
    cpu_us: float
    per_second: float


@dataclass(frozen=True)
class Place:
    """Where an owner process serves one dashboard of one user."""

    url: str
    dashboard_id: UUID
    user_id: UUID


def owner_figures(postgres: bool, batch: int) -> Figures:
    with tempfile.TemporaryDirectory(prefix="weft-bench-") as directory:
        Path(directory).chmod(0o755)
        server = EmbeddedPostgres(Path(directory) / "postgres") if postgres else None
        url = server.start() if server else None
        if url is not None:
            asyncio.run(migrate(url))
        ours, theirs = multiprocessing.Pipe()
        spawn = multiprocessing.get_context("spawn")
        owner = spawn.Process(target=serve, args=(url, theirs))
        owner.start()
        try:
            place: Place = ours.recv()
            assert owner.pid is not None
            return uvloop.run(edit_in_closed_loop(place, owner.pid, batch))
        finally:
            ours.send("stop")
            owner.join()
            if server is not None:
                server.stop()


def serve(postgres_url: str | None, pipe: Connection) -> None:
    """The owner's process, until it is told to stop."""
    uvloop.run(_serve(postgres_url, pipe))


async def _serve(postgres_url: str | None, pipe: Connection) -> None:
    log: OperationLog
    accounts: Accounts
    stores = await postgres_pool.connect(postgres_url) if postgres_url else None
    if stores is not None:
        log, accounts = stores.log, stores.accounts
    else:
        log = memory = MemoryLog()
        accounts = MemoryAccounts(memory.tables)
    user_id = await accounts.create_user("bench@example.org", "bench")
    dashboard_id = await accounts.create_dashboard(user_id, "Bench")
    owner = OwnerService("owner-1", log, accounts, MemoryDirectory(), secret=SECRET)
    address = await owner.start()
    pipe.send(Place(address.url, dashboard_id, user_id))
    await asyncio.to_thread(pipe.recv)
    await owner.stop()
    if stores is not None:
        await stores.close()


async def edit_in_closed_loop(place: Place, pid: int, batch: int) -> Figures:
    """Every editor sends its next submission when it has seen its last committed."""
    async with connect(place.url, proxy=None, compression=None, max_size=None) as link:
        await link.send(pack_to_owner([LinkHello(SECRET, "bench")]), text=True)
        editors = await join_all(link, place)
        sequences = [0] * EDITORS
        await round_trips(link, editors, 1, sequences, adding(EDITORS))
        await round_trips(link, editors, 200, sequences, letters_of(batch))  # warm
        cpu, wall = cpu_seconds(pid), time.perf_counter()
        count = SUBMISSIONS // batch // EDITORS * EDITORS
        await round_trips(link, editors, count // EDITORS, sequences, letters_of(batch))
        used, took = cpu_seconds(pid) - cpu, time.perf_counter() - wall
        return Figures(used / count * 1e6, count / took)


def adding(editors: int) -> list[list[Json]]:
    """Each editor's own text widget."""
    widgets = state_of(editors, 100)["widgets"]
    return [
        [{"type": "addWidget", "targetId": target, "value": widget}]
        for target, widget in widgets.items()
    ]


def letters_of(batch: int) -> list[list[Json]]:
    return [list(letters(editor, batch)) for editor in range(EDITORS)]


async def join_all(link: ClientConnection, place: Place) -> list[str]:
    """Their replicas, editor n on subscription n."""
    replicas = [uuid4() for _ in range(EDITORS)]
    lines: list[ToOwner] = [
        Attach(n, place.dashboard_id, place.user_id, "bench", replica, None, False)
        for n, replica in enumerate(replicas)
    ]
    await link.send(pack_to_owner(lines), text=True)
    joined = 0
    while joined < EDITORS:
        lines_heard = unpack_to_gateway(await link.recv(decode=False))
        joined += sum(isinstance(line, Joined) for line in lines_heard)
    return [str(replica) for replica in replicas]


async def round_trips(
    link: ClientConnection,
    replicas: list[str],
    rounds: int,
    sequences: list[int],
    edits: list[list[Json]],
) -> None:
    """So many submissions of each editor; `sequences` are those of their last."""
    left = dict.fromkeys(range(len(replicas)), rounds)
    by_replica = {replica: editor for editor, replica in enumerate(replicas)}
    version = sum(sequences)

    def line(editor: int) -> SubmittedLine:
        sequences[editor] += 1
        return SubmittedLine(editor, sequences[editor], version, edits[editor])

    await link.send(pack_to_owner([line(editor) for editor in left]), text=True)
    while any(left.values()):
        turn_of: list[int] = []
        for heard in unpack_to_gateway(await link.recv(decode=False)):
            frame = orjson.loads(heard.frame)
            assert frame["type"] == "committed", frame
            for submission in frame["submissions"]:
                version = submission["version"]
                turn_of.append(by_replica[submission["replicaId"]])
        for editor in turn_of:
            left[editor] -= 1
        lines = [line(editor) for editor in turn_of if left[editor] > 0]
        if lines:
            await link.send(pack_to_owner(lines), text=True)
