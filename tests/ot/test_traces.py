"""What people really typed: recorded histories replay to the text they ended in.

One small trace lies in the repository; the long ones are replayed where they are at hand.
"""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from tests.ot.shorthand import delete, held, holding, insert
from weft.ot import (
    Document,
    JsonValue,
    Operation,
    Operations,
    apply,
    invert,
    normalize,
    transform_pair,
)

ROOT = Path(__file__).parents[2]
SMALL = ROOT / "tests/traces/standup.json"
LONG = sorted((ROOT.parent / "shared/traces").glob("*.json.gz"))


def read(path: Path) -> dict[str, Any]:
    content = path.read_bytes()
    trace: dict[str, Any] = json.loads(
        gzip.decompress(content) if path.suffix == ".gz" else content
    )
    return trace


def edits_of(patches: list[Any]) -> Operations:
    edits: list[Operation] = []
    for position, deleted, inserted in patches:
        if deleted:
            edits.append(delete(position, deleted))
        if inserted:
            edits.append(insert(position, inserted))
    return tuple(edits)


def replay(document: Document, trace: dict[str, Any], undo: bool = False) -> Document:
    for transaction in trace["txns"]:
        edits = edits_of(transaction["patches"])
        after = apply(document, edits)
        if undo:
            assert apply(after, invert(document, edits)) == document
        document = after
    return document


class Author:
    """One of two people: the document on their screen, and what they have yet to see."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.seen = 0  # edits of the other
        self.unseen: list[Operations] = []  # further ones, as they would apply here
        self.written = 0

    def see(self, count: int) -> None:
        while self.seen < count:
            self.document = apply(self.document, self.unseen.pop(0))
            self.seen += 1

    def write(self, edits: Operations) -> Operations:
        """Edit here; what this becomes for the server, which has all that is unseen."""
        self.document = apply(self.document, edits)
        self.written += 1
        for index, committed in enumerate(self.unseen):
            self.unseen[index], edits, _ = transform_pair(committed, edits)
        return edits


def replay_concurrently(trace: dict[str, Any]) -> Document:
    """Two authors and a server; each edit is made at exactly the state its parents name."""
    server = holding("")
    authors = Author(server), Author(server)
    known: list[tuple[int, int]] = []  # edits of each author that each edit knew, itself included
    for transaction in trace["txns"]:
        number = transaction["agent"]
        author, other = authors[number], authors[1 - number]
        states = [known[parent] for parent in transaction["parents"]]
        knew = [max((state[each] for state in states), default=0) for each in (0, 1)]
        assert knew[number] == author.written
        author.see(knew[1 - number])
        committed = author.write(edits_of(transaction["patches"]))
        server = apply(server, committed)
        other.unseen.append(committed)
        knew[number] = author.written
        known.append((knew[0], knew[1]))
    return server


@pytest.mark.parametrize("path", [SMALL, *LONG], ids=lambda path: path.stem)
def test_a_recorded_history_ends_in_its_text(path: Path) -> None:
    trace = read(path)
    if trace.get("kind") == "concurrent":
        end = replay_concurrently(trace)
    else:
        end = replay(holding(trace["startContent"]), trace)
    assert held(end) == trace["endContent"]


def test_in_rich_text_too_and_each_step_can_be_undone() -> None:
    trace = read(SMALL)
    empty: JsonValue = {"ops": []}
    rich = held(replay(holding(empty), trace, undo=True))
    assert rich == {"ops": [{"insert": trace["endContent"]}]}


def test_a_history_made_canonical_is_shorter_and_ends_in_the_same_text() -> None:
    trace = read(SMALL)
    every = [edit for each in trace["txns"] for edit in edits_of(each["patches"])]
    canonical = normalize(every)
    assert len(canonical) < len(every) / 10
    assert held(apply(holding(""), canonical)) == trace["endContent"]
