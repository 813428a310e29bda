"""The whole system as a process of its own, started as a user would; and who types into it."""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx

import weft
from cluster.process_file import descendants
from cluster.trace import Edit, Trace
from weft import Board
from weft.client.admin import AdminClient
from weft.models import SessionCreate, UserCreate
from weft.wire.http import CollaboratorOrder, DashboardOrder

WEFT = [sys.executable, "-m", "cluster.command_line"]
TEXT = ["config", "text"]
START_SECONDS = 120.0
LOOK_AGAIN_SECONDS = 0.2
PATIENCE_SECONDS = 60.0  # a bound for tests that fail; nothing waits for it to pass
ALPHABET = 'abc XYZ\n"\\äßλж漢字🙂👩‍👩‍👧‍👦e\u0301\u200f\u2028'


def weft_command(
    *words: str,
    timeout: float = PATIENCE_SECONDS,
    environment: dict[str, str] | None = None,
    prefix: Sequence[str] = (),
) -> tuple[int, dict[str, Any]]:
    """Exit code and the one JSON object that it prints. `prefix`: of the host it runs on."""
    command = [*prefix, *WEFT, *words, "--json"]
    around = {**os.environ, **(environment or {})}
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=timeout, check=False, env=around
    )
    [line] = done.stdout.splitlines()
    return done.returncode, json.loads(line)


@dataclass
class RunningSystem:
    """`weft up` on one directory; started again, it has the same ports."""

    data_dir: Path
    options: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    ready: dict[str, Any] = field(default_factory=dict)
    process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        ports = [self._port("ws"), self._port("http")]
        options = ["--data-dir", str(self.data_dir), "--ws-port", ports[0], "--http-port", ports[1]]
        with (self.data_dir.parent / "up.log").open("a") as log:
            self.process = subprocess.Popen(
                [*WEFT, "up", "--json", *options, *self.options],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env={**os.environ, "WEFT_TRACE_SHARE": "1", **self.environment},
            )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        self.ready = json.loads(line or "{}")
        assert self.ready.get("ready"), (line, (self.data_dir.parent / "up.log").read_text())

    def end(self, number: signal.Signals) -> int:
        """Send the signal; the exit code."""
        assert self.process is not None
        assert self.process.stdout is not None
        self.process.send_signal(number)
        code = self.process.wait(PATIENCE_SECONDS)
        self.process.stdout.close()
        return code

    def kill_actor(self, role: str) -> None:
        """`kill -9` of the process of the one owner, or gateway."""
        os.kill(self.actor_pid(role), signal.SIGKILL)

    def actor_pid(self, role: str) -> int:
        """The process of the one owner, or gateway."""
        assert self.process is not None
        below = descendants(self.process.pid)
        [pid] = [pid for pid, title in below.items() if title.startswith(f"ray::{role}")]
        return pid

    def actor_log(self, role: str) -> list[dict[str, Any]]:
        """What the one owner, or gateway, has logged in its present life."""
        stderr = Path(f"/proc/{self.actor_pid(role)}/fd/2").resolve()
        return [json.loads(line) for line in stderr.read_text().splitlines() if line[:1] == "{"]

    async def until_ready(self) -> None:
        """Until Ray has brought back who was killed: nothing else can tell."""
        async with asyncio.timeout(PATIENCE_SECONDS), httpx.AsyncClient() as http:
            while True:
                with suppress(httpx.TransportError):
                    if (await http.get(self.ready["http"] + "/ready")).is_success:
                        return
                await asyncio.sleep(LOOK_AGAIN_SECONDS)

    def admin(self) -> AdminClient:
        return AdminClient(self.ready["http"], self.ready["admin_key"])

    async def new_user(self, kind: str = "user") -> tuple[UUID, str]:
        """A user, and the token of a session of theirs."""
        name = f"{kind}-{uuid4()}"
        async with self.admin() as admin:
            user = await admin.users.create(UserCreate(email=f"{name}@example.org", username=name))
            return user.id, (await admin.sessions.open(SessionCreate(user_id=user.id))).token

    async def new_dashboard(self, owner_id: UUID, title: str) -> UUID:
        async with self.admin() as admin:
            order = DashboardOrder(owner_id=owner_id, title=title)
            return (await admin.dashboards.create(order)).id

    def verify(self) -> list[dict[str, Any]]:
        """Every dashboard, by `weft verify`; fails if it finds a difference."""
        code, found = weft_command("verify", "--all", "--data-dir", str(self.data_dir))
        assert (code, found["ok"]) == (0, True), found
        dashboards: list[dict[str, Any]] = found["dashboards"]
        return dashboards

    def _port(self, name: str) -> str:
        return self.ready[name].rpartition(":")[2] if self.ready else "0"


class Desk:
    """One dashboard with one text, and the boards on it."""

    def __init__(self, system: RunningSystem, stack: AsyncExitStack) -> None:
        self.system = system
        self.dashboard_id = UUID(int=0)
        self.widget_id = ""
        self.stack = stack
        self._owner = UUID(int=0)

    async def prepare(self) -> Board:
        """The first board, which has made the text."""
        self._owner, token = await self.system.new_user("owner")
        self.dashboard_id = await self.system.new_dashboard(self._owner, "Desk")
        board = await self._join(token)
        position = {"x": 0, "y": 0, "width": 4, "height": 4}
        self.widget_id = board.add_widget(
            {"type": "text", "position": position, "config": {"text": ""}}
        )
        await board.saved(PATIENCE_SECONDS)
        return board

    async def token(self, role: str = "editor") -> str:
        """A session of a new user who may edit here."""
        user_id, token = await self.system.new_user()
        order = {"userId": str(user_id), "role": role, "isAccepted": True}
        async with self.system.admin() as admin:
            await admin.collaborators.invite(self.dashboard_id, CollaboratorOrder.from_wire(order))
        return token

    async def another(self) -> Board:
        return await self._join(await self.token())

    def text(self, board: Board) -> str:
        return str(board.document.value_at(self.widget_id, tuple(TEXT)))

    async def _join(self, token: str) -> Board:
        async with asyncio.timeout(PATIENCE_SECONDS):
            connecting = weft.connect(self.system.ready["ws"], token)
            client = await self.stack.enter_async_context(connecting)
            return await client.join(self.dashboard_id)


def a_trace(edits: int, seed: int = 1) -> Trace:
    """Typing, with slips and jumps, in many scripts; what it ends in is made by plain slicing."""
    chance = random.Random(seed)
    start = text = "Grüße, 世界 🌍"
    made = []
    for _ in range(edits):
        position = chance.randint(0, len(text))
        deleted = min(len(text) - position, chance.choice((0, 0, 0, 1, 2, 9)))
        inserted = "".join(chance.choices(ALPHABET, k=chance.choice((0, 1, 1, 1, 1, 5))))
        text = text[:position] + inserted + text[position + deleted :]
        made.append(Edit(position, deleted, inserted))
    return Trace(start, text, tuple(made))


def write_trace(trace: Trace, path: Path) -> Path:
    patches = [[edit.position, edit.deleted, edit.inserted] for edit in trace.edits]
    recorded = {
        "startContent": trace.start,
        "endContent": trace.end,
        "txns": [{"patches": [patch]} for patch in patches],
    }
    path.write_text(json.dumps(recorded))
    return path
