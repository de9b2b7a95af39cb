"""The FHIR client against a real HTTP server: what it asks, where it refuses to go, and when it gives up."""

import gzip
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from typing import Any

import pytest

from cds_service.clinical.snapshot import Availability
from cds_service.outbound.names import Names
from cds_service.patient_data.fhir_client import FhirClient, FhirError, Why
from cds_service.patient_data.fhir_servers import FhirServers
from cds_service.settings import Settings
from cds_service.waiting import Waits
from tests.fhir_server import FakeServer, Reply, serving
from tests.hook_calls import AUTHORIZATION, call, draft, read

TEMPLATE = "Condition?patient={{context.patientId}}"
OK = {"resourceType": "Bundle"}


Opened = Callable[..., FhirClient | None]


@pytest.fixture
def opened() -> Iterator[Opened]:
    """opened(settings, **the call): the client that the call gets, if any."""
    with ExitStack() as stack:

        def made(settings: Settings, **more: Any) -> FhirClient | None:
            servers = stack.enter_context(closing(FhirServers(settings, Names(), Waits())))
            return servers.open(read(call(draft(), **more)), TOLD.append)

        TOLD.clear()
        yield made


TOLD: list[Why] = []


def client_for(server: FakeServer, opened: Opened, **more: Any) -> FhirClient:
    settings = replace(Settings(fhir_servers=(server.base,), deadline_ms=400), **more)
    client = opened(settings, fhirServer=server.base, fhirAuthorization=AUTHORIZATION)
    assert client is not None
    return client


def failure(ask: Any) -> Availability:
    with pytest.raises(FhirError) as caught:
        ask()
    said = f"{caught.value} {caught.value.__cause__}"
    assert "tok-abc123" not in said
    assert "127.0.0.1" not in said
    return caught.value.availability


def test_asks_with_the_token_and_the_encoded_patient_id(opened: Opened) -> None:
    with serving(lambda _: Reply(OK)) as server:
        body = client_for(server, opened).ask(TEMPLATE, "a b&c=\u2011")
    assert json.loads(body) == OK
    ((path, headers),) = server.asked
    assert path == "Condition?patient=a%20b%26c%3D%E2%80%91"
    assert headers["Authorization"] == "Bearer tok-abc123"
    assert headers["Accept"].startswith("application/fhir+json")


@pytest.mark.parametrize(("status", "expected"), [(401, Availability.REFUSED), (403, Availability.REFUSED)])
def test_a_refusal_is_told_apart(opened: Opened, status: int, expected: Availability) -> None:
    with serving(lambda _: Reply(OK, status)) as server:
        assert failure(lambda: client_for(server, opened).ask(TEMPLATE, "p")) is expected


@pytest.mark.parametrize("status", [201, 204, 304, 400, 404, 410, 429, 500, 503])
def test_any_other_status_is_a_failure(opened: Opened, status: int) -> None:
    with serving(lambda _: Reply(b"", status)) as server:
        assert failure(lambda: client_for(server, opened).ask(TEMPLATE, "p")) is Availability.FAILED


def test_a_redirect_is_not_followed(opened: Opened) -> None:
    with serving(lambda _: Reply(OK)) as other:
        target = {"Location": f"{other.base}/Condition"}
        with serving(lambda _: Reply(b"", 302, target)) as server:
            assert failure(lambda: client_for(server, opened).ask(TEMPLATE, "p")) is Availability.FAILED
        assert other.asked == []


SLOW = {"hangs": Reply(OK, wait=2.0), "trickles": Reply(b" " * 1000, trickle=0.01), "drips": Reply(OK, drip=0.1)}


@pytest.mark.parametrize("reply", SLOW.values(), ids=SLOW)
def test_a_slow_server_cannot_outlast_the_deadline(opened: Opened, reply: Reply) -> None:
    with serving(lambda _: reply) as server:
        started = time.monotonic()
        assert failure(lambda: client_for(server, opened).ask(TEMPLATE, "p")) is Availability.FAILED
        assert time.monotonic() - started < 1.5
    assert TOLD == [Why.TOO_LATE]


def test_nothing_is_asked_after_the_deadline(opened: Opened) -> None:
    with serving(lambda _: Reply(OK)) as server:
        client = client_for(server, opened, deadline_ms=1)
        time.sleep(0.01)
        assert failure(lambda: client.ask(TEMPLATE, "p")) is Availability.FAILED
        assert server.asked == []


