"""Law 17, stepwise: a submission meets each later submission in turn, never their composition.

The window of versions that an owner keeps in memory, durable or not yet, indexed by target: only
what touches the same widget is walked, so the cost does not grow with what others do elsewhere.
"""

from collections import deque
from dataclasses import dataclass

from storage.ports import LoggedSubmission
from weft.errors import WeftError
from weft.limits import HISTORY_MAX_BYTES, HISTORY_MAX_VERSIONS, TRANSFORM_MAX_PAIRS
from weft.ot import transform_pair
from weft.ot.operation import Operations
from weft.wire.link import ANYTHING


@dataclass(frozen=True, slots=True)
class Entry:
    submission: LoggedSubmission
    targets: tuple[str | None, ...]
    size_bytes: int


class History:
    """Versions start + 1 .. head. A base version below `start` cannot be transformed here."""

    def __init__(self, version: int) -> None:
        self.start = version
        self.head = version
        self._size_bytes = 0
        self._entries: dict[int, Entry] = {}
        self._by_target: dict[str | None, deque[tuple[int, Operations]]] = {}

    def add(self, submission: LoggedSubmission, operations: Operations, size_bytes: int) -> None:
        """The version after head. `operations` are those of the submission, parsed."""
        version = submission.version
        effective = tuple(op for op in operations if op.type != "noop")
        places = places_of_targets(effective) if effective else {}
        for target, indexes in places.items():
            touching = tuple(effective[index] for index in indexes)
            self._by_target.setdefault(target, deque()).append((version, touching))
        self._entries[version] = Entry(submission, tuple(places), size_bytes)
        self._size_bytes += size_bytes
        self.head = version

    def get(self, version: int) -> LoggedSubmission | None:
        entry = self._entries.get(version)
        return entry.submission if entry else None

    def between(self, after_version: int, up_to_version: int) -> tuple[LoggedSubmission, ...]:
        """Versions after_version + 1 .. up_to_version, all of which must be in the window."""
        versions = range(after_version + 1, up_to_version + 1)
        return tuple(self._entries[version].submission for version in versions)

    def size_bytes(self, after_version: int) -> int:
        """Of what followed, as sent; after_version must be in the window."""
        versions = range(after_version + 1, self.head + 1)
        return sum(self._entries[version].size_bytes for version in versions)

    def transform(self, operations: Operations, base_version: int) -> list[Operations]:
        """`operations`, made at base_version, as they follow head: for each, what it becomes.

        If those of one target become more or fewer, they all stand in the place of their first.
        Raises WeftError rebase_required when it would take too long.
        """
        moved: list[Operations] = [(operation,) for operation in operations]
        if base_version == self.head:
            return moved
        left = TRANSFORM_MAX_PAIRS
        for target, indexes in places_of_targets(operations).items():
            ours = tuple(operations[index] for index in indexes)
            for theirs in self._touching(target, base_version):
                left -= len(theirs) * len(ours)
                if left < 0:
                    raise WeftError("rebase_required", "Too much has changed under this edit.")
                ours = transform_pair(theirs, ours).later
            if len(ours) == len(indexes):
                for index, operation in zip(indexes, ours, strict=True):
                    moved[index] = (operation,)
            else:
                for index in indexes:
                    moved[index] = ()
                moved[indexes[0]] = ours
        return moved

    def has_touched(self, guard: str, base_version: int) -> bool:
        """Whether any version above the base has touched this widget, or ANYTHING at all."""
        if guard == ANYTHING:
            return self.head > base_version
        return bool(self._touching(guard, base_version))

    def trim(self, durable_version: int) -> None:
        """Forget the oldest beyond the window, but nothing that is not durable yet."""
        while self.start < durable_version and (
            len(self._entries) > HISTORY_MAX_VERSIONS or self._size_bytes > HISTORY_MAX_BYTES
        ):
            self.start += 1
            self._drop(self.start, oldest=True)

    def roll_back(self, version: int) -> None:
        """Forget every version above `version`."""
        while self.head > version:
            self._drop(self.head, oldest=False)
            self.head -= 1

    def _touching(self, target: str | None, base_version: int) -> list[Operations]:
        found: list[Operations] = []
        for version, operations in reversed(self._by_target.get(target, ())):
            if version <= base_version:
                break
            found.append(operations)
        found.reverse()
        return found

    def _drop(self, version: int, *, oldest: bool) -> None:
        entry = self._entries.pop(version)
        self._size_bytes -= entry.size_bytes
        for target in entry.targets:
            touching = self._by_target[target]
            if oldest:
                touching.popleft()
            else:
                touching.pop()
            if not touching:
                del self._by_target[target]


def places_of_targets(operations: Operations) -> dict[str | None, list[int]]:
    """Which operations act on each target, by index."""
    if len(operations) == 1:  # nearly always
        return {operations[0].target_id: [0]}
    places: dict[str | None, list[int]] = {}
    for index, operation in enumerate(operations):
        places.setdefault(operation.target_id, []).append(index)
    return places
