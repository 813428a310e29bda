"""Law 1, order, and law 5, one writer: of the log, and of what each client was shown of it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from cluster.chaos.history import Event, History, What
from cluster.chaos.violation import Violation


def one_writer(history: History) -> Iterator[Violation]:
    written = Counter(row.version for row in history.rows)
    for version, times in written.items():
        if times > 1:
            why = f"version {version} was written {times} times"
            yield Violation(5, why, history.committed_at(version), version=version)


def order(history: History) -> Iterator[Violation]:
    versions = sorted({row.version for row in history.rows})
    for before, version in pairwise([0, *versions]):
        if version != before + 1:
            why = f"the log has version {version} after {before}"
            yield Violation(1, why, history.committed_at(version), version=version)
    newest = versions[-1] if versions else 0
    if history.head != newest:
        yield Violation(1, f"the head is {history.head}, the log ends at {newest}", 0)


def order_as_seen(history: History) -> Iterator[Violation]:
    for events in history.by_client().values():
        yield from _as_seen_by(events)


def _as_seen_by(events: Sequence[Event]) -> Iterator[Violation]:
    """From what it held when it joined on, each version once and in turn."""
    newest: int | None = None  # that it holds; None: nobody knows
    for event in events:
        if event.what is What.OPENED or event.kind == "ended":
            newest = None
        elif event.what is What.SENT and event.kind == "join":
            newest = event.message.get("version")
        elif event.what is What.RECEIVED and event.kind == "snapshot":
            newest = event.message["version"]
        elif event.what is What.RECEIVED and event.message.get("snapshot"):
            newest = event.message["snapshot"]["version"]
        for submission in event.submissions:
            version = submission["version"]
            if newest is not None and version != newest + 1:
                why = f"{event.client} was shown version {version} after {newest}"
                yield Violation(1, why, event.at, event.client, version)
            newest = version if newest is not None else None
        if event.what is What.RECEIVED and event.kind == "joined":
            version = event.message["version"]
            if newest is not None and version != newest:
                why = f"{event.client} has joined at version {version}, and was shown {newest}"
                yield Violation(1, why, event.at, event.client, version)
            newest = version
