"""Spans arrive at an OTLP receiver, whole: read there as any collector reads them."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from uuid import UUID

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from cluster.spans import SpannedSteps, exporting
from tests.served_http import serving
from weft.tracing import Step, SubmissionId

SUBMISSION = SubmissionId(UUID(int=1), UUID(int=2), 7)
PATIENCE_MS = 20_000


class Collector:
    """Takes what is posted to /v1/traces, and answers everything else with 404."""

    def __init__(self) -> None:
        self.requests: list[ExportTraceServiceRequest] = []

    @contextmanager
    def listening(self) -> Iterator[str]:
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                is_right = self.path == "/v1/traces"
                if is_right:
                    collector.requests.append(ExportTraceServiceRequest.FromString(body))
                self.send_response(200 if is_right else 404)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Not to standard error."""

        server = HTTPServer(("127.0.0.1", 0), Handler)
        with serving(server) as url:
            yield url


def test_the_spans_of_a_submission_arrive_under_its_own_ids() -> None:
    collector = Collector()
    with collector.listening() as url:
        processor = exporting(url + "/")
        steps = SpannedSteps(1.0, "owner-0", processor)
        steps.tell(Step(SUBMISSION, "gateway.submit", 1_000, 2_000))
        steps.tell(Step(SUBMISSION, "owner.commit", 3_000, 5_000, 4))
        assert processor.force_flush(PATIENCE_MS)
        processor.shutdown()
    [told] = [each for request in collector.requests for each in request.resource_spans]
    about = {each.key: each.value.string_value for each in told.resource.attributes}
    assert (about["service.name"], about["service.instance.id"]) == ("weft", "owner-0")
    first, second = told.scope_spans[0].spans
    assert (first.name, second.name) == ("gateway.submit", "owner.commit")
    trace_id = SUBMISSION.trace_id.to_bytes(16)
    assert first.trace_id == second.trace_id == trace_id
    assert first.span_id == second.parent_span_id == SUBMISSION.span_id.to_bytes(8)
    assert first.parent_span_id == b""
    assert (second.start_time_unix_nano, second.end_time_unix_nano) == (3_000, 5_000)
    attributes = {each.key: each.value for each in second.attributes}
    assert attributes["weft.version"].int_value == 4
    assert attributes["weft.dashboard"].string_value == str(SUBMISSION.dashboard_id)
