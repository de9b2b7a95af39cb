"""A small HTTP server on loopback that records what it is asked. Knows threads and sockets; no FHIR and no keys."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Self

_LONGEST_WAIT: Final = 60.0


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came. path: with its query. headers: names in lower case. at: seconds, monotonic."""

    path: str
    headers: dict[str, str]
    at: float


@dataclass(frozen=True, slots=True)
class Reply:
    """wait: seconds before anything is sent."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    wait: float = 0.0


class LoopbackServer:
    """Answers GET with `answer` until it is closed. port 0: a free one. OSError when the port is taken.

    most_at_once: the largest number of requests that were being answered at the same moment.
    """

    def __init__(self, answer: Callable[[Asked], Reply], port: int = 0) -> None:
        self._asked: list[Asked] = []
        self._inside = 0
        self._count = 0
        self.most_at_once = 0
        self._lock = threading.Lock()
        self._closing = threading.Event()
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                asked = Asked(self.path, {k.lower(): v for k, v in self.headers.items()}, time.monotonic())
                counted = owner._enter(asked)
                reply = answer(asked)
                owner._closing.wait(min(reply.wait, _LONGEST_WAIT))
                owner._leave(counted)  # before the answer is out: who has it may ask the next thing at once
                try:
                    self._send(reply)
                except OSError:
                    self.close_connection = True  # the service has gone: a deadline is meant to do that

            def _send(self, reply: Reply) -> None:
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body)

            def log_message(self, *_: Any) -> None:
                return

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False
            request_queue_size = 64

            def handle_error(self, *_: Any) -> None:
                return  # a service that hangs up is what some assertions look for

        self._server = Server(("127.0.0.1", port), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        """Scheme, host and port."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def asked(self) -> tuple[Asked, ...]:
        """What came in since the last `forget`, in the order of arrival."""
        with self._lock:
            return tuple(self._asked)

    def forget(self) -> None:
        """Begin to count anew."""
        with self._lock:
            self._asked.clear()
            self.most_at_once = self._inside = 0
            self._count += 1  # those that still hang from before are nobody's business any more

    def _enter(self, asked: Asked) -> int:
        with self._lock:
            self._asked.append(asked)
            self._inside += 1
            self.most_at_once = max(self.most_at_once, self._inside)
            return self._count

    def _leave(self, counted: int) -> None:
        with self._lock:
            self._inside -= counted == self._count

    def close(self) -> None:
        """Stop at once; whoever still waits for an answer gets it now."""
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
