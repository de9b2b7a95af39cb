"""Processor time of a hook call, beside an empty Flask service on the same server. Run by hand, not a test:

    python -m tests.benchmarks.hooks [--requests 400]

Both services run under gunicorn with one gthread worker. The measure is the processor time of the worker per request
(user and system, from /proc), so another process on the machine moves it little. Each figure is the median of rounds
that alternate between the two services.
"""

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from tests.benchmarks.requests import RXNORM, irrelevant, irrelevant_chart, warning_request

ROUNDS = 7
IRRELEVANT = 1000
_TICKS = os.sysconf("SC_CLK_TCK")


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

    def __init__(self, command: list[str], port: int, folder: str) -> None:
        records = f"sqlite:///{folder}/records.sqlite3"  # what is measured is in nobody's figures
        environment = {**os.environ, "CDS_LOG_LEVEL": "info", "CDS_DATABASE_URL": records}
        self._process = subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        self._wait(port)
        self._connection = HTTPConnection("127.0.0.1", port, timeout=30)
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text("ascii").split()
        self._worker = int(children[0])

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
        fields = Path(f"/proc/{self._worker}/stat").read_text("ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def measure(self, body: bytes, requests: int) -> float:
        """Processor seconds per request."""
        path = f"/cds-services/b12-{json.loads(body)['hook']}"
        self._connection.close()  # one connection a measurement: neither server may have closed an idle one
        before = self.processor_seconds()
        for _ in range(requests):
            self._connection.request("POST", path, body, {"Content-Type": "application/json"})
            response = self._connection.getresponse()
            answer = response.read()
            if response.status != 200:
                raise RuntimeError(f"answered {response.status}: {answer[:200]!r}")
        return (self.processor_seconds() - before) / requests

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(10)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _servers() -> Iterator[tuple[Server, Server]]:
    ours, empty = _free_port(), _free_port()
    serve = [sys.executable, "-m", "cds_service", "serve", "--port", str(ours), "--workers", "1"]
    other = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{empty}", "--workers", "1"]
    other += [
        "--worker-class",
        "gthread",
        "--threads",
        "8",
        "--keep-alive",
        "120",
        "tests.benchmarks.hooks:empty_app()",
    ]
    with tempfile.TemporaryDirectory() as folder:
        first, second = Server(serve, ours, folder), Server(other, empty, folder)
        try:
            yield first, second
        finally:
            first.stop()
            second.stop()


def bodies() -> dict[str, bytes]:
    """Requests by name: out of scope; the chart of a patient with nothing that a rule asks about; full; longer, which
    has 1000 more Observations that no rule reads."""
    request = warning_request(datetime.now(UTC).date())
    full = json.dumps(request).encode()
    request["prefetch"]["results"]["entry"] += [irrelevant(number) for number in range(IRRELEVANT)]
    longer = json.dumps(request).encode()
    del request["prefetch"]["results"]["entry"][-IRRELEVANT:]
    order = request["context"]["draftOrders"]["entry"][0]["resource"]
    order["medicationCodeableConcept"] = {
        "coding": [{"system": RXNORM, "code": "308182", "display": "amoxicillin 250 MG Oral Capsule"}],
        "text": "amoxicillin 250 MG Oral Capsule",
    }
    out_of_scope = json.dumps(request).encode()
    chart = json.dumps(irrelevant_chart(datetime.now(UTC).date())).encode()
    return {"out of scope": out_of_scope, "irrelevant chart": chart, "full": full, "longer": longer}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=400, help="requests of each kind in a round")
    requests = parser.parse_args().requests
    sent = bodies()
    used: dict[tuple[str, str], list[float]] = {}
    with _servers() as (ours, empty):
        for server in (ours, empty):
            for body in sent.values():
                server.measure(body, 50)
        for place in range(ROUNDS):
            for name, body in sent.items():
                count = requests if name != "longer" else max(requests // 10, 20)
                for label, server in (("ours", ours), ("empty", empty)):
                    used.setdefault((name, label), []).append(server.measure(body, count))
            print(f"round {place + 1} of {ROUNDS}", file=sys.stderr)
    _report({key: statistics.median(values) for key, values in used.items()}, sent)


def _report(cost: dict[tuple[str, str], float], sent: dict[str, bytes]) -> None:
    def row(name: str, ours: float, empty: float, ratio: float, target: str) -> None:
        print(f"| {name} | {1e6 * ours:.1f} | {1e6 * empty:.1f} | {ratio:.2f} | {target} |")

    print("| | this service, us | empty service, us | ratio | target |")
    print("|---|---|---|---|---|")
    targets = (("out of scope", "at least 0.9"), ("irrelevant chart", "at least 0.6"), ("full", "at least 0.3"))
    for name, target in targets:
        ours, empty = cost[name, "ours"], cost[name, "empty"]
        label = f"{name}, {len(sent[name]) // 1024} KB: requests per processor second"
        row(label, ours, empty, empty / ours, target)
    ours, empty = ((cost["longer", who] - cost["full", who]) / IRRELEVANT for who in ("ours", "empty"))
    row("each further irrelevant Observation: processor time", ours, empty, ours / empty, "at most 0.6")


if __name__ == "__main__":
    main()
