"""What hook calls took, as traces for OpenTelemetry. Knows its library and what a call leaves behind; no patient.

A call is told of when it has been answered: its span, one for each step of the decision and one for each request to a
FHIR server are made then, of what the Trail holds. Names and attributes come from lists of ours, as those of the log
do; no URL, no id of a resource, and no words that anybody sent.
"""

import atexit
import logging
import time
from collections.abc import Sequence
from typing import Any, Final
from uuid import uuid4

import requests
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import SpanKind, Status, StatusCode, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from cds_service.audit import Read, Trail, has_letter
from cds_service.outbound.session import transport_for

_log = logging.getLogger("cds_service.traces")
# Spans that wait to be sent, of each worker; when there are more, the oldest are lost
MOST_WAITING: Final = 4096
# Of one call; it may follow 20 pages of each key, and read 200 medicines
_MOST_READS: Final = 50
_BATCH: Final = 512
_EVERY_MS: Final = 2000
# For the collector to take a batch, whatever it does
SECONDS: Final = 2.0
# After the last call of a worker, for what waits
LAST_SECONDS: Final = 2.0
_TOLD_EVERY: Final = 60.0
_PATH: Final = "/v1/traces"
_NANO: Final = 1_000_000_000
_PROPAGATOR: Final = TraceContextTextMapPropagator()


class Traces:
    """Sends what calls took to the collector at a base URL, from a thread of this process: to be made after the fork.

    Never in the way of a call: what cannot be sent waits, and when too much waits, it is lost.
    """

    def __init__(self, endpoint: str, session: requests.Session, version: str) -> None:
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)  # it says each failure again and again
        resource = Resource.create(
            {"service.name": "cobalamin-cds", "service.version": version, "service.instance.id": str(uuid4())}
        )
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._sender = _Sender(endpoint, session)
        queue = BatchSpanProcessor(
            self._sender,
            max_queue_size=MOST_WAITING,
            schedule_delay_millis=_EVERY_MS,
            max_export_batch_size=_BATCH,
        )
        self._provider.add_span_processor(queue)
        self._tracer = self._provider.get_tracer("cds_service", version)
        atexit.register(self.close)

    def note(self, trail: Trail, status: int, milliseconds: float) -> None:
        """Tell of one answered request, if it was a hook call or feedback. Waits for nothing."""
        if trail.service == "":
            return
        now, clock = time.time_ns(), time.monotonic()
        began = now - int(milliseconds * 1_000_000)
        caller, told = _caller(trail.traceparent), _attributes(trail, status)
        span = self._tracer.start_span(trail.service, caller, SpanKind.SERVER, told, (), began)
        if span.is_recording():  # and the caller wants it to be
            if status >= 500:
                span.set_status(Status(StatusCode.ERROR, trail.problem))
            within = set_span_in_context(span, Context())
            self._note_steps(trail, within, began + int(trail.waited * _NANO))
            for read in trail.reads[:_MOST_READS]:
                self._note_read(read, within, now - int((clock - read.ended) * _NANO))
        span.end(now)

    def _note_steps(self, trail: Trail, within: Context, began: int) -> None:
        for name, seconds in trail.steps.items():
            ended = began + int(seconds * _NANO)
            self._tracer.start_span(name, within, start_time=began).end(ended)
            began = ended

    def _note_read(self, read: Read, within: Context, ended: int) -> None:
        attributes = {"cds.resource_type": read.kind, "cds.outcome": read.outcome}
        began = ended - int(read.seconds * _NANO)
        span = self._tracer.start_span(f"FHIR {read.kind}", within, SpanKind.CLIENT, attributes, (), began)
        if read.outcome != "read":
            span.set_status(Status(StatusCode.ERROR, read.outcome))
        span.end(ended)

    def close(self) -> None:
        """Send what waits, for some seconds at most, and end the thread."""
        atexit.unregister(self.close)
        self._sender.ends = time.monotonic() + LAST_SECONDS
        self._provider.shutdown()


class _Sender(SpanExporter):
    """The library's exporter, with our own words where it fails, and an end to its trying. ends: no batch is begun
    after that, by time.monotonic."""

    def __init__(self, endpoint: str, session: requests.Session) -> None:
        self.ends = float("inf")
        self._told_at = 0.0
        url = endpoint if endpoint.endswith(_PATH) else f"{endpoint}{_PATH}"
        self._exporter = OTLPSpanExporter(url, timeout=SECONDS, session=session)
        means = transport_for(url)  # after that: the exporter sets the certificates of a session
        session.proxies = means["proxies"]
        if session.verify is True:
            session.verify, session.cert = means["verify"], session.cert or means["cert"]

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        if time.monotonic() >= self.ends:
            return SpanExportResult.FAILURE
        result = self._exporter.export(spans)
        if result is not SpanExportResult.SUCCESS and time.monotonic() >= self._told_at + _TOLD_EVERY:
            self._told_at = time.monotonic()
            _log.warning("CDS_OTEL_ENDPOINT takes no traces: they are lost until it does")
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()  # type: ignore[no-untyped-call]


def _caller(traceparent: str) -> Context:
    """The span of the caller that this call is a part of. Ids made of digits alone are not taken over: they may be a
    number of the patient."""
    parts = traceparent.split("-")
    if len(parts) < 4 or not all(map(has_letter, parts[1:3])):
        return Context()
    return _PROPAGATOR.extract({"traceparent": traceparent}, Context())


def _attributes(trail: Trail, status: int) -> dict[str, Any]:
    """Those without content are left out."""
    told: dict[str, Any] = {
        "cds.service": trail.service,
        "http.response.status_code": status,
        "cds.request_id": trail.request_id,
        "cds.client": trail.client,
        "cds.problem": trail.problem,
        "cds.rules": trail.rules,
    }
    told = {name: value for name, value in told.items() if value not in ("", ())}
    if trail.in_scope:
        told |= {"cds.drafts": trail.drafts, "cds.cards": trail.cards, "cds.fetched": trail.fetched}
    if trail.feedback > 0:
        told["cds.feedback"] = trail.feedback
    return told | ({"cds.shadow": True} if trail.shadow else {})
