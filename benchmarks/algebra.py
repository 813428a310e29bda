"""What the algebra costs: on a recorded history, and against the size of what it works on.

    python -m benchmarks.algebra

Each figure is CPU time, the median of rounds. Each table ends in the ratio of its first column to
its first row, which travels between machines better than microseconds.
"""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from random import Random
from statistics import median
from time import process_time
from typing import Any

from weft.ot import (
    ABSENT,
    Document,
    JsonValue,
    Operation,
    Operations,
    apply,
    apply_recording,
    operation_from_json,
    operation_to_json,
    transform_pair,
)

ROOT = Path(__file__).parents[1]
TRACES = (
    *sorted((ROOT.parent / "shared/traces").glob("*.json.gz")),
    ROOT / "tests/traces/standup.json",
)
ROUNDS = 7
PATH = ("config", "text")


def main() -> None:
    """Print every table."""
    table("A recorded history, one edit at a time", ("edits/s", "µs/edit"), traces())
    table("One letter into plain text of", ("µs at one place", "µs anywhere"), text_sizes())
    table("One letter into rich text of", ("µs at one place", "µs anywhere"), rich_sizes())
    table("One edit among so many widgets", ("µs letter", "µs move"), widget_counts())
    table("One letter after a history of so many", ("µs apply", "µs transform"), history_lengths())
    table("A letter over so many concurrent ones", ("µs", "µs each"), concurrent_edits())
    table("A letter over a batch at other widgets of", ("µs",), other_widgets())
    table("One operation", ("µs",), single_steps())


Rows = list[tuple[str, tuple[float, ...]]]


def table(title: str, columns: tuple[str, ...], rows: Rows) -> None:
    print(f"\n{title}")
    print(f"{'':32}" + "".join(f"{column:>18}" for column in columns) + f"{'ratio':>10}")
    for name, figures in rows:
        ratio = figures[0] / rows[0][1][0]
        cells = "".join(f"{figure:>18,.2f}" for figure in figures)
        print(f"{name:32}{cells}{ratio:>10.2f}")


def microseconds(step: Callable[[], object], times: int = 500) -> float:
    """Of one step: the median over rounds of the mean within a round."""
    figures = []
    for _ in range(ROUNDS):
        started = process_time()
        for _ in range(times):
            step()
        figures.append((process_time() - started) / times * 1e6)
    return median(figures)


def applying(document: Document, operations: Operations) -> float:
    return microseconds(lambda: apply(document, operations))


def transforming(earlier: Operations, later: Operations) -> float:
    return microseconds(lambda: transform_pair(earlier, later))


# --- documents and edits -------------------------------------------------------------------------


def widget_id(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012x}"


HERE = widget_id(0)


def document_of(text: JsonValue, widgets: int = 1) -> Document:
    position = {"x": 0, "y": 0, "width": 4, "height": 2}
    plain = {"type": "text", "position": position, "config": {"text": ""}}
    return Document.from_json(
        {
            "widgets": {
                **{widget_id(number): plain for number in range(widgets)},
                HERE: {**plain, "config": {"text": text}},
            }
        }
    )


def letter(position: int, target_id: str = HERE) -> Operations:
    return (Operation("insert", target_id, PATH, "x", ABSENT, position),)


