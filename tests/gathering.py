"""How tests call gather: with what prefetch, and before what server. Knows no clinical content."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest

from cds_service.clinical.concepts import ResourceKind
from cds_service.clinical.snapshot import Availability
from cds_service.hooks.problems import Fault, Problem
from cds_service.outbound.names import Names
from cds_service.patient_data.fhir_servers import FhirServers
from cds_service.patient_data.gather import Gathered, gather
from cds_service.settings import Settings
from cds_service.waiting import Waits
from tests.fhir_server import FakeServer, Reply, serving
from tests.hook_calls import AUTHORIZATION, PATIENT_RESOURCE, call, draft, read

CONDITION = {"resourceType": "Condition", "id": "c1"}
SETTLED = (Availability.COMPLETE, ())
ABSENT = (Availability.NOT_SUPPLIED, ())
EMPTY = {"resourceType": "Bundle", "type": "searchset", "total": 0}
ALL_EMPTY = dict.fromkeys(
    ["results", "findings", "conditions", "medications", "statements", "procedures", "allergies", "ordered"], EMPTY
)


def outcome(severity: str, code: str = "processing") -> dict[str, Any]:
    return {"resourceType": "OperationOutcome", "issue": [{"severity": severity, "code": code}]}


def searchset(*resources: Any, mode: str | None = None, **more: Any) -> dict[str, Any]:
    search = {} if mode is None else {"search": {"mode": mode}}
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "entry": [{"resource": r, **search} for r in resources],
    } | more


def told(gathered: Gathered, kind: ResourceKind = ResourceKind.CONDITIONS) -> tuple[Availability, tuple[str, ...]]:
    return gathered.availability[kind], tuple(json.loads(bytes(raw))["id"] for raw in gathered.resources[kind])


def from_prefetch(pool: ThreadPoolExecutor, value: Any) -> tuple[Availability, tuple[str, ...]]:
    prefetch = ALL_EMPTY | {"patient": PATIENT_RESOURCE, "conditions": value}
    return told(gather(read(call(draft(), prefetch=prefetch)), None, pool))


def without(pool: ThreadPoolExecutor, **prefetch: Any) -> Problem:
    with pytest.raises(Problem) as caught:
        gather(read(call(draft(), prefetch=ALL_EMPTY | prefetch)), None, pool)
    assert caught.value.fault is Fault.DATA_MISSING
    assert caught.value.keys == ("patient",)
    return caught.value


def from_server(
    pool: ThreadPoolExecutor, answer: Callable[[str, str], Any], prefetch: Any, **settings: Any
) -> tuple[Gathered, FakeServer]:
    """gather with a server that answers `answer(base, path)`: a Reply, or a JSON body."""
    base: list[str] = []

    def reply(path: str) -> Reply:
        given = answer(base[0], path)
        return given if isinstance(given, Reply) else Reply(given)

    with serving(reply) as server:
        base.append(server.base)
        more = {} if prefetch is None else {"prefetch": prefetch}
        request = read(call(draft(), fhirServer=server.base, fhirAuthorization=AUTHORIZATION, **more))
        chosen = Settings(fhir_servers=(server.base,), deadline_ms=settings.get("deadline_ms", 3000))
        with closing(FhirServers(chosen, Names(), settings.get("waits") or Waits())) as servers:
            return gather(request, servers.open(request, [].append), pool), server


def standard(_base: str, path: str) -> Any:
    return PATIENT_RESOURCE if path.startswith("Patient/") else EMPTY


WITH_PATIENT = ALL_EMPTY | {"patient": PATIENT_RESOURCE}
WITHOUT_CONDITIONS = {name: value for name, value in WITH_PATIENT.items() if name != "conditions"}
