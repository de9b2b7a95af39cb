"""The FHIR client against a real HTTP server: what it asks, where it refuses to go, and when it gives up."""

import gzip
import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import requests

from cds_service.clinical.snapshot import Availability
from cds_service.patient_data.fhir_client import FhirClient, FhirError, FhirServers, new_session
from cds_service.settings import Settings
from tests.fhir_server import FakeServer, Reply, serving
from tests.hook_calls import AUTHORIZATION, call, draft, read

TEMPLATE = "Condition?patient={{context.patientId}}"
OK = {"resourceType": "Bundle"}


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with new_session() as session:
        yield session


def client_for(server: FakeServer, session: requests.Session, **more: Any) -> FhirClient:
    settings = replace(Settings(fhir_servers=(server.base,), deadline_ms=400), **more)
    request = read(call(draft(), fhirServer=server.base, fhirAuthorization=AUTHORIZATION))
    client = FhirServers(settings, session).open(request)
    assert client is not None
    return client


def failure(ask: Any) -> Availability:
    with pytest.raises(FhirError) as caught:
        ask()
    said = f"{caught.value} {caught.value.__cause__}"
    assert "tok-abc123" not in said
    assert "127.0.0.1" not in said
    return caught.value.availability


def test_asks_with_the_token_and_the_encoded_patient_id(session: requests.Session) -> None:
    with serving(lambda _: Reply(OK)) as server:
        body = client_for(server, session).ask(TEMPLATE, "a b&c=\u2011")
    assert json.loads(body) == OK
    ((path, headers),) = server.asked
    assert path == "Condition?patient=a%20b%26c%3D%E2%80%91"
    assert headers["Authorization"] == "Bearer tok-abc123"
    assert headers["Accept"].startswith("application/fhir+json")


@pytest.mark.parametrize(("status", "expected"), [(401, Availability.REFUSED), (403, Availability.REFUSED)])
def test_a_refusal_is_told_apart(session: requests.Session, status: int, expected: Availability) -> None:
    with serving(lambda _: Reply(OK, status)) as server:
        assert failure(lambda: client_for(server, session).ask(TEMPLATE, "p")) is expected


@pytest.mark.parametrize("status", [201, 204, 304, 400, 404, 410, 429, 500, 503])
def test_any_other_status_is_a_failure(session: requests.Session, status: int) -> None:
    with serving(lambda _: Reply(b"", status)) as server:
        assert failure(lambda: client_for(server, session).ask(TEMPLATE, "p")) is Availability.FAILED


def test_a_redirect_is_not_followed(session: requests.Session) -> None:
    with serving(lambda _: Reply(OK)) as other:
        target = {"Location": f"{other.base}/Condition"}
        with serving(lambda _: Reply(b"", 302, target)) as server:
            assert failure(lambda: client_for(server, session).ask(TEMPLATE, "p")) is Availability.FAILED
        assert other.asked == []


@pytest.mark.parametrize("reply", [Reply(OK, wait=2.0), Reply(b" " * 1000, trickle=0.01)], ids=["hangs", "trickles"])
def test_a_slow_server_cannot_outlast_the_deadline(session: requests.Session, reply: Reply) -> None:
    with serving(lambda _: reply) as server:
        started = time.monotonic()
        assert failure(lambda: client_for(server, session).ask(TEMPLATE, "p")) is Availability.FAILED
        assert time.monotonic() - started < 1.0


def test_nothing_is_asked_after_the_deadline(session: requests.Session) -> None:
    with serving(lambda _: Reply(OK)) as server:
        client = client_for(server, session, deadline_ms=1)
        time.sleep(0.01)
        assert failure(lambda: client.ask(TEMPLATE, "p")) is Availability.FAILED
        assert server.asked == []


@pytest.mark.parametrize("packed", [False, True])
def test_an_answer_above_the_size_limit_is_a_failure(session: requests.Session, packed: bool) -> None:
    plain = b"[" + b" " * 300_000 + b"]"
    reply = Reply(gzip.compress(plain), headers={"Content-Encoding": "gzip"}) if packed else Reply(plain)
    with serving(lambda _: reply) as server:
        client = client_for(server, session, max_body=200_000, deadline_ms=5000)
        assert failure(lambda: client.ask(TEMPLATE, "p")) is Availability.FAILED


def test_a_packed_answer_within_the_limit_is_read(session: requests.Session) -> None:
    plain = json.dumps({"a": "x" * 300_000}).encode()
    with serving(lambda _: Reply(gzip.compress(plain), headers={"Content-Encoding": "gzip"})) as server:
        assert client_for(server, session, deadline_ms=5000).ask(TEMPLATE, "p") == plain


def test_a_dead_server_is_a_failure(session: requests.Session) -> None:
    with serving(lambda _: Reply(OK)) as server:
        client = client_for(server, session)
    assert failure(lambda: client.ask(TEMPLATE, "p")) is Availability.FAILED


