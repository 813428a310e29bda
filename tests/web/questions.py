"""One truth for two languages: questions that the algebra answers, as JSON that both understand.

A question has a `kind` and its inputs; the answer is JSON as well, an error its code. This file
asks at random, biased to collide and now and then wrong, and answers with `weft.ot`; its sister
web/client/test/questions.ts does the same with the TypeScript algebra.
"""

from collections.abc import Callable
from random import Random
from typing import Any, Final

from tests.ot.generator import (
    WIDGETS,
    Story,
    len_of,
    make_document,
    make_focus,
    make_operation,
    make_story,
    make_value,
)
from weft.errors import WeftError
from weft.ot import (
    ABSENT,
    Conflict,
    Cursor,
    Document,
    Operations,
    apply_recording,
    compose,
    invert,
    normalize,
    operation_from_json,
    operation_to_json,
    transform_cursor,
    transform_pair,
)

Json = Any
Question = dict[str, Json]

# --- answering -----------------------------------------------------------------------------------


def answer(question: Question) -> Json:
    try:
        return _ANSWERS[question["kind"]](question)
    except WeftError as error:
        return {"error": error.code}


def _apply(question: Question) -> Json:
    document = Document.from_json(question["document"])
    after, recorded = apply_recording(document, _read(question["operations"]))
    return {"document": after.to_json(), "recorded": _written(recorded)}


def _transform(question: Question) -> Json:
    result = transform_pair(_read(question["earlier"]), _read(question["later"]))
    return {
        "earlier": _written(result.earlier),
        "later": _written(result.later),
        "conflicts": [_conflict_json(conflict) for conflict in result.conflicts],
    }


def _conflict_json(conflict: Conflict) -> Json:
    fields = conflict._asdict() | {
        "path": list(conflict.path),
        "winner": operation_to_json(conflict.winner),
    }
    fields["targetId"] = fields.pop("target_id")
    if conflict.lost is ABSENT:
        del fields["lost"]
    return fields


def _compose(question: Question) -> Json:
    return _written(compose(_read(question["first"]), _read(question["second"])))


def _normalize(question: Question) -> Json:
    return _written(normalize(_read(question["operations"])))


def _invert(question: Question) -> Json:
    document = Document.from_json(question["document"])
    return _written(invert(document, _read(question["operations"])))


def _cursor(question: Question) -> Json:
    fields = question["cursor"]
    cursor = Cursor(fields["targetId"], tuple(fields["path"]), fields["position"], fields["anchor"])
    moved = transform_cursor(cursor, _read(question["operations"]), own=question["own"])
    if moved is None:
        return None
    return {
        "targetId": moved.target_id,
        "path": list(moved.path),
        "position": moved.position,
        "anchor": moved.anchor,
    }


def _read_one(question: Question) -> Json:
    return operation_to_json(
        operation_from_json(question["operation"], trusted=question["trusted"])
    )


def _document(question: Question) -> Json:
    return Document.from_json(question["document"]).to_json()


_ANSWERS: Final[dict[str, Callable[[Question], Json]]] = {
    "apply": _apply,
    "transform": _transform,
    "compose": _compose,
    "normalize": _normalize,
    "invert": _invert,
    "cursor": _cursor,
    "read": _read_one,
    "document": _document,
}


def _read(operations: list[Json]) -> Operations:
    return tuple(operation_from_json(each, trusted=True) for each in operations)


def _written(operations: Operations) -> list[Json]:
    return [operation_to_json(each) for each in operations]


# --- asking --------------------------------------------------------------------------------------


def ask(seed: int, most: int = 4) -> list[Question]:
    """One question of each kind, on the story of that seed; lists of at most so many operations."""
    random = Random(seed)
    story = make_story(random, most)
    document = story.document
    earlier, later, following = map(_written, story[1:])
    return [
        {"kind": "apply", "document": document, "operations": _perhaps_wrong(random, story)},
        {"kind": "transform", "earlier": earlier, "later": later},
        {"kind": "compose", "first": earlier, "second": following},
        {"kind": "normalize", "operations": earlier + following},
        {"kind": "invert", "document": document, "operations": earlier},
        {
            "kind": "cursor",
            "cursor": _make_cursor(random, story),
            "operations": earlier,
            "own": random.random() < 0.5,
        },
        {
            "kind": "read",
            "operation": _corrupted(random, random.choice(earlier + later)),
            "trusted": random.random() < 0.5,
        },
        {"kind": "document", "document": _corrupted(random, document)},
    ]


def _perhaps_wrong(random: Random, story: Story) -> list[Json]:
    operations = _written((*story.earlier, *story.following))
    if random.random() < 0.5:
        return operations
    other = Document.from_json(make_document(random))  # an edit of another document
    wrong = make_operation(random, other, make_focus(random, other))
    operations.insert(random.randint(0, len(operations)), operation_to_json(wrong))
    return operations


def _make_cursor(random: Random, story: Story) -> Json:
    target_id, path = random.choice([(each.target_id, each.path) for each in story.earlier])
    try:
        length = len_of(Document.from_json(story.document).value_at(target_id, path))
    except (WeftError, TypeError, KeyError):
        length = 5
    deeper = [*path, str(random.randrange(3))] if random.random() < 0.3 else list(path)
    return {
        "targetId": target_id if random.random() < 0.9 else WIDGETS[0],
        "path": deeper,
        "position": random.randint(0, length),
        "anchor": random.choice([None, random.randint(0, length)]),
    }


def _corrupted(random: Random, value: Json) -> Json:
    """One place of it, at any depth, left out, replaced or added to."""
    if random.random() < 0.02:
        return _nested(random.randint(58, 66))
    if random.random() < 0.2:
        return random.choice(_ODD) if random.random() < 0.5 else make_value(random, 2)
    if type(value) is dict and value:
        key = random.choice(sorted(value))
        choice = random.random()
        if choice < 0.15:
            return {name: item for name, item in value.items() if name != key}
        if choice < 0.3:
            return {**value, random.choice(_ODD_KEYS): make_value(random, 1)}
        return {**value, key: _corrupted(random, value[key])}
    if type(value) is list and value:
        index = random.randrange(len(value))
        return [*value[:index], _corrupted(random, value[index]), *value[index + 1 :]]
    return make_value(random, 2) if random.random() < 0.5 else value


def _nested(depth: int) -> Json:
    value: Json = []
    for _ in range(depth):
        value = [value]
    return value


_ODD: Final = (
    None, True, 0, -1, 1.5, -0.0, 1e300, 2**53 - 1, "", "0", "é" * 256, "👩‍👧" * 52, [], [None], {},
    {"ops": []}, {"ops": [{"insert": ""}]}, {"ops": [{"insert": "a"}, {"insert": "b"}]},
    {"ops": [{"insert": "a", "attributes": {}}]}, {"ops": [1]}, {"ops": [], "k": 1},
    {"ops": [{"insert": {"image": "u"}, "attributes": {"bold": None}}]}, "type", "noop", "insert",
    "superseded", [[[[]]]], ["a"], {"x": 1}, {"x": 1, "width": -1}, "x" * 201,
)  # fmt: skip
_ODD_KEYS: Final = ("ops", "k", "type", "value", "oldValue", "targetId", "path", "toString",
                    "__proto__", "constructor", "x", "zIndex", "widgets", "reason")  # fmt: skip
