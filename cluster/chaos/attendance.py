"""Law 8, presence is true: whom each client was told is there, against who is.

By connection: two sockets are two. A cluster that tells nothing of presence is asked nothing.
"""

from collections.abc import Iterable, Iterator

from cluster.chaos.history import Event, History, What
from cluster.chaos.violation import Violation


def connection_of(events: Iterable[Event]) -> str | None:
    """The connection that a client has, by its last welcome; None: it has none."""
    found: str | None = None
    for event in events:
        if event.what in (What.OPENED, What.CLOSED):
            found = None
        elif event.what is What.RECEIVED and event.kind == "welcome":
            found = event.message["connectionId"]
    return found


def believed(events: Iterable[Event]) -> set[str] | None:
    """The connections that a client was told are there, itself included; None: nothing was told."""
    found: set[str] | None = None
    for event in events:
        if event.what is What.CLOSED or event.kind == "ended":
            found = None
        if event.what is not What.RECEIVED:
            continue
        roster = event.message.get("roster")
        if event.kind in ("joined", "roster") and roster is not None:
            found = {each["connectionId"] for each in roster}
        elif event.kind == "presence" and found is not None:
            found |= {each["connectionId"] for each in event.message["changed"]}
            found -= set(event.message["left"])
    return found


def untrue(events: dict[str, list[Event]]) -> Iterator[tuple[str, str]]:
    """(client, why) of each that believes something else than what is so."""
    names = {connection_of(own): client for client, own in events.items()}
    there = {connection for connection in names if connection is not None}
    for client, own in events.items():
        told = believed(own)
        if told is None:
            continue
        missing = sorted(names[each] for each in there - told)
        if missing:
            yield client, f"{client} is not told that {', '.join(missing)} is there"
        ghosts = told - there
        if ghosts:
            yield client, f"{client} is told of {len(ghosts)} connections that are gone"


def presence(history: History) -> Iterator[Violation]:
    """At rest."""
    for client, why in untrue(history.by_client()):
        yield Violation(8, why, 0, client)
