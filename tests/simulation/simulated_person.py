"""Somebody who edits: a real connection heart and a real replica, and what a page around them does.

Holds what it is shown against what it was told (the view changes only by what is told, and by just
that), and keeps a ledger of markers: edits that nobody else can touch, so each must arrive once.
"""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from tests.ot.generator import WIDGETS, make_operations
from tests.simulation.registers import PATH, Written
from tests.simulation.simulated_gateway import Socket
from tests.simulation.simulated_network import CUT
from weft.client.connection import Connection
from weft.client.editing import Editing
from weft.client.events import (
    ConnectionEvent,
    FrameReceived,
    ReplicaWaited,
    SocketClosed,
    SocketOpened,
)
from weft.client.instructions import (
    CloseSocket,
    ConnectionInstruction,
    Fail,
    Finish,
    Notify,
    OpenSocket,
    ReplicaInstruction,
    Report,
    SendFrame,
    Show,
    Tell,
    WaitFor,
)
from weft.client.notices import Notice
from weft.client.replica import Replica
from weft.client.status import State
from weft.errors import OperationError
from weft.ot import Document, Operations, apply

if TYPE_CHECKING:
    from tests.simulation.simulated_world import World

LEDGER = "00000000-0000-4000-8000-0000000000ed"
SETTLED = (State.SAVED, State.CONFLICT)


@dataclass
class Marks:
    """What became of the markers, as far as their author knows."""

    pending: set[str]
    saved: set[str]
    lost: set[str]  # the author was told


