"""A world in one thread: real hearts, a real (memory) log, and a scheduler that is pure chance.

One seed is one history. After every step the laws are checked; at the end the troubles stop, all
that is late arrives, and everyone must have come to the same.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID

from actors.events import Fenced, MoveAsked, Ticked
from storage.memory_log import CommitFailure, MemoryLog, run_now
from storage.memory_tables import DashboardTable, MemoryTables, StoredRows
from storage.ports import LoggedSubmission, OwnerAddress
from storage.rows import encode_json
from tests.ot.generator import make_document
from tests.simulation.laws import LawBrokenError, Laws
from tests.simulation.registers import Registers
from tests.simulation.simulated_gateway import Gateway, Link
from tests.simulation.simulated_network import Channel
from tests.simulation.simulated_owner import Owner
from tests.simulation.simulated_person import LEDGER, Person
from weft.models.permission import Role
from weft.ot import Document
from weft.plugins.interface import Review

_KIND = re.compile(rb'"type":"(\w+)"')
_CODE = re.compile(rb'"code":"(\w+)"')
DASHBOARD = UUID("00000000-0000-4000-8000-0000000000db")
LEDGER_WIDGET: dict[str, Any] = {
    "type": "text",
    "position": {"x": 0, "y": 0, "width": 1, "height": 1},
    "config": {"text": ""},
}


@dataclass(frozen=True)
class Troubles:
    """How often each goes wrong, of a thousand steps, unless said otherwise."""

    cut_socket: float = 12
    cut_link: float = 5
    crash_owner: float = 4
    usurp: float = 4  # a second owner, while the first believes it is one
    stop_gateway: float = 2
    slow_reader: float = 2
    reload: float = 5
    repeat: float = 10  # a frame is sent twice
    late_commit: float = 5  # a statement of which nobody knew any more reaches the tables
    tick: float = 8  # time leaps
    move: float = 6  # an owner is asked to hand the dashboard to another
    commit_fails: float = 0.1  # of all commits
    directory_fails: float = 0.15  # of all questions to the directory
    lookup_fails: float = 0.05  # of all questions to the log
    too_frequent: float = 0.03  # of all submissions
    poison: float = 0.01  # of all submissions: the log refuses what is in them


@dataclass(frozen=True)
class Mutations:
    """What is broken on purpose, here in the shells; the hearts are broken by patching them."""

    acknowledge_early: bool = False


CALM = Troubles(**dict.fromkeys(Troubles.__dataclass_fields__, 0))


@dataclass
class World:
    seed: int
    people: int = 3
    troubles: Troubles = field(default_factory=Troubles)
    mutations: Mutations = field(default_factory=Mutations)
    state: dict[str, Any] | None = None  # of the dashboard at first; None: by chance
    review: Review | None = None  # what a plug-in has to say

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        self.dashboard_id = DASHBOARD
        self.now_ms = 0
        self.timeline: list[str] = []
        self.steps = 0
        self._names = Counter[str]()
        self.registers = Registers()
        self.counts = Counter[str]()  # what has happened how often, to know what is exercised
        state = self.state or make_document(self.random)
        state = {**state, "widgets": {**state["widgets"], LEDGER: LEDGER_WIDGET}}
        self.log = MemoryLog(tables_with(state))
        self.table = self.log.tables.dashboards[DASHBOARD]
        self.laws = Laws(self)
        self._poison: dict[tuple[UUID, int], bool] = {}
        self.roles: dict[UUID, Role] = {}
        self.links: list[Link] = []
        self.channels: list[Channel] = []
        self.gateways = [Gateway(self, "west"), Gateway(self, "east")]
        self.owners: list[Owner] = []
        self.holder: Owner | None = None  # of the dashboard's lock, in the directory
        self.persons: list[Person] = []
        for name in ("ann", "bob", "cem", "dot")[: self.people]:
            user_id = UUID(int=len(self.persons) + 1)
            self.roles[user_id] = "admin"  # editors may not unlock
            self.persons.append(Person(self, name, user_id))

    # --- what the inhabitants ask ---------------------------------------------------------------

    def happens(self, part: float) -> bool:
        return part > 0 and self.random.random() < part

    def note(self, line: str) -> None:
        self.timeline.append(f"{self.steps:5} {line}")

    def count(self, frame: bytes) -> None:
        """What the server says, by type and code."""
        kind, code = _KIND.search(frame), _CODE.search(frame)
        assert kind is not None
        name = kind[1].decode()
        if name == "joined" and b'"snapshot"' in frame:
            name = "joined by snapshot"
        self.counts[f"{name} {code[1].decode()}" if code else name] += 1

    def require(self, holds: bool, law: int, why: str) -> None:
        self.laws.require(holds, law, why)

    def is_poison(self, submission: LoggedSubmission) -> bool:
        """Once poison, always poison."""
        submission_id = (submission.replica_id, submission.sequence)
        if submission_id not in self._poison:
            self._poison[submission_id] = self.happens(self.troubles.poison)
        return self._poison[submission_id]

    def next_marker(self) -> str:
        self._names["marker"] += 1
        return f"m{self._names['marker']}"

    def next_value(self) -> str:
        self._names["value"] += 1
        return f"v{self._names['value']}"

    def next_word(self) -> str:
        self._names["word"] += 1
        return f"<{self._names['word']}>"

    # --- the directory --------------------------------------------------------------------------

    def find_owner(self) -> Owner | None:
        """The holder of the lock, else as a rule the newest; any, while nobody can be asked."""
        fails = self.happens(self.troubles.directory_fails)
        if self._holds_lock() is not None and not fails:
            return self.holder
        alive = [owner for owner in self.owners if owner.is_alive]
        if not alive and (self.troubles is CALM or self.happens(0.7)):
            return self.start_owner()
        if not alive:
            return None
        return self.random.choice(alive) if fails else alive[-1]

    def claim(self, owner: Owner) -> Owner:
        """Who holds the lock then; the one who asks, without it, when nobody can be asked."""
        if self.happens(self.troubles.directory_fails):
            return owner
        self.holder = self._holds_lock() or owner
        return self.holder

    def release(self, owner: Owner) -> None:
        if self.holder is owner:
            self.holder = None

    def hand_lock_over(self, heir: OwnerAddress) -> None:
        [self.holder] = [owner for owner in self.owners if owner.address == heir]
        self.note(f"the lock is {heir.owner_id}'s")

    def _holds_lock(self) -> Owner | None:
        """A lock is as alive as its owner."""
        return self.holder if self.holder is not None and self.holder.is_alive else None

    def start_owner(self) -> Owner:
        self._names["owner"] += 1
        owner = Owner(self, f"owner{self._names['owner']}")
        self.owners.append(owner)
        self.note(f"{owner.name} starts")
        return owner

    # --- time -----------------------------------------------------------------------------------

    def run(self, steps: int) -> None:
        """So many steps of troubles, then peace. Raises LawBrokenError."""
        try:
            for _ in range(steps):
                self._step()
            self.make_peace()
        except LawBrokenError:
            raise
        except Exception as fault:
            raise LawBrokenError(self, 10, f"a heart has failed: {fault!r}") from fault

    def _step(self) -> None:
        self.steps += 1
        self.now_ms += self.random.randint(0, 20)
        chance = self.random.random() * 1000
        for trouble, weight in self._weighted_troubles():
            chance -= weight
            if chance < 0:
                trouble()
                break
        else:
            self._live()
        self.laws.check()

    def _live(self) -> None:
        chance = self.random.random()
        if chance < 0.25:
            self.random.choice(self.persons).edit()
        elif chance < 0.28:
            self.random.choice(self.persons).settle_a_notice()
        else:
            self.progress()

    def progress(self, held: Sequence[Channel] = ()) -> bool:
        """One of all that could go on goes on, but not what is held; False: nothing could."""
        moves: list[Any] = [
            channel.deliver
            for channel in self._channels()
            if channel.messages and channel not in held
        ]
        for person in self.persons:
            if person.opening:
                moves.append(person.open_socket)
            if person.waiting:
                moves.append(person.wake)
        moves += [gateway.seek_on for gateway in self.gateways if gateway.seeking]
        for owner in self.owners:
            if owner.lookups:
                moves.append(owner.answer_a_lookup)
            if owner.has_work:
                moves.append(lambda owner=owner: self._work(owner))
        if moves:
            self.random.choice(moves)()
        return bool(moves)

    def _work(self, owner: Owner) -> None:
        failure = None
        if self.happens(self.troubles.commit_fails):
            failure = self.random.choice(list(CommitFailure))
        owner.work(failure)

    def _channels(self) -> list[Channel]:
        """Those that still carry, or may still carry, something."""
        self.channels = [each for each in self.channels if each.is_open or each.messages]
        return self.channels

    # --- troubles -------------------------------------------------------------------------------

    def _weighted_troubles(self) -> list[tuple[Any, float]]:
        troubles = self.troubles
        return [
            (self._cut_socket, troubles.cut_socket),
            (self._cut_link, troubles.cut_link),
            (self._crash_owner, troubles.crash_owner),
            (self._usurp, troubles.usurp),
            (self._stop_gateway, troubles.stop_gateway),
            (self._slow_reader, troubles.slow_reader),
            (self._reload, troubles.reload),
            (self._repeat, troubles.repeat),
            (self._late_commit, troubles.late_commit),
            (self._tick, troubles.tick),
            (self._move, troubles.move),
        ]

    def _cut_socket(self) -> None:
        sockets = [person.socket for person in self.persons if person.socket is not None]
        if sockets:
            socket = self.random.choice(sockets)
            self.note(f"{socket.name} is cut")
            socket.cut()

    def _cut_link(self) -> None:
        links = [link for link in self.links if link.to_owner.is_open]
        if links:
            link = self.random.choice(links)
            self.note(f"{link.to_owner.name} is cut")
            link.cut()

    def _crash_owner(self) -> None:
        alive = [owner for owner in self.owners if owner.is_alive]
        if alive:
            owner = self.random.choice(alive)
            self.note(f"{owner.name} crashes")
            owner.crash()
            for link in owner.links:
                link.to_owner.silence()
                link.to_gateway.end(self.random)

    def _usurp(self) -> None:
        """The directory has lost the lock, and names somebody new."""
        self.holder = None
        self.start_owner()

    def _move(self) -> None:
        hosts = [owner for owner in self.owners if owner.heart is not None]
        if not hosts:
            return
        host = self.random.choice(hosts)
        others = [owner for owner in self.owners if owner.is_alive and owner is not host]
        heir = self.random.choice(others) if others else self.start_owner()
        self.note(f"{host.name} is to hand over to {heir.name}")
        host.handle(MoveAsked(heir.address))

    def _stop_gateway(self) -> None:
        gateway = self.random.choice(self.gateways)
        self.note(f"{gateway.name} says goodbye")
        gateway.stop()

    def _slow_reader(self) -> None:
        sockets = [socket for gateway in self.gateways for socket in gateway.sockets]
        if sockets:
            socket = self.random.choice(sockets)
            socket.gateway.find_too_slow(socket)

    def _reload(self) -> None:
        self.random.choice(self.persons).reload(remembers=self.happens(0.8))

    def _repeat(self) -> None:
        channels = [
            socket.to_server
            for gateway in self.gateways
            for socket in gateway.sockets
            if socket.to_server.is_open and socket.to_server.messages
        ]
        if channels:
            messages = self.random.choice(channels).messages
            if '"submit"' in messages[-1]:
                messages.append(messages[-1])

    def _late_commit(self) -> None:
        self.log.deliver_late()

    def _tick(self) -> None:
        """Time leaps: checkpoints fall due, idle dashboards leave, fences are looked at."""
        self.now_ms += self.random.choice((1_000, 31_000, 61_000))
        for owner in self.owners:
            owner.handle(Ticked(self.now_ms))
            self._look_at_fence(owner)

    def _look_at_fence(self, owner: Owner) -> None:
        head = run_now(self.log.head(DASHBOARD))
        if owner.is_quiet and head is not None and head.epoch > owner.epoch:
            owner.handle(Fenced())

    # --- the end --------------------------------------------------------------------------------

    def make_peace(self) -> None:
        """Nothing goes wrong any more, and all that is late arrives; then the last checks."""
        self.troubles = CALM
        self.note("peace")
        self.log.failures.clear()
        self.log.deliver_late()
        self.come_to_rest()
        for owner in self.owners:
            self._look_at_fence(owner)
        self.come_to_rest()
        self.laws.check_at_rest()
        for person in self.persons:
            if person.socket is not None:
                person.socket.leave()
        self.come_to_rest()
        for _ in range(3):
            self.now_ms += 61_000
            for owner in self.owners:
                owner.handle(Ticked(self.now_ms))
            self.come_to_rest()
        self.laws.check_storage()

    def come_to_rest(self) -> None:
        """Until nothing is under way any more."""
        for _ in range(20_000):
            if not self.progress():
                return
            self.laws.check()
        self.require(False, 7, "the world does not come to rest")


def tables_with(state: dict[str, Any]) -> MemoryTables:
    """The rows of one dashboard and its checkpoint at version 0."""
    raw = encode_json(Document.from_json(state).to_json())
    rows = StoredRows(raw, dict.fromkeys(state["widgets"], 0))
    table = DashboardTable(UUID(int=1), rows)
    table.checkpoints[0] = (raw, 0)
    return MemoryTables(dashboards={DASHBOARD: table})
