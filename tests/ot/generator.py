"""Random valid documents, and random valid operations at them, biased to collide.

Driven by a seeded `random.Random`: a story is its seed. Documents are small on purpose, so that
two lists of operations meet at the same widgets, paths and positions.
"""

from collections.abc import Callable
from random import Random
from typing import Any, NamedTuple, TypeAlias

from weft.errors import OperationError
from weft.ot import ABSENT, Document, JsonValue, Operation, Operations, Path, apply
from weft.ot.delta import canonical_delta

WIDGETS = tuple(f"00000000-0000-4000-8000-00000000000{number}" for number in range(4))
WORDS = ("a", "b", "xy", "é", "e\u0301", "👩‍👧", "🏳️", "\n", '"', "日本", "q" * 9)
KEYS = ("k", "l", "text", "rows", "ops", "3")
STYLES: tuple[tuple[str, JsonValue], ...] = (
    ("bold", True),
    ("bold", 1),  # which is another value
    ("bold", False),
    ("color", "red"),
    ("color", "#00f"),
    ("link", {"href": "u", "rel": [1]}),
)
FIELDS = ("x", "y", "width", "height")


Focus: TypeAlias = tuple[str | None, Path]
FOCI: tuple[Path, ...] = (
    ("title",),
    ("position",),
    ("config",),
    ("config", "text"),
    ("config", "rich"),
    ("data",),
    ("data", "rows"),
)


class Story(NamedTuple):
    """A document, two concurrent lists at it, and a third that follows the first."""

    document: dict[str, Any]
    earlier: Operations
    later: Operations
    following: Operations


def make_story(random: Random, most: int = 4) -> Story:
    state = make_document(random)
    document = Document.from_json(state)
    focus = make_focus(random, document)
    earlier = make_operations(random, document, random.randint(1, most), focus)
    later = make_operations(random, document, random.randint(1, most), focus)
    after = apply(document, earlier)
    return Story(state, earlier, later, make_operations(random, after, random.randint(1, 3), focus))


def make_focus(random: Random, document: Document) -> Focus:
    """Where the story's edits mostly are: a place in a widget that is there, as a rule."""
    if random.random() < 0.15:
        return None, (random.choice(("title", "settings", "layout")),)
    return random.choice(document.widget_ids()), random.choice(FOCI)


def make_document(random: Random) -> dict[str, Any]:
    ids = random.sample(WIDGETS, random.randint(1, 3))
    return {
        "title": make_text(random, 3),
        "description": random.choice((None, make_text(random, 3))),
        "settings": {key: make_value(random, 2) for key in random.sample(KEYS[:4], 2)},
        "layout": [{"id": widget_id, "x": 0, "y": random.randint(0, 9)} for widget_id in ids],
        "widgets": {widget_id: make_widget(random) for widget_id in ids},
    }


def make_widget(random: Random) -> dict[str, Any]:
    widget = {
        "type": random.choice(("text", "chart")),
        "title": random.choice((None, make_text(random, 3))),
        "position": {field: make_number(random) for field in FIELDS},
        "config": {"text": make_text(random, 4), "rich": make_delta(random)},
        "data": {"rows": [make_value(random, 3) for _ in range(random.randint(0, 4))]},
        "isLocked": random.random() < 0.5,
    }
    if random.random() < 0.3:
        widget["position"]["zIndex"] = make_number(random)
    return widget


def make_number(random: Random) -> float:
    return random.choice((0, 1, 2, 0.5, 7, 2**53 - 1, 1e300))


def make_text(random: Random, words: int) -> str:
    return "".join(random.choice(WORDS) for _ in range(random.randint(0, words)))


def make_value(random: Random, depth: int) -> JsonValue:
    kind = random.randrange(10 if depth else 5)
    if kind < 3:
        return (make_text(random, 3), make_number(random), random.choice((None, True, False)))[kind]
    if kind < 5:
        return make_text(random, 4)
    if kind == 5:
        return make_delta(random)
    if kind < 8:
        return [make_value(random, depth - 1) for _ in range(random.randint(0, 3))]
    keys = random.sample(KEYS, random.randint(0, 3))
    made = {key: make_value(random, depth - 1) for key in keys}
    if type(made.get("ops")) is list:
        made["ops"] = 1_200  # operations per second, say; a list there would be rich text
    return made


def make_attributes(random: Random) -> dict[str, JsonValue] | None:
    return dict(random.sample(STYLES, random.randint(1, 2))) if random.random() < 0.4 else None


def make_embed(random: Random) -> dict[str, JsonValue]:
    return random.choice(({"image": "u"}, {"mention": {"id": 1}}))


def make_delta(random: Random) -> dict[str, JsonValue]:
    """In canonical form."""
    parts: list[JsonValue] = []
    for _ in range(random.randint(0, 4)):
        content = make_embed(random) if random.random() < 0.2 else random.choice(WORDS)
        attributes = make_attributes(random)
        parts.append({"insert": content, **({"attributes": attributes} if attributes else {})})
    return canonical_delta({"ops": parts}, 0)


# --- operations ----------------------------------------------------------------------------------


def make_operations(random: Random, document: Document, count: int, focus: Focus) -> Operations:
    """A list of `count` operations, each valid after those before it; mostly at `focus`."""
    made: list[Operation] = []
    for _ in range(count):
        operation = make_operation(random, document, focus)
        made.append(operation)
        document = apply(document, (operation,))
    return tuple(made)


