"""HTTP byte by byte, for tests that no HTTP client would do the work of; and a service whose patience can be chosen."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.hook_calls import call, draft
from tests.running import free_port

ROOT = Path(__file__).parents[1]
PATH = "/cds-services/b12-order-select"
BODY = json.dumps(call(draft())).encode()
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
READY = HEALTH.replace(b"healthz", b"readyz")


def head(*lines: str, path: str = PATH) -> bytes:
    """Of a POST, without the empty line."""
    first = (f"POST {path} HTTP/1.1", "Host: localhost", "Content-Type: application/json")
    return "\r\n".join((*first, *lines, "")).encode()


def post(body: bytes = BODY, *lines: str, path: str = PATH) -> bytes:
    return head(*lines, f"Content-Length: {len(body)}", path=path) + b"\r\n" + body


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes = b""
    seconds: float = 0.0

    @property
    def issue(self) -> Any:
        return json.loads(self.body)["issue"][0]

    @property
    def code(self) -> str:
        return str(self.issue["details"]["coding"][0]["code"])


def read_answer(line: socket.socket) -> Answer:
    """One answer. ConnectionError where the server hangs up before its end."""
    got = b""
    while b"\r\n\r\n" not in got:
        got += _some(line)
    top, _, body = got.partition(b"\r\n\r\n")
    first, *rest = top.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (each.partition(": ") for each in rest)}
    while len(body) < int(headers.get("content-length", 0)):
        body += _some(line)
    return Answer(int(first.split()[1]), headers, body)


def _some(line: socket.socket) -> bytes:
    piece = line.recv(65536)
    if piece == b"":
        raise ConnectionError("the server hung up")
    return piece


@dataclass
class Service:
    process: "subprocess.Popen[bytes]"
    port: int
    said_to: Path
    lines: list[socket.socket] = field(default_factory=list)

    def line(self, data: bytes = b"", wait: float = 20.0, takes: int | None = None) -> socket.socket:
        """A new connection, which stays open until the test has ended. takes: bytes, where it is not to take much."""
        found = socket.socket()
        found.settimeout(wait)
        if takes is not None:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, takes)
        found.connect(("127.0.0.1", self.port))
        self.lines.append(found)
        found.sendall(data)
        return found

    def ask(self, data: bytes, wait: float = 20.0) -> Answer:
        started = time.monotonic()
        with socket.create_connection(("127.0.0.1", self.port), timeout=wait) as line:
            line.sendall(data)
            answer = read_answer(line)
        answer.seconds = time.monotonic() - started
        return answer

    def hang_up(self) -> None:
        while self.lines:
            self.lines.pop().close()

    @property
    def audited(self) -> list[dict[str, Any]]:
        whole = self.said_to.read_text("utf-8").rpartition("\n")[0]
        lines = [json.loads(each) for each in whole.splitlines()]
        return [line for line in lines if "request" in line]

    def told(self, answers: list[Answer]) -> list[dict[str, Any]]:
        """The audit lines of these answers, which may come a moment after them."""
        wanted = {answer.headers["x-request-id"] for answer in answers}
        ends = time.monotonic() + 10
        while len(found := [line for line in self.audited if line["request"] in wanted]) < len(wanted):
            assert time.monotonic() < ends, "a line of the log is missing"
            time.sleep(0.02)
        return found


@contextmanager
def service(
    folder: Path, workers: int = 1, patience: dict[str, float] | None = None, **settings: str
) -> Iterator[Service]:
    """patience: constants of worker.py for this service, so that a test need not wait as long as a client may."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CDS_")}
    chosen = {f"CDS_{name.upper()}": value for name, value in settings.items()}
    chosen |= {"CDS_DATABASE_URL": f"sqlite:///{folder}/records.sqlite3"}
    port, said_to = free_port(), folder / "said"
    arguments = ["serve", "--port", str(port), "--workers", str(workers)]
    program = f"import sys; from cds_service import worker; vars(worker).update({patience or {}!r}); "
    program += f"from cds_service.__main__ import main; sys.exit(main({arguments!r}))"
    with (
        said_to.open("wb") as said,
        subprocess.Popen(
            [sys.executable, "-c", program], cwd=ROOT, env=clean | chosen, stderr=said, start_new_session=True
        ) as process,
    ):
        found = Service(process, port, said_to)
        try:
            _wait(found)
            yield found
        finally:
            found.hang_up()
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def _wait(found: Service) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        assert found.process.poll() is None, found.said_to.read_text("utf-8")
        with suppress(OSError):
            if found.ask(HEALTH).status == 200:
                return
        time.sleep(0.05)
    raise AssertionError("the service did not answer")
