"""Encode once, and law 9: a dashboard's state as many joins are sent it, whole or in parts.

A state that is larger than one part goes in parts, each asked for when an earlier one has been
read, so that no reader has a whole dashboard waiting for it. While somebody still reads an older
state it stays in memory: of those there are few, and who comes then is sent the newest of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID
from weakref import WeakSet

import orjson

from actors.sequencer import Sequencer
from weft.limits import (
    SNAPSHOT_PART_MAX_CHARACTERS,
    SNAPSHOT_REUSE_VERSIONS,
    SNAPSHOTS_MAX_HELD,
    TAIL_MAX_BYTES,
    TAIL_MAX_VERSIONS,
)
from weft.wire.frames import snapshot_frame


@dataclass(eq=False, slots=True, weakref_slot=True)
class EncodedSnapshot:
    """`parts`, if it takes more than one: text, which becomes a frame when it is first sent."""

    version: int
    state: Mapping[str, Any]  # a fragment of JSON bytes
    parts: list[str | bytes]

    def frame(self, dashboard_id: UUID, index: int) -> bytes:
        part = self.parts[index]
        if isinstance(part, str):
            total = len(self.parts)
            part = snapshot_frame(dashboard_id, self.version, index + 1, total, part)
            self.parts[index] = part
        return part


@dataclass(slots=True)
class Sending:
    """How far one reader has come with the parts."""

    snapshot: EncodedSnapshot
    sent: int = 0

    @property
    def is_done(self) -> bool:
        return self.sent == len(self.snapshot.parts)

    def next_frame(self, dashboard_id: UUID) -> bytes:
        self.sent += 1
        return self.snapshot.frame(dashboard_id, self.sent - 1)


class Snapshots:
    def __init__(self) -> None:
        self._newest: EncodedSnapshot | None = None
        self._held: WeakSet[EncodedSnapshot] = WeakSet()  # the newest, and what is being sent

    def recent(self, sequencer: Sequencer) -> EncodedSnapshot:
        """Not older than the history in memory, unless too many are held: then the newest one."""
        if self._newest is None or not self._serves(self._newest.version, sequencer):
            self._newest = None
            if len(self._held) >= SNAPSHOTS_MAX_HELD:
                return max(self._held, key=lambda each: each.version)
            self._newest = encoded(sequencer)
            self._held.add(self._newest)
        return self._newest

    def _serves(self, version: int, sequencer: Sequencer) -> bool:
        return sequencer.durable_version - version <= SNAPSHOT_REUSE_VERSIONS and is_short(
            sequencer, version
        )

    def forget(self) -> None:
        """Give the memory back."""
        self._newest = None


def encoded(sequencer: Sequencer) -> EncodedSnapshot:
    state = orjson.dumps(sequencer.durable.to_json())
    parts: list[str | bytes] = []
    if len(state) > SNAPSHOT_PART_MAX_CHARACTERS:
        text, size = state.decode(), SNAPSHOT_PART_MAX_CHARACTERS
        parts += [text[start : start + size] for start in range(0, len(text), size)]
        state = b"{}"
    fragment = cast("Mapping[str, Any]", orjson.Fragment(state))
    return EncodedSnapshot(sequencer.durable_version, fragment, parts)


def is_short(sequencer: Sequencer, after_version: int) -> bool:
    """Whether what followed fits into one frame, and is in memory."""
    history, head = sequencer.history, sequencer.durable_version
    return (
        history.start <= after_version <= head
        and head - after_version <= TAIL_MAX_VERSIONS
        and history.size_bytes(after_version) <= TAIL_MAX_BYTES
    )
