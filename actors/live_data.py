"""Live data beside live layout: what feeds give widgets, latest wins, outside the document.

No value enters the log or the document, so law 4 knows nothing of it; it never waits for a commit,
nor a commit for it. Permission (law 6) is what an edit of that widget's `data` would need, decided
on the durable document, where a widget that is not there has no live data. Pure.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

import orjson

from actors.events import Fed, LiveDue, LiveWritten, Subscription
from actors.instructions import Instruction, PublishLive, Reply, WakeLive, WriteLive
from actors.permission import facts_in
from actors.sequencer import Sequencer
from actors.subscriber import Stage, Subscriber
from storage.ports import LiveValue, LoggedSubmission, OpenedDashboard
from weft.errors import WeftError
from weft.limits import (
    CHECKPOINT_EVERY_SECONDS,
    CHECKPOINT_RETRY_SECONDS,
    LIVE_FRAME_EVERY_SECONDS,
    LIVE_FRAME_MAX_BYTES,
    LIVE_MAX_BYTES_PER_DASHBOARD,
    LIVE_VALUE_MAX_BYTES,
)
from weft.models import Context, WidgetTypes, first_refused
from weft.ot.operation import Operation
from weft.wire.codec import encode
from weft.wire.frames import data_frame

Instructions = list[Instruction]

FRAME_EVERY_MS: Final = round(1000 * LIVE_FRAME_EVERY_SECONDS)
ENVELOPE_BYTES: Final = 64  # around a value in a frame: id, time, brackets


class Held(NamedTuple):
    """The newest of one widget. `value` is JSON; None: gone, which remains to be told."""

    value: bytes | None
    at_ms: int

    @property
    def size_bytes(self) -> int:
        return len(self.value or b"")

    def on_the_wire(self) -> dict[str, Any]:
        if self.value is None:
            return {"at": self.at_ms}
        return {"at": self.at_ms, "value": orjson.Fragment(self.value)}


class LiveData:
    """Of one dashboard, of whose heart it is a part."""

    def __init__(
        self,
        opened: OpenedDashboard,
        sequencer: Sequencer,
        subscribers: Mapping[Subscription, Subscriber],
        types: WidgetTypes,
    ) -> None:
        self._dashboard_id = opened.dashboard_id
        self._sequencer = sequencer
        self._subscribers = subscribers
        self._types = types
        self._held: dict[str, Held] = {}
        self._size_bytes = 0
        self._untold: dict[str, None] = {}  # the longest waiting first
        self._unwritten: dict[str, None] = {}
        self._rowless: dict[str, None] = {}  # unwritten for want of a row, until a checkpoint
        self._writing: dict[str, Held] = {}  # what is being written
        self._is_awake = False
        self._told_at_ms = -FRAME_EVERY_MS  # not yet
        self._write_at_ms: float | None = None  # None: nothing is to be written
        for each in opened.live:
            self._restore(each)

    # --- what is fed -----------------------------------------------------------------------

    def fed(self, event: Fed) -> Instructions:
        answer: dict[str, Any] = {"number": event.number}
        woken: Instructions = []
        try:
            subscriber = self._subscribers.get(event.subscription)
            if subscriber is None or subscriber.stage is not Stage.JOINED:
                raise WeftError("not_joined")
            self._check(subscriber, event)
            self._hold(event.widget_id, self._encoded(event), event.at_ms)
            woken = self._wake(event.at_ms)
        except WeftError as error:
            answer |= error.to_json()
        return [Reply(event.subscription, encode(answer)), *woken]

    def _check(self, subscriber: Subscriber, event: Fed) -> None:
        """Raises WeftError target_missing, forbidden, invalid_message."""
        document = self._sequencer.durable
        if event.widget_id not in document:
            raise WeftError("target_missing")
        author, record = subscriber.author, document.record(event.widget_id)
        if record["isLocked"] or not author.edits_freely:
            edit = Operation("update", event.widget_id, ("data",), event.value)
            context = Context(event.at_ms, author.address)
            refused = first_refused(author.subject, [edit], facts_in(document), context)
            if refused is not None:
                raise refused.decision.refusal(*refused.need)
        self._types.check(record["type"], data=event.value)

    def _encoded(self, event: Fed) -> bytes:
        """Raises WeftError too_large, limit_exceeded."""
        value = encode(event.value)
        if len(value) > LIVE_VALUE_MAX_BYTES:
            raise WeftError("too_large", f"A value has more than {LIVE_VALUE_MAX_BYTES} bytes.")
        before = self._held.get(event.widget_id)
        grown = self._size_bytes + len(value) - (before.size_bytes if before else 0)
        if grown > LIVE_MAX_BYTES_PER_DASHBOARD:
            most = LIVE_MAX_BYTES_PER_DASHBOARD
            raise WeftError("limit_exceeded", f"Live data of a dashboard has at most {most} bytes.")
        return value

    def _hold(self, widget_id: str, value: bytes | None, at_ms: int) -> None:
        before = self._held.get(widget_id)
        if before is not None:
            self._size_bytes -= before.size_bytes
            at_ms = max(at_ms, before.at_ms + 1)
        held = self._held[widget_id] = Held(value, at_ms)
        self._size_bytes += held.size_bytes
        self._untold[widget_id] = self._unwritten[widget_id] = None
        if self._write_at_ms is None:
            self._write_at_ms = at_ms + 1000 * CHECKPOINT_EVERY_SECONDS

    def _restore(self, stored: LiveValue) -> None:
        """Unless the document has moved on since it was written."""
        widget_id, document = str(stored.widget_id), self._sequencer.durable
        if stored.value is None or widget_id not in document:
            return
        if not self._types.problems(document.record(widget_id)["type"], data=stored.value):
            self._held[widget_id] = held = Held(encode(stored.value), stored.at_ms)
            self._size_bytes += held.size_bytes

    # --- the document moves on -------------------------------------------------------------

    def follow(self, committed: Sequence[LoggedSubmission]) -> Instructions:
        """A widget that is gone, or was made another one, has no live data any more."""
        if not self._held:
            return []
        gone = [
            operation["targetId"]
            for submission in committed
            for operation in submission.operations
            if _makes_another(operation) and self._has(operation["targetId"])
        ]
        for widget_id in gone:
            self._hold(widget_id, None, committed[-1].at_ms)
        return self._wake(committed[-1].at_ms) if gone else []

    def _has(self, widget_id: str) -> bool:
        held = self._held.get(widget_id)
        return held is not None and held.value is not None

    # --- what is told ----------------------------------------------------------------------

    def joined(self) -> dict[str, Any]:
        """The latest of all, for `joined`."""
        return {
            each: held.on_the_wire() for each, held in self._held.items() if held.value is not None
        }

    def _wake(self, now_ms: int) -> Instructions:
        if self._is_awake or not self._untold:
            return []
        self._is_awake = True
        since_ms = max(0, now_ms - self._told_at_ms)
        return [WakeLive(max(0, FRAME_EVERY_MS - since_ms))]

    def due(self, event: LiveDue) -> Instructions:
        """One frame with what has changed, as much as fits; the rest has its turn in the next."""
        self._is_awake = False
        self._told_at_ms = event.now_ms
        values: dict[str, Any] = {}
        size = 0
        for widget_id in list(self._untold):
            held = self._held[widget_id]
            size += held.size_bytes + ENVELOPE_BYTES
            if values and size > LIVE_FRAME_MAX_BYTES:
                break
            del self._untold[widget_id]
            values[widget_id] = held.on_the_wire()
        self._forget_gone()
        told = [PublishLive(data_frame(self._dashboard_id, values), values)]
        return [*told, *self._wake(event.now_ms)] if values else []

    def _forget_gone(self) -> None:
        """Of what is gone nothing is kept, once that was told and written."""
        for widget_id in [each for each, held in self._held.items() if held.value is None]:
            if not any(
                widget_id in each for each in (self._untold, self._unwritten, self._writing)
            ):
                del self._held[widget_id]

    # --- what is written -------------------------------------------------------------------

    @property
    def is_writing(self) -> bool:
        return bool(self._writing)

    def write_beside_checkpoint(self) -> Instructions:
        """One was just written: its widgets have rows now."""
        self._unwritten |= self._rowless
        self._rowless = {}
        return self._write()

    def write_if_due(self, now_ms: int, *, leaving: bool) -> Instructions:
        """`leaving`: rather now than never. Ask only while there is a row for every widget."""
        due = self._write_at_ms is not None and now_ms >= self._write_at_ms
        return self._write() if due or leaving else []

    def _write(self) -> Instructions:
        if self._writing or not self._unwritten:
            return []
        self._writing = {each: self._held[each] for each in self._unwritten}
        self._unwritten = {}
        self._write_at_ms = None
        return [WriteLive(tuple(_stored(*each) for each in self._writing.items()))]

    def written(self, event: LiveWritten) -> None:
        """What was not is tried again: beside the next checkpoint, or after a failure later."""
        taken, self._writing = self._writing, {}
        if event.widget_ids is None:
            self._unwritten = dict.fromkeys([*taken, *self._unwritten])
            self._write_at_ms = event.at_ms + 1000 * CHECKPOINT_RETRY_SECONDS
        else:
            left = {each for each in taken if UUID(each) not in event.widget_ids}
            self._rowless |= dict.fromkeys(each for each in left if self._has(each))
        self._forget_gone()


def _stored(widget_id: str, held: Held) -> LiveValue:
    value = None if held.value is None else orjson.loads(held.value)
    return LiveValue(UUID(widget_id), value, held.at_ms)


def _makes_another(operation: Mapping[str, Any]) -> bool:
    """Removes, replaces or retypes the widget that it is about."""
    if operation["type"] in ("addWidget", "removeWidget"):
        return True
    target, path = operation.get("targetId"), operation.get("path")
    return operation["type"] == "update" and target is not None and path in ([], ["type"])
