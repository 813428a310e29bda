"""A long sequence as immutable chunks, so that an edit costs a chunk and not the whole.

A rope behaves as one sequence of code points, list items or rich text. It is flat: one tuple of
chunks and the place of the last edit, from which the next search starts, as people type where they
typed. The figures that decided against a tree are in docs/decisions/0002.
"""

from typing import Any, ClassVar, Generic, Protocol, Self, SupportsIndex, TypeVar

from weft.ot.delta import DELTA_WEIGHT, Runs, delta_of
from weft.ot.operation import JsonValue


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
        head, tail = self.chunks[first][: start - base], self.chunks[last][stop - last_base :]
        middle = head + tail if content is None else head + content + tail
        end = last + 1
        size = len(middle)
        if size < self.CHUNK_MAX // 4 and first > 0:  # small chunks do not pile up
            before = self.chunks[first - 1]
            if len(before) + size <= self.CHUNK_MAX // 2:
                first, base, middle = first - 1, base - len(before), before + middle
        pieces = (middle,) if 0 < len(middle) <= self.CHUNK_MAX else self._cut(middle)
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

    @classmethod
    def _cut(cls, content: C) -> tuple[C, ...]:
        size = cls.CHUNK_MAX // 2  # room to grow
        if len(content) <= cls.CHUNK_MAX:
            return (content,) if len(content) else ()
        return tuple(content[at : at + size] for at in range(0, len(content), size))


class Text(Rope[str]):
    """Plain text beyond one chunk."""

    CHUNK_MAX = 2_048
    __slots__ = ()

    def to_json(self) -> str:
        return "".join(self.chunks)


class Items(Rope[list[JsonValue]]):
    """A JSON list beyond one chunk. Its items are nodes of the document."""

    CHUNK_MAX = 512
    __slots__ = ()

    def __getitem__(self, index: SupportsIndex) -> JsonValue:
        at, base = self._locate(int(index) + 1)
        return self.chunks[at][int(index) - base]

    def with_item(self, index: int, item: JsonValue) -> "Items":
        return self.splice(index, index + 1, [item])


class RichText(Rope[Runs]):
    """Rich text that has been edited; `weight` as of its JSON, a run more per chunk."""

    CHUNK_MAX = 1_024
    __slots__ = ("weight",)

    weight: int

    @classmethod
    def of(cls, content: Runs) -> Self:
        result = super().of(content)
        result.weight = DELTA_WEIGHT + _weight(result.chunks)
        return result

    def _replaced(
        self, first: int, end: int, pieces: tuple[Runs, ...], length: int, base: int
    ) -> Self:
        result = super()._replaced(first, end, pieces, length, base)
        result.weight = self.weight + _weight(pieces) - _weight(self.chunks[first:end])
        return result

    def to_json(self) -> dict[str, JsonValue]:
        return delta_of(run for chunk in self.chunks for run in chunk.runs)


def _weight(chunks: tuple[Runs, ...]) -> int:
    return sum(chunk.weight for chunk in chunks)
