"""Law 3, exactly once, and law 4, convergence, while a subscription passes from owner to owner.

The client is told nothing of it. The old owner has told everything up to a version before it let
go, so the new one is joined from there; what it says then is put into words for someone who never
left. A submission without an answer is kept, and sent again to whoever has not committed it: the
id makes that safe.

    settled ──departed──▶ under way ──arrived──▶ settled
"""

from typing import Any, NamedTuple
from uuid import UUID

import orjson

from weft.wire.frames import committed_frame, data_frame, permission_frame
from weft.wire.link import Attach, Submitted


class Arrival(NamedTuple):
    """What the client is told, and what the new owner is sent."""

    frames: list[bytes]
    resend: Submitted | None


class Passage:
    """Of one subscription. A replica has one submission in flight, so one is kept."""

    def __init__(self, dashboard_id: UUID) -> None:
        self._dashboard_id = dashboard_id
        self._unanswered: Submitted | None = None
        self._version: int | None = None

    @property
    def is_under_way(self) -> bool:
        return self._version is not None

    def submitted(self, line: Submitted) -> None:
        self._unanswered = line

    def answered(self, frame: bytes) -> None:
        """The owner has said this to the client alone. A commit is told to the whole room: what is
        kept of it is recognised on arrival.
        """
        if self._unanswered is not None:
            told = orjson.loads(frame)
            if told.get("sequence") == self._unanswered.sequence:
                self._unanswered = None

    def depart(self, version: int) -> None:
        """The client has been told everything up to `version`."""
        self._version = version

    def line(self, first: Attach) -> Attach:
        """How the next owner is joined."""
        if self._version is None:
            return first
        return first._replace(version=self._version, wants_tail=True)

    def paged(self, frame: bytes) -> bytes:
        """A page of what was missed, which the next owner sends before it lets the client in."""
        told = orjson.loads(frame)
        submissions = told["submissions"]
        self._version = submissions[-1]["version"]
        return committed_frame(self._dashboard_id, submissions)

    def arrive(self, frame: bytes) -> Arrival:
        """The next owner has let it in."""
        told: dict[str, Any] = orjson.loads(frame)
        self._version = None
        frames = [permission_frame(self._dashboard_id, told["role"], told["permissions"])]
        if told["submissions"]:
            frames.insert(0, committed_frame(self._dashboard_id, told["submissions"]))
        if told.get("live"):  # the last values before it let go may not have been told
            frames.append(data_frame(self._dashboard_id, told["live"]))
        kept = self._unanswered
        if kept is not None and kept.sequence <= told["lastSequence"]:
            self._unanswered = kept = None
        return Arrival(frames, kept)
