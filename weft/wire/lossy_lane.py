"""Law 9, the slow pay alone, for what may be lost: only the latest value of each key counts.

A reader for whom too much waits is sent nothing. What it skips is kept for it, the latest by key,
so what is kept is bounded by the number of keys; once it has room again it is given that. So
everyone ends with the latest, however slow.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Generic, TypeVar

Reader = TypeVar("Reader")  # anything hashable
Values = Mapping[str, Any]


class LossyLane(Generic[Reader]):
    def __init__(self, has_room: Callable[[Reader], bool]) -> None:
        self._has_room = has_room
        self._skipped: dict[Reader, dict[str, Any]] = {}

    def __bool__(self) -> bool:
        """Somebody has skipped something."""
        return bool(self._skipped)

    def offer(self, readers: Iterable[Reader], values: Callable[[], Values]) -> list[Reader]:
        """Those who are to be sent these values as they are; they have missed nothing before.

        `values` is called only when they must be kept for somebody.
        """
        direct: list[Reader] = []
        kept: Values | None = None
        for reader in readers:
            if reader not in self._skipped and self._has_room(reader):
                direct.append(reader)
                continue
            kept = values() if kept is None else kept
            self._skipped.setdefault(reader, {}).update(kept)
        return direct

    def ready(self) -> list[tuple[Reader, Values]]:
        """Those who have room again, with the latest of what each has skipped: to be sent now."""
        free = [reader for reader in self._skipped if self._has_room(reader)]
        return [(reader, self._skipped.pop(reader)) for reader in free]

    def readers(self) -> list[Reader]:
        """Those who have skipped something."""
        return list(self._skipped)

    def forget(self, reader: Reader) -> None:
        """It has gone, or begins anew."""
        self._skipped.pop(reader, None)
