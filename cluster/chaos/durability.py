"""Law 2, durable first: whatever a client was shown or told is in the log, as it is there, and was
when it was told. And law 7 where it meets this: what was refused for good has not committed.
"""

from collections.abc import Iterator
from typing import Any

from cluster.chaos.history import Event, History, Row, What
from cluster.chaos.violation import Violation

UNDECIDED = (
    "id_reused",
    "in_flight",
    "not_joined",
)  # refusals of a copy of what may have committed


def durable_first(history: History) -> Iterator[Violation]:
    """Of each submission that somebody was shown."""
    rows = history.by_version()
    for event, submission in history.seen():
        version = submission["version"]
        row = rows.get(version)
        if row is None:
            why = f"{event.client} was shown version {version}, which the log does not have"
        elif not _is_same(row, submission):
            why = f"{event.client} was shown another version {version} than the log has"
        elif early := _early(event, row):
            why = f"{event.client} was shown version {version} {early} before its commit"
        else:
            continue
        yield Violation(2, why, event.at, event.client, version)


def durable_states(history: History) -> Iterator[Violation]:
    """Of each state, and each head, that somebody was told of."""
    rows = history.by_version()
    for event in history.events:
        for version in _states(event):
            row = rows.get(version)
            if version > 0 and row is None:
                why = f"{event.client} was told of a state {version}, which the log does not have"
            elif row is not None and (early := _early(event, row)):
                why = f"{event.client} was told of a state {version} {early} before its commit"
            else:
                continue
            yield Violation(2, why, event.at, event.client, version)


def _states(event: Event) -> set[int]:
    if event.what is not What.RECEIVED:
        return set()
    message = event.message
    match event.kind:
        case "joined":
            snapshot = message.get("snapshot")
            return {message["version"], *([snapshot["version"]] if snapshot else [])}
        case "snapshot":
            return {message["version"]}
        case "tail":
            return {message["headVersion"]}
    return set()


def answers(history: History) -> Iterator[Violation]:
    """What a replica is told of its own submissions: `acknowledged`, `joined`, `rejected`."""
    by_version = history.by_version()
    ids = {row.id: row for row in history.rows}
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
                    why = (
                        f"{event.client} was refused {sequence} ({code}), "
                        f"committed as {row.version}"
                    )
                    yield Violation(7, why, event.at, event.client, row.version)
                continue
            case _:
                continue
        row = by_version.get(version)
        if row is None or row.id != (replica, sequence):
            why = f"{event.client} was told that its {sequence} is version {version}, and it is not"
        elif early := _early(event, row):
            why = f"{event.client} was told of its {sequence} {early} before its commit"
        else:
            continue
        yield Violation(2, why, event.at, event.client, version)


def _is_same(row: Row, shown: dict[str, Any]) -> bool:
    logged = row.submission
    return (
        (shown["replicaId"], shown["sequence"]) == row.id
        and shown["userId"] == str(logged.user_id)
        and shown["baseVersion"] == logged.base_version
        and shown["operations"] == list(logged.operations)
    )


def _early(event: Event, row: Row) -> str:
    """How much, in words; empty: it was not."""
    if row.committed_at is None or event.at >= row.committed_at:
        return ""
    return f"{(row.committed_at - event.at) * 1000:.1f} ms"
