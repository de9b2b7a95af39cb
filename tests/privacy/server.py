"""`serve` in a process of its own at the lowest log level, and FHIR servers that fail in every way."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Self
from urllib.parse import unquote

from tests.fhir_server import Reply, serving
from tests.otlp_collector import Collector, collecting
from tests.privacy.calls import CLIENTS, HttpCall, Place
from tests.privacy.marks import BORN, NUMBER, STEM
from tests.running import ROOT, free_port
from tests.signing import clients_file


@dataclass(frozen=True, slots=True)
class Answer:
    """status 0: none came."""

    status: int
    head: bytes
    body: bytes


@dataclass(frozen=True, slots=True)
class Served:
    """folder: where it keeps its records and temporary files, and what it says (`said`, `out`). collector: who is sent
    its traces."""

    process: "subprocess.Popen[bytes]"
    port: int
    place: Place
    folder: Path
    collector: Collector

    @property
    def workers(self) -> list[int]:
        pid = self.process.pid
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()]

    @property
    def said(self) -> bytes:
        return (self.folder / "said").read_bytes()

    def until(self, condition: Callable[[], object], seconds: float = 30) -> None:
        ends = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < ends
            assert self.process.poll() is None, self.said[-3000:]
            time.sleep(0.05)


@contextmanager
def served(folder: Path, *, name: str = "general", **settings: str) -> Iterator[Served]:
    """A service of two workers with a clients file, its records and temporary files in `folder`. Ended by SIGTERM.

    name: of the client that calls most. settings: names without CDS_, in lower case.
    """
    keep = {"name": "keeping", "issuer": CLIENTS["keeping"], "store_comments": True}
    with ExitStack() as stack:
        bases = [stack.enter_context(serving(reply)).base]
        bases += [f"http://127.0.0.1:{free_port()}/fhir", bases[0].replace("http:", "https:")]
        bases += ["https://zqnowhere.invalid/fhir"]
        shared = {"fhir_servers": bases, "requests_per_minute": 1_000_000}
        clients = (
            {"name": name} | shared,
            {"name": "shadow", "issuer": CLIENTS["shadow"], "shadow": True} | shared,
            keep | shared,
            {"name": "fetched", "issuer": CLIENTS["fetched"], "jwks_file": None, "jwks_url": f"{bases[0]}/jwks.json"},
            {"name": "limited", "issuer": CLIENTS["limited"], "requests_per_minute": 1},
        )
        port, collector = free_port(), stack.enter_context(collecting())
        place = Place(f"http://127.0.0.1:{port}", tuple(bases))
        (folder / "tmp").mkdir()
        env = {each: value for each, value in os.environ.items() if not each.startswith("CDS_")}
        env |= {"TMPDIR": str(folder / "tmp"), "CDS_CLIENTS": str(clients_file(folder, *clients))}
        env |= {"CDS_LOG_LEVEL": "debug", "CDS_PUBLIC_URL": place.base, "CDS_MAX_BODY_MB": "2"}
        env |= {"CDS_DEADLINE_MS": "1500", "CDS_DATABASE_URL": f"sqlite:///{folder}/records.sqlite3"}
        (folder / "recordings").mkdir(mode=0o700)
        (folder / "record.key").write_bytes(os.urandom(32).hex().encode())
        (folder / "record.key").chmod(0o600)
        env |= {"CDS_RECORD_DIR": str(folder / "recordings"), "CDS_RECORD_KEY_FILE": str(folder / "record.key")}
        env |= {"CDS_OTEL_ENDPOINT": collector.url}
        env |= {f"CDS_{each.upper()}": value for each, value in settings.items()}
        command = [sys.executable, "-m", "cds_service", "serve", "--port", str(port), "--workers", "2"]
        said, out = (stack.enter_context((folder / each).open("wb")) for each in ("said", "out"))
        with subprocess.Popen(command, cwd=ROOT, env=env, stderr=said, stdout=out, start_new_session=True) as process:
            service = Served(process, port, place, folder, collector)
            try:
                service.until(lambda: ask(service, HttpCall("health", "GET", "/healthz", (), b"")).status == 200)
                yield service
                process.send_signal(signal.SIGTERM)
                process.wait(60)
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)


def reply(path: str) -> Reply:
    """What a FHIR server could answer, chosen by what it is asked; all of it names the patient."""
    draw = Random(path)  # noqa: S311 - not for secrets
    told = f"Ms {STEM}name {BORN} {NUMBER} at /{unquote(path)}"
    outcome = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "diagnostics": told}]}
    patient = {"resourceType": "Patient", "id": path.rpartition("/")[2], "gender": "female", "birthDate": BORN}
    odd = draw.choice(
        (
            Reply(outcome, draw.choice((400, 401, 403, 404, 410, 429, 500, 503))),
            Reply(b"", draw.choice((301, 302, 307)), {"Location": f"http://127.0.0.1:9/{STEM}?{path}"}),
            Reply(f"<html>{told}</html>".encode()),
            Reply(f'{{"resourceType": "Bundle", "{STEM}'.encode()),
            Reply(outcome),
            Reply(patient | {"id": f"{STEM}other", "name": [{"text": told}]}),
            Reply(told.encode(), headers={"Content-Encoding": "gzip", "X-Patient": f"{STEM}name"}),
            Reply({"resourceType": "Bundle"}, headers={"Set-Cookie": f"a={STEM}token", "Content-Type": told}),
            Reply({"resourceType": "Bundle", "link": [{"relation": "next", "url": f"https://{STEM}.example/{path}"}]}),
        )
    )
    if draw.random() < 0.01:
        return Reply(outcome, wait=2.0)
    if draw.random() < 0.5:
        return odd
    return Reply(patient if path.startswith("Patient/") else {"resourceType": "Bundle", "type": "searchset"})


def ask(service: Served, call: HttpCall, line: "Line | None" = None) -> Answer:
    """The answer to one call: on this connection, or on one that is used for nothing else."""
    if line is not None and not call.once:
        return line.ask(call)
    with Line(service.port) as fresh:
        return fresh.ask(call, last=True)


class Line:
    """One connection, opened anew where the server has closed it. It sends whatever it is told to."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._socket is not None:
            self._socket.close()

    def ask(self, call: HttpCall, *, last: bool = False) -> Answer:
        for _ in range(2):
            try:
                self._socket = self._socket or socket.create_connection(("127.0.0.1", self._port), timeout=20)
            except OSError:
                return Answer(0, b"", b"")
            answer = self._answered(_bytes(call), last=last)
            if answer.status != 0 and not last and b"connection: close" not in answer.head.lower():
                return answer
            self._socket.close()
            self._socket = None
            if answer.status != 0 or last:
                return answer
        return Answer(0, b"", b"")

    def send(self, data: bytes) -> bytes:
        """Bytes that are no call; all that comes back."""
        answer = b""
        with suppress(OSError), socket.create_connection(("127.0.0.1", self._port), timeout=5) as plain:
            plain.sendall(data)
            plain.shutdown(socket.SHUT_WR)
            while piece := plain.recv(65536):
                answer += piece
        return answer

    def _answered(self, data: bytes, *, last: bool) -> Answer:
        assert self._socket is not None
        got = b""
        with suppress(OSError):
            self._socket.sendall(data)
            if last:
                self._socket.shutdown(socket.SHUT_WR)
            while not _is_whole(got, to_its_end=last):
                piece = self._socket.recv(262_144)
                if not piece:
                    break
                got += piece
        head, _, body = got.partition(b"\r\n\r\n")
        return Answer(int(head[9:12]) if head.startswith(b"HTTP/1.") else 0, head, body)


