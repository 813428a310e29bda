"""A long sequence as immutable chunks, so that an edit costs a chunk and not the whole.

A rope behaves as one sequence of code points, list items or rich text. It is flat: one tuple of
chunks and the place of the last edit, from which the next search starts, as people type where they
typed. The figures that decided against a tree are in docs/decisions/0002.
"""

from typing import Any, ClassVar, Generic, Protocol, Self, SupportsIndex, TypeVar

from weft.ot.delta import DELTA_WEIGHT, NO_RUNS, Runs, delta_of
from weft.ot.operation import JsonValue
from weft.ot.values import text_bytes, weigh


class Chunk(Protocol):
    """What str, list and Runs have in common."""

    def __len__(self) -> int: ...
    def __getitem__(self, part: slice, /) -> Any: ...
    def __add__(self, other: Any, /) -> Any: ...


C = TypeVar("C", bound=Chunk)


class Rope(Generic[C]):
    """Immutable. Positions and lengths count elements; the caller has checked their range."""

    CHUNK_MAX: ClassVar[int]
    __slots__ = ("chunks", "length", "near")

    def __init__(self, chunks: tuple[C, ...], length: int, near: tuple[int, int] = (0, 0)) -> None:
        self.chunks = chunks
        self.length = length
        self.near = near  # index of the chunk last edited, and where it starts

    @classmethod
    def of(cls, content: C) -> Self:
        return cls(cls._cut(content), len(content))

    def __len__(self) -> int:
        return self.length

    def splice(self, start: int, stop: int, content: C | None = None) -> Self:
        """With `content` in place of the elements from `start` up to `stop`."""
        if not self.chunks:
            return self if content is None else self.of(content)
        first, base = self._locate(start)
        last, last_base = first, base
        while stop > last_base + len(self.chunks[last]):
            last_base += len(self.chunks[last])
            last += 1
        middle = self._joined(first, start - base, last, stop - last_base, content)
        end = last + 1
        share = self._share(middle)
        if share < 1 / 4 and first > 0:  # small chunks do not pile up
            before = self.chunks[first - 1]
            if share + self._share(before) <= 1 / 2:
                first, base, middle = first - 1, base - len(before), before + middle
        pieces = (middle,) if len(middle) > 0 and share <= 1 else self._cut(middle)
        length = self.length + start - stop + (0 if content is None else len(content))
        return self._replaced(first, end, pieces, length, base)

    def cut_out(self, start: int, stop: int) -> C:
        """The elements from `start` up to `stop`, as one chunk; start < stop."""
        index, base = self._locate(start)
        result = self.chunks[index][start - base : stop - base]
        while stop > (base := base + len(self.chunks[index])):
            index += 1
            result = result + self.chunks[index][: stop - base]
        return result  # type: ignore[no-any-return]

    def _joined(self, first: int, start: int, last: int, stop: int, content: C | None) -> C:
        """One chunk of what lies before `start` in chunk `first`, and after `stop` in `last`."""
        head, tail = self.chunks[first][:start], self.chunks[last][stop:]
        return head + tail if content is None else head + content + tail  # type: ignore[no-any-return]

    def _replaced(
        self, first: int, end: int, pieces: tuple[C, ...], length: int, base: int
    ) -> Self:
        """With `pieces`, the first of which starts at `base`, in place of chunks first..end."""
        chunks = self.chunks[:first] + pieces + self.chunks[end:]
        return type(self)(chunks, length, (first, base) if first < len(chunks) else (0, 0))

    def _locate(self, position: int) -> tuple[int, int]:
        """A chunk that `position` lies in or at an edge of, and where that chunk starts."""
        index, base = self.near
        if position < base // 2:
            index = base = 0
        chunks = self.chunks
        while position < base:
            index -= 1
            base -= len(chunks[index])
        while position > base + (size := len(chunks[index])):
            base += size
            index += 1
        return index, base

    def _share(self, chunk: C) -> float:
        """How much of a full chunk this is."""
        return len(chunk) / self.CHUNK_MAX

    @classmethod
    def _cut(cls, content: C) -> tuple[C, ...]:
        size = cls.CHUNK_MAX // 2  # room to grow
        return tuple(content[at : at + size] for at in range(0, len(content), size))


class Text(Rope[str]):
    """Plain text beyond one chunk."""

    CHUNK_MAX = 16_384
    __slots__ = ()

    @property
    def weight(self) -> int:
        return weigh("") + sum(map(text_bytes, self.chunks))

    def to_json(self) -> str:
        return "".join(self.chunks)


class Items(Rope[list[JsonValue]]):
    """A JSON list beyond one chunk. Its items are nodes of the document."""

    CHUNK_MAX = 1_024
    __slots__ = ()

    @property
    def weight(self) -> int:
        return weigh([]) + sum(weigh(item) for chunk in self.chunks for item in chunk)

    def __getitem__(self, index: SupportsIndex) -> JsonValue:
        return self.cut_out(int(index), int(index) + 1)[0]

    def with_item(self, index: int, item: JsonValue) -> "Items":
        return self.splice(index, index + 1, [item])


class RichText(Rope[Runs]):
    """Rich text that has been edited; `weight` as of its JSON, with a run more per chunk."""

    CHUNK_MAX = 8_192
    RUNS_MAX: ClassVar[int] = 64  # of one chunk, as an edit goes through its runs
    __slots__ = ("weight",)

    weight: int

    @classmethod
    def of(cls, content: Runs) -> Self:
        result = super().of(content)
        result.weight = DELTA_WEIGHT + _weight(result.chunks)
        return result

    def to_json(self) -> dict[str, JsonValue]:
        return delta_of(run for chunk in self.chunks for run in chunk.runs)

    def _replaced(
        self, first: int, end: int, pieces: tuple[Runs, ...], length: int, base: int
    ) -> Self:
        result = super()._replaced(first, end, pieces, length, base)
        result.weight = self.weight + _weight(pieces) - _weight(self.chunks[first:end])
        return result

    def _joined(self, first: int, start: int, last: int, stop: int, content: Runs | None) -> Runs:
        if first == last:
            return self.chunks[first].spliced(start, stop, content or NO_RUNS)
        return super()._joined(first, start, last, stop, content)

    def _share(self, chunk: Runs) -> float:
        return max(len(chunk) / self.CHUNK_MAX, len(chunk.runs) / self.RUNS_MAX)

    @classmethod
    def _cut(cls, content: Runs) -> tuple[Runs, ...]:
        return content.cut(cls.CHUNK_MAX // 2, cls.RUNS_MAX // 2)


def _weight(chunks: tuple[Runs, ...]) -> int:
    return sum(chunk.weight for chunk in chunks)
