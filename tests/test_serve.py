"""The command line as an operator meets it: verbs, refusals, and a server that finishes what it has begun."""

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
from pathlib import Path

import pytest

from cds_service.__main__ import main
from cds_service.listening import Address
from cds_service.serve import StartRefusedError, serve
from cds_service.settings import Settings
from tests.hook_calls import call, draft
from tests.log_lines import faults, lines, requests
from tests.screens import read, terminal_of

ROOT = Path(__file__).parents[1]


def clean(**more: str) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("CDS_")} | more


def test_an_address_that_others_can_reach_is_refused() -> None:
    for host in ("0.0.0.0", "::", "192.0.2.1", "cds.example"):  # noqa: S104
        with pytest.raises(StartRefusedError, match="CDS_INSECURE=1"):
            serve(Settings(), Address(host, 0), 1)


def test_a_bad_environment_stops_every_verb(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CDS_CLIENTS", "/nonexistent/clients.toml")
    monkeypatch.setenv("CDS_OTEL_ENDPOINT", "0")
    monkeypatch.setenv("CDS_COLOUR", "blue")
    told = [
        "settings: CDS_CLIENTS names a file that cannot be read",
        "settings: CDS_COLOUR is not a setting",
        "settings: CDS_OTEL_ENDPOINT must be an absolute http or https URL without user, query or fragment",
    ]
    for verb in ("serve", "check", "demo", "forget", "docs"):
        assert main([verb]) == 1
        said = capsys.readouterr()
        assert faults(verb, said.err) == told
        assert said.out == ""
    for verb in ("check", "demo"):
        assert main([verb, "--json"]) == 1
        assert json.loads(capsys.readouterr().out) == {"faults": told}


def test_an_unknown_verb_is_a_wrong_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["fly"])
    assert ended.value.code == 2


def test_the_core_does_not_import_the_web() -> None:
    code = "import sys, cds_service.clinical, cds_service.clinical.snapshot; print('flask' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"


def _chunked(port: int, body: bytes) -> int:
    """The status of the answer to a body that tells no length."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    headers = {"Content-Type": "application/json"}
    connection.request("POST", "/cds-services/b12-order-select", iter([body]), headers, encode_chunked=True)
    status = connection.getresponse().status
    connection.close()
    return status


def test_the_server_answers_and_ends_on_sigterm() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "cds_service", "serve", "--port", str(port), "--workers", "2"]
    env = clean(CDS_MAX_BODY_MB="1")
    controller, terminal = terminal_of(80)
    with subprocess.Popen(command, cwd=ROOT, env=env, stdout=terminal, stderr=subprocess.PIPE, text=True) as server:
        os.close(terminal)
        try:
            base = f"http://127.0.0.1:{port}"
            for _ in range(600):
                try:
                    assert urllib.request.urlopen(f"{base}/readyz").status == 200  # noqa: S310
                    break
                except (urllib.error.URLError, ConnectionError):
                    assert server.poll() is None
                    time.sleep(0.1)
            body = json.dumps(call(draft())).encode()
            headers = {"Content-Type": "application/json"}
            asked = urllib.request.Request(f"{base}/cds-services/b12-order-select", body, headers)  # noqa: S310
            with urllib.request.urlopen(asked) as answer:  # noqa: S310
                assert json.load(answer) == {"cards": []}
            for length, status in ((1024 * 1024, 400), (1024 * 1024 + 1, 413)):
                assert _chunked(port, b" " * length) == status
            server.send_signal(signal.SIGUSR2)
        finally:
            server.send_signal(signal.SIGTERM)
            said = server.communicate(timeout=20)[1]
    assert server.returncode == 0
    assert read(controller) == f"Ready. Try it in a browser: http://127.0.0.1:{port}/ (Ctrl-C ends the service)\r\n"
    assert [line["service"] for line in requests(said) if "service" in line] == ["b12-order-select"] * 3
    told = [line["message"] for line in lines(said) if "message" in line]
    assert f"Listening at: http://127.0.0.1:{port} ({server.pid})" in told
    assert [words for words in told if words.startswith("SIGUSR2 is ignored")] != []  # it would make a second service
    assert "Handling signal: term" in told
    assert [words for words in told if "withheld" in words] == []
