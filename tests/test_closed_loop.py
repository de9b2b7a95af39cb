"""Apply a suggestion, ask again, and the topic is silent (cards.md 8): over HTTP, as an EHR would do it."""

import json
from copy import deepcopy
from typing import Any

import pytest
from fhir.resources.R4B.medicationrequest import MedicationRequest
from fhir.resources.R4B.servicerequest import ServiceRequest

from cds_service.examples import Example, examples
from tests.answers import TODAY, applied, ask, service, suggestions, topics

CLIENT = service()
EXAMPLES = examples(TODAY)
MODELS = {"MedicationRequest": MedicationRequest, "ServiceRequest": ServiceRequest}
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"


def _all_suggestions() -> list[Any]:
    found = []
    for example in EXAMPLES:
        answer = ask(CLIENT, example.body)
        found += [
            pytest.param(example, card, s, id=f"{example.title}: {s['label']}") for card, s in suggestions(answer)
        ]
    return found


SUGGESTIONS = _all_suggestions()


def _treats(suggestion: dict[str, Any]) -> bool:
    """Does the suggestion change or create a medication order?"""
    return any(a.get("resource", {}).get("resourceType") == "MedicationRequest" for a in suggestion["actions"])


@pytest.mark.parametrize(("example", "card", "suggestion"), SUGGESTIONS)
def test_a_suggestion_that_is_applied_silences_its_topic(
    example: Example, card: dict[str, Any], suggestion: dict[str, Any]
) -> None:
    if not _treats(suggestion):
        pytest.skip("a test order alone does not change what is drafted; the card may stay until the result is back")
    again = ask(CLIENT, applied(example.body, suggestion))
    assert card["source"]["topic"]["code"] not in topics(again)
    assert all(one["indicator"] == "info" for one in again["cards"])


@pytest.mark.parametrize(("example", "card", "suggestion"), SUGGESTIONS)
def test_every_resource_is_complete_and_valid(
    example: Example, card: dict[str, Any], suggestion: dict[str, Any]
) -> None:
    patient = example.body["context"]["patientId"]
    for action in suggestion["actions"]:
        assert action["description"]
        if action["type"] == "delete":
            assert "resource" not in action
            continue
        resource = action["resource"]
        MODELS[resource["resourceType"]].model_validate(deepcopy(resource))
        assert (resource["status"], resource["subject"]) == ("draft", {"reference": f"Patient/{patient}"})
        assert resource["intent"] in {"order", "proposal"}
        if resource["resourceType"] == "MedicationRequest":
            _is_complete(resource)


def _is_complete(order: dict[str, Any]) -> None:
    concept = order["medicationCodeableConcept"]
    assert concept["text"]
    assert concept["coding"][0]["code"]
    for dosage in order["dosageInstruction"]:
        assert dosage["text"]
        assert dosage["route"]["coding"][0]["code"] in {"78421000", "34206005", "26643006"}
        dose = dosage["doseAndRate"][0]["doseQuantity"]
        assert (dose["code"], dose["system"]) == ("ug", "http://unitsofmeasure.org")
        repeat = dosage["timing"]["repeat"]
        assert {"frequency", "period", "periodUnit"} <= repeat.keys()


def test_there_is_something_to_apply() -> None:
    assert sum(_treats(param.values[2]) for param in SUGGESTIONS) >= 9


def test_an_update_keeps_the_order_and_the_request_is_not_touched() -> None:
    request = deepcopy(EXAMPLES[0].body)
    draft = request["context"]["draftOrders"]["entry"][0]["resource"]
    draft |= {
        "note": [{"text": "patient prefers mornings"}],
        "extension": [{"url": "https://ehr.example/x", "valueDecimal": 1.50}],
        "reasonCode": [{"text": "as discussed"}],
        "dispenseRequest": {"quantity": {"value": 12}, "numberOfRepeatsAllowed": 3},
        "substitution": {"allowedBoolean": True},
        "text": {"status": "generated", "div": "<div>old</div>"},
        "x-vendor": {"kept": True},
    }
    before = json.dumps(request)
    _, suggestion = next(suggestions(ask(CLIENT, request)))
    changed = suggestion["actions"][0]["resource"]
    assert json.dumps(request) == before
    for name in ("id", "status", "intent", "subject", "requester", "note", "extension", "reasonCode", "authoredOn"):
        assert changed[name] == draft[name]
    assert changed["x-vendor"] == {"kept": True}
    assert changed["dispenseRequest"] == {"numberOfRepeatsAllowed": 3}
    assert "substitution" not in changed
    assert "text" not in changed


