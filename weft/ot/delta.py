"""Rich text as data: runs of text or embeds with attributes, and the Quill Delta they stand for.

Canonical: no empty text, no empty attributes, no two text runs side by side with equal attributes.
`Runs` is immutable and behaves as a sequence of code points and embeds: `len`, slice, `+`.
"""

from collections.abc import Iterable, Iterator, Mapping
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
    """A piece of rich text: a sequence of code points and embeds."""

    __slots__ = ("_weight", "length", "runs")

    def __init__(self, runs: tuple[Run, ...], length: int | None = None) -> None:
        self.runs = runs
        self.length = sum(map(length_of, runs)) if length is None else length
        self._weight = -1  # not yet asked for

    @property
    def weight(self) -> int:
        """About the bytes of its part of the list under `ops`."""
        if self._weight < 0:
            self._weight = sum(map(_weight_of, self.runs))
        return self._weight

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, part: slice) -> "Runs":
        start = part.start or 0
        stop = self.length if part.stop is None else min(part.stop, self.length)
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
                if type(content) is str and (offset < start or end > stop):
                    taken.append((content[max(0, start - offset) : stop - offset], run[1]))
                else:
                    taken.append(run)
            offset = end
        return Runs(tuple(taken), max(0, stop - start))

    def __add__(self, other: "Runs") -> "Runs":
        if not self.runs or not other.runs:
            return self if self.runs else other
        length = self.length + other.length
        merged = _merge(self.runs[-1], other.runs[0])
        if merged is None:
            return Runs(self.runs + other.runs, length)
        return Runs((*self.runs[:-1], merged, *other.runs[1:]), length)

    def spliced(self, start: int, stop: int, content: "Runs") -> "Runs":
        """With `content` in place of the elements from `start` up to `stop`.

        Only the runs about that place are looked into and weighed anew.
        """
        runs = self.runs
        first, first_at = self._run_at(start, 0, 0)
        last, last_at = self._run_at(stop, first, first_at)
        low, high = max(0, first - 1), min(last + 1, len(runs))
        about = list(runs[low:first])
        if start > first_at:
            text, attributes = runs[first]
            about.append((text[: start - first_at], attributes))  # type: ignore[index]
        about += content.runs
        if last < high:
            text, attributes = runs[last]
            about.append((text[stop - last_at :] if stop > last_at else text, attributes))  # type: ignore[index]
        joined = join(about)
        result = Runs(
            runs[:low] + joined + runs[high:], self.length + start - stop + content.length
        )
        result._weight = (
            self.weight + sum(map(_weight_of, joined)) - sum(map(_weight_of, runs[low:high]))
        )
        return result

    def _run_at(self, position: int, index: int, at: int) -> tuple[int, int]:
        """The run that holds the element at `position`, and its start; sought from `index`."""
        for run in self.runs[index:]:
            content = run[0]
            end = at + (len(content) if type(content) is str else 1)
            if end > position:
                break
            index += 1
            at = end
        return index, at

    def formatted(self, changes: Mapping[str, JsonValue]) -> "Runs":
        """With `changes` set on every run; a change to None takes the attribute away."""
        return Runs(join((content, _changed(old, changes)) for content, old in self.runs))

    def cut(self, most: int, most_runs: int) -> tuple["Runs", ...]:
        """In pieces of at most `most` elements and `most_runs` runs."""
        pieces: list[Runs] = []
        piece: list[Run] = []
        length = 0
        for run in _shortened(self.runs, most):
            if piece and (length + length_of(run) > most or len(piece) == most_runs):
                pieces.append(Runs(tuple(piece)))
                piece, length = [], 0
            piece.append(run)
            length += length_of(run)
        if piece:
            pieces.append(Runs(tuple(piece)))
        return tuple(pieces)


def length_of(run: Run) -> int:
    return len(run[0]) if type(run[0]) is str else 1


def _weight_of(run: Run) -> int:
    content, attributes = run
    weight = _RUN_WEIGHT + weigh(content)
    return weight if attributes is None else weight + _ATTRIBUTES_WEIGHT + weigh(attributes)


def _shortened(runs: tuple[Run, ...], most: int) -> Iterator[Run]:
    """The same text in runs of at most `most` code points."""
    for content, attributes in runs:
        if type(content) is str and len(content) > most:
            for at in range(0, len(content), most):
                yield content[at : at + most], attributes
        else:
            yield content, attributes


NO_RUNS: Final = Runs(())


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