def _is_whole(got: bytes, *, to_its_end: bool) -> bool:
    head, ends, body = got.partition(b"\r\n\r\n")
    if to_its_end or not ends:
        return False
    lengths = [line[15:] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    return bool(lengths) and len(body) >= int(lengths[0])


def _bytes(call: HttpCall) -> bytes:
    headers = list(call.headers)
    names = {name.lower() for name, _ in headers}
    headers += [] if "host" in names else [("Host", "127.0.0.1")]
    headers += [] if "content-length" in names else [("Content-Length", str(len(call.body)))]
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return f"{call.method} {call.path} HTTP/1.1\r\n{lines}\r\n".encode("latin-1", "replace") + call.body


def junk(number: int) -> Iterator[bytes]:
    """What is no HTTP, or not quite, with marks in it."""
    name = f"{STEM}junk{number}"
    head = f"POST /cds-services/{name} HTTP/1.1\r\nHost: x\r\n"
    yield f"{name} {name} {name}\r\n\r\n".encode()
    yield f"{head}{name}\r\n\r\n".encode()
    yield f"{head}X-A : {name}\r\n\r\n".encode()
    yield f"{head}Content-Length: {name}\r\n\r\n{name}".encode()
    yield f"{head}Transfer-Encoding: {name}\r\n\r\n{name}".encode()
    yield f"{head}Transfer-Encoding: chunked\r\n\r\n{name}\r\n{name}\r\n".encode()
    yield f"{head}Content-Length: 99\r\n\r\n{json.dumps(name)}".encode()
    yield f"GET /{name} HTTP/{name}\r\n\r\n".encode()
    yield f"GET /{name}{'x' * 9000} HTTP/1.1\r\n\r\n".encode()
    yield f"GET / HTTP/1.1\r\nX-{name}: {'x' * 99_000}\r\n\r\n".encode()
    yield f"PROXY TCP4 {name} 127.0.0.1 1 2\r\nGET / HTTP/1.1\r\n\r\n".encode()
    yield f"GET /{name} HTTP/1.1\r\nHost: {name}\r\nExpect: {name}\r\n\r\n".encode()
    yield f"GET /{name}\r\n".encode()
