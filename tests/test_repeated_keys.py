"""A resource that says one thing twice: a JSON reader keeps the last. It is not believed, and named as a gap."""

import json
from typing import Any

import pytest

from cds_service.clinical.concepts import Analyte, ResourceKind
from cds_service.clinical.snapshot import Availability, Snapshot
from fhir_mappings.repeated_keys import repeats_a_key
from fhir_mappings.snapshot import map_patient_data
from tests.answers import ask, service
from tests.fhir_examples import (
    ABOUT,
    ICD10CM,
    KINDS,
    PATIENT,
    RXNORM,
    SNOMED,
    TODAY,
    coded,
    condition,
    medication_request,
    observation,
    procedure,
    quantity,
    snapshot,
)
from tests.scenarios import FOLDERS


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": 1, "b": {"a": 2}}', False),
        ('{"a": "x: y", "b": [": ", {"c": null}]}', False),
        ('{"a": "8\\u003a30"}', False),
        ('{"a": "8\\u003A30 \\\\u003a"}', False),
        ('{"a": 1.50, "b": 1e5, "c": 123456789012345678901234567890}', False),
        ('{"a": 1, "a": 1}', True),
        ('{"a": {"b": [{"c": 1, "d": 2, "c": 3}]}}', True),
        ('{"a": 1, "\\u0061": 2}', True),
        ('{"a": "\\u003a", "b": 1, "b": 2}', True),
        ('{"a": "x:", "b": 1, "b": ":"}', True),
    ],
)
def test_a_key_that_stands_twice_is_seen(text: str, expected: bool) -> None:
    assert repeats_a_key(text.encode()) is expected


def doubled(resource: dict[str, Any], name: str, first: Any) -> bytes:
    """The resource as text, with a member in front that a later one of the same name hides."""
    text = json.dumps(resource, default=str)
    assert f'"{name}": ' in text
    return text.replace(f'"{name}": ', f'"{name}": {json.dumps(first)}, "{name}": ', 1).encode()


def read(raw: bytes) -> Snapshot:
    kind = KINDS[json.loads(raw)["resourceType"]]
    entries = {ResourceKind.PATIENT: (json.dumps(PATIENT).encode(),), kind: (raw,)}
    told = dict.fromkeys(ResourceKind, Availability.COMPLETE)
    return map_patient_data(entries, told, "p1", TODAY, {}).snapshot


LOW = {"value": 90, "unit": "pg/mL", "code": "pg/mL"}
B12 = observation(coded("2132-9"), valueQuantity=LOW | {"value": 900})


@pytest.mark.parametrize(
    "raw", [doubled(B12, "valueQuantity", LOW), doubled(B12, "value", 90), doubled(B12, "status", "cancelled")]
)
def test_a_result_with_two_values_is_a_named_gap_of_its_analyte(raw: bytes) -> None:
    seen = read(raw)
    assert seen.results == ()
    assert [each.analyte for each in seen.unreadable] == [Analyte.B12]


HYDROXO = coded("5514", RXNORM, display="hydroxocobalamin")
OTHER = coded("314076", RXNORM, display="lisinopril")
RESOLVED = coded("resolved", "x")
ALLERGY = {"resourceType": "AllergyIntolerance", "id": "a", "patient": ABOUT, "code": OTHER}


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (
            doubled(condition(coded("D51.0", ICD10CM)), "clinicalStatus", coded("resolved", "x")),
            ResourceKind.CONDITIONS,
        ),
        (doubled(procedure(coded("709544008", SNOMED)), "status", "not-done"), ResourceKind.PROCEDURES),
        (doubled(medication_request(OTHER), "medicationCodeableConcept", HYDROXO), ResourceKind.MEDICATIONS),
        (doubled(medication_request(HYDROXO), "status", "completed"), ResourceKind.MEDICATIONS),
        (doubled(ALLERGY, "code", HYDROXO), ResourceKind.ALLERGIES),
    ],
    ids=["condition", "procedure", "drug", "status", "allergy"],
)
def test_any_other_resource_makes_its_kind_unknown(raw: bytes, kind: ResourceKind) -> None:
    assert kind in read(raw).unreadable_kinds


