"""What an operator is told of a listed server that no call would reach: by `check`, and in the log."""

import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from threading import Event

import pytest

from cds_service.app import create_app
from cds_service.outbound import look as looking
from cds_service.outbound.look import odd_servers
from cds_service.outbound.names import Names
from cds_service.settings import Settings
from tests.hook_calls import AUTHORIZATION, call, draft

LEADS = {"open.example": ["93.184.216.34"], "inside.example": ["10.20.3.4"], "mixed.example": ["93.184.216.34", "::1"]}
ADVICE = "leads to an address that fhir_servers does not name: add the address or its network to the list"


def look_up(host: str) -> Sequence[str]:
    return LEADS[host]  # KeyError: no such name


def test_check_tells_which_servers_lead_where_they_may_not() -> None:
    lists = [
        ("one", ("https://open.example/fhir", "https://inside.example/fhir", "https://gone.example/fhir")),
        ("two", ("https://inside.example/fhir", "https://mixed.example/r4", "10.20.0.0/16", "https://10.9.9.9/fhir")),
        ("none", ()),
    ]
    assert odd_servers(lists, Names(look_up)) == [
        f"one: https://inside.example/fhir {ADVICE}",
        "one: https://gone.example/fhir could not be resolved",
        f"two: https://mixed.example/r4 {ADVICE}",
    ]


def test_check_says_where_a_proxy_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    (said,) = odd_servers([("one", ("https://inside.example/fhir", "https://127.0.0.1/fhir"))], Names(look_up))
    assert said.startswith("one: https://inside.example/fhir is asked by way of a proxy")


def test_check_does_not_wait_for_a_resolver_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "_SECONDS", 0.2)
    release = Event()

    def hangs(_: str) -> Sequence[str]:
        release.wait(20)
        return ["93.184.216.34"]

    began = time.monotonic()
    said = odd_servers([("one", ("https://a.example", "https://b.example"))], Names(hangs))
    release.set()
    assert time.monotonic() - began < 10
    assert said == ["one: https://a.example could not be resolved", "one: https://b.example could not be resolved"]


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_the_verb_check_names_them_and_finds_no_fault_in_that(form: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", "cds_service", "check", *form]
    environ = {"CDS_FHIR_SERVERS": "https://localhost.invalid/fhir http://localhost:1/fhir 10.0.0.0/8"}
    done = subprocess.run(command, env=os.environ | environ, capture_output=True, text=True, check=False)
    said = "CDS_FHIR_SERVERS: https://localhost.invalid/fhir could not be resolved"
    assert done.returncode == 0, done.stderr
    if form:
        assert json.loads(done.stdout)["fhirServers"] == [said]
    else:
        assert f"servers   1 to look at\n  {said}\n" in done.stdout


def test_the_log_tells_it_once_without_a_url(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging.getLogger("cds_service"), "propagate", True)
    settings = Settings(fhir_servers=("https://open.example/fhir", "https://inside.example/fhir"))
    http = create_app(settings, look_up=look_up).test_client()
    body = call(draft(text="cyanocobalamin"), fhirServer=settings.fhir_servers[1], fhirAuthorization=AUTHORIZATION)
    with caplog.at_level(logging.WARNING, "cds_service.fhir_servers"):
        for _ in range(2):
            assert http.post("/cds-services/b12-order-select", json=body).status_code == 412
    assert [record.getMessage() for record in caplog.records] == [
        "FHIR server 2 in the list of all callers: its name leads to an address that fhir_servers does not name"
    ]
