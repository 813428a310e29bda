"""What a replica has edited and the server has not committed, moved along as others commit.

Law 17, stepwise: remote operations meet each pending edit in turn. The layers, each made on top of
the one before: the submission in flight, the submissions that wait for their turn, and the edits
of a batch that is still open. What waits is compacted, but never beyond what one submission holds,
so an edit or a batch is not torn apart.

What moves along forgets what its author had seen. So each layer keeps the newest version that its
author had seen of all that it overwrites: those who lose are told (rule 5 of merging).
"""

from collections import deque
from collections.abc import Iterator
from typing import Any, NamedTuple, TypeVar

from weft.errors import WeftError
from weft.limits import (
    EDIT_MAX_BYTES,
    OPERATIONS_MAX_PER_SUBMISSION,
    SUBMISSION_TARGET_BYTES,
    SUBMISSION_TARGET_OPERATIONS,
)
from weft.ot import (
    apply,
    compose,
    invert,
    normalize,
    operation_from_json,
    operation_to_json,
    transform_pair,
)
from weft.ot.document import Document
from weft.ot.operation import Operation, Operations
from weft.wire.codec import encode


class Lost(NamedTuple):
    """An edit that has lost its place or its effect, as it was before."""

    operation: Operation
    reason: str  # that of the no-op which is left


class Rebased(NamedTuple):
    change: Operations  # the remote operations as they change the view
    discarded: tuple[Lost, ...]


class Layer(NamedTuple):
    operations: Operations
    size_bytes: int  # at least that of the operations on the wire
    seen_version: int | None = None  # None: all that it overwrites was seen


class InFlight(NamedTuple):
    sequence: int
    operations: Operations
    seen_version: int | None = None  # as of a layer


Moved = TypeVar("Moved", Layer, InFlight)


