"""A submission's steps meet in one trace though no process tells another of it."""

import io
import json
import logging
from uuid import UUID, uuid4

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from actors.commit_figures import CommitFigures
from cluster.followed_steps import LoggedSteps
from cluster.log_line import JsonLines
from cluster.spans import SpannedSteps
from gateway.socket_figures import SocketFigures
from storage.ports import DashboardCommit, LoggedSubmission
from weft.errors import WeftError
from weft.measures import Measures
from weft.tracing import Step, SubmissionId
from weft.wire.frames import error_frame, pong_frame, rejected_frame

DASHBOARD, REPLICA = UUID(int=1), UUID(int=2)


def logged(version: int, sequence: int, at_ms: int) -> LoggedSubmission:
    operations = ({"type": "noop", "reason": "superseded"},) * 2
    return LoggedSubmission(
        version, REPLICA, sequence, UUID(int=3), version - 3, operations, bytes(16), at_ms
    )


def test_every_process_derives_the_same_trace_and_another_one_for_each_submission() -> None:
    one, same = (SubmissionId(DASHBOARD, REPLICA, 1) for _ in range(2))
    assert (one.trace_id, one.span_id) == (same.trace_id, same.span_id)
    others = {
        SubmissionId(DASHBOARD, REPLICA, 2).trace_id,
        SubmissionId(DASHBOARD, DASHBOARD, 1).trace_id,
        SubmissionId(REPLICA, REPLICA, 1).trace_id,
    }
    assert len({one.trace_id} | others) == 4
    assert 0 < one.span_id < 2**64


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_a_share_of_all_is_followed(share: float) -> None:
    followed = sum(SubmissionId(uuid4(), REPLICA, n).is_sampled(share) for n in range(4_000))
    assert abs(followed / 4_000 - share) < 0.05


def test_the_steps_of_gateway_and_owner_are_one_trace_with_the_first_as_parent() -> None:
    exporter = InMemorySpanExporter()
    gateway = SpannedSteps(1.0, "gateway-0", SimpleSpanProcessor(exporter))
    owner = SpannedSteps(1.0, "owner-0", SimpleSpanProcessor(exporter))
    SocketFigures(Measures(), gateway).forwarded(DASHBOARD, REPLICA, 7, 1_000_000, 2_000_000)
    commit = DashboardCommit(DASHBOARD, 3, 1, (logged(4, 7, 2), logged(5, 8, 2)))
    CommitFigures(Measures(), owner).committed(commit, 3_000_000, 5_000_000)
    spans = exporter.get_finished_spans()
    first = SubmissionId(DASHBOARD, REPLICA, 7)
    mine = [span for span in spans if span.context.trace_id == first.trace_id]
    assert [span.name for span in mine] == ["gateway.submit", "owner.sequence", "owner.commit"]
    assert mine[0].parent is None
    assert mine[0].context.span_id == first.span_id
    assert {span.parent.span_id for span in mine[1:] if span.parent} == {first.span_id}
    assert mine[2].start_time == 3_000_000
    assert mine[2].end_time == 5_000_000
    assert mine[2].attributes is not None
    assert mine[2].attributes["weft.version"] == 4
    assert len(spans) == 5  # the other submission is a trace of its own


def test_what_a_commit_says_of_itself() -> None:
    measures = Measures()
    figures = CommitFigures(measures)
    figures.statement(2, 1_000_000, 4_000_000)
    commit = DashboardCommit(DASHBOARD, 3, 1, (logged(4, 7, 2), logged(5, 8, 1)))
    figures.committed(commit, 1_000_000, 4_000_000)
    taken = measures.take()
    assert taken.counts == {("submissions", ""): 2, ("operations", ""): 4}
    assert taken.samples == {
        "commit_ms": [3.0],
        "commit_submissions": [2],
        "acknowledge_ms": [2.0, 3.0],
        "transform_versions": [2, 2],
    }


def test_refusals_are_counted_by_their_code_and_nothing_else_is() -> None:
    measures = Measures()
    figures = SocketFigures(measures)
    figures.sent(rejected_frame(DASHBOARD, 1, WeftError("forbidden")))
    figures.sent(error_frame(WeftError("malformed")))
    figures.sent(pong_frame("rejected", 1))
    figures.received()
    figures.closed(4413)
    assert measures.take().counts == {
        ("rejections", "forbidden"): 1,
        ("rejections", "malformed"): 1,
        ("frames", ""): 1,
        ("closes", "4413"): 1,
    }


def test_a_log_line_is_one_json_object_with_the_ids_it_is_about() -> None:
    handler = logging.StreamHandler(stream := io.StringIO())
    handler.setFormatter(JsonLines("owner-0"))
    log = logging.getLogger("weft.trace")
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    try:
        step = Step(SubmissionId(DASHBOARD, REPLICA, 7), "owner.commit", 0, 1_500_000, 4)
        LoggedSteps(1.0).tell(step)
        try:
            raise ValueError("two\nlines")
        except ValueError:
            log.exception("it %s", "failed", extra={"cause": "c-1"})
    finally:
        log.removeHandler(handler)
    told, failed = map(json.loads, stream.getvalue().splitlines())
    assert told["process"] == "owner-0"
    assert told["trace"] == f"{step.submission.trace_id:032x}"
    assert (told["sequence"], told["version"], told["took_ms"]) == (7, 4, 1.5)
    assert (failed["level"], failed["cause"], failed["message"]) == ("ERROR", "c-1", "it failed")
    assert "two\nlines" in failed["exception"]
