"""Histories made by hand: two editors on one dashboard, one frame and one row at a time."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from actors.fingerprint import fingerprint
from cluster.chaos.checker import check
from cluster.chaos.history import Change, Ending, Event, History, Row, What
from storage.ports import LoggedSubmission
from weft.ot import Document, apply, operation_from_json

BOARD = UUID(int=1)
LEDGER = str(UUID(int=2))
ANN, BOB = UUID(int=10), UUID(int=11)  # users
REPLICAS = {"ann": UUID(int=20), "bob": UUID(int=21)}
USERS = {"ann": ANN, "bob": BOB}
COMMIT_SECONDS = 0.002
START = Document.from_json(
    {
        "title": "Sales",
        "widgets": {
            LEDGER: {
                "type": "text",
                "position": {"x": 0, "y": 0, "width": 4, "height": 2},
                "config": {"text": "", "items": []},
            }
        },
    }
)


class Told:
    """What happens, in order; `history` at the end. Time passes by 10 ms with everything."""

    def __init__(self) -> None:
        self.now = self.calm_at = 1000.0
        self.events: list[Event] = []
        self.rows: list[Row] = []
        self.changes: list[Change] = []
        self.typed: dict[str, list[str]] = {"ann": [], "bob": []}
        self.held: dict[str, int | None] = {"ann": None, "bob": None}  # versions
        self.join("ann", 0)
        self.join("bob", 0)

    def passes(self, seconds: float = 0.01) -> float:
        self.now += seconds
        return self.now

    def says(self, client: str, **message: Any) -> None:
        self.events.append(Event(self.passes(), client, What.SENT, message))

    def hears(self, client: str, **message: Any) -> None:
        self.events.append(Event(self.passes(), client, What.RECEIVED, message))

    def join(self, client: str, version: int, **more: Any) -> None:
        self.events.append(Event(self.passes(), client, What.OPENED))
        held = {} if self.held[client] is None else {"version": self.held[client]}
        self.says(client, type="join", replicaId=str(REPLICAS[client]), **held)
        answer = {"submissions": [], "lastSequence": 0, "lastVersion": 0, **more}
        self.hears(client, type="joined", version=version, **answer)
        self.held[client] = version

    def sends(self, client: str, sequence: int, **other: Any) -> dict[str, Any]:
        """One submission, on what is committed now."""
        operation = typing(other.pop("word", "") or f"[{client}:{sequence}]")
        sent = {"baseVersion": len(self.rows), "operations": [operation], **other}
        self.says(client, type="submit", sequence=sequence, **sent)
        return sent

    def logs(self, client: str, sequence: int, word: str = "", *, is_sent: bool = True) -> Row:
        """One submission is sent and committed, now; nobody has been shown it yet."""
        version = len(self.rows) + 1
        word = word or f"[{client}:{sequence}]"
        if is_sent:
            self.sends(client, sequence, word=word)
        operations = (typing(word),)
        digest, _ = fingerprint(version - 1, list(operations))
        logged = LoggedSubmission(
            version, REPLICAS[client], sequence, USERS[client], version - 1, operations, digest, 0
        )
        self.rows.append(Row(logged, self.passes() + COMMIT_SECONDS))
        return self.rows[-1]

    def shows(self, row: Row, *clients: str, **other: Any) -> None:
        for client in clients or ("ann", "bob"):
            self.hears(client, type="committed", submissions=[{**shown(row), **other}])
            self.held[client] = row.version

    def edits(self, client: str, sequence: int) -> Row:
        """The whole life of one edit."""
        self.typed[client].append(f"[{client}:{sequence}]")
        row = self.logs(client, sequence)
        self.shows(row)
        return row

    def role(self, user_id: UUID, role: str | None, answered: bool = True) -> None:
        called_at = self.passes()
        returned_at = self.passes() if answered else None
        self.changes.append(Change(user_id, role, called_at, returned_at))

    def history(self, **other: Any) -> History:
        document = START
        for row in self.rows:
            operations = [operation_from_json(each, True) for each in row.submission.operations]
            document = apply(document, operations)
        endings = tuple(
            Ending(name, len(self.rows), document, 0, True, frozenset(self.typed[name]))
            for name in USERS
        )
        made = History(
            BOARD,
            START,
            tuple(self.events),
            tuple(self.changes),
            tuple(self.rows),
            len(self.rows),
            endings,
            USERS,
            self.calm_at,
            self.now,
        )
        return replace(made, **other)


def typing(word: str) -> dict[str, Any]:
    """An operation: at the beginning of the ledger's text."""
    return {
        "type": "insert",
        "targetId": LEDGER,
        "path": ["config", "text"],
        "position": 0,
        "value": word,
    }


def shown(row: Row) -> dict[str, Any]:
    """A row as a frame shows it."""
    logged = row.submission
    return {
        "version": logged.version,
        "replicaId": str(logged.replica_id),
        "sequence": logged.sequence,
        "userId": str(logged.user_id),
        "baseVersion": logged.base_version,
        "operations": list(logged.operations),
        "at": logged.at_ms,
    }


def an_ordinary_day() -> Told:
    """Both edit, by turns."""
    told = Told()
    for sequence in (1, 2, 3):
        told.edits("ann", sequence)
        told.edits("bob", sequence)
    return told


def laws_broken(told: Told, **other: Any) -> set[int]:
    return {violation.law for violation in check(told.history(**other))}