class Pending:
    def __init__(self) -> None:
        self.sequence = 0  # the newest that this replica has used
        self.in_flight: InFlight | None = None
        self._waiting: deque[Layer] = deque()
        self._batch: Layer | None = None  # None: no batch is open

    def __bool__(self) -> bool:
        return bool(self.in_flight or self._waiting or (self._batch and self._batch.operations))

    @property
    def operations(self) -> Operations:
        """All of them, in order: what leads from the confirmed document to the view."""
        return tuple(operation for layer in self._layers() for operation in layer)

    # --- over a reload --------------------------------------------------------------------------

    def to_json(self) -> dict[str, Any]:
        """An open batch counts as closed."""
        flying = self.in_flight
        layers = [*self._waiting, self._batch or Layer((), 0)]
        return {
            "sequence": self.sequence,
            "inFlight": flying and [flying.sequence, *_to_json(flying)],
            "waiting": [_to_json(layer) for layer in layers if layer.operations],
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Pending":
        pending = cls()
        pending.sequence = stored["sequence"]
        if stored["inFlight"] is not None:
            sequence, operations, seen = stored["inFlight"]
            pending.in_flight = InFlight(sequence, _from_json(operations), seen)
        for layer, seen in stored["waiting"]:
            operations = _from_json(layer)
            pending._waiting.append(Layer(operations, bytes_of(operations), seen))
        return pending

    # --- the user -------------------------------------------------------------------------------

    def check(self, operations: Operations) -> int:
        """Their size in bytes. Raises WeftError too_large when one submission cannot hold them."""
        added = Layer(operations, bytes_of(operations))
        held = self._batch or Layer((), 0)
        both = Layer(held.operations + operations, held.size_bytes + added.size_bytes)
        if not _is_sendable(both) and not _is_sendable(_compact(both)):
            raise WeftError("too_large", "One submission cannot hold this edit, or this batch.")
        return added.size_bytes

    def add(self, operations: Operations, size_bytes: int) -> None:
        """`size_bytes` is what `check` has returned."""
        added = Layer(operations, size_bytes)
        if self._batch is not None:
            joined = _join(self._batch, added)
            self._batch = joined if _is_sendable(joined) else _compact(joined)
        else:
            self._wait(added)

    @property
    def batch_is_open(self) -> bool:
        return self._batch is not None

    def open_batch(self) -> None:
        if self._batch is None:
            self._batch = Layer((), 0)

    def close_batch(self) -> None:
        batch, self._batch = self._batch, None
        if batch is not None:
            self._wait(batch)

    def drop_batch(self, confirmed: Document) -> Operations:
        """Forget the open batch; returns what undoes it in the view."""
        batch, self._batch = self._batch, None
        before = apply(confirmed, self.operations, within_limits=False)
        return invert(before, batch.operations) if batch is not None else ()

    # --- the server -----------------------------------------------------------------------------

    def rebase(self, remote: Operations, version: int | None = None) -> Rebased:
        """Move every layer over what was committed before it, as `version`; None: over an undoing
        of one's own.
        """
        discarded: list[Lost] = []
        if self.in_flight is not None:
            remote, self.in_flight = _rebase(remote, self.in_flight, version, discarded)
        waiting, self._waiting = self._waiting, deque()
        for layer in waiting:
            remote, moved = _rebase(remote, layer, version, discarded)
            if moved.operations:
                self._waiting.append(moved)
        if self._batch is not None:
            remote, self._batch = _rebase(remote, self._batch, version, discarded)
        return Rebased(remote, tuple(discarded))

    def drop_in_flight(self, confirmed: Document) -> Rebased:
        """Undo what is in flight under all that was edited since."""
        assert self.in_flight is not None
        inverse = invert(confirmed, self.in_flight.operations)
        self.in_flight = None
        return self.rebase(inverse)

    def launch(self) -> InFlight | None:
        """Put the first that waits in flight, under the next sequence; None: nothing waits.

        From here on the sequence and its content belong together, until it has committed or is
        dropped: whoever has heard of one must find the other.
        """
        first = Layer((), 0)
        while self._waiting and not first.operations:
            first = _compact(self._waiting.popleft())
        operations, _, seen = first
        if not operations:
            return None
        rest = operations[OPERATIONS_MAX_PER_SUBMISSION:]  # a deletion split by many inserts
        if rest:
            self._waiting.appendleft(first._replace(operations=rest))
        self.sequence += 1
        self.in_flight = InFlight(self.sequence, operations[:OPERATIONS_MAX_PER_SUBMISSION], seen)
        return self.resend()

    def resend(self) -> InFlight | None:
        """What is in flight, as it is to be sent now; None, and nothing is, if it became void."""
        if self.in_flight is None or not self.in_flight.operations:
            self.in_flight = None
        else:
            operations = _in_client_terms(self.in_flight.operations)
            self.in_flight = self.in_flight._replace(operations=operations)
        return self.in_flight

    def clear(self) -> Operations:
        """Give up on all of it, but not on an open batch; returns what it was."""
        operations = self.operations
        self.in_flight = None
        self._waiting.clear()
        self._batch = self._batch and Layer((), 0)
        return operations

    # --- inside ---------------------------------------------------------------------------------

    def _layers(self) -> Iterator[Operations]:
        if self.in_flight is not None:
            yield self.in_flight.operations
        for layer in self._waiting:
            yield layer.operations
        if self._batch is not None:
            yield self._batch.operations

    def _wait(self, added: Layer) -> None:
        """Into the last that waits, if there is room in it or compacting makes ample room."""
        if self._waiting:
            joined = _join(self._waiting[-1], added)
            if not _fills(joined, 1.0) or not _fills(joined := _compact(joined), 0.5):
                self._waiting.pop()
                added = joined
        if added.operations:  # not an edit and what undid it
            self._waiting.append(added)


def _to_json(layer: Layer | InFlight) -> list[Any]:
    return [[operation_to_json(each) for each in layer.operations], layer.seen_version]


def _from_json(operations: list[dict[str, Any]]) -> Operations:
    return tuple(operation_from_json(operation, trusted=True) for operation in operations)


def bytes_of(operations: Operations) -> int:
    """Their size on the wire."""
    return sum(len(encode(operation_to_json(operation))) for operation in operations)


def _join(first: Layer, second: Layer) -> Layer:
    """One layer; what has just been typed is merged with what was typed before."""
    merged = compose(first.operations[-1:], second.operations)
    return Layer(
        first.operations[:-1] + merged,
        first.size_bytes + second.size_bytes,
        _older(first.seen_version, second.seen_version),
    )


def _older(one: int | None, other: int | None) -> int | None:
    return min((each for each in (one, other) if each is not None), default=None)


def _compact(layer: Layer) -> Layer:
    operations = normalize(layer.operations)
    return Layer(operations, bytes_of(operations), layer.seen_version)


def _fills(layer: Layer, part: float) -> bool:
    """More than this part of a submission?"""
    return (
        layer.size_bytes > part * SUBMISSION_TARGET_BYTES
        or len(layer.operations) > part * SUBMISSION_TARGET_OPERATIONS
    )


def _is_sendable(layer: Layer) -> bool:
    return (
        layer.size_bytes <= EDIT_MAX_BYTES
        and len(layer.operations) <= OPERATIONS_MAX_PER_SUBMISSION
    )


def _rebase(
    remote: Operations, layer: Moved, version: int | None, discarded: list[Lost]
) -> tuple[Operations, Moved]:
    if not remote or not layer.operations:
        return remote, layer
    change, moved, conflicts = transform_pair(remote, layer.operations)
    seen = layer.seen_version
    for conflict in conflicts:
        if conflict.side == "later":
            discarded.append(Lost(layer.operations[conflict.number], conflict.reason))
        elif version is not None:
            seen = _older(seen, version - 1)
    return effective(change), layer._replace(operations=effective(moved), seen_version=seen)


def _in_client_terms(operations: Operations) -> Operations:
    """Two additions of one widget make a replacement, which only a server may write as one."""
    if all(operation.path or operation.type != "update" for operation in operations):
        return operations
    result: list[Operation] = []
    for operation in operations:
        if operation.type == "update" and not operation.path:
            widget_id = operation.target_id
            result.append(Operation("removeWidget", widget_id))
            result.append(Operation("addWidget", widget_id, (), operation.value))
        else:
            result.append(operation)
    return tuple(result)


def effective(operations: Operations) -> Operations:
    """Without what has become a no-op."""
    return tuple(operation for operation in operations if operation.type != "noop")
