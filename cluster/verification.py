"""Law 1 order, law 3 exactly once, law 4 convergence, as one comparison over what is stored.

Two replays walk the log side by side: one from the oldest checkpoint to the head, one that starts
again from each stored checkpoint. At every checkpoint both must hold its state, and the rows must
hold the newest one. The first difference ends the walk. No I/O: the caller feeds and asks.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from uuid import UUID

from storage.ports import DashboardRows, LoggedSubmission
from weft.ot import Document, operation_from_json
from weft.ot import apply as apply_operations

State: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Difference:
    """What is not as the laws say: at which version, where in the document, and both values."""

    law: str
    version: int
    where: str
    expected: Any
    found: Any

    def to_json(self) -> dict[str, Any]:
        return {
            "law": self.law,
            "version": self.version,
            "where": self.where,
            "expected": _shown(self.expected),
            "found": _shown(self.found),
        }


@dataclass
class Verification:
    """Of one dashboard: `begin` at the oldest checkpoint, then `check_log` and `check_checkpoint`
    in rising order, then `finish`. The rows hold the checkpoint that `rows.version` names."""

    rows: DashboardRows
    version: int = 0
    submissions: int = 0
    checkpoints: int = 0
    newest_checkpoint: int = 0
    difference: Difference | None = None
    _through: Document | None = None  # replayed from the oldest checkpoint on
    _since: Document | None = None  # replayed from the checkpoint before
    _rows_met: bool = False
    _sequences: dict[UUID, int] = field(default_factory=dict)

    def begin(self, version: int, state: State) -> None:
        self.version = version
        self._through = self._since = self._document(version, state)
        if self._through is not None:
            self._compare("law 16, valid: checkpoint", version, self._through, state)
            self._pass(version, state)

    def check_log(self, submissions: Iterable[LoggedSubmission]) -> None:
        """The versions that follow, in order of version."""
        for submission in submissions:
            if self.difference is not None:
                return
            self._check_place(submission)
            if self.difference is None:
                self._replay(submission)

    def check_checkpoint(self, version: int, state: State) -> None:
        """The stored checkpoint at `version`, once the log has been checked up to it."""
        for replayed in (self._through, self._since):
            if self.difference is None and replayed is not None:
                self._compare("law 4, convergence: checkpoint", version, replayed, state)
        if self.difference is None:
            self._since = self._document(version, state)
            self._pass(version, state)

    def cannot_be_read(self, where: str, error: Exception) -> None:
        """What is stored beyond `version` is not even a log, a checkpoint or rows."""
        self._fail("law 16, valid", self.version, where, "readable", repr(error))

    def finish(self, head_version: int) -> None:
        """Once the log has been checked up to what `dashboards.version` says."""
        if self.difference is not None:
            return
        if self.version != head_version:
            self._fail("law 1, order: head", head_version, "version", head_version, self.version)
        elif not self._rows_met:
            missing = self.rows.version
            self._fail("law 4, convergence: rows", missing, "checkpoint", missing, _NOTHING)

    def _document(self, version: int, state: State) -> Document | None:
        try:
            return Document.from_json(state)
        except Exception as error:  # noqa: BLE001  (whatever a checkpoint holds, say where)
            self._fail("law 16, valid", version, "checkpoint", "readable", repr(error))
            return None

    def _pass(self, version: int, state: State) -> None:
        self.checkpoints += 1
        self.newest_checkpoint = version
        if version == self.rows.version:
            self._rows_met = True
            apart = first_difference(state, self.rows.state)
            if apart is not None and self.difference is None:
                self._fail("law 4, convergence: rows", version, *apart)

    def _check_place(self, submission: LoggedSubmission) -> None:
        expected = self.version + 1
        if submission.version != expected:
            self._fail("law 1, order", expected, "version", expected, submission.version)
            return
        before = self._sequences.get(submission.replica_id, 0)
        if submission.sequence <= before:
            where = f"replica {submission.replica_id}"
            found = submission.sequence
            self._fail("law 3, exactly once", expected, where, f"above {before}", found)
        self._sequences[submission.replica_id] = submission.sequence

    def _replay(self, submission: LoggedSubmission) -> None:
        assert self._through is not None and self._since is not None, "begin comes first"
        try:
            operations = tuple(
                operation_from_json(each, trusted=True) for each in submission.operations
            )
            self._through = apply_operations(self._through, operations, within_limits=False)
            self._since = apply_operations(self._since, operations, within_limits=False)
        except Exception as error:  # noqa: BLE001  (whatever the log holds, say where)
            where = "operations"
            self._fail("law 16, valid", submission.version, where, "applicable", repr(error))
            return
        self.version = submission.version
        self.submissions += 1

    def _compare(self, law: str, version: int, replayed: Document, stored: State) -> None:
        if version != self.version:
            self._fail("law 1, order", version, "version", version, self.version)
            return
        apart = first_difference(replayed.to_json(), stored)
        if apart is not None:
            self._fail(law, version, *apart)

    def _fail(self, law: str, version: int, where: str, expected: Any, found: Any) -> None:
        self.difference = Difference(law, version, where, expected, found)


def first_difference(expected: Any, found: Any, where: str = "") -> tuple[str, Any, Any] | None:
    """(path, expected, found) of the first place where two JSON values differ, or None."""
    if isinstance(expected, dict) and isinstance(found, dict):
        keys = [*expected, *(key for key in found if key not in expected)]
        pairs = [(key, expected.get(key, _NOTHING), found.get(key, _NOTHING)) for key in keys]
    elif isinstance(expected, list) and isinstance(found, list):
        longest = max(len(expected), len(found))
        pairs = [(i, _item(expected, i), _item(found, i)) for i in range(longest)]
    elif isinstance(expected, str) and isinstance(found, str):
        return None if expected == found else _first_difference_of_text(expected, found, where)
    else:
        same = expected == found and isinstance(expected, bool) == isinstance(found, bool)
        return None if same else (where or "/", expected, found)
    for key, left, right in pairs:
        apart = first_difference(left, right, f"{where}/{key}")
        if apart is not None:
            return apart
    return None


def _first_difference_of_text(expected: str, found: str, where: str) -> tuple[str, str, str]:
    """Both texts from where they part on."""
    shorter = min(len(expected), len(found))
    at = next((i for i in range(shorter) if expected[i] != found[i]), shorter)
    return f"{where}@{at}", expected[at:], found[at:]


class _Nothing:
    def __repr__(self) -> str:
        return "nothing"


_NOTHING = _Nothing()
SHOWN_CHARACTERS = 200


def _item(items: list[Any], index: int) -> Any:
    return items[index] if index < len(items) else _NOTHING


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "…"
