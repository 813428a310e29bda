"""The steps of followed submissions as OpenTelemetry spans, sent to where it was configured.

The trace and its first span have the ids that `weft.tracing` derives, so the steps that gateway and
owner tell apart from each other meet in one trace.
"""

from typing import Final

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

from cluster.followed_steps import LoggedSteps
from weft.tracing import Step, SubmissionId

FIRST_STEP: Final = "gateway.submit"


class SpannedSteps(LoggedSteps):
    """A Tracer: each step is a log line and a span."""

    def __init__(self, share: float, process: str, processor: SpanProcessor) -> None:
        super().__init__(share)
        self._ids = _GivenIds()
        resource = Resource.create({"service.name": "weft", "service.instance.id": process})
        provider = TracerProvider(resource=resource, id_generator=self._ids, shutdown_on_exit=True)
        provider.add_span_processor(processor)
        self._tracer = provider.get_tracer("weft")

    def tell(self, step: Step) -> None:
        super().tell(step)
        submission = step.submission
        attributes: dict[str, str | int] = {
            "weft.dashboard": str(submission.dashboard_id),
            "weft.replica": str(submission.replica_id),
            "weft.sequence": submission.sequence,
        }
        if step.version is not None:
            attributes["weft.version"] = step.version
        if step.name == FIRST_STEP:
            self._ids.give(submission)
            context = Context()
        else:
            context = _below(submission)
        span = self._tracer.start_span(
            step.name, context, attributes=attributes, start_time=step.started_ns
        )
        span.end(step.ended_ns)


def exporting(endpoint: str) -> SpanProcessor:
    """Sends in the background, in batches, to an OTLP receiver over HTTP: `http://host:4318`."""
    return BatchSpanProcessor(OTLPSpanExporter(endpoint.rstrip("/") + "/v1/traces"))


class _GivenIds(RandomIdGenerator):
    """The ids of the next trace are those of a submission."""

    def __init__(self) -> None:
        self._next: SubmissionId | None = None

    def give(self, submission: SubmissionId) -> None:
        self._next = submission

    def generate_trace_id(self) -> int:
        return self._next.trace_id if self._next else super().generate_trace_id()

    def generate_span_id(self) -> int:
        if self._next is None:
            return super().generate_span_id()
        given, self._next = self._next, None
        return given.span_id


def _below(submission: SubmissionId) -> Context:
    parent = SpanContext(
        submission.trace_id, submission.span_id, is_remote=True, trace_flags=TraceFlags(1)
    )
    return trace.set_span_in_context(NonRecordingSpan(parent), Context())
