"""`weft replay`: one client types a recorded history as fast as it is acknowledged, others follow.

What is typed while a submission is in flight goes out together with the next one: batches are
made by the acknowledgements, not by a clock. In the end all must show what the recording ended in.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import quantiles
from uuid import UUID, uuid4

import weft
from cluster.data_dir_file import Running, find_running
from cluster.http_tls_trust import local_admin, socket_options
from cluster.postgres_size import stored_bytes
from cluster.settings import Settings
from cluster.trace import Edit, Trace, read_trace
from weft import Board
from weft.client.admin import AdminClient
from weft.errors import WeftError
from weft.models import SessionCreate, UserCreate
from weft.wire.http import CollaboratorOrder, DashboardOrder

TEXT = ("config", "text")
START_CHUNK_CHARACTERS = 100_000  # of the starting text, which may be larger than a frame
ARRIVAL_TIMEOUT_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Target:
    """The system to replay into."""

    ws: str
    http: str
    admin_key: str
    postgres_url: str | None  # None: it is not told what is stored
    tls_cert: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """Times are of durable acknowledgements; bytes are tables and indexes on disk."""

    dashboard_id: str
    clients: int
    edits: int
    submissions: int
    seconds: float
    edits_per_s: float
    ack_ms_p50: float
    ack_ms_p99: float
    converged: bool
    matches_end_content: bool
    bytes_stored: int | None
    bytes_per_edit: float | None


def run(settings: Settings, arguments: argparse.Namespace) -> int:
    try:
        trace = read_trace(Path(arguments.trace).read_bytes())
    except OSError as error:
        raise WeftError("misconfigured", f"{arguments.trace}: {error.strerror}") from None
    with _target(settings, arguments) as target:
        outcome = asyncio.run(replay(target, trace, arguments.clients))
    if arguments.json:
        print(json.dumps(asdict(outcome)))
    else:
        for name, value in asdict(outcome).items():
            print(f"{name:20} {value}")
    return 0 if outcome.converged and outcome.matches_end_content else 1


async def replay(target: Target, trace: Trace, clients: int) -> Outcome:
    """Raises WeftError when the system refuses, TimeoutError when edits do not arrive."""
    async with AsyncExitStack() as stack:
        admin = local_admin(target.http, target.admin_key, target.tls_cert)
        await stack.enter_async_context(admin)
        owner, token = await _new_user(admin)
        order = DashboardOrder(owner_id=owner, title="Replay")
        dashboard_id = (await admin.dashboards.create(order)).id
        typist = await _join(stack, target, token, dashboard_id)
        followers = []
        for _ in range(clients - 1):
            user, token = await _new_user(admin)
            share = CollaboratorOrder(user_id=user, role="viewer", is_accepted=True)
            await admin.collaborators.invite(dashboard_id, share)
            followers.append(await _join(stack, target, token, dashboard_id))
        widget_id = await _prepare(typist, trace.start)
        before = await _stored(target)
        began = time.monotonic()
        version = typist.version
        acks = await _type(typist, widget_id, trace.edits)
        await asyncio.wait_for(_arrival(followers, typist.version), ARRIVAL_TIMEOUT_SECONDS)
        seconds = time.monotonic() - began
        stored = await _stored(target)
        text = typist.document.value_at(widget_id, TEXT)
        edits = len(trace.edits)
        grown = None if before is None or stored is None else stored - before
        cuts = quantiles(acks, n=100, method="inclusive") if len(acks) > 1 else (acks or [0.0]) * 99
        return Outcome(
            dashboard_id=str(dashboard_id),
            clients=clients,
            edits=edits,
            submissions=typist.version - version,
            seconds=round(seconds, 3),
            edits_per_s=round(edits / seconds, 1),
            ack_ms_p50=round(cuts[49] * 1000, 2),
            ack_ms_p99=round(cuts[98] * 1000, 2),
            converged=all(board.document == typist.document for board in followers),
            matches_end_content=text == trace.end,
            bytes_stored=grown,
            bytes_per_edit=round(grown / edits, 1) if grown is not None and edits else None,
        )


async def _type(board: Board, widget_id: str, edits: tuple[Edit, ...]) -> list[float]:
    """Seconds from each submission's departure to its acknowledgement.

    This board alone edits, so a new version is the answer to what was in flight; and what was
    typed meanwhile has left at that moment.
    """
    acks: list[float] = []
    departed: float | None = None  # when what is in flight has left
    version = board.version

    def look() -> None:
        nonlocal departed, version
        if board.version > version and departed is not None:
            now = time.monotonic()
            acks.append(now - departed)
            departed = now if board.pending() else None
            version = board.version

    for edit in edits:
        _make(board, widget_id, edit)
        if departed is None and board.pending():
            departed = time.monotonic()
        await asyncio.sleep(0)  # the socket has its turn after every edit, as it would in life
        look()
    while board.pending():
        await board.reached(version + 1)
        look()
    await board.saved()
    return acks


def _make(board: Board, widget_id: str, edit: Edit) -> None:
    with board.batch():
        if edit.deleted:
            board.delete(widget_id, TEXT, edit.position, edit.deleted)
        if edit.inserted:
            board.insert(widget_id, TEXT, edit.position, edit.inserted)


async def _prepare(board: Board, start: str) -> str:
    position = {"x": 0, "y": 0, "width": 4, "height": 4}
    widget_id = board.add_widget({"type": "text", "position": position, "config": {"text": ""}})
    for at in range(0, len(start), START_CHUNK_CHARACTERS):
        board.insert(widget_id, TEXT, at, start[at : at + START_CHUNK_CHARACTERS])
        await board.saved()
    await board.saved()
    return widget_id


async def _arrival(boards: list[Board], version: int) -> None:
    await asyncio.gather(*(board.reached(version) for board in boards))


async def _new_user(admin: AdminClient) -> tuple[UUID, str]:
    name = f"replay-{uuid4().hex[:12]}"
    user = await admin.users.create(UserCreate(email=f"{name}@example.org", username=name))
    return user.id, (await admin.sessions.open(SessionCreate(user_id=user.id))).token


async def _join(stack: AsyncExitStack, target: Target, token: str, dashboard_id: UUID) -> Board:
    options = socket_options(target.tls_cert)
    client = await stack.enter_async_context(weft.connect(target.ws, token, **options))
    return await client.join(dashboard_id)


async def _stored(target: Target) -> int | None:
    return None if target.postgres_url is None else await stored_bytes(target.postgres_url)


@contextmanager
def _target(settings: Settings, arguments: argparse.Namespace) -> Iterator[Target]:
    """The one that was named, the one that runs on the data directory, or one of its own."""
    if arguments.url or arguments.http:
        yield _named_target(settings, arguments)
        return
    running = find_running(settings.data_dir)
    if running is not None:
        yield _found(running)
        return
    from cluster.system_service import running_system  # noqa: PLC0415  (Ray takes a second to load)

    with tempfile.TemporaryDirectory(prefix="weft-replay-") as directory:
        own = Settings(data_dir=Path(directory), ws_port=0, http_port=0)
        with running_system(own, lambda text: print(text, file=sys.stderr)) as system:
            found = system.running
            yield _found(found)


def _found(running: Running) -> Target:
    return Target(
        running.ws, running.http, running.admin_key, running.postgres_url, running.tls_cert
    )


def _named_target(settings: Settings, arguments: argparse.Namespace) -> Target:
    if not (arguments.url and arguments.http and settings.admin_key):
        message = "--url, --http and --admin-key (or WEFT_ADMIN_KEY) belong together."
        raise WeftError("misconfigured", message)
    postgres_url = settings.postgres_url and settings.postgres_url.get_secret_value()
    admin_key = settings.admin_key.get_secret_value()
    return Target(arguments.url, arguments.http, admin_key, postgres_url or None)
