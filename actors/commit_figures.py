"""What is counted of each group commit, and the steps told of the submissions that are followed."""

from storage.ports import DashboardCommit, LoggedSubmission
from weft.measures import Measures
from weft.tracing import Step, SubmissionId, Tracer


class CommitFigures:
    """`tracer` None: no submission is followed."""

    def __init__(self, measures: Measures, tracer: Tracer | None = None) -> None:
        self._measures = measures
        self._tracer = tracer

    def statement(self, submissions: int, started_ns: int, ended_ns: int) -> None:
        """One group commit has returned."""
        self._measures.sample("commit_ms", (ended_ns - started_ns) / 1e6)
        self._measures.sample("commit_submissions", submissions)

    def committed(self, commit: DashboardCommit, started_ns: int, ended_ns: int) -> None:
        """This dashboard's part of it is durable."""
        measures = self._measures
        measures.count("submissions", len(commit.submissions))
        for submission in commit.submissions:
            measures.count("operations", len(submission.operations))
            measures.sample("acknowledge_ms", max(0.0, ended_ns / 1e6 - submission.at_ms))
            behind = submission.version - 1 - submission.base_version
            measures.sample("transform_versions", behind)
        if self._tracer is not None:
            self._trace(self._tracer, commit, started_ns, ended_ns)

    def _trace(
        self, tracer: Tracer, commit: DashboardCommit, started_ns: int, ended_ns: int
    ) -> None:
        for submission in commit.submissions:
            followed = _id_of(commit, submission)
            if tracer.follows(followed):
                arrived_ns = min(submission.at_ms * 1_000_000, started_ns)
                version = submission.version
                tracer.tell(Step(followed, "owner.sequence", arrived_ns, started_ns, version))
                tracer.tell(Step(followed, "owner.commit", started_ns, ended_ns, version))


def _id_of(commit: DashboardCommit, submission: LoggedSubmission) -> SubmissionId:
    return SubmissionId(commit.dashboard_id, submission.replica_id, submission.sequence)
