"""A FHIR server on loopback for tests: answers by path, records what it was asked. Knows HTTP, no FHIR rules."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.loopback import on_loopback


@dataclass
class Reply:
    """body: bytes, or anything else as JSON. wait: seconds before the answer. trickle: seconds per byte of body.

    drip: seconds per header line, twenty of them, before the answer proper.
    """

    body: Any = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    wait: float = 0.0
    trickle: float = 0.0
    drip: float = 0.0


@dataclass
class FakeServer:
    base: str
    asked: list[tuple[str, dict[str, str]]]

    @property
    def paths(self) -> list[str]:
        return sorted(path for path, _ in self.asked)


@contextmanager
def serving(answer: Callable[[str], Reply]) -> Iterator[FakeServer]:
    """`answer` gets path and query below the base /fhir."""
    asked: list[tuple[str, dict[str, str]]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.removeprefix("/fhir/")
            asked.append((path, dict(self.headers)))
            reply = answer(path)
            time.sleep(reply.wait)
            body = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
            try:
                self.send_response(reply.status)
                for place in range(20 if reply.drip > 0 else 0):
                    self.send_header(f"X-Drip-{place}", "x")
                    self.flush_headers()
                    time.sleep(reply.drip)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if reply.trickle > 0:
                    for code in body:
                        self.wfile.write(bytes([code]))
                        self.wfile.flush()
                        time.sleep(reply.trickle)
                else:
                    self.wfile.write(body)
            except OSError:
                return  # the client has gone, as some tests want it to

        def log_message(self, *_: Any) -> None:
            return

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False
        request_queue_size = (
            128  # all searches of a call come at once, and a connection that finds no room waits a second
        )

        def handle_error(self, *_: Any) -> None:
            return  # a client that hangs up is part of the tests

    with on_loopback(Server(("127.0.0.1", 0), Handler)) as origin:
        yield FakeServer(f"{origin}/fhir", asked)