def test_a_medication_with_two_codes_is_an_unknown_drug() -> None:
    order = medication_request(None, medicationReference={"reference": "Medication/x"})
    medication = doubled({"resourceType": "Medication", "id": "x", "code": OTHER}, "code", HYDROXO)
    entries = {
        ResourceKind.PATIENT: (json.dumps(PATIENT).encode(),),
        ResourceKind.MEDICATIONS: (json.dumps(order).encode(),),
    }
    told = dict.fromkeys(ResourceKind, Availability.COMPLETE)
    seen = map_patient_data(entries, told, "p1", TODAY, {"Medication/x": medication}).snapshot
    assert len(seen.unknown_medications) == 1


def test_a_patient_with_two_birth_dates_cannot_be_read() -> None:
    entries = {ResourceKind.PATIENT: (doubled(PATIENT, "birthDate", "2020-01-01"),)}
    told = dict.fromkeys(ResourceKind, Availability.COMPLETE)
    seen = map_patient_data(entries, told, "p1", TODAY, {}).snapshot
    assert seen.person.birth is None
    assert seen.person.record_problem is not None


def test_the_card_says_that_the_result_could_not_be_read() -> None:
    """Two eGFR values in one Observation: the one that is kept would have been normal."""
    folder = next(folder for folder in FOLDERS if folder.name == "cyanocobalamin-renal")
    call = json.loads((folder / "request.json").read_text("utf-8"))
    client = service()
    text = json.dumps(call).replace('"valueQuantity": {"value": 44', '"valueQuantity": {"value": 44, "value": 95')
    assert text != json.dumps(call)
    response = client.post("/cds-services/b12-order-select", data=text, content_type="application/json")
    topics = [card["source"]["topic"]["code"] for card in response.get_json()["cards"]]
    assert "RenalFunctionUnknown" in topics
    normal = json.loads(text)
    assert "RenalFunctionUnknown" not in [card["source"]["topic"]["code"] for card in ask(client, normal)["cards"]]


def test_of_one_observation_in_two_contents_neither_is_passed_over() -> None:
    """Which of two versions comes first decides nothing, and one that came twice as it is counts once."""
    first = observation(coded("2132-9"), id="o1", valueQuantity=quantity("450", "pg/mL"))
    second = first | {"valueQuantity": quantity("150", "pg/mL")}
    for sent in ((first, second), (second, first), (first, second, first)):
        assert sorted(result.measured.value for result in snapshot(*sent).results) == [150, 450]
    assert len(snapshot(first, first).results) == 1
    assert len(snapshot(first, first | {"note": [{"text": "seen"}]}).results) == 1


def test_of_one_record_in_two_contents_neither_is_passed_over() -> None:
    sign = condition(coded("91019004", SNOMED), id="c1", clinicalStatus=coded("resolved", "x"))
    allergy = {"resourceType": "AllergyIntolerance", "id": "a1", "code": coded("5514", RXNORM), "patient": ABOUT}
    for one, other, read in (
        (sign, sign | {"clinicalStatus": coded("active", "x")}, lambda found: found.diagnoses),
        (allergy, allergy | {"criticality": "high"}, lambda found: found.allergies),
    ):
        assert len(read(snapshot(one))) == len(read(snapshot(one, one))) == 1
        assert set(read(snapshot(one, other))) == set(read(snapshot(other, one)))
        assert len(read(snapshot(one, other))) == 2


def test_an_order_that_runs_in_one_content_and_is_stopped_in_another_is_a_gap() -> None:
    runs = medication_request(coded("5514", RXNORM), id="m1", status="active")
    assert snapshot(runs, runs).unreadable_kinds == frozenset()
    assert snapshot(runs, runs | {"status": "stopped"}).unreadable_kinds == {ResourceKind.MEDICATIONS}
