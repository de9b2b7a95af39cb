"""A collector of OpenTelemetry on loopback: keeps what it is sent, as bytes and as spans, or never answers."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue


@dataclass(frozen=True, slots=True)
class Sent:
    """A span. Ids in hexadecimal; began, ended in nanoseconds; resource: attributes of the process that sent it."""

    name: str
    trace: str
    id: str
    parent: str
    kind: int
    began: int
    ended: int
    error: str
    attributes: dict[str, Any]
    resource: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Collector:
    """bodies: of the requests as they came. paths: where they were sent to."""

    url: str
    bodies: list[bytes] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    @property
    def spans(self) -> list[Sent]:
        return [span for body in tuple(self.bodies) for span in _spans(body)]

    @property
    def calls(self) -> list[Sent]:
        """The spans of whole calls."""
        return [span for span in self.spans if "cds.service" in span.attributes]

    def below(self, call: Sent) -> list[Sent]:
        return sorted((span for span in self.spans if span.parent == call.id), key=lambda span: span.began)


@contextmanager
def collecting(*, hangs: bool = False) -> Iterator[Collector]:
    """hangs: takes each request, and does not answer before the end of the block."""
    ended = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            collector.paths.append(self.path)
            collector.bodies.append(body)
            if hangs:
                ended.wait()
                return
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads, server.block_on_close = True, False
    collector = Collector(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield collector
    finally:
        ended.set()
        server.shutdown()
        server.server_close()
        thread.join()


def _spans(body: bytes) -> Iterator[Sent]:
    for part in ExportTraceServiceRequest.FromString(body).resource_spans:
        resource = {each.key: _value(each.value) for each in part.resource.attributes}
        for scope in part.scope_spans:
            for span in scope.spans:
                yield Sent(
                    span.name,
                    span.trace_id.hex(),
                    span.span_id.hex(),
                    span.parent_span_id.hex(),
                    span.kind,
                    span.start_time_unix_nano,
                    span.end_time_unix_nano,
                    span.status.message if span.status.code == 2 else "",
                    {each.key: _value(each.value) for each in span.attributes},
                    resource,
                )


def _value(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    found = getattr(value, kind)
    return [_value(each) for each in found.values] if kind == "array_value" else found
