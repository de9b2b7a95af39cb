"""A real service with a clients file: its workers remember together, and a new file takes the place of the old."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from cds_service.common_folder import common_folder
from cds_service.exposure import refusals
from cds_service.knowledge.tables import load
from cds_service.listening import Address
from cds_service.serve import StartRefusedError, _Server, serve
from cds_service.settings import Settings
from tests.hook_calls import call, draft
from tests.signing import clients_file, private, token
from tests.until import until

ROOT = Path(__file__).parents[1]
BODY = json.dumps(call(draft())).encode()


class Running:
    """A service with two workers, and what it has said."""

    def __init__(self, port: int, process: "subprocess.Popen[bytes]", said: Path) -> None:
        self.base = f"http://127.0.0.1:{port}"
        self.process = process
        self._said = said

    @property
    def said(self) -> str:
        return self._said.read_text("utf-8")

    def token(self, **more: Any) -> str:
        now = int(time.time())
        aud = f"{self.base}/cds-services/b12-order-select"
        return token(**{"aud": aud, "iat": now, "exp": now + 300} | more)

    def ask(self, bearer: str) -> int:
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {bearer}"}
        asked = urllib.request.Request(f"{self.base}/cds-services/b12-order-select", BODY, headers)  # noqa: S310
        try:
            with urllib.request.urlopen(asked, timeout=10) as answer:  # noqa: S310
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    def workers(self) -> set[int]:
        listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(self.process.pid)], capture_output=True, check=False)  # noqa: S607
        return {int(pid) for pid in listed.stdout.split()}


@contextmanager
def running(folder: Path, program: str = "", **settings: str) -> Iterator[Running]:
    """program: Python that ends in `main()`, where it is not the service as it is."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = {name: value for name, value in os.environ.items() if not name.startswith("CDS_")} | settings
    env["TMPDIR"] = str(folder)
    said = folder / "said"
    command = [sys.executable, *(("-c", program) if program else ("-m", "cds_service"))]
    command += ["serve", "--port", str(port), "--workers", "2"]
    with said.open("wb") as stderr, subprocess.Popen(command, cwd=ROOT, env=env, stderr=stderr) as process:
        service = Running(port, process, said)
        try:

            def answers() -> bool:
                assert process.poll() is None, service.said
                try:
                    return bool(urllib.request.urlopen(f"{service.base}/readyz").status == 200)  # noqa: S310
                except (urllib.error.URLError, ConnectionError):
                    return False

            until(answers)
            yield service
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)


def test_two_workers_remember_together_and_a_new_file_takes_the_place_of_the_old(tmp_path: Path) -> None:
    limited = {"name": "limited", "issuer": "https://limited.example", "requests_per_minute": 5}
    path = clients_file(tmp_path, {}, limited)
    with running(tmp_path, CDS_CLIENTS=str(path)) as service:
        until(lambda: len(service.workers()) == 2)
        # each call is a new connection, which either worker may take
        tokens = [service.token() for _ in range(12)]
        assert [service.ask(each) for each in tokens] == [200] * 12
        assert [service.ask(each) for each in tokens] == [401] * 12
        assert "CDS_PUBLIC_URL is not set" in service.said  # what is doubtful is told to the operator
        # and the count of a minute is the service's, not a worker's
        often = [service.ask(service.token(iss="https://limited.example")) for _ in range(8)]
        assert often == [200] * 5 + [429] * 3

        # a body that nobody read does not become the next call of its connection
        connection = http.client.HTTPConnection("127.0.0.1", int(service.base.rpartition(":")[2]), timeout=10)
        smuggled = b"GET /rules HTTP/1.1\r\nHost: x\r\n\r\n" * 300_000  # 10 MB
        for chunked in (False, True):
            body = iter([smuggled]) if chunked else smuggled
            connection.request("POST", "/cds-services/b12-order-select", body, encode_chunked=chunked)
            answer = connection.getresponse()
            assert (answer.status, b"OperationOutcome" in answer.read()) == (401, True)
            connection.request("GET", "/healthz")
            assert connection.getresponse().read() == b'{"status":"alive"}'
        connection.close()
        with pytest.raises(urllib.error.HTTPError, match="401"):  # nor is the answer lost where each call has its own
            urllib.request.urlopen(f"{service.base}/cds-services/b12-order-select", smuggled, timeout=10)  # noqa: S310

        # a faulty file changes nothing: the same workers go on
        workers = service.workers()
        good = path.read_text("utf-8")
        path.write_text(good.replace("issuer", "isuer"), "utf-8")
        service.process.send_signal(signal.SIGHUP)
        until(lambda: "isuer is not a key of a client" in service.said)
        assert "not reloaded, the service goes on as it was: client 1 (general): issuer is missing" in service.said
        assert service.ask(service.token()) == 200
        assert service.workers() == workers

        # a good one is in force, and what was used stays used
        second = '[[client]]\nname = "second"\nissuer = "https://second.example"\njwks_file = "keys.json"'
        path.write_text(f"{good}\n{second}", "utf-8")
        assert service.ask(service.token(iss="https://second.example")) == 401
        service.process.send_signal(signal.SIGHUP)
        until(lambda: "reloaded: 3 clients" in service.said)
        until(lambda: len(service.workers()) == 2 and service.workers().isdisjoint(workers))
        assert service.ask(service.token(iss="https://second.example")) == 200
        assert [service.ask(each) for each in tokens] == [401] * 12
        assert service.ask(service.token(signed_by=private("ES384-other"))) == 401

        folders = list(tmp_path.glob("cobalamin-cds-*"))
        assert len(folders) == 1
    assert service.process.returncode == 0
    assert not folders[0].exists()
    for bearer in tokens:
        assert bearer not in service.said
    assert "eyJ" not in service.said


def test_workers_stay_where_new_ones_would_find_no_memory_of_tokens(tmp_path: Path) -> None:
    settings = Settings(clients=clients_file(tmp_path))
    with common_folder(guarded=True, counted=False) as common:
        server = _Server(settings, {}, (), common, load)
        assert server.can_reload()
        assert common.tokens is not None
        common.tokens.unlink()
        assert not server.can_reload()


def test_with_a_clients_file_other_addresses_need_the_public_url(tmp_path: Path) -> None:
    path = clients_file(tmp_path)
    for insecure in (False, True):
        with pytest.raises(StartRefusedError, match="CDS_PUBLIC_URL is needed"):
            serve(Settings(clients=path, insecure=insecure), Address("192.0.2.1", 0), 1)
    assert refusals(Settings(clients=path, public_url="https://cds.example"), "192.0.2.1") == ()
    assert refusals(Settings(clients=path), "127.0.0.1") == ()