def test_the_next_page_may_be_relative_or_the_base_itself(session: requests.Session) -> None:
    with serving(lambda _: Reply(OK)) as server:
        client = client_for(server, session)
        client.next_page(f"{server.base}?_getpages=1")
        client.next_page("Condition?page=2")
    assert server.paths == ["/fhir?_getpages=1", "Condition?page=2"]


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/fhir/Condition?page=2",
        "http://127.0.0.1:1/fhir/Condition",
        "BASE/../admin",
        "BASE/%2e%2e/admin",
        "BASE/..;/admin",
        "BASE/.;x=1/../admin",
        "BASE/Condition%2f..%2fadmin",
        "BASExtra/Condition",
        "BASE\\@evil.example",
        "//evil.example/fhir/Condition",
        "http://user@BASEHOST/fhir/Condition",
        "http://[bad",
        "file:///etc/passwd",
    ],
)
def test_a_link_that_leads_away_is_not_followed(session: requests.Session, link: str) -> None:
    with serving(lambda _: Reply(OK)) as server:
        host = server.base.removeprefix("http://").removesuffix("/fhir")
        address = link.replace("BASEHOST", host).replace("BASE", server.base)
        assert failure(lambda: client_for(server, session).next_page(address)) is Availability.FAILED
        assert server.asked == []


def test_a_medication_is_read_by_relative_or_own_absolute_reference(session: requests.Session) -> None:
    with serving(lambda _: Reply({"resourceType": "Medication"})) as server:
        client = client_for(server, session)
        client.read("Medication/m1")
        client.read(f"{server.base}/Medication/m2")
        assert failure(lambda: client.read("https://evil.example/Medication/m3")) is Availability.FAILED
        assert failure(lambda: client.read("Patient/p")) is Availability.FAILED
        assert failure(lambda: client.read("Medication/..")) is Availability.FAILED
    assert server.paths == ["Medication/m1", "Medication/m2"]


def test_cookies_of_one_call_do_not_reach_the_next(session: requests.Session) -> None:
    with serving(lambda _: Reply(OK, headers={"Set-Cookie": "session=patient1"})) as server:
        client_for(server, session).ask(TEMPLATE, "p")
        client_for(server, session).ask(TEMPLATE, "q")
    assert all("Cookie" not in headers for _, headers in server.asked)


ALLOWED = ("https://ehr.example/fhir",)


@pytest.mark.parametrize(
    ("server", "opens"),
    [
        ("https://ehr.example/fhir", True),
        ("https://EHR.example:443/fhir/", True),
        ("https://ehr.example/fhir/tenant-1", True),
        ("http://ehr.example/fhir", False),
        ("https://ehr.example:8443/fhir", False),
        ("https://ehr.example/fhirx", False),
        ("https://ehr.example/", False),
        ("https://ehr.example/fhir/../other", False),
        ("https://ehr.example/fhir/%2E%2e/other", False),
        ("https://ehr.example/fhir/..;/other", False),
        ("https://ehr.example/fhir/sub;v=..", True),
        ("https://ehr.example/fhir\t", False),
        ("https://ehr.example/fh\nir", False),
        ("https://ehr.example/fhir?x=", False),
        ("https://ehr.example/fhir#x", False),
        ("https://ehr.example@evil.example/fhir", False),
        ("https://evil.example/fhir", False),
        ("https://169.254.169.254/fhir", False),
        ("https://ehr.example:port/fhir", False),
        ("ehr.example/fhir", False),
    ],
)
def test_only_allow_listed_servers_are_opened(session: requests.Session, server: str, *, opens: bool) -> None:
    request = read(call(draft(), fhirServer=server, fhirAuthorization=AUTHORIZATION))
    assert (FhirServers(Settings(fhir_servers=ALLOWED), session).open(request) is not None) is opens


def test_without_a_token_an_open_server_needs_the_switch(session: requests.Session) -> None:
    request = read(call(draft(), fhirServer=ALLOWED[0]))
    assert FhirServers(Settings(fhir_servers=ALLOWED), session).open(request) is None
    assert FhirServers(Settings(fhir_servers=ALLOWED, allow_open_fhir=True), session).open(request) is not None


def test_a_token_for_another_patient_means_no_access_even_to_an_open_server(session: requests.Session) -> None:
    foreign = AUTHORIZATION | {"patient": "somebody-else"}
    request = read(call(draft(), fhirServer=ALLOWED[0], fhirAuthorization=foreign))
    assert FhirServers(Settings(fhir_servers=ALLOWED, allow_open_fhir=True), session).open(request) is None


def test_a_kept_connection_that_the_server_closed_is_asked_again(session: requests.Session) -> None:
    """Every connection answers one request and is closed without a word, as node does after five idle seconds."""
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
    accepted = []

    def close_after_one(listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            accepted.append(connection)
            connection.recv(65536)
            connection.sendall(answer)
            connection.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=close_after_one, args=(listener,), daemon=True).start()
        base = f"http://127.0.0.1:{listener.getsockname()[1]}/fhir"
        settings = Settings(fhir_servers=(base,))
        client = FhirServers(settings, session).open(
            read(call(draft(), fhirServer=base, fhirAuthorization=AUTHORIZATION))
        )
        assert client is not None
        assert [client.ask(TEMPLATE, "p") for _ in range(4)] == [b"{}"] * 4
    assert len(accepted) == 4
