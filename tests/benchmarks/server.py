"""A server with one worker, and the processor time that the worker has used: what the benchmarks measure."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

_EMPTY = ("--workers", "1", "--worker-class", "gthread", "--threads", "8", "--keep-alive", "120")


def processor_seconds(pid: int) -> float:
    """What the threads of a process have used, user and system. Not from /proc/PID/stat, which counts in hundredths of
    a second: ten calls. A thread that has ended is not in it; those of a worker stay."""
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(each.read_text("ascii").split()[0]) for each in threads) / 1e9


def empty_app() -> Any:
    """The service to compare with: it reads the same body and answers that there is nothing to say."""
    from flask import Flask, jsonify, request

    app = Flask("empty")

    @app.post("/cds-services/<service_id>")
    def call(service_id: str) -> Any:
        request.get_json()
        return jsonify({"cards": []})

    @app.get("/readyz")
    def ready() -> str:
        return "ready"

    return app


class Server:
    """One gunicorn with one worker, and the processor time that the worker has used."""

    def __init__(self, command: list[str], port: int, **settings: str) -> None:
        self._process = subprocess.Popen(
            command,
            env=os.environ | settings,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.port = port
        self._wait(port)
        self._connection = HTTPConnection("127.0.0.1", port, timeout=30)
        self.worker = self.workers[0]

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def workers(self) -> list[int]:
        return [int(each) for each in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text("ascii").split()]

    def _wait(self, port: int) -> None:
        for _ in range(300):
            try:
                connection = HTTPConnection("127.0.0.1", port, timeout=1)
                connection.request("GET", "/readyz")
                if connection.getresponse().status == 200:
                    return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError("the server did not start")

    def processor_seconds(self) -> float:
        return processor_seconds(self.worker)

    def measure(self, body: bytes, requests: int, tokens: Sequence[str] = ()) -> float:
        """Processor seconds per request. tokens: one for each request, where the service asks for one."""
        path = f"/cds-services/b12-{json.loads(body)['hook']}"
        self._connection.close()  # one connection a measurement: neither server may have closed an idle one
        before = self.processor_seconds()
        for place in range(requests):
            headers = {"Content-Type": "application/json"}
            if tokens:
                headers["Authorization"] = f"Bearer {tokens[place]}"
            self._connection.request("POST", path, body, headers)
            response = self._connection.getresponse()
            answer = response.read()
            if response.status != 200:
                raise RuntimeError(f"answered {response.status}: {answer[:200]!r}")
        return (self.processor_seconds() - before) / requests

    def stop(self) -> None:
        self._process.terminate()
        self._connection.close()
        self._process.wait(60)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def our_service(folder: str, workers: int = 1, module: str = "cds_service", **settings: str) -> Iterator[Server]:
    """This service, as `serve` starts it. module: which starts it. settings: its environment beside the place of its
    records."""
    port = _free_port()
    records = f"sqlite:///{folder}/records.sqlite3"  # what is measured is in nobody's figures
    command = [sys.executable, "-m", module, "serve", "--port", str(port), "--workers", str(workers)]
    with _running(Server(command, port, CDS_LOG_LEVEL="info", CDS_DATABASE_URL=records, **settings)) as server:
        yield server


@contextmanager
def empty_service() -> Iterator[Server]:
    """The empty Flask service on the same server."""
    port = _free_port()
    command = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", *_EMPTY]
    with _running(Server([*command, "tests.benchmarks.server:empty_app()"], port)) as server:
        yield server


@contextmanager
def _running(server: Server) -> Iterator[Server]:
    try:
        yield server
    finally:
        server.stop()
