"""The service as an operator runs it: `serve` in a process of its own, on a free port, for as long as a block lasts."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Running:
    process: subprocess.Popen[bytes]
    port: int

    @property
    def workers(self) -> list[int]:
        pid = self.process.pid
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()]

    def post(self, path: str, body: Any) -> int:
        """The status; OSError or HTTPException where no answer came."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
            response = connection.getresponse()
            response.read()
            return response.status
        finally:
            connection.close()

    def get(self, path: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(
    workers: int = 2,
    said: Path | None = None,
    port: int = 0,
    *,
    program: Sequence[str] = ("-m", "cds_service"),
    more: Mapping[str, str] = MappingProxyType({}),
    **settings: str,
) -> Iterator[Running]:
    """settings: names without CDS_, in lower case. said: a file for what it writes to stderr. port: 0 for any.
    program: what Python runs. more: of its environment. Whatever is left of it at the end is killed."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CDS_")}
    chosen = {f"CDS_{name.upper()}": value for name, value in ({"log_level": "error"} | settings).items()}
    port = port or free_port()
    command = [sys.executable, *program, "serve", "--port", str(port), "--workers", str(workers)]
    with ExitStack() as files:
        stderr = None if said is None else files.enter_context(said.open("ab"))
        process = files.enter_context(
            subprocess.Popen(command, cwd=ROOT, env={**clean, **more, **chosen}, stderr=stderr, start_new_session=True)
        )
        server = Running(process, port)
        try:
            _wait(server)
            yield server
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def _wait(server: Running) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        assert server.process.poll() is None, "the service did not start"
        with suppress(OSError, http.client.HTTPException):
            if server.get("/healthz")[0] == 200:
                return
        time.sleep(0.05)
    raise AssertionError("the service did not answer")
