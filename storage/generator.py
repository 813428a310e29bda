"""Law 4, convergence, for made-up data: rows of a product in use, as if people had edited.

The logs are real histories: `weft verify` finds nothing to say about them, and dashboards open. A
few users share much; a few dashboards have most of the people, and with them most of the log; rows
of one dashboard lie far apart, as they do when many are edited at once. Pure: chance and time are
arguments.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import accumulate
from typing import Any, Final, Protocol, TypeAlias, TypeVar
from uuid import UUID

from storage.rows import empty_state
from weft.limits import CHECKPOINT_EVERY_VERSIONS

Row: TypeAlias = tuple[Any, ...]
Item = TypeVar("Item")

COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "users": ("id", "email", "username", "full_name", "created_at"),
    "operations": (
        "dashboard_id", "version", "replica_id", "sequence", "user_id", "client_version",
        "server_version", "operation_type", "target_id", "operation", "fingerprint", "created_at",
    ),
    "dashboards": (
        "id", "title", "description", "owner_id", "created_at", "updated_at", "is_public",
        "is_archived", "version", "settings", "layout",
    ),
    "dashboard_collaborators": (
        "dashboard_id", "user_id", "role", "invited_by", "invited_at", "accepted_at", "is_active",
    ),
    "widgets": (
        "dashboard_id", "id", "type", "title", "position", "config", "data", "created_at",
        "version",
    ),
    "checkpoints": ("dashboard_id", "version", "state", "operations_count", "created_at"),
    "replica_marks": ("dashboard_id", "replica_id", "sequence", "version", "fingerprint"),
}  # fmt: skip

WORDS: Final = (
    "revenue", "sales", "margin", "churn", "orders", "pipeline", "forecast", "quarterly",
    "weekly", "daily", "north", "south", "europe", "asia", "cloud", "latency", "errors", "uptime",
    "capacity", "disk", "network", "incident", "release", "sprint", "backlog", "roadmap",
    "hiring", "support", "tickets", "satisfaction", "campaign", "leads", "conversion", "traffic",
    "checkout", "warehouse", "shipping", "inventory", "returns", "supplier", "energy", "water",
    "solar", "plant", "machine", "sensor", "temperature", "pressure", "quality", "audit", "risk",
    "budget", "cash", "payroll", "invoice", "tax", "board", "overview", "report", "summary",
    "status", "review", "plan", "wall",
)  # fmt: skip
FEW_WIDGETS: Final = 3  # a dashboard begins with them
MANY_WIDGETS: Final = 12
WIDGET_TYPES: Final = ("text", "chart", "table", "image")
SKEW: Final = 0.6  # weight of the nth: n ** -SKEW


class Chance(Protocol):
    """What is used of random.Random."""

    def random(self) -> float: ...
    def getrandbits(self, k: int, /) -> int: ...
    def choices(
        self, population: Sequence[Item], *, cum_weights: Sequence[float], k: int
    ) -> list[Item]: ...


@dataclass(frozen=True, slots=True)
class Size:
    users: int = 2_000
    dashboards: int = 5_000
    collaborators: int = 50_000
    operations: int = 1_000_000
    checkpoint_every: int = CHECKPOINT_EVERY_VERSIONS


@dataclass(slots=True)
class Author:
    user_id: UUID
    replica_id: UUID
    sequence: int = 0
    version: int = 0  # of the newest submission


@dataclass(slots=True)
class Board:
    id: UUID
    owner_id: UUID
    first_title: str
    state: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    is_public: bool
    is_archived: bool
    authors: list[Author]
    version: int = 0
    checkpoints: list[Row] = field(default_factory=list)
    members: dict[UUID, Row] = field(default_factory=dict)


class Generator:
    """Take the tables in the order of COLUMNS: where the log led is known at its end."""

    def __init__(self, size: Size, chance: Chance, since: datetime, until: datetime) -> None:
        self._size = size
        self._chance = chance
        self._since = since
        self._until = until
        self._users = [self._uuid() for _ in range(size.users)]
        self._boards = [self._board() for _ in range(size.dashboards)]
        self._invite()

    def rows(self, table: str) -> Iterator[Row]:
        """Of one of COLUMNS, in the order of its columns; JSON as values."""
        rows: Iterator[Row] = getattr(self, f"_{table}_rows")()
        return rows

    def count(self, table: str) -> int | None:
        """How many rows `rows` will give, where it is known before."""
        size = self._size
        return {
            "users": size.users,
            "operations": size.operations,
            "dashboards": size.dashboards,
            "dashboard_collaborators": sum(len(board.members) for board in self._boards),
        }.get(table)

    def _users_rows(self) -> Iterator[Row]:
        for number, user_id in enumerate(self._users):
            name = f"user{number}"
            yield user_id, f"{name}@example.org", name, f"User {number}", self._since

    def _operations_rows(self) -> Iterator[Row]:
        size, weights = self._size.operations, _weights(len(self._boards))
        step = (self._until - self._since) / max(size, 1)
        boards = self._chance.choices(self._boards, cum_weights=weights, k=size)
        for number, board in enumerate(boards):
            yield self._edit(board, self._since + step * number)

    def _dashboards_rows(self) -> Iterator[Row]:
        for board in self._boards:
            state = board.state
            yield (
                board.id, state["title"], state["description"], board.owner_id, board.created_at,
                board.updated_at, board.is_public, board.is_archived, board.version,
                state["settings"], state["layout"],
            )  # fmt: skip

    def _dashboard_collaborators_rows(self) -> Iterator[Row]:
        for board in self._boards:
            yield from board.members.values()

    def _widgets_rows(self) -> Iterator[Row]:
        for board in self._boards:
            for widget_id, widget in board.state["widgets"].items():
                content = (widget[name] for name in ("type", "title", "position", "config", "data"))
                yield board.id, UUID(widget_id), *content, board.created_at, board.version

    def _checkpoints_rows(self) -> Iterator[Row]:
        for board in self._boards:
            yield board.id, 0, empty_state(board.first_title), 0, board.created_at
            yield from board.checkpoints
            if board.version % self._size.checkpoint_every:
                yield self._checkpoint(board)

    def _replica_marks_rows(self) -> Iterator[Row]:
        for board in self._boards:
            for author in board.authors:
                if author.version:
                    mark = (author.replica_id, author.sequence, author.version, bytes(16))
                    yield board.id, *mark

    # --- what is made up ------------------------------------------------------------------------

    def _board(self) -> Board:
        owner_id, title = self._pick(self._users), self._words(3).title()
        created_at = self._since + (self._until - self._since) * self._chance.random() * 0.01
        return Board(
            id=self._uuid(),
            owner_id=owner_id,
            first_title=title,
            state=empty_state(title),
            created_at=created_at,
            updated_at=created_at,
            is_public=self._chance.random() < 0.1,
            is_archived=self._chance.random() < 0.1,
            authors=[Author(owner_id, self._uuid())],
        )

    def _invite(self) -> None:
        users, boards = _weights(len(self._users)), _weights(len(self._boards))
        most = len(self._boards) * (len(self._users) - 1)  # everybody everywhere but the owner
        for _ in range(min(self._size.collaborators, most)):
            while True:
                (board,) = self._chance.choices(self._boards, cum_weights=boards, k=1)
                (user_id,) = self._chance.choices(self._users, cum_weights=users, k=1)
                if user_id != board.owner_id and user_id not in board.members:
                    break
            self._add_member(board, user_id)

    def _add_member(self, board: Board, user_id: UUID) -> None:
        role = self._pick(("viewer", "editor", "admin"))
        accepted_at = board.created_at if self._chance.random() < 0.9 else None
        is_active = self._chance.random() < 0.9
        invited = (role, board.owner_id, board.created_at, accepted_at, is_active)
        board.members[user_id] = (board.id, user_id, *invited)
        if role != "viewer" and accepted_at is not None:
            board.authors.append(Author(user_id, self._uuid()))

    def _edit(self, board: Board, at: datetime) -> Row:
        """One submission, committed: the row of the log. The board moves on."""
        author = self._pick(board.authors)
        board.version += 1
        board.updated_at = at
        author.sequence += 1
        author.version = board.version
        edit = self._change(board.state)
        if board.version % self._size.checkpoint_every == 0:
            board.checkpoints.append(self._checkpoint(board))
        target = edit.get("targetId")
        return (
            board.id, board.version, author.replica_id, author.sequence, author.user_id,
            board.version - 1, board.version - 1, edit["type"], target and UUID(target), [edit],
            bytes(16), at,
        )  # fmt: skip

    def _checkpoint(self, board: Board) -> Row:
        """As the board is now: records of widgets change in place, what is in them does not."""
        widgets = {id_: dict(widget) for id_, widget in board.state["widgets"].items()}
        before = board.checkpoints[-1][1] if board.checkpoints else 0
        state = {**board.state, "widgets": widgets}
        return board.id, board.version, state, board.version - before, board.updated_at

    def _change(self, state: dict[str, Any]) -> dict[str, Any]:
        """Change the state, and say by which operation."""
        widgets, dice = state["widgets"], self._chance.random()
        if len(widgets) < FEW_WIDGETS or (dice < 0.02 and len(widgets) < MANY_WIDGETS):
            widget_id, widget = str(self._uuid()), self._widget()
            widgets[widget_id] = widget
            return {"type": "addWidget", "targetId": widget_id, "value": dict(widget)}
        if dice < 0.05:
            return _update(state, "title", self._words(3).title())
        if dice < 0.08:
            return _update(state, "description", self._words(20))
        widget_id = self._pick(tuple(widgets))
        widget, number = widgets[widget_id], int(self._chance.random() * 1000)
        if dice < 0.6:
            value = {"x": number % 40, "y": number // 40}
            old = {name: widget["position"][name] for name in value}
            widget["position"] = {**widget["position"], **value}
            return {"type": "move", "targetId": widget_id, "value": value, "oldValue": old}
        old_number = widget["config"]["padding"]
        widget["config"] = {**widget["config"], "padding": number}
        path = ["config", "padding"]
        changed = {"path": path, "value": number, "oldValue": old_number}
        return {"type": "update", "targetId": widget_id, **changed}

    def _widget(self) -> dict[str, Any]:
        return {
            "type": self._pick(WIDGET_TYPES),
            "title": self._words(2).title(),
            "position": {"x": 0, "y": 0, "width": 4, "height": 2},
            "config": {"padding": 0},
            "data": {},
            "isLocked": False,
        }

    def _words(self, count: int) -> str:
        return " ".join(self._pick(WORDS) for _ in range(count))

    def _pick(self, items: Sequence[Item]) -> Item:
        return items[int(self._chance.random() * len(items))]

    def _uuid(self) -> UUID:
        return UUID(int=self._chance.getrandbits(128), version=4)


def _weights(count: int) -> list[float]:
    return list(accumulate((number + 1) ** -SKEW for number in range(count)))


def _update(state: dict[str, Any], name: str, value: str) -> dict[str, Any]:
    old, state[name] = state[name], value
    return {"type": "update", "path": [name], "value": value, "oldValue": old}