@pytest.mark.parametrize("packed", [False, True])
def test_an_answer_above_the_size_limit_is_a_failure(opened: Opened, packed: bool) -> None:
    plain = b"[" + b" " * 300_000 + b"]"
    reply = Reply(gzip.compress(plain), headers={"Content-Encoding": "gzip"}) if packed else Reply(plain)
    with serving(lambda _: reply) as server:
        client = client_for(server, opened, max_body=200_000, deadline_ms=5000)
        assert failure(lambda: client.ask(TEMPLATE, "p")) is Availability.FAILED


def test_a_packed_answer_within_the_limit_is_read(opened: Opened) -> None:
    plain = json.dumps({"a": "x" * 300_000}).encode()
    with serving(lambda _: Reply(gzip.compress(plain), headers={"Content-Encoding": "gzip"})) as server:
        assert client_for(server, opened, deadline_ms=5000).ask(TEMPLATE, "p") == plain


def test_a_dead_server_is_a_failure(opened: Opened) -> None:
    with serving(lambda _: Reply(OK)) as server:
        client = client_for(server, opened)
    assert failure(lambda: client.ask(TEMPLATE, "p")) is Availability.FAILED


def test_the_next_page_may_be_relative_or_the_base_itself(opened: Opened) -> None:
    with serving(lambda _: Reply(OK)) as server:
        client = client_for(server, opened)
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
def test_a_link_that_leads_away_is_not_followed(opened: Opened, link: str) -> None:
    with serving(lambda _: Reply(OK)) as server:
        host = server.base.removeprefix("http://").removesuffix("/fhir")
        address = link.replace("BASEHOST", host).replace("BASE", server.base)
        assert failure(lambda: client_for(server, opened).next_page(address)) is Availability.FAILED
        assert server.asked == []


def test_a_medication_is_read_by_relative_or_own_absolute_reference(opened: Opened) -> None:
    with serving(lambda _: Reply({"resourceType": "Medication"})) as server:
        client = client_for(server, opened)
        client.read("Medication/m1")
        client.read(f"{server.base}/Medication/m2")
        assert failure(lambda: client.read("https://evil.example/Medication/m3")) is Availability.FAILED
        assert failure(lambda: client.read("Patient/p")) is Availability.FAILED
        assert failure(lambda: client.read("Medication/..")) is Availability.FAILED
    assert server.paths == ["Medication/m1", "Medication/m2"]


def test_cookies_of_one_call_do_not_reach_the_next(opened: Opened) -> None:
    with serving(lambda _: Reply(OK, headers={"Set-Cookie": "session=patient1"})) as server:
        client_for(server, opened).ask(TEMPLATE, "p")
        client_for(server, opened).ask(TEMPLATE, "q")
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
        ("https://ehr.example/fhir/%252e%252e/other", False),
        ("https://ehr.example/fhir/..%3b/other", False),
        ("https://ehr.example/fhir/..%c0%af/other", False),
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
def test_only_allow_listed_servers_are_opened(opened: Opened, server: str, *, opens: bool) -> None:
    settings = Settings(fhir_servers=ALLOWED)
    assert (opened(settings, fhirServer=server, fhirAuthorization=AUTHORIZATION) is not None) is opens
    assert ([] if opens else [Why.NOT_LISTED]) == TOLD


def test_without_a_token_an_open_server_needs_the_switch(opened: Opened) -> None:
    assert opened(Settings(fhir_servers=ALLOWED), fhirServer=ALLOWED[0]) is None
    assert TOLD == [Why.NO_ACCESS]
    assert opened(Settings(fhir_servers=ALLOWED, allow_open_fhir=True), fhirServer=ALLOWED[0]) is not None


def test_a_token_for_another_patient_means_no_access_even_to_an_open_server(opened: Opened) -> None:
    foreign = AUTHORIZATION | {"patient": "somebody-else"}
    settings = Settings(fhir_servers=ALLOWED, allow_open_fhir=True)
    assert opened(settings, fhirServer=ALLOWED[0], fhirAuthorization=foreign) is None


def test_a_kept_connection_that_the_server_closed_is_asked_again(opened: Opened) -> None:
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
        client = opened(Settings(fhir_servers=(base,)), fhirServer=base, fhirAuthorization=AUTHORIZATION)
        assert client is not None
        assert [client.ask(TEMPLATE, "p") for _ in range(4)] == [b"{}"] * 4
    assert len(accepted) == 4
