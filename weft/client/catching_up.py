"""What comes between a join and `joined`, when much was missed: parts of a snapshot, and pages.

Pages are taken in as they come; what follows a snapshot in parts is held until `joined`, which
alone says what of this replica is in the snapshot.
"""

import orjson

from weft.client.instructions import Progress
from weft.errors import WeftError
from weft.wire.messages import Joined, Snapshot, SnapshotPart, Submission, Tail


class CatchingUp:
    def __init__(self, version: int | None = None) -> None:
        """`version`: what is held when the join is sent."""
        self._start = version or 0
        self._texts: list[str] = []
        self._of: SnapshotPart | None = None  # the newest part
        self._held: list[Submission] = []

    @property
    def holds_pages(self) -> bool:
        return self._of is not None

    def take_part(self, part: SnapshotPart) -> Progress:
        """Raises WeftError when it is not the next one."""
        before = self._of
        if part.part != len(self._texts) + 1 or (before and before.version != part.version):
            raise WeftError("internal", "A part of the snapshot is missing.")
        self._texts.append(part.text)
        self._of = part
        self._start = part.version
        return Progress("parts", part.part, part.parts)

    def take_page(self, page: Tail) -> Progress:
        """`holds_pages`: its submissions come with what `completed` returns."""
        if self.holds_pages:
            self._held += page.submissions
        newest = page.submissions[-1].version if page.submissions else self._start
        return Progress("versions", newest - self._start, page.head_version - self._start)

    def completed(self, joined: Joined) -> Joined:
        """With what came in parts as if at once. Raises WeftError when a part is missing."""
        if self._of is None:
            return joined
        if self._of.part != self._of.parts:
            raise WeftError("internal", "The snapshot is not complete.")
        state = orjson.loads("".join(self._texts))
        snapshot = Snapshot(version=self._of.version, state=state)
        submissions = [*self._held, *joined.submissions]
        return joined.model_copy(update={"snapshot": snapshot, "submissions": submissions})