def make_operation(random: Random, document: Document, focus: Focus) -> Operation:
    target_id, path = focus
    if random.random() < 0.15:
        target_id = random.choice((*WIDGETS, None))
    if target_id not in document:
        return Operation("addWidget", target_id, (), make_addition(random))
    if target_id is not None and random.random() < (0.6 if path == ("position",) else 0.1):
        return make_widget_operation(random, target_id)
    places = find_places(document, target_id, path if random.random() < 0.8 else ())
    if places.sequences and random.random() < 0.7:
        return make_edit(random, target_id, *random.choice(places.sequences))
    return make_update(random, target_id, places)


def make_addition(random: Random) -> dict[str, JsonValue]:
    widget = make_widget(random)
    for field in ("title", "config", "data", "isLocked"):
        if random.random() < 0.2:
            del widget[field]
    return widget


def make_widget_operation(random: Random, target_id: str) -> Operation:
    if random.random() < 0.2:
        return Operation("removeWidget", target_id)
    kind = random.choice(("move", "resize"))
    fields = FIELDS[:2] if kind == "move" else FIELDS
    chosen = random.sample(fields, random.randint(1, len(fields)))
    return Operation(kind, target_id, (), {field: make_number(random) for field in chosen})


def make_edit(random: Random, target_id: str | None, path: Path, sequence: JsonValue) -> Operation:
    """Of a sequence: `sequence` is a string, a list or a Delta."""
    length = len_of(sequence)
    rich = type(sequence) is dict
    if length and random.random() < 0.5:
        position = random.randrange(length)
        size = random.randint(1, min(3, length - position))
        if rich and random.random() < 0.7:
            attributes: dict[str, JsonValue] = dict(random.sample(STYLES, 2))
            if random.random() < 0.3:
                attributes["bold"] = None
            return Operation("format", target_id, path, ABSENT, ABSENT, position, size, attributes)
        return Operation("delete", target_id, path, ABSENT, ABSENT, position, size)
    position = random.randint(0, length)
    if type(sequence) is list:
        value: JsonValue = [make_value(random, 2) for _ in range(random.randint(1, 2))]
    elif rich and random.random() < 0.3:
        value = make_embed(random)
    else:
        value = random.choice(WORDS)
    attributes_or_none = make_attributes(random) if rich else None
    return Operation("insert", target_id, path, value, ABSENT, position, 0, attributes_or_none)


def make_update(random: Random, target_id: str | None, places: "Places") -> Operation:
    path, parent = random.choice(places.updates)
    make = TYPED.get(path) if target_id is not None else TYPED_OF_DASHBOARD.get(path)
    if make is not None:
        return Operation("update", target_id, path, make(random))
    removable = type(parent) is dict and (path[0] != "position" or path[1] == "zIndex")
    if removable and random.random() < 0.25:
        return Operation("update", target_id, path)
    if path[0] == "position":
        return Operation("update", target_id, path, make_number(random))
    value = make_value(random, 2)
    if path[-1] == "ops" and type(value) is list:
        value = 1_200
    return Operation("update", target_id, path, value)


TYPED: dict[Path, Callable[[Random], JsonValue]] = {
    ("type",): lambda random: random.choice(("text", "chart", "t" * 100)),
    ("title",): lambda random: random.choice((None, make_text(random, 3))),
    ("position",): lambda random: make_widget(random)["position"],
    ("config",): lambda random: make_widget(random)["config"],
    ("data",): lambda random: random.choice((make_widget(random)["data"], make_delta(random))),
    ("isLocked",): lambda random: random.random() < 0.5,
}
TYPED_OF_DASHBOARD: dict[Path, Callable[[Random], JsonValue]] = {
    ("title",): lambda random: make_text(random, 3),
    ("description",): lambda random: random.choice((None, make_text(random, 3))),
    ("settings",): lambda random: random.choice(({"k": 1}, make_delta(random), {"l": [[], {}]})),
    ("layout",): lambda random: make_document(random)["layout"],
}


def find_places(document: Document, target_id: str | None, path: Path) -> "Places":
    """Those at and below `path`, or in the whole record if that is not there."""
    places = Places()
    try:
        places.look(document.value_at(target_id, path), path, target_id is None)
    except OperationError:
        places.look(document.value_at(target_id), (), target_id is None)
    return places


class Places:
    """Where operations can act: sequences, and what can be updated, with its parent."""

    def __init__(self) -> None:
        self.sequences: list[tuple[Path, JsonValue]] = []
        self.updates: list[tuple[Path, JsonValue]] = []

    def look(self, value: JsonValue, path: Path, dashboard: bool) -> None:
        if path:
            self._look(value, path)
            if len(path) == 1 or not self.updates:
                self.updates.append((path, None))
            return
        for field, item in value.items():
            if field != "isLocked" and (field != "type" or dashboard):
                self._look(item, (field,))
            self.updates.append(((field,), None))

    def _look(self, node: JsonValue, path: Path) -> None:
        if type(node) is str:
            self.sequences.append((path, node))
        elif type(node) is list:
            self.sequences.append((path, node))
            self._enter(node, [(str(index), item) for index, item in enumerate(node)], path)
        elif type(node) is dict and type(node.get("ops")) is list:
            self.sequences.append((path, node))
        elif type(node) is dict:
            extra = [] if "k" in node or path[0] == "position" else [("k", ABSENT)]
            if path == ("position",) and "zIndex" not in node:
                extra = [("zIndex", ABSENT)]
            self._enter(node, [*node.items(), *extra], path)

    def _enter(self, node: JsonValue, items: list[tuple[str, JsonValue]], path: Path) -> None:
        for key, item in items:
            self.updates.append(((*path, key), node))
            self._look(item, (*path, key))


def len_of(sequence: JsonValue) -> int:
    if type(sequence) is not dict:
        return len(sequence)
    contents = [part["insert"] for part in sequence["ops"]]
    return sum(len(content) if type(content) is str else 1 for content in contents)
