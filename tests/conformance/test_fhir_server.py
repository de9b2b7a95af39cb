"""The tester's own FHIR and key servers: what they answer, what they record, and each fault by its switch."""

import json
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from cds_service.conformance.fhir_server import Fault, FhirServer
from cds_service.conformance.key_server import KeyServer
from cds_service.conformance.patient import record
from cds_service.conformance.signer import new_key

RECORD = record("p1", ill=True)


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}), NoRedirect)


def get(url: str, **headers: str) -> tuple[int, dict[str, Any]]:
    try:
        with OPENER.open(urllib.request.Request(url, headers=headers), timeout=5) as answer:  # noqa: S310
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read() or b"{}")


def test_reads_and_searches_are_answered_and_recorded() -> None:
    with FhirServer(RECORD) as server:
        assert get(f"{server.base}/Patient/p1", Authorization="Bearer t")[1]["id"] == "p1"
        status, found = get(f"{server.base}/Condition?patient=p1")
        assert (status, found["total"], len(found["entry"])) == (200, 3, 3)
        assert get(f"{server.base}/Patient/p2")[0] == 404
        assert [(each.path, each.authorization, each.resource_type) for each in server.queries] == [
            ("Patient/p1", "Bearer t", "Patient"),
            ("Condition?patient=p1", "", "Condition"),
            ("Patient/p2", "", "Patient"),
        ]
        server.begin()
        assert server.queries == ()


@pytest.mark.parametrize(("fault", "status"), [(Fault.UNAUTHORIZED, 401), (Fault.FORBIDDEN, 403), (Fault.BROKEN, 500)])
def test_refusals(fault: Fault, status: int) -> None:
    with FhirServer(RECORD) as server:
        server.begin(fault)
        assert get(f"{server.base}/Patient/p1")[0] == status


def test_pages_hold_everything_once() -> None:
    with FhirServer(RECORD) as server:
        server.begin(Fault.PAGES)
        url: str | None = f"{server.base}/Condition?patient=p1"
        ids = []
        while url is not None:
            page = get(url)[1]
            assert page["total"] == 3
            ids += [entry["resource"]["id"] for entry in page["entry"]]
            url = next((link["url"] for link in page["link"] if link["relation"] == "next"), None)
        assert len(ids) == len(set(ids)) == 3


def test_pages_without_end_and_pages_elsewhere() -> None:
    with FhirServer(RECORD, elsewhere="http://127.0.0.1:1/fhir") as server:
        server.begin(Fault.ENDLESS)
        page = get(f"{server.base}/Condition?patient=p1")[1]
        for _ in range(5):
            page = get(page["link"][1]["url"])[1]
        assert page["link"][1]["relation"] == "next"
        server.begin(Fault.AWAY)
        away = get(f"{server.base}/Condition?patient=p1")[1]["link"][1]["url"]
        assert away.startswith("http://127.0.0.1:1/fhir/Condition?patient=p1")
        server.begin(Fault.REDIRECT)
        assert get(f"{server.base}/Patient/p1")[0] == 302


def test_somebody_else_and_outcomes() -> None:
    with FhirServer(RECORD) as server:
        server.begin(Fault.OTHER_PATIENT)
        assert get(f"{server.base}/Patient/p1")[1]["id"] == "somebody-else"
        entry = get(f"{server.base}/Condition?patient=p1")[1]["entry"][0]["resource"]
        assert entry["subject"] == {"reference": "Patient/somebody-else"}
        server.begin(Fault.OUTCOME)
        assert get(f"{server.base}/Condition?patient=p1")[1]["resourceType"] == "OperationOutcome"
    assert record("p1", ill=True) == RECORD


def test_what_overlaps_is_counted() -> None:
    with FhirServer(RECORD) as server, ThreadPoolExecutor(4) as pool:
        server.begin(Fault.PACED)
        list(pool.map(get, [f"{server.base}/Patient/p1"] * 4))
        assert server.most_at_once == 4
        server.begin(Fault.PACED)
        for _ in range(2):
            get(f"{server.base}/Patient/p1")
        assert server.most_at_once == 1


def test_a_server_that_hangs_lets_go_when_it_is_closed() -> None:
    server = FhirServer(RECORD)
    server.begin(Fault.HANG)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(get, f"{server.base}/Patient/p1")
        time.sleep(0.1)
        assert not waiting.done()
        server.close()
        assert waiting.result(timeout=2)[0] == 200


def test_a_key_set_is_served_counted_and_changed() -> None:
    first, second = new_key("ES384"), new_key("ES384")
    with KeyServer((first,)) as server:
        assert [key["kid"] for key in get(server.url)[1]["keys"]] == [first.kid]
        server.publish(second)
        assert [key["kid"] for key in get(server.url)[1]["keys"]] == [first.kid, second.kid]
        assert get(server.url.replace("jwks", "other"))[0] == 404
        assert server.fetches == 3
