"""Rich text as data: runs of text or embeds with attributes, and the Quill Delta they stand for.

Canonical: no empty text, no empty attributes, no two text runs side by side with equal attributes.
`Runs` is immutable and behaves as a sequence of code points and embeds: `len`, slice, `+`.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeAlias

from weft.errors import OperationError
from weft.limits import JSON_MAX_DEPTH
from weft.ot.operation import JsonValue
from weft.ot.values import canonical, is_rich, same_json, weigh

Attributes: TypeAlias = Mapping[str, JsonValue] | None
Content: TypeAlias = str | dict[str, JsonValue]  # text, or an embed with one key
Run: TypeAlias = tuple[Content, Attributes]

DELTA_WEIGHT: Final = weigh({"ops": []})
_RUN_WEIGHT: Final = weigh({"insert": ""}) - weigh("")
_ATTRIBUTES_WEIGHT: Final = weigh({"attributes": ""}) - weigh({}) - weigh("")


class Runs:
    """A piece of rich text; `weight` is that of its part of the list under `ops`."""

    __slots__ = ("length", "runs", "weight")

    def __init__(self, runs: tuple[Run, ...]) -> None:
        self.runs = runs
        length = weight = 0
        for content, attributes in runs:
            length += len(content) if type(content) is str else 1
            weight += _RUN_WEIGHT + weigh(content)
            if attributes is not None:
                weight += _ATTRIBUTES_WEIGHT + weigh(attributes)
        self.length = length
        self.weight = weight

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, part: slice) -> "Runs":
        start, stop, _ = part.indices(self.length)
        if start == 0 and stop == self.length:
            return self
        taken: list[Run] = []
        offset = 0
        for run in self.runs:
            if offset >= stop:
                break
            content = run[0]
            end = offset + (len(content) if type(content) is str else 1)
            if end > start:
                if offset < start or end > stop:  # only text has an inside
                    assert type(content) is str
                    run = (content[max(0, start - offset) : stop - offset], run[1])  # noqa: PLW2901
                taken.append(run)
            offset = end
        return Runs(tuple(taken))

    def __add__(self, other: "Runs") -> "Runs":
        if not self.runs or not other.runs:
            return self if self.runs else other
        merged = _merge(self.runs[-1], other.runs[0])
        if merged is None:
            return Runs(self.runs + other.runs)
        return Runs((*self.runs[:-1], merged, *other.runs[1:]))

    def formatted(self, changes: Mapping[str, JsonValue]) -> "Runs":
        """With `changes` set on every run; a change to None takes the attribute away."""
        return Runs(join((content, _changed(old, changes)) for content, old in self.runs))


def run_of(content: Content, attributes: Attributes) -> Runs:
    return Runs(((content, attributes or None),))


def runs_of(delta: Mapping[str, Any]) -> Runs:
    """The runs of a canonical Delta."""
    return Runs(tuple((part["insert"], part.get("attributes")) for part in delta["ops"]))


def delta_of(runs: Iterable[Run]) -> dict[str, Any]:
    """Fresh JSON for `runs`, in canonical form."""
    return {
        "ops": [
            {"insert": _copied(content)}
            if attributes is None
            else {"insert": _copied(content), "attributes": canonical(dict(attributes))}
            for content, attributes in join(runs)
        ]
    }


def canonical_delta(value: Mapping[str, Any], depth: int) -> dict[str, Any]:
    """Check a Delta document and bring it into canonical form.

    Raises OperationError: invalid_operation, invalid_number, too_deep.
    """
    if len(value) != 1:
        raise _not_a_delta("a list under 'ops' is rich text, and then the only key")
    if depth + 1 >= JSON_MAX_DEPTH:
        raise OperationError("too_deep")
    return delta_of(_checked_run(part, depth + 1) for part in value["ops"])


def join(runs: Iterable[Run]) -> tuple[Run, ...]:
    """Text runs side by side with equal attributes become one; empty text goes."""
    joined: list[Run] = []
    pieces: list[str] = []  # of the text run being gathered, which has the attributes `shared`
    shared: Attributes = None
    for content, attributes in runs:
        if pieces and not (type(content) is str and same_attributes(shared, attributes)):
            joined.append(("".join(pieces), shared))
            pieces = []
        if type(content) is not str:
            joined.append((content, attributes))
        elif content:
            pieces.append(content)
            shared = attributes
    if pieces:
        joined.append(("".join(pieces), shared))
    return tuple(joined)


def same_attributes(left: Attributes, right: Attributes) -> bool:
    if left is None or right is None:
        return left is right
    return left is right or (left == right and same_json(dict(left), dict(right)))


def _merge(left: Run, right: Run) -> Run | None:
    first, second = left[0], right[0]
    if type(first) is str and type(second) is str and same_attributes(left[1], right[1]):
        return (first + second, left[1])
    return None


def _changed(old: Attributes, changes: Mapping[str, JsonValue]) -> Attributes:
    both = {**old, **changes} if old else changes
    kept = {name: value for name, value in both.items() if value is not None}
    return kept or None


def _copied(content: Content) -> Content:
    return content if type(content) is str else canonical(content)


def _checked_run(part: Any, depth: int) -> Run:
    if type(part) is not dict or not {"insert"} <= part.keys() <= {"insert", "attributes"}:
        raise _not_a_delta("each part is an insert, with attributes or without")
    content = part["insert"]
    if type(content) is not str:
        if type(content) is not dict or len(content) != 1:
            raise _not_a_delta("an insert is text or an embed with one key")
        content = canonical(content, depth + 1)
    attributes = part.get("attributes")
    if attributes is None and "attributes" not in part:
        return (content, None)
    if type(attributes) is not dict or None in attributes.values() or is_rich(attributes):
        raise _not_a_delta("attributes are an object without null")
    return (content, canonical(attributes, depth + 1) or None)


def _not_a_delta(rule: str) -> OperationError:
    return OperationError("invalid_operation", rule, field="ops", rule=rule)
