"""The calls that the tester makes up: whole FHIR, the right context for each hook, prefetch as a client fills it."""

import pytest
from fhir.resources.R4B import get_fhir_model_class

from cds_service.conformance.hook_requests import hook_request, hook_requests, scenarios_for, token_values
from cds_service.conformance.orders import CHARTS, ORDERS, Scenario
from cds_service.conformance.patient import record
from cds_service.conformance.prefetch import answered, prefetched, resolved
from cds_service.conformance.subject import Json, Service

HOOKS = {
    "patient-view": set(),
    "encounter-start": set(),
    "encounter-discharge": set(),
    "order-select": {"selections", "draftOrders"},
    "order-sign": {"draftOrders"},
    "order-dispatch": {"dispatchedOrders", "performer"},
    "medication-refill": {"medications"},
    "medication-prescribe": {"medications"},
    "order-review": {"orders"},
    "appointment-book": {"appointments"},
}
RECORD = record("p1", ill=True, allergy=("5514", "hydroxocobalamin"))


def service(hook: str, **prefetch: str) -> Service:
    return Service(f"s-{hook}", hook, prefetch, {})


@pytest.mark.parametrize("hook", HOOKS)
def test_each_hook_has_its_context(hook: str) -> None:
    calls = list(hook_requests(service(hook)))
    assert len(calls) >= 3
    for _, call in calls:
        assert set(call) == {"hook", "hookInstance", "context"}
        assert set(call["context"]) == {"userId", "patientId", "encounterId"} | HOOKS[hook]


def test_an_unknown_hook_is_not_guessed() -> None:
    assert scenarios_for(service("moon-phase")) == ()


@pytest.mark.parametrize("scenario", [*ORDERS, *CHARTS], ids=lambda scenario: scenario.label)
def test_every_resource_is_fhir_r4(scenario: Scenario) -> None:
    hook = "order-sign" if scenario.drafts else "patient-view"
    call = hook_request(service(hook), scenario)
    drafts = [entry["resource"] for entry in call["context"].get("draftOrders", {}).get("entry", ())]
    on_record = record("p1", ill=scenario.ill, name=scenario.name, allergy=scenario.allergy)
    for resource in (*drafts, *on_record):
        get_fhir_model_class(resource["resourceType"]).model_validate(resource)
    assert len(drafts) == len(scenario.drafts)


def test_selections_are_drafts() -> None:
    for scenario, call in hook_requests(service("order-select")):
        drafts = [
            f"{e['resource']['resourceType']}/{e['resource']['id']}" for e in call["context"]["draftOrders"]["entry"]
        ]
        assert call["context"]["selections"] == drafts[: scenario.selected]


def _ids(bundle: Json | None) -> list[str]:
    assert bundle is not None
    assert bundle["total"] == len(bundle.get("entry", ()))
    return [entry["resource"]["id"] for entry in bundle.get("entry", ())]


def test_a_search_finds_what_it_names() -> None:
    assert _ids(answered("Observation?patient=p1&code=2132-9,777-3&_sort=-date", RECORD)) == [
        "conformance-2132-9",
        "conformance-777-3",
    ]
    assert _ids(answered("Observation?patient=p1&code=http://loinc.org|2132-9", RECORD)) == ["conformance-2132-9"]
    assert _ids(answered("Observation?patient=p1&code=http://snomed.info/sct|2132-9", RECORD)) == []
    assert _ids(answered("Observation?patient=p1&category=vital-signs", RECORD)) == [
        "conformance-29463-7",
        "conformance-8302-2",
    ]
    assert _ids(answered("Observation?patient=p2", RECORD)) == []
    assert _ids(answered("AllergyIntolerance?patient=Patient/p1", RECORD)) == ["conformance-allergy"]
    assert _ids(answered("MedicationRequest?patient=p1&status=active", RECORD)) == [
        "conformance-medicine-0",
        "conformance-medicine-1",
    ]
    assert _ids(answered("MedicationRequest?patient=p1&status=stopped", RECORD)) == []
    assert "entry" not in (answered("Procedure?patient=p1", RECORD) or {})


def test_a_read_finds_one_resource_or_null() -> None:
    assert (answered("Patient/p1", RECORD) or {})["resourceType"] == "Patient"
    assert answered("Patient/p2", RECORD) is None


def test_a_key_whose_token_cannot_be_filled_is_left_out() -> None:
    values = token_values({"userId": "PractitionerRole/r1", "patientId": "p1", "draftOrders": {}})
    assert values == {
        "context.userId": "PractitionerRole/r1",
        "context.patientId": "p1",
        "userPractitionerRoleId": "r1",
    }
    assert resolved("PractitionerRole/{{userPractitionerRoleId}}", values) == "PractitionerRole/r1"
    templates = {"user": "Practitioner/{{userPractitionerId}}", "patient": "Patient/{{ context.patientId }}"}
    assert list(prefetched(templates, values, RECORD)) == ["patient"]