class Person:
    def __init__(self, world: "World", name: str, user_id: UUID) -> None:
        self.world = world
        self.name = name
        self.user_id = user_id
        self.marks = Marks(set(), set(), set())
        self.opening = False  # a socket was asked for
        self.waiting = False  # the replica has asked to be woken
        self.socket: Socket | None = None
        self.checked_version: int | None = None
        self.life = 0  # of its copy of the dashboard
        self._sockets = 0
        self._news: list[Show] = []
        self._open(self._new_replica())

    # --- a page ---------------------------------------------------------------------------------

    def _new_replica(self) -> Replica:
        replica_id = UUID(int=self.world.random.getrandbits(128), version=4)
        return Replica(self.world.dashboard_id, replica_id, self.world.random.random)

    def _open(self, replica: Replica) -> None:
        self.replica = replica
        self.life += 1
        self.editing = Editing(replica, self._carry_for)
        self.connection = Connection(self.world.random.random, "simulation")
        self.checked_version = None
        self.waiting = False
        self._carry(self.connection.open())
        self._carry(self.connection.add(replica))

    def reload(self, *, remembers: bool) -> None:
        """Load the page again. One that does not remember begins as a new replica."""
        if self.socket is not None:
            self.socket.to_server.end(self.world.random)
            self.socket.to_client.silence()
            self.socket = None
        if remembers and self.replica.version is not None:
            stored = json.loads(json.dumps(self.replica.to_json()))
            self._open(Replica.from_json(stored, self.world.random.random))
        else:
            self.marks.pending.clear()
            self._open(self._new_replica())
        self.world.note(f"{self.name} loads the page again, remembers: {remembers}")

    # --- the socket -----------------------------------------------------------------------------

    def open_socket(self) -> None:
        self.opening = False
        self._sockets += 1
        self.socket = self.world.random.choice(self.world.gateways).accept(self, self._sockets)
        self._handle(SocketOpened("token"))

    def wake(self) -> None:
        self.waiting = False
        self._handle(ReplicaWaited(self.world.dashboard_id))

    def hear(self, socket: Socket, message: Any) -> None:
        if socket is not self.socket:
            return
        if message is CUT or isinstance(message, int):
            self.socket = None
            socket.leave()
            self._handle(SocketClosed(None if message is CUT else message))
        else:
            self.world.count(message)
            self._handle(FrameReceived(message))

    def _handle(self, event: ConnectionEvent) -> None:
        before = self.replica.document
        self._news.clear()
        self._carry(self.connection.handle(event))
        self._check_what_is_shown(before)

    def _check_what_is_shown(self, before: Document) -> None:
        now = self.replica.document
        if now is before or any(show.origin == "snapshot" for show in self._news):
            return
        told: Operations = tuple(op for show in self._news for op in show.operations)
        shown = apply(before, told, within_limits=False)
        self.world.require(shown == now, 4, f"{self.name}: the view has jumped")

    # --- orders ---------------------------------------------------------------------------------

    def _carry_for(self, instructions: list[ReplicaInstruction]) -> None:
        self._carry(self.connection.carry(self.replica, instructions))

    def _carry(self, instructions: list[ConnectionInstruction]) -> None:
        for instruction in instructions:
            match instruction:
                case SendFrame(frame):
                    if self.socket is not None:
                        self.socket.to_server.send(frame)
                case OpenSocket():
                    self.opening = True
                case CloseSocket():
                    if self.socket is not None:
                        self.socket.leave()
                        self.socket = None
                case WaitFor():
                    self.waiting = True
                case Tell(_, Show() as show):
                    self._news.append(show)
                    self.life += show.origin == "snapshot"
                case Tell(_, Notify(notice)):
                    self.world.counts[f"{notice.loss} {notice.reason}"] += 1
                    self._lose(markers_in(notice.operations))
                    if notice.loss == "superseded" and is_of_register(notice):
                        self.world.registers.told.add(cast("str", notice.lost_value))
                case Tell(_, Report(error)):
                    self.world.require(False, 4, f"{self.name} has to start afresh: {error!r}")
                case Tell(_, Finish(error)) | Fail(error):
                    self.world.require(False, 7, f"{self.name} was refused for good: {error!r}")

    # --- edits ----------------------------------------------------------------------------------

    def edit(self) -> None:
        if self.replica.version is None:
            return
        chance = self.world.random.random()
        try:
            if chance < 0.2:
                self._mark()
            elif chance < 0.3:
                self._type()
            elif chance < 0.36:
                self._write_register()
            elif chance < 0.4:
                with self.editing.batch():
                    self._edit_at_random(3)
                    self._mark()
            else:
                self._edit_at_random(2)
        except OperationError as error:
            self.world.require(error.code == "limit_exceeded", 16, f"{self.name}: {error!r}")

    def _mark(self) -> None:
        marker = self.world.next_marker()
        self.marks.pending.add(marker)
        self.editing.set(LEDGER, ("data", marker), self.name)

    def _type(self) -> None:
        """A word that occurs once, wherever there is a text."""
        text = self.replica.document.value_at(LEDGER, ("config", "text"))
        position = self.world.random.randint(0, len(text))
        self.editing.insert(LEDGER, ("config", "text"), position, self.world.next_word())

    def _write_register(self) -> None:
        shown = self.replica.document.value_at(LEDGER, ("config",)).get("register")
        value = self.world.next_value()
        self.world.registers.written[value] = Written(self, self.life, shown)
        self.editing.set(LEDGER, PATH, value)

    def _edit_at_random(self, most: int) -> None:
        random, document = self.world.random, self.replica.document
        here = [widget_id for widget_id in WIDGETS if widget_id in document]
        focus = (None, random.choice(("title", "settings", "layout")))
        if here and random.random() < 0.8:
            fields = ("title", "position", "config", "config", "data", "data")
            focus = (random.choice(here), random.choice(fields))
        self.editing.edit(*make_operations(random, document, random.randint(1, most), focus))

    def close_batch(self) -> None:
        self._carry_for(self.replica.close_batch())

    def settle_a_notice(self) -> None:
        """Make the lost edit again, or be content."""
        notices = [each for each in self.editing.notices() if not is_of_register(each)]
        if not notices:
            return
        notice = self.world.random.choice(notices)
        again = {m for m in markers_in(notice.operations) if m in self.marks.lost}
        if self.world.happens(0.5):
            try:
                self.editing.restore(notice)
            except OperationError:
                return  # its place has gone
            self.marks.lost -= again
            self.marks.pending |= again
            self.world.note(f"{self.name} restores {notice.loss} ({notice.reason})")
        else:
            self.editing.dismiss(notice)

    def _lose(self, markers: set[str]) -> None:
        self.marks.pending -= markers
        self.marks.lost |= markers

    @property
    def is_settled(self) -> bool:
        return self.replica.status.state in SETTLED


def is_of_register(notice: Notice) -> bool:
    return any((op.target_id, op.path) == (LEDGER, PATH) for op in notice.operations)


def markers_in(operations: Operations) -> set[str]:
    return {op.path[1] for op in operations if op.target_id == LEDGER and op.path[0] == "data"}
