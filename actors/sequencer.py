"""Law 1, order, and law 2, durable first: the newest state may run ahead of the durable one.

A submission is transformed over what followed its base and applied to the newest document, which
only this file sees. The durable document, which everyone sees, follows when commits return.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import orjson

from actors.events import Submitted
from actors.history import History
from actors.permission import Author, check_permission
from storage.ports import LoggedSubmission, OpenedDashboard
from weft.errors import OperationError, WeftError
from weft.models import Subject
from weft.ot import (
    Document,
    apply,
    apply_recording,
    operation_from_json,
    operation_to_json,
)
from weft.ot.operation import Operation, Operations
from weft.plugins.interface import Proposal, Review


@dataclass(frozen=True, slots=True)
class Sequenced:
    """A submission with its version, the document it leads to, and where it came from."""

    submission: LoggedSubmission
    document: Document
    author: Author
    event: Submitted


class Sequencer:
    def __init__(self, opened: OpenedDashboard, review: Review | None = None) -> None:
        """`review`: what plug-ins have to say of each submission; None: there are none."""
        self._dashboard_id = opened.dashboard_id
        self._review = review
        self.history = History(opened.checkpoint.version - len(opened.before))
        self.durable = Document.from_json(opened.checkpoint.state)
        self._uncommitted: deque[Sequenced] = deque()
        for submission in opened.before:
            self._remember(submission)
        for submission in opened.tail:
            self._replay(submission)
        if self.history.head != opened.version:
            raise WeftError("internal", f"The log ends at {self.history.head}.")
        self.durable_version = opened.version

    @property
    def newest(self) -> Document:
        return self._uncommitted[-1].document if self._uncommitted else self.durable

    @property
    def has_uncommitted(self) -> bool:
        return bool(self._uncommitted)

    def sequence(self, author: Author, event: Submitted) -> LoggedSubmission:
        """Give it the next version. Raises WeftError, and then nothing has changed."""
        if event.base_version > self.durable_version:
            raise WeftError("future_version", headVersion=self.durable_version)
        if event.base_version < self.history.start:
            raise WeftError("rebase_required", headVersion=self.durable_version)
        if event.guard is not None and self.history.has_touched(event.guard, event.base_version):
            raise WeftError("conflict", headVersion=self.durable_version)
        newest = self.newest
        sent = parse(event.operations, trusted=False)
        moved = self.history.transform(sent, event.base_version)
        check_permission(author, sent, moved, newest, event.at_ms)
        document, operations = apply_moved(newest, moved)
        written, size_bytes = tuple(map(operation_to_json, operations)), event.size_bytes
        if self._review is not None:
            proposal = Proposal(
                self._dashboard_id,
                author.user_id,
                author.replica_id,
                event.at_ms,
                operations,
                newest,
                document,
            )
            reviewed = self._review(proposal)
            if reviewed is not None:  # what was added follows, in the same version
                document, operations = reviewed.document, operations + reviewed.operations
                written += reviewed.written
                size_bytes += len(orjson.dumps(reviewed.written))
        submission = LoggedSubmission(
            version=self.history.head + 1,
            replica_id=author.replica_id,
            sequence=event.sequence,
            user_id=author.user_id,
            base_version=seen_version_of(event),
            operations=written,
            fingerprint=event.fingerprint,
            at_ms=event.at_ms,
        )
        self.history.add(submission, operations, size_bytes)
        self._uncommitted.append(Sequenced(submission, document, author, event))
        return submission

    def commit(self, version: int) -> tuple[LoggedSubmission, ...]:
        """Every version up to this one is durable: those that were not before."""
        committed: list[LoggedSubmission] = []
        while self.durable_version < version:
            first = self._uncommitted.popleft()
            self.durable = first.document
            self.durable_version = first.submission.version
            committed.append(first.submission)
        self.history.trim(version)
        return tuple(committed)

    def roll_back(self) -> tuple[Sequenced, ...]:
        """Take back every version that is not durable, oldest first."""
        taken_back = tuple(self._uncommitted)
        self._uncommitted.clear()
        self.history.roll_back(self.durable_version)
        return taken_back

    @property
    def authors(self) -> set[UUID]:
        """Of what is not durable yet."""
        return {each.author.user_id for each in self._uncommitted}

    def regrant(self, subjects: Mapping[UUID, Subject]) -> None:
        """What has its version keeps it. What is taken back and sequenced anew is judged anew."""
        self._uncommitted = deque(
            replace(each, author=each.author.with_subject(subjects[each.author.user_id]))
            if each.author.user_id in subjects
            else each
            for each in self._uncommitted
        )

    def _replay(self, submission: LoggedSubmission) -> None:
        operations = self._remember(submission)
        self.durable = apply(self.durable, operations, within_limits=False)

    def _remember(self, submission: LoggedSubmission) -> Operations:
        if submission.version != self.history.head + 1:
            raise WeftError("internal", f"The log has {submission.version} out of order.")
        operations = parse(submission.operations, trusted=True)
        self.history.add(submission, operations, len(orjson.dumps(submission.operations)))
        return operations


def seen_version_of(event: Submitted) -> int:
    """What its author had seen, so that whoever reads the log can tell whom it overwrites unseen.

    Less than the base version where the author has moved it along, over what came later.
    """
    seen = event.seen_version
    return event.base_version if seen is None else min(seen, event.base_version)


def parse(operations: Iterable[dict[str, Any]], *, trusted: bool) -> Operations:
    """`trusted`: from the log. Raises OperationError with the index of the first that is wrong."""
    parsed = []
    for index, operation in enumerate(operations):
        try:
            parsed.append(operation_from_json(operation, trusted))
        except OperationError as error:
            raise at_index(error, index) from None
    return tuple(parsed)


def apply_moved(document: Document, moved: list[Operations]) -> tuple[Document, Operations]:
    """The document after all of `moved`, and these with what they really replaced.

    Raises OperationError with the index in `moved` of the first that cannot be applied.
    """
    recorded: list[Operation] = []
    for index, operations in enumerate(moved):
        try:
            document, done = apply_recording(document, operations)
        except OperationError as error:
            raise at_index(error, index) from None
        recorded += done
    return document, tuple(recorded)


def at_index(error: OperationError, index: int) -> OperationError:
    """`error`, saying which operation of the submission it is about."""
    return OperationError(error.code, error.message, **{**error.details, "operation": index})
