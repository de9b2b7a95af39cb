"""What every part of the little guarded service refuses with, and how it is served. Knows HTTP only."""

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol

from tests.loopback import on_loopback

Json = dict[str, Any]


class Refusal(Exception):  # noqa: N818  # an answer, and no error of the program
    """An answer that is no answer: its status, and what the OperationOutcome says."""

    def __init__(self, status: int, said: str = "") -> None:
        super().__init__(said)
        self.status = status
        self.said = said


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect)


class Responder(Protocol):
    base: str

    def respond(self, method: str, path: str, headers: Any, body: bytes) -> tuple[int, Json | bytes | None]: ...

    def headers(self, method: str, status: int, origin: str) -> dict[str, str]: ...


@contextmanager
def running(service: Responder) -> Iterator[str]:
    """The base URL of the service, served on a free port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 1 << 16  # head and body in one packet: two wait for each other

        def _any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            status, document = service.respond(self.command, self.path, self.headers, body)
            sent = (
                b"" if document is None else document if isinstance(document, bytes) else json.dumps(document).encode()
            )
            self.send_response(status)
            for name, value in service.headers(self.command, status, self.headers.get("Origin", "")).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        do_GET = do_POST = do_OPTIONS = _any  # noqa: N815

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False
    server.handle_error = lambda *_: None  # type: ignore[method-assign,assignment]
    service.base = f"http://127.0.0.1:{server.server_port}"
    with on_loopback(server):
        yield service.base
