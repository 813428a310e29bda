"""Law 4, convergence: what clients show, what they were given as a whole, and what the tables hold
is what the log makes. And law 16: each row of it can be applied.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from cluster.chaos.history import Event, History, What
from cluster.chaos.violation import Violation
from weft.ot import Document, apply, operation_from_json


def replay(history: History) -> tuple[list[Document], list[Violation]]:
    """The document at each version, as far as the log can be applied, and why no further."""
    documents = [history.start]
    for row in history.rows:
        if row.version != len(documents):
            break  # which law 1 or 5 has told of
        try:
            operations = [operation_from_json(each, True) for each in row.submission.operations]
            documents.append(apply(documents[-1], operations, within_limits=False))
        except Exception as error:  # noqa: BLE001  (whatever the log holds, say where)
            why = f"version {row.version} cannot be applied: {error!r}"
            return documents, [Violation(16, why, row.committed_at or 0, version=row.version)]
    return documents, []


def snapshots(history: History, replayed: Sequence[Document]) -> Iterator[Violation]:
    """Each that was given as a whole, in `joined` or in parts before it."""
    for events in history.by_client().values():
        for event, version, state in _given(events):
            if version < len(replayed) and Document.from_json(state) != replayed[version]:
                why = f"the snapshot that {event.client} was given is not version {version}"
                yield Violation(4, why, event.at, event.client, version)


def _given(events: Sequence[Event]) -> Iterator[tuple[Event, int, Any]]:
    """(when it was complete, version, state). Parts come in order, from one socket."""
    parts: list[str] = []
    for event in events:
        if event.what is What.OPENED or event.kind == "ended":
            parts.clear()
        if event.what is not What.RECEIVED:
            continue
        if event.kind == "snapshot":
            if event.message["part"] == 1:
                parts.clear()
            parts.append(event.message["text"])
            if event.message["part"] == event.message["parts"] == len(parts):
                yield event, event.message["version"], json.loads("".join(parts))
        elif snapshot := event.message.get("snapshot"):
            yield event, snapshot["version"], snapshot["state"]


def convergence(history: History, replayed: Document) -> Iterator[Violation]:
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
