"""Are the laws kept? One question to a history per law; each answers with what contradicts it.

Sound rather than complete: what it reports did happen, whatever the clocks and the network did.
No I/O: histories made by hand are judged like recorded ones.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from cluster.chaos.attendance import presence
from cluster.chaos.history import Event, History, Row, What
from cluster.chaos.violation import Violation
from weft.ot import Document, apply, operation_from_json

WORD = re.compile(r"\[\w+:\d+\]")  # what editors type, each once
TOLD_WITHIN_SECONDS = 1.0  # law 6: who may not read any more is shown nothing after that
UNDECIDED = (
    "id_reused",
    "in_flight",
    "not_joined",
)  # refusals of a copy of what may have committed


def check(history: History) -> list[Violation]:
    """All that contradicts a law, the earliest first; what shows only at the end comes last."""
    replayed, broken = _replay(history)
    found = [
        *_one_writer(history),
        *_order(history),
        *_order_as_seen(history),
        *_durable_first(history),
        *_answers(history),
        *_exactly_once(history),
        *broken,
        *_snapshots(history, replayed),
        *_convergence(history, replayed[-1]),
        *_permission(history),
        *_reading(history),
        *presence(history),
    ]
    return sorted(found, key=lambda each: (each.at == 0, each.at))


# --- laws 1 and 5: the log -----------------------------------------------------------------------


def _one_writer(history: History) -> Iterator[Violation]:
    written = Counter(row.submission.version for row in history.rows)
    for version, times in written.items():
        if times > 1:
            why = f"version {version} was written {times} times"
            yield Violation(5, why, _written_at(history, version), version=version)


def _order(history: History) -> Iterator[Violation]:
    versions = sorted({row.submission.version for row in history.rows})
    for before, version in pairwise([0, *versions]):
        if version != before + 1:
            why = f"the log has version {version} after {before}"
            yield Violation(1, why, _written_at(history, version), version=version)
    newest = versions[-1] if versions else 0
    if history.head != newest:
        yield Violation(1, f"the head is {history.head}, the log ends at {newest}", 0)


def _order_as_seen(history: History) -> Iterator[Violation]:
    for events in history.by_client().values():
        newest: int | None = None  # None: not joined
        for event in events:
            if event.what is What.OPENED or event.kind == "ended":
                newest = None
            elif event.what is What.RECEIVED and event.kind == "joined":
                newest = event.message["version"]
            elif event.what is What.RECEIVED and event.kind == "committed":
                for submission in event.submissions:
                    version = submission["version"]
                    if newest is not None and version != newest + 1:
                        why = f"{event.client} was shown version {version} after {newest}"
                        yield Violation(1, why, event.at, event.client, version)
                    newest = version if newest is not None else None


# --- law 2: what was shown is in the log ---------------------------------------------------------


def _durable_first(history: History) -> Iterator[Violation]:
    rows = _rows_by_version(history)
    for event, submission in history.seen():
        version = submission["version"]
        row = rows.get(version)
        if row is None:
            why = f"{event.client} was shown version {version}, which the log does not have"
        elif not _is_same(row, submission):
            why = f"{event.client} was shown another version {version} than the log has"
        elif row.committed_at is not None and event.at < row.committed_at:
            early_ms = (row.committed_at - event.at) * 1000
            why = f"{event.client} was shown version {version} {early_ms:.1f} ms before its commit"
        else:
            continue
        yield Violation(2, why, event.at, event.client, version)


def _answers(history: History) -> Iterator[Violation]:
    """What a replica is told of its own submissions: `acknowledged`, `joined`, `rejected`."""
    by_version = _rows_by_version(history)
    ids = {_id(row): row for row in history.rows}
    replica_of: dict[str, str] = {}  # of each client, now
    for event in history.events:
        if event.what is What.SENT and event.kind == "join":
            replica_of[event.client] = event.message["replicaId"]
        replica = replica_of.get(event.client)
        if event.what is not What.RECEIVED or replica is None:
            continue
        match event.message:
            case {"type": "acknowledged", "sequence": sequence, "version": version}:
                pass
            case {"type": "joined", "lastSequence": sequence, "lastVersion": version} if version:
                pass
            case {"type": "rejected", "sequence": sequence, "retry": "never", "code": str(code)}:
                row = ids.get((replica, sequence))
                if row is not None and code not in UNDECIDED:
                    version = row.submission.version
                    why = f"{event.client} was refused {sequence} ({code}), committed as {version}"
                    yield Violation(7, why, event.at, event.client, version)
                continue
            case _:
                continue
        row = by_version.get(version)
        if row is None or _id(row) != (replica, sequence):
            why = f"{event.client} was told that its {sequence} is version {version}, and it is not"
            yield Violation(2, why, event.at, event.client, version)


# --- law 3 ---------------------------------------------------------------------------------------


def _exactly_once(history: History) -> Iterator[Violation]:
    first: dict[tuple[str, int], int] = {}
    for row in history.rows:
        version = row.submission.version
        before = first.setdefault(_id(row), version)
        if before != version:
            why = f"submission {_id(row)} has committed as {before} and again as {version}"
            yield Violation(3, why, row.committed_at or 0, version=version)
    typed: dict[str, int] = {}
    for row in history.rows:
        version = row.submission.version
        for word in _words(row):
            if word in typed:
                why = f"{word} was typed once and committed in {typed[word]} and in {version}"
                yield Violation(3, why, row.committed_at or 0, version=version)
            typed[word] = version
    for ending in history.endings:
        missing = sorted(ending.saved_words - typed.keys()) if ending.at_rest else []
        if missing:
            why = f"{ending.client} has saved {len(missing)} words that are gone: {missing[:5]}"
            yield Violation(3, why, 0, ending.client)


def _words(row: Row) -> list[str]:
    return [
        word
        for operation in row.submission.operations
        if operation["type"] == "insert" and isinstance(operation["value"], str)
        for word in WORD.findall(operation["value"])
    ]


# --- law 4 ---------------------------------------------------------------------------------------


def _replay(history: History) -> tuple[list[Document], list[Violation]]:
    """The document at each version, as far as the log can be applied, and why no further."""
    documents = [history.start]
    for row in history.rows:
        if row.submission.version != len(documents):
            break  # which law 1 or 5 has told of
        try:
            operations = [operation_from_json(each, True) for each in row.submission.operations]
            documents.append(apply(documents[-1], operations, within_limits=False))
        except Exception as error:  # noqa: BLE001  (whatever the log holds, say where)
            why = f"version {row.submission.version} cannot be applied: {error!r}"
            version = row.submission.version
            return documents, [Violation(16, why, row.committed_at or 0, version=version)]
    return documents, []


def _snapshots(history: History, replayed: list[Document]) -> Iterator[Violation]:
    for event in history.events:
        snapshot = event.message.get("snapshot") if event.what is What.RECEIVED else None
        if not snapshot or snapshot["version"] >= len(replayed):
            continue
        if Document.from_json(snapshot["state"]) != replayed[snapshot["version"]]:
            version = snapshot["version"]
            why = f"the snapshot that {event.client} was given is not version {version}"
            yield Violation(4, why, event.at, event.client, version)


def _convergence(history: History, replayed: Document) -> Iterator[Violation]:
    for ending in history.endings:
        if not ending.at_rest:
            why = f"{ending.client} does not come to rest ({ending.pending} edits pending)"
        elif ending.version != history.head:
            why = f"{ending.client} rests at version {ending.version} of {history.head}"
        elif ending.document != replayed:
            why = f"{ending.client} shows another document than the log makes"
        else:
            continue
        yield Violation(4, why, 0, ending.client, ending.version)
    if history.difference is not None:
        yield Violation(4, f"rows and checkpoints: {history.difference}", 0)


# --- law 6 ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ban:
    """From when to when a user could certainly not write (and, `reads` False, not read)."""

    user_id: str
    since: float
    until: float
    reads: bool


def bans(history: History) -> list[Ban]:
    """A change counts from its answer on, at the latest; the next from its call on, at the
    earliest."""
    found = []
    for user_id in {change.user_id for change in history.changes}:
        changes = [change for change in history.changes if change.user_id == user_id]
        changes.sort(key=lambda change: change.called_at)
        ends = [*(change.called_at for change in changes[1:]), float("inf")]
        for change, until in zip(changes, ends, strict=True):
            if change.returned_at is not None and change.role in (None, "viewer"):
                reads = change.role is not None
                found.append(Ban(str(user_id), change.returned_at, until, reads))
    return found


def _permission(history: History) -> Iterator[Violation]:
    for ban in bans(history):
        for row in history.rows:
            at, version = row.committed_at, row.submission.version
            is_theirs = str(row.submission.user_id) == ban.user_id
            if is_theirs and at is not None and ban.since < at < ban.until:
                late_ms = (at - ban.since) * 1000
                why = f"version {version} committed {late_ms:.0f} ms after its author's revocation"
                yield Violation(6, why, at, version=version)


def _reading(history: History) -> Iterator[Violation]:
    rows = _rows_by_version(history)
    names = {str(user_id): client for client, user_id in history.users.items()}
    for ban in bans(history):
        if ban.reads:
            continue
        for event, submission in history.seen():
            row = rows.get(submission["version"])
            at = None if row is None else row.committed_at
            is_theirs = event.client == names.get(ban.user_id) and event.at < ban.until
            if is_theirs and at is not None and at > ban.since + TOLD_WITHIN_SECONDS:
                why = f"{event.client} may not read, and was shown {submission['version']}"
                yield Violation(6, why, event.at, event.client, submission["version"])


# --- rows ----------------------------------------------------------------------------------------


def _rows_by_version(history: History) -> dict[int, Row]:
    return {row.submission.version: row for row in history.rows}


def _id(row: Row) -> tuple[str, int]:
    return str(row.submission.replica_id), row.submission.sequence


def _is_same(row: Row, shown: dict[str, Any]) -> bool:
    logged = row.submission
    return (
        (shown["replicaId"], shown["sequence"]) == _id(row)
        and shown["userId"] == str(logged.user_id)
        and shown["baseVersion"] == logged.base_version
        and shown["operations"] == list(logged.operations)
    )


def _written_at(history: History, version: int) -> float:
    times = [row.committed_at or 0.0 for row in history.rows if row.submission.version == version]
    return max(times, default=0.0)


def events_about(history: History, violation: Violation) -> list[Event]:
    """Those that name its version, or are of its client."""
    found = []
    for event in history.events:
        versions = {each["version"] for each in event.submissions}
        is_about = bool(violation.version) and violation.version in versions
        if is_about or (violation.client and event.client == violation.client):
            found.append(event)
    return found