def test_numbers_that_are_kept_are_written_as_they_came() -> None:
    request = deepcopy(EXAMPLES[0].body)
    body = json.dumps(request).replace(
        '"authoredOn"', '"extension": [{"url": "u:x", "valueDecimal": 1.50}], "authoredOn"', 1
    )
    response = CLIENT.post("/cds-services/b12-order-select", data=body, content_type="application/json")
    assert b'"valueDecimal":1.50' in response.get_data()


def test_the_same_request_gives_the_same_bytes() -> None:
    body = json.dumps(EXAMPLES[3].body)
    first, second = (
        CLIENT.post("/cds-services/b12-order-select", data=body, content_type="application/json").get_data()
        for _ in range(2)
    )
    assert first == second


def _first_change(request: dict[str, Any]) -> dict[str, Any]:
    _, suggestion = next(suggestions(ask(CLIENT, request)))
    changed: dict[str, Any] = suggestion["actions"][0]["resource"]
    return changed


def _with_draft(number: int, **members: Any) -> dict[str, Any]:
    request = deepcopy(EXAMPLES[number].body)
    request["context"]["draftOrders"]["entry"][0]["resource"] |= members
    return request


@pytest.mark.parametrize("odd", [["x"], {}, "s", 5])
def test_an_odd_extension_is_no_reason_to_fail_or_to_be_silent(odd: Any) -> None:
    assert ask(CLIENT, _with_draft(7, extension=odd))["cards"]


def test_a_null_extension_is_none() -> None:
    changed = _first_change(_with_draft(7, extension=None))
    assert [item["valueCode"] for item in changed["extension"]] == ["present"]


@pytest.mark.parametrize(
    "odd",
    [
        {"id": 5},
        {"status": ["draft"]},
        {"contained": {"resourceType": "Medication"}},
        {"medicationCodeableConcept": [{"text": "cyanocobalamin"}]},
        {"medicationCodeableConcept": {"text": {}, "coding": [{"code": 309594, "system": RXNORM}]}},
        {"medicationCodeableConcept": {"coding": {"code": "309594", "system": RXNORM}, "text": 7}},
        {
            "medicationCodeableConcept": {},
            "medicationReference": {"reference": "#m"},
            "contained": [{"resourceType": "Medication", "id": "m", "code": {"text": "cyanocobalamin 1 mg injection"}}],
        },
    ],
)
def test_one_element_of_an_odd_shape_does_not_lose_the_order(odd: dict[str, Any]) -> None:
    """The first example: cyanocobalamin with eGFR 44."""
    request = _with_draft(0, **odd)
    request["context"]["selections"] = []
    assert "CyanocobalaminRenal" in topics(ask(CLIENT, request))


def test_a_medication_that_cannot_be_read_is_named() -> None:
    request = _with_draft(0, medicationReference={"reference": "Medication/far-away"})
    del request["context"]["draftOrders"]["entry"][0]["resource"]["medicationCodeableConcept"]
    (card,) = ask(CLIENT, request)["cards"]
    assert card["source"]["topic"]["code"] == "DataGap"
    assert card["extension"]["org.cobalamin-cds.trace"]["missing"] == ["the drug of the order"]


def test_a_timing_that_is_only_a_code_is_written_out_in_full() -> None:
    dosage = deepcopy(EXAMPLES[0].body["context"]["draftOrders"]["entry"][0]["resource"]["dosageInstruction"])
    dosage[0]["timing"] = {"code": {"coding": [{"code": "MO"}]}}
    changed = _first_change(_with_draft(0, dosageInstruction=dosage))
    assert changed["dosageInstruction"][0]["timing"]["repeat"] == {"frequency": 1, "period": 1, "periodUnit": "mo"}
    assert changed["dosageInstruction"][0]["timing"]["code"] == {"coding": [{"code": "MO"}]}


def test_the_first_fill_keeps_what_does_not_describe_the_old_product() -> None:
    fill = {"quantity": {"value": 3}, "duration": {"value": 30}, "extension": [{"url": "u:x", "valueBoolean": True}]}
    changed = _first_change(_with_draft(0, dispenseRequest={"initialFill": fill}))
    assert changed["dispenseRequest"] == {"initialFill": {"extension": [{"url": "u:x", "valueBoolean": True}]}}


def test_a_patient_gets_no_prescribing_advice() -> None:
    request = deepcopy(EXAMPLES[0].body)
    request["context"]["userId"] = "RelatedPerson/1"
    assert ask(CLIENT, request) == {"cards": []}
