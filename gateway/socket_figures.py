"""What is counted of a gateway's sockets, and the step told of a submission that is followed."""

from typing import Final
from uuid import UUID

import orjson

from weft.measures import Measures
from weft.tracing import Step, SubmissionId, Tracer

_REFUSALS: Final = (b'{"type":"rejected"', b'{"type":"error"')  # rare, so read again


class SocketFigures:
    """`tracer` None: no submission is followed."""

    def __init__(self, measures: Measures, tracer: Tracer | None = None) -> None:
        self._measures = measures
        self._tracer = tracer

    def received(self) -> None:
        self._measures.count("frames")

    def sent(self, frame: bytes) -> None:
        """To one client alone."""
        if frame.startswith(_REFUSALS):
            self._measures.count("rejections", label=str(orjson.loads(frame)["code"]))

    def dropped(self) -> None:
        """A reader has too much waiting: it is sent no more edits, and resumes."""
        self._measures.count("drops", label="edits")

    def closed(self, code: int) -> None:
        """By this gateway."""
        self._measures.count("closes", label=str(code))

    def forwarded(
        self, dashboard_id: UUID, replica_id: UUID, sequence: int, received_ns: int, now_ns: int
    ) -> None:
        """A submission has been passed on to its owner."""
        if self._tracer is None:
            return
        followed = SubmissionId(dashboard_id, replica_id, sequence)
        if self._tracer.follows(followed):
            self._tracer.tell(Step(followed, "gateway.submit", received_ns, now_ns))
