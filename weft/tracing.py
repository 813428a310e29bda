"""A submission can be followed from its socket to its commit: each process that meets it derives
the same trace from the submission's own id, so nothing has to travel along.

Which submissions are followed is in the trace too: all processes choose the same ones.
"""

from hashlib import blake2b
from typing import NamedTuple, Protocol
from uuid import UUID

from weft.measures import Measures

TRACE_BYTES = 16
SPAN_BYTES = 8


class SubmissionId(NamedTuple):
    """What law 3 tells submissions apart by."""

    dashboard_id: UUID
    replica_id: UUID
    sequence: int

    @property
    def trace_id(self) -> int:
        """128 bits, as OpenTelemetry has them."""
        key = self.dashboard_id.bytes + self.replica_id.bytes
        digest = blake2b(self.sequence.to_bytes(8), key=key, digest_size=TRACE_BYTES).digest()
        return int.from_bytes(digest)

    @property
    def span_id(self) -> int:
        """64 bits: of the submission as a whole, the parent of all its steps."""
        return self.trace_id >> 8 * (TRACE_BYTES - SPAN_BYTES)

    def is_sampled(self, share: float) -> bool:
        """Whether it belongs to this share of all, the same wherever it is asked."""
        return self.trace_id % 1_000_000 < share * 1_000_000


class Step(NamedTuple):
    """What one process did for one submission; times are ns since epoch."""

    submission: SubmissionId
    name: str  # gateway.submit, owner.sequence, owner.commit
    started_ns: int
    ended_ns: int
    version: int | None = None


class Tracer(Protocol):
    """Who writes the steps down. Asked only when there is something to follow."""

    def follows(self, submission: SubmissionId) -> bool: ...

    def tell(self, step: Step) -> None: ...


class Telemetry(Protocol):
    """How a process is watched. Travels to the process, so it holds settings and nothing else."""

    def begin(self, process: str, measures: Measures) -> Tracer | None:
        """In the process and its event loop: from here on it logs, and its figures are told.

        `process`: its readable name. None: no submission is followed.
        """
