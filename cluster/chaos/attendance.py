"""Law 8, presence is true: whom each client was told is there, and where, against who is.

By connection: two sockets are two. The truth changes with those who come, go and move, and for so
long as the law allows somebody may believe something else; while the cluster is being hit, for as
long as that lasts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from cluster.chaos.history import Event, History, What
from cluster.chaos.violation import Violation

TRUE_WITHIN_SECONDS = 10.0  # of somebody who has gone without a word; others are told sooner


class Whereabouts(NamedTuple):
    """Of one connection: whose it is, and its cursor as that client said it."""

    user_id: str
    cursor: dict[str, Any] | None


class Falsehood(NamedTuple):
    """What `client` was told was not so, from when to when."""

    client: str
    how: str
    since: float
    until: float


@dataclass(slots=True)
class Witness:
    """One client: where it is itself, and what it was told of everybody, itself included."""

    user_id: str
    connection: str | None = None
    is_in: bool = False
    cursor: dict[str, Any] | None = None
    told: dict[str, Whereabouts] = field(default_factory=dict)
    wrong: dict[str, tuple[float, str]] = field(default_factory=dict)  # since when, and how

    def follow(self, event: Event) -> bool:
        """Whether anything may have changed."""
        message = event.message
        match event.what, event.kind:
            case ((What.OPENED | What.CLOSED), _):
                self.connection, self.is_in = None, False
            case What.RECEIVED, "welcome":
                self.connection = message["connectionId"]
            case What.RECEIVED, "joined":
                self.is_in, self.cursor = self.connection is not None, None
                self.told = _roster(message.get("roster") or ())
            case (What.RECEIVED, "ended") | (What.SENT, "leave"):
                self.is_in = False
            case What.SENT, "presence":
                self.cursor = _said(message.get("cursor"))
            case What.RECEIVED, "roster":
                self.told = _roster(message["roster"])
            case What.RECEIVED, "presence":
                self.told |= _roster(message["changed"])
                for connection in message["left"]:
                    self.told.pop(connection, None)
            case _:
                return False
        return True


class Attendance:
    """`follow` events in order of time. `users`: of each client."""

    def __init__(self, users: Mapping[str, Any]) -> None:
        self.past: list[Falsehood] = []
        self._witnesses = {client: Witness(str(user_id)) for client, user_id in users.items()}
        self._truth: dict[str, Whereabouts] = {}
        self._names: dict[str, str] = {}  # of connections

    @property
    def is_true(self) -> bool:
        return not any(each.wrong for each in self._witnesses.values())

    def follow(self, event: Event) -> None:
        witness = self._witnesses[event.client]
        if not witness.follow(event):
            return
        before = self._truth
        self._truth = {
            each.connection: Whereabouts(each.user_id, each.cursor)
            for each in self._witnesses.values()
            if each.is_in and each.connection is not None
        }
        if witness.connection is not None:
            self._names[witness.connection] = event.client
        changed = {
            connection
            for connection in before.keys() | self._truth.keys()
            if before.get(connection) != self._truth.get(connection)
        }
        for client in self._witnesses:
            self._compare(client, changed, event.at)

    def end(self, at: float) -> None:
        for client, witness in self._witnesses.items():
            for connection in list(witness.wrong):
                self._over(client, connection, at)

    def _compare(self, client: str, changed: set[str], at: float) -> None:
        witness, truth = self._witnesses[client], self._truth
        seen = truth.keys() | witness.told.keys() if witness.is_in else set()
        wrong = {each for each in seen if witness.told.get(each) != truth.get(each)}
        for connection in list(witness.wrong):
            if connection not in wrong or connection in changed:
                self._over(client, connection, at)
        for connection in wrong:
            witness.wrong.setdefault(connection, (at, self._how(client, connection)))

    def _how(self, client: str, connection: str) -> str:
        name = self._names.get(connection, "somebody")
        if connection not in self._witnesses[client].told:
            return f"{client} is not told that {name} is there"
        if connection not in self._truth:
            return f"{client} is told of a connection of {name} that is gone"
        return f"{client} is told that {name} is elsewhere"

    def _over(self, client: str, connection: str, at: float) -> None:
        """Or something else is false of it now."""
        since, how = self._witnesses[client].wrong.pop(connection)
        self.past.append(Falsehood(client, how, since, at))


def _roster(entries: Iterable[dict[str, Any]]) -> dict[str, Whereabouts]:
    return {
        each["connectionId"]: Whereabouts(each["userId"], _said(each.get("cursor")))
        for each in entries
    }


def _said(cursor: dict[str, Any] | None) -> dict[str, Any] | None:
    """What was left out and what is null are the same."""
    return None if cursor is None else {k: v for k, v in cursor.items() if v is not None}


def presence(history: History) -> list[Violation]:
    attendance = Attendance(history.users)
    for event in history.events:
        attendance.follow(event)
    attendance.end(history.ended_at)
    found = []
    for each in attendance.past:
        seconds = each.until - max(each.since, history.calm_at)
        if seconds > TRUE_WITHIN_SECONDS:
            at = 0 if each.until == history.ended_at else each.until
            found.append(Violation(8, f"{each.how}, for {seconds:.1f} s", at, each.client))
    return found
