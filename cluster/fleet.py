"""Which owners and gateways there should be, and what to do about the difference: a heart, fed with
what Ray tells.

Every node with a CPU has its gateways, and owners by its CPUs. A name says which node it is for and
is never given to another one, so that a node that was cut off and comes back meets nobody of
its names; and whoever looks first needs to remember nothing to know who is missing. A node that is
gone is gone with all that was on it; PostgreSQL's fence keeps law 5 whatever is left there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

OWNER, GATEWAY = "owner", "gateway"
TAG_LETTERS = 8  # of a node's id, in the names of who is on it
LOST_AFTER_SECONDS = 60.0  # Ray brings an actor back in two; one away for so long will not come
RETRY_AFTER_SECONDS = 5.0  # one that does not start is not started again at once


class Condition(Enum):
    WELL = "well"
    AWAY = "away"  # it does not answer; Ray restarts who has died
    ENDED = "ended"  # it did not start, or Ray has given it up


@dataclass(frozen=True, slots=True)
class Node:
    """`tag`: what tells its members' names apart from those of other nodes; may be empty when there
    is no other. `address`: where other nodes reach it.
    """

    node_id: str
    tag: str
    address: str
    cpus: int


@dataclass(frozen=True, slots=True)
class Shape:
    """How many on each node. `owners` None: one for each CPU but one, which is the gateway's."""

    owners: int | None
    gateways: int

    def owners_on(self, node: Node) -> int:
        return max(1, node.cpus - 1) if self.owners is None else self.owners


@dataclass(frozen=True, slots=True)
class Post:
    """`number`: of those of its role on its node."""

    name: str
    role: str
    node: Node
    number: int


@dataclass(frozen=True, slots=True)
class Start:
    post: Post


@dataclass(frozen=True, slots=True)
class Forget:
    """It has no node any more, or it is beyond help: Ray shall not bring it back."""

    name: str


Instruction = Start | Forget


@dataclass(slots=True)
class FleetKeeper:
    """`look` from time to time; carry out what it says before the next look."""

    shape: Shape
    _started_at: dict[str, float] = field(default_factory=dict)
    _away_since: dict[str, float] = field(default_factory=dict)

    def look(
        self, nodes: Sequence[Node], members: Mapping[str, Condition], now: float
    ) -> list[Instruction]:
        """`nodes`: those that live. `members`: those that Ray knows. `now`: seconds."""
        wanted = {post.name: post for node in nodes for post in posts(self.shape, node)}
        away = {name for name, found in members.items() if found is Condition.AWAY}
        self._away_since = {name: self._away_since.get(name, now) for name in away}
        self._started_at = {name: at for name, at in self._started_at.items() if name in wanted}
        done: list[Instruction] = [
            Forget(name)
            for name, condition in members.items()
            if name not in wanted or self._is_beyond_help(name, condition, now)
        ]
        missing = [post for name, post in wanted.items() if name not in members]
        done += [Start(post) for post in missing if self._may_start(post.name, now)]
        return done

    def _may_start(self, name: str, now: float) -> bool:
        if now - self._started_at.get(name, float("-inf")) < RETRY_AFTER_SECONDS:
            return False
        self._started_at[name] = now
        return True

    def _is_beyond_help(self, name: str, condition: Condition, now: float) -> bool:
        if condition is Condition.ENDED:
            return True
        return now - self._away_since.get(name, now) > LOST_AFTER_SECONDS


def posts(shape: Shape, node: Node) -> list[Post]:
    """Owners first. None on a node without a CPU: a head of a Ray that is to do nothing else."""
    if node.cpus < 1:
        return []
    numbers = {OWNER: shape.owners_on(node), GATEWAY: shape.gateways}
    return [
        Post(_name(role, node.tag, number), role, node, number)
        for role, count in numbers.items()
        for number in range(count)
    ]


def _name(role: str, tag: str, number: int) -> str:
    return f"{role}-{tag}-{number}" if tag else f"{role}-{number}"
