"""What people really typed: recorded histories replay to the text they ended in.

One small trace lies in the repository; the long ones are replayed where they are at hand.
"""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from tests.ot.shorthand import delete, held, holding, insert
from weft.ot import Document, JsonValue, apply, invert, normalize

ROOT = Path(__file__).parents[2]
SMALL = ROOT / "tests/traces/standup.json"
LONG = sorted((ROOT.parent / "shared/traces").glob("*.json.gz"))


def read(path: Path) -> dict[str, Any]:
    content = path.read_bytes()
    trace: dict[str, Any] = json.loads(
        gzip.decompress(content) if path.suffix == ".gz" else content
    )
    return trace


def replay(document: Document, trace: dict[str, Any], undo: bool = False) -> Document:
    for transaction in trace["txns"]:
        for position, deleted, inserted in transaction["patches"]:
            edits = (delete(position, deleted),) if deleted else ()
            if inserted:
                edits += (insert(position, inserted),)
            after = apply(document, edits)
            if undo:
                assert apply(after, invert(document, edits)) == document
            document = after
    return document


@pytest.mark.parametrize("path", [SMALL, *LONG], ids=lambda path: path.stem)
def test_a_recorded_history_ends_in_its_text(path: Path) -> None:
    trace = read(path)
    if trace.get("kind") == "concurrent":
        pytest.skip("needs replicas: see the simulator")
    assert held(replay(holding(trace["startContent"]), trace)) == trace["endContent"]


def test_in_rich_text_too_and_each_step_can_be_undone() -> None:
    trace = read(SMALL)
    empty: JsonValue = {"ops": []}
    rich = held(replay(holding(empty), trace, undo=True))
    assert rich == {"ops": [{"insert": trace["endContent"]}]}


def test_a_history_made_canonical_is_shorter_and_ends_in_the_same_text() -> None:
    trace = read(SMALL)
    patches = [patch for each in trace["txns"] for patch in each["patches"]]
    every = [
        edit
        for position, deleted, inserted in patches
        for edit in (
            *([delete(position, deleted)] if deleted else []),
            *([insert(position, inserted)] if inserted else []),
        )
    ]
    canonical = normalize(every)
    assert len(canonical) < len(every) / 10
    assert held(apply(holding(""), canonical)) == trace["endContent"]
