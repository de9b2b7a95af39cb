"""Whole hook requests without prefetch, against a FHIR server that fails in one way for one key: the same oracles."""

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest

from cds_service.hooks.services import SERVICE_BY_ID, PrefetchKey
from tests.fhir_server import Reply, serving
from tests.fuzz.bases import SEARCHES, as_call, bases
from tests.fuzz.case import Call, Case, Json, Kind
from tests.fuzz.running import Seen, look_at
from tests.fuzz.sending import Answer, Service
from tests.fuzz.takings import outcome

CASES = 63
DEADLINE_MS = 1000  # the other keys must come in time on a busy machine too
KEYS: tuple[PrefetchKey, ...] = SERVICE_BY_ID["b12-order-select"].prefetch
SPOILT = "X-Spoilt"  # tells the fake server which key to fail, and how; the service knows no such header
FAULTS = (
    "status 500", "status 401", "status 403", "status 404", "status 204", "a redirect", "no JSON", "nothing", "half",
    "another type", "a list", "an outcome", "too late", "a trickle", "too large", "no gzip", "next page fails",
    "next page is this one", "next page elsewhere", "larger total", "nothing said to be there",
)  # fmt: skip
_OF_A_SEARCH = {"next page fails", "next page is this one", "next page elsewhere", "larger total"}


def reply(fault: str, resource: Any, url: str) -> Reply:
    """What the server says of one key, with its fault."""
    text = json.dumps(resource).encode()
    match fault.split():
        case ["status", code]:
            return Reply(outcome("exception"), status=int(code))
        case ["a", "redirect"]:
            return Reply(b"", status=302, headers={"Location": url})
        case ["next", "page", *where]:
            link = {"fails": f"{url}/failing", "is": f"{url}/again", "elsewhere": "http://127.0.0.1:9/fhir"}[where[0]]
            return Reply(resource | {"link": [{"relation": "next", "url": link}]})
    spoilt: dict[str, Reply] = {
        "no JSON": Reply(b"<html>busy</html>", headers={"Content-Type": "text/html"}),
        "nothing": Reply(b""),
        "half": Reply(text[: len(text) // 2]),
        "another type": Reply({"resourceType": "Basic", "id": "b"}),
        "a list": Reply([resource]),
        "an outcome": Reply(outcome("throttled")),
        "too late": Reply(resource, wait=2 * DEADLINE_MS / 1000),
        "a trickle": Reply(text, trickle=0.02),
        "too large": Reply(text + b" " * 1_100_000),
        "no gzip": Reply(text, headers={"Content-Encoding": "gzip"}),
        "larger total": Reply(resource | {"total": 7}),
        "nothing said to be there": Reply({"resourceType": "Bundle", "type": "searchset", "total": 0}),
    }
    return spoilt.get(fault, Reply(resource))


class Server:
    """What the fake server holds just now, and the service that asks it."""

    def __init__(self) -> None:
        self.base = ""
        self.held: dict[str, Any] = {}
        self.spoilt = ("", "")

    def answer(self, path: str) -> Reply:
        if path.endswith("failing"):
            return Reply(b"", status=500)
        patient = self.held["patient"]["id"]
        for key in KEYS:
            if path.startswith(key.template.replace("{{context.patientId}}", quote(patient, safe=""))):
                fault = self.spoilt[1] if key.name == self.spoilt[0] else ""
                return reply(fault, self.held[key.name], f"{self.base}/{path}".removesuffix("/again"))
        return Reply(outcome("not-found"), status=404)

    def send(self, service: Service, call: Call) -> Answer:
        key, _, fault = dict(call.headers).get(SPOILT, "").partition("=")
        self.spoilt = key, fault
        return service.send(replace(call, headers=tuple(each for each in call.headers if each[0] != SPOILT)))


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[Server, Service]]:
    held = Server()
    with serving(held.answer) as running:
        held.base = running.base
        access = {"CDS_FHIR_SERVERS": running.base, "CDS_ALLOW_OPEN_FHIR": "1", "CDS_DEADLINE_MS": str(DEADLINE_MS)}
        yield held, Service(**access)


def a_case(number: int, held: Server) -> Case:
    draw = random.Random(f"fetch:{number}")  # noqa: S311 - not for secrets
    base = draw.choice([each for each in bases() if _told(each.request())])
    request = base.request()
    empty = {"resourceType": "Bundle", "type": "searchset", "total": 0, "entry": []}
    held.held = {key.name: request["prefetch"].get(key.name) or empty for key in KEYS}
    key = draw.choice(("patient", *SEARCHES[:-1], *SEARCHES[:-1]))
    faults = [each for each in FAULTS[:-1] if key != "patient" or each not in _OF_A_SEARCH]
    if key == "patient":
        faults.remove("a trickle")  # a short Patient may come in time, a byte at a time
    fault = faults[number // 4 % len(faults)]
    asked = as_call({**request, "prefetch": {}, "fhirServer": held.base})
    call = replace(asked, headers=(*asked.headers, (SPOILT, f"{key}={fault}")))
    absent = replace(asked, headers=(*asked.headers, (SPOILT, f"{key}=nothing said to be there")))
    scope = "patient" if key == "patient" else "search"
    done = (base.name, f"taken: {scope} {key}: {fault}")
    return Case(0, number, Kind.TAKEN, "uk", done, call, "zq-none", asked, absent, (scope, key, fault))


def _told(request: Json) -> bool:
    return all(
        isinstance(part, dict) and part["resourceType"] != "OperationOutcome" for part in request["prefetch"].values()
    )


def test_a_server_that_fails_is_neither_a_5xx_nor_all_clear(server: tuple[Server, Service]) -> None:
    held, service = server
    seen = Seen()
    for number in range(1, 4 * CASES, 4):  # each once: nobody promises when a slow server answers
        look_at(a_case(number, held), seen, lambda _, call: held.send(service, call))
    assert seen.failures == []
    assert seen.compared > 0.7 * CASES
    assert {fault for fault in FAULTS[:-1] if not any(fault in name for name in seen.names)} == set()
    assert sum(seen.accepted.values()) < 0.2 * CASES