def styled(size: int) -> dict[str, JsonValue]:
    """Rich text of `size` code points in runs of fifty."""
    attributes = ({"bold": True}, {"color": "red"})
    return {
        "ops": [
            {"insert": "abcdefghij" * 5, "attributes": attributes[number % 2]}
            for number in range(size // 50)
        ]
    }


def one_place_and_anywhere(document: Document, size: int) -> tuple[float, float]:
    """An edit beside the last, and edits at random places, of a document already in use."""
    document = apply(document, letter(size // 2))
    beside = letter(size // 2 + 1)
    random = Random(1)
    places = [letter(random.randrange(size)) for _ in range(200)]

    def anywhere() -> None:
        current = document
        for place in places:
            current = apply(current, place)

    return applying(document, beside), microseconds(anywhere, 3) / len(places)


# --- tables --------------------------------------------------------------------------------------


def traces() -> Rows:
    rows: Rows = []
    for path in TRACES:
        content = path.read_bytes()
        trace = json.loads(gzip.decompress(content) if path.suffix == ".gz" else content)
        if trace.get("kind") == "concurrent":
            continue
        edits = edits_of(trace)
        empty = document_of(trace["startContent"])

        def replay(empty: Document = empty, edits: list[Operation] = edits) -> Document:
            document = empty
            for edit in edits:
                document = apply(document, (edit,))
            return document

        assert replay().value_at(HERE, PATH) == trace["endContent"]
        each = microseconds(replay, 1) / len(edits)
        rows.append((path.name.partition(".")[0], (1e6 / each, each)))
    return rows


def edits_of(trace: dict[str, Any]) -> list[Operation]:
    edits = []
    for transaction in trace["txns"]:
        for position, deleted, inserted in transaction["patches"]:
            if deleted:
                edits.append(Operation("delete", HERE, PATH, ABSENT, ABSENT, position, deleted))
            if inserted:
                edits.append(Operation("insert", HERE, PATH, inserted, ABSENT, position))
    return edits


def text_sizes() -> Rows:
    return [
        (
            f"{size:,} characters",
            one_place_and_anywhere(document_of("abcdefghij" * (size // 10)), size),
        )
        for size in (10_000, 100_000, 1_000_000)
    ]


def rich_sizes() -> Rows:
    return [
        (f"{size:,} characters", one_place_and_anywhere(document_of(styled(size)), size))
        for size in (10_000, 100_000, 1_000_000)
    ]


def widget_counts() -> Rows:
    rows: Rows = []
    moving = (Operation("move", HERE, (), {"x": 1}),)
    for widgets in (10, 200, 2_000):
        document = document_of("abc", widgets)
        figures = applying(document, letter(1)), applying(document, moving)
        rows.append((f"{widgets:,} widgets", figures))
    return rows


def history_lengths() -> Rows:
    """The document has been through so much; one concurrent edit is walked."""
    rows: Rows = []
    random = Random(1)
    document = document_of("abcdefghij" * 1_000)
    edits = [letter(random.randrange(10_000)) for _ in range(10_000)]
    done = 0
    for count in (100, 1_000, 10_000):
        for edit in edits[done:count]:
            document = apply(document, edit)
        done = count
        late = letter(5)
        figures = applying(document, late), transforming(edits[-1], late)
        rows.append((f"{count:,} edits", figures))
    return rows


def concurrent_edits() -> Rows:
    """As an owner walks them: one submission after the other, since the base version."""
    rows: Rows = []
    for count in (1, 4, 16, 64):
        history = [letter(number) for number in range(count)]

        def walk(history: list[Operations] = history) -> Operations:
            late = letter(5)
            for committed in history:
                late = transform_pair(committed, late).later
            return late

        figure = microseconds(walk)
        rows.append((f"{count} concurrent", (figure, figure / count)))
    return rows


def other_widgets() -> Rows:
    rows: Rows = []
    for count in (1, 50, 500):
        batch = tuple(
            step for number in range(1, count + 1) for step in letter(1, widget_id(number))
        )
        step = transforming(batch, letter(5))
        rows.append((f"{count} operations", (step,)))
    return rows


def single_steps() -> Rows:
    document = document_of("abcdefghij" * 100, 10)
    (edit,), (other,) = letter(5), letter(7)
    wire = operation_to_json(edit)

    def whole_way() -> None:
        """What an owner does with a letter typed against one other."""
        late = transform_pair((other,), (operation_from_json(wire),)).later
        _, recorded = apply_recording(document, late)
        [operation_to_json(each) for each in recorded]

    return [
        ("read from JSON", (microseconds(lambda: operation_from_json(wire)),)),
        ("write to JSON", (microseconds(lambda: operation_to_json(edit)),)),
        ("transform over one", (transforming((other,), (edit,)),)),
        ("apply", (applying(document, (edit,)),)),
        ("read, transform, apply, write", (microseconds(whole_way),)),
    ]


if __name__ == "__main__":
    main()
