"""When a dashboard is due for a checkpoint, and when it may leave memory.

By count, which bounds what opening replays; by age, which bounds how stale the rows are; and before
leaving. Nothing is lost without a checkpoint: the log has it all.
"""

from dataclasses import dataclass

from weft.limits import (
    CHECKPOINT_EVERY_SECONDS,
    CHECKPOINT_EVERY_VERSIONS,
    CHECKPOINT_RETRY_SECONDS,
    UNLOAD_AFTER_SECONDS,
)


@dataclass(slots=True)
class Upkeep:
    checkpointed_version: int
    writing: bool = False
    stopping: bool = False
    now_ms: int = 0
    _retry_at_ms: float = 0.0
    _idle_since_ms: int | None = None

    def tick(self, now_ms: int, *, idle: bool) -> None:
        """`idle`: nobody is here and nothing is under way."""
        self.now_ms = now_ms
        if not idle:
            self._idle_since_ms = None
        elif self._idle_since_ms is None:
            self._idle_since_ms = now_ms

    @property
    def leaving(self) -> bool:
        idle_since = self._idle_since_ms
        idle_for_long = idle_since is not None and self._passed(idle_since, UNLOAD_AFTER_SECONDS)
        return self.stopping or idle_for_long

    def is_due(self, durable_version: int, oldest_at_ms: int) -> bool:
        """`oldest_at_ms`: when the oldest version without a checkpoint was committed."""
        behind = durable_version - self.checkpointed_version
        too_soon = self.now_ms < self._retry_at_ms and not self.stopping
        if behind == 0 or self.writing or too_soon:
            return False
        return (
            behind >= CHECKPOINT_EVERY_VERSIONS
            or self.leaving
            or self._passed(oldest_at_ms, CHECKPOINT_EVERY_SECONDS)
        )

    def written(self, version: int) -> None:
        self.writing = False
        self.checkpointed_version = version

    def failed(self) -> None:
        self.writing = False
        self._retry_at_ms = self.now_ms + 1000 * CHECKPOINT_RETRY_SECONDS

    def _passed(self, since_ms: int, seconds: float) -> bool:
        return self.now_ms - since_ms >= 1000 * seconds
