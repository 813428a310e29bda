"""Law 3, exactly once: by id, by what was typed, and by what was sent under the id."""

import re
from collections.abc import Iterator

from actors.fingerprint import fingerprint
from cluster.chaos.history import History, Row, What
from cluster.chaos.violation import Violation

WORD = re.compile(r"\[\w+:\d+\]")  # what editors type, each once


def exactly_once(history: History) -> Iterator[Violation]:
    first: dict[tuple[str, int], int] = {}
    typed: dict[str, int] = {}
    for row in history.rows:
        before = first.setdefault(row.id, row.version)
        if before != row.version:
            why = f"submission {row.id} has committed as {before} and again as {row.version}"
            yield Violation(3, why, row.committed_at or 0, version=row.version)
        for word in words(row):
            if word in typed:
                why = f"{word} was typed once and committed in {typed[word]} and in {row.version}"
                yield Violation(3, why, row.committed_at or 0, version=row.version)
            typed[word] = row.version
    for ending in history.endings:
        missing = sorted(ending.saved_words - typed.keys()) if ending.at_rest else []
        if missing:
            why = f"{ending.client} has saved {len(missing)} words that are gone: {missing[:5]}"
            yield Violation(3, why, 0, ending.client)


def words(row: Row) -> list[str]:
    """That its author wrote: into text, into a list, or as a value."""
    return [
        word
        for operation in row.submission.operations
        if operation["type"] in ("insert", "update")
        for text in _texts(operation.get("value"))
        for word in WORD.findall(text)
    ]


def _texts(value: object) -> list[str]:
    found = value if isinstance(value, list) else [value]
    return [each for each in found if isinstance(each, str)]


def sent_first(history: History) -> Iterator[Violation]:
    """A row is what its author had sent under this id before: not made up, not another's."""
    sent: dict[tuple[str, int], list[tuple[float, bytes]]] = {}
    replica_of: dict[str, str] = {}
    for event in history.events:
        if event.what is not What.SENT:
            continue
        if event.kind == "join":
            replica_of[event.client] = event.message["replicaId"]
        elif event.kind == "submit" and event.client in replica_of:
            digest, _ = fingerprint(event.message["baseVersion"], event.message["operations"])
            submission_id = (replica_of[event.client], event.message["sequence"])
            sent.setdefault(submission_id, []).append((event.at, digest))
    for row in history.rows:
        copies = sent.get(row.id, [])
        committed_at = row.committed_at or float("inf")
        if not copies:
            why = f"version {row.version} is {row.id}, which nobody has sent"
        elif all(digest != row.submission.fingerprint for _, digest in copies):
            why = f"version {row.version} is {row.id}, under which something else was sent"
        elif min(at for at, _ in copies) > committed_at:
            why = f"version {row.version} is {row.id}, which was sent after its commit"
        else:
            continue
        yield Violation(3, why, row.committed_at or 0, version=row.version)


def last_sequences(history: History) -> Iterator[Violation]:
    """Who joins is told the newest of its own that has committed: else it sends that again."""
    replica_of: dict[str, str] = {}
    for event in history.events:
        if event.what is What.SENT and event.kind == "join":
            replica_of[event.client] = event.message["replicaId"]
        if event.what is not What.RECEIVED or event.kind != "joined":
            continue
        replica, version = replica_of.get(event.client), event.message["version"]
        own = [row.id[1] for row in history.rows if row.version <= version and row.id[0] == replica]
        newest, told = max(own, default=0), event.message["lastSequence"]
        if told != newest:
            why = f"{event.client} was told that its newest is {told}, and it is {newest}"
            yield Violation(3, why, event.at, event.client, version)
