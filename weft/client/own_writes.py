"""Rule 5 of merging, seen from the one who lost: whose value was overwritten unseen, is told.

Keeps the values that this replica has committed and that still stand, in terms of the confirmed
document. A later submission that was made without having seen one (its base version is older)
supersedes it; one that had seen it just replaces it.
"""

from typing import Any, NamedTuple

from weft.client.pending import Lost
from weft.limits import OWN_WRITES_MAX
from weft.ot import transform_pair
from weft.ot.operation import Operation, Operations


class Write(NamedTuple):
    version: int
    operation: Operation  # an `update` of one value


class OwnWrites:
    def __init__(self) -> None:
        self._by_target: dict[str | None, list[Write]] = {}
        self._count = 0

    def record(self, version: int, operations: Operations) -> None:
        """These, of this replica, have committed as `version`."""
        for operation in operations:
            self.meet(version, (operation,))
            writes = [Write(version, value) for value in values_set_by(operation)]
            if writes:
                self._by_target.setdefault(operation.target_id, []).extend(writes)
                self._count += len(writes)
        if self._count > OWN_WRITES_MAX:
            self.clear()  # a bulk import; nobody races with all of it

    def meet(self, base_version: int, operations: Operations) -> tuple[Lost, ...]:
        """These have committed, made at `base_version`: whom do they overwrite unseen?"""
        overwritten: list[Lost] = []
        for target_id in dict.fromkeys(operation.target_id for operation in operations):
            if target_id not in self._by_target:
                continue
            touching = tuple(op for op in operations if op.target_id == target_id)
            standing: list[Write] = []
            for write in self._by_target[target_id]:
                moved, _, conflicts = transform_pair((write.operation,), touching)
                lost = [each for each in conflicts if each.side == "earlier"]
                if not lost:
                    standing += [Write(write.version, result) for result in moved]
                elif write.version > base_version:
                    overwritten.append(Lost(write.operation, lost[0].reason))
            self._keep(target_id, standing)
        return tuple(overwritten)

    def clear(self) -> None:
        self._by_target.clear()
        self._count = 0

    def _keep(self, target_id: str | None, standing: list[Write]) -> None:
        self._count += len(standing) - len(self._by_target[target_id])
        if standing:
            self._by_target[target_id] = standing
        else:
            del self._by_target[target_id]


def values_set_by(operation: Operation) -> Operations:
    """One `update` for each value that an operation sets; edits of sequences set none."""
    if operation.type == "update" and operation.path:
        return (operation,)
    if operation.type in ("move", "resize"):
        coordinates: Any = operation.value
        return tuple(
            Operation("update", operation.target_id, ("position", name), value)
            for name, value in coordinates.items()
        )
    return ()
