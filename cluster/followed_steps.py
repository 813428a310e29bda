"""The steps of followed submissions as log lines: from socket to commit under one trace."""

import logging

from weft.tracing import Step, SubmissionId

log = logging.getLogger("weft.trace")


class LoggedSteps:
    """A Tracer: each step is a log line."""

    def __init__(self, share: float) -> None:
        self._share = share

    def follows(self, submission: SubmissionId) -> bool:
        return submission.is_sampled(self._share)

    def tell(self, step: Step) -> None:
        submission = step.submission
        fields = {
            "trace": f"{submission.trace_id:032x}",
            "dashboard": str(submission.dashboard_id),
            "replica": str(submission.replica_id),
            "sequence": submission.sequence,
            "step": step.name,
            "took_ms": round((step.ended_ns - step.started_ns) / 1e6, 3),
        }
        if step.version is not None:
            fields["version"] = step.version
        log.info("%s of a followed submission", step.name, extra=fields)
