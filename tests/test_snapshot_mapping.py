"""Whole patients: nobody else's data, nothing lost in silence, order without effect, and the models' opinion."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class
from pydantic import ValidationError

from cds_service.clinical.concepts import Analyte, ResourceKind
from cds_service.clinical.quantities import PartialDate
from cds_service.clinical.snapshot import Availability, Sex
from fhir_mappings.medicine_records import OrderRecord
from fhir_mappings.parse import UnreadableError, decode, matters, observation_matters, probe
from fhir_mappings.records import ConditionRecord, ObservationRecord, ProcedureRecord, Record
from fhir_mappings.snapshot import Mapped, map_patient_data
from tests.fhir_examples import (
    COMPLETE,
    KINDS,
    PATIENT,
    RXNORM,
    SNOMED,
    TODAY,
    coded,
    condition,
    dosage,
    mapped,
    medication_request,
    observation,
    procedure,
    quantity,
    raw,
    snapshot,
)

PATIENTS = Path(__file__).parents[2] / "shared" / "patients"
BUNDLES = sorted(path for path in PATIENTS.glob("*.json") if path.name != "index.json") if PATIENTS.is_dir() else []
needs_patients = pytest.mark.skipif(not BUNDLES, reason="the sample patients are not on this machine")
B12 = observation(coded("2132-9"), valueQuantity=quantity("150", "pg/mL"))
HYDROXO = medication_request(coded("5514", RXNORM), dosageInstruction=[dosage()])
PERNICIOUS = condition(coded("84027009", SNOMED))
ILEAL = procedure(coded("307193005", SNOMED))
ALLERGY = {
    "resourceType": "AllergyIntolerance",
    "id": "a1",
    "code": coded("5514", RXNORM),
    "patient": {"reference": "Patient/p1"},
}
EVERYTHING = (B12, HYDROXO, PERNICIOUS, ILEAL, ALLERGY)


def about(resource: dict[str, Any], reference: str | None) -> dict[str, Any]:
    name = "patient" if resource["resourceType"] == "AllergyIntolerance" else "subject"
    return resource | {name: None if reference is None else {"reference": reference}}


def count(found: Mapped) -> int:
    known = found.snapshot
    return sum(map(len, (known.results, known.medications, known.diagnoses, known.operations, known.allergies)))


@pytest.mark.parametrize("resource", EVERYTHING, ids=lambda each: str(each["resourceType"]))
@pytest.mark.parametrize(
    ("reference", "used"),
    [
        ("Patient/p1", 1),
        ("https://ehr.example/fhir/Patient/p1", 1),
        ("https://ehr.example/fhir/Patient/p1/_history/2", 1),
        ("urn:uuid:p1", 1),
        ("Patient/p2", 0),
        ("Patient/xp1", 0),
        ("https://ehr.example/fhir/Patient/p12", 0),
        ("urn:uuid:p2", 0),
        ("Group/p1", 0),
        ("p1", 0),
    ],
)
def test_only_the_context_patients_data_is_used(resource: dict[str, Any], reference: str, used: int) -> None:
    found = mapped(about(resource, reference))
    assert count(found) == used
    assert found.dropped == 1 - used


@pytest.mark.parametrize("resource", EVERYTHING, ids=lambda each: str(each["resourceType"]))
def test_a_resource_without_a_subject_is_dropped_and_its_kind_is_incomplete(resource: dict[str, Any]) -> None:
    found = mapped(about(resource, None))
    assert count(found) == 0
    assert found.dropped == 1
    kind = KINDS[resource["resourceType"]]
    assert found.snapshot.availability_of(kind) is Availability.INCOMPLETE


@pytest.mark.parametrize("resource", EVERYTHING, ids=lambda each: str(each["resourceType"]))
@pytest.mark.parametrize("reference", ["Patient/p2", "urn:uuid:p2", "p1", "somebody"])
def test_an_answer_about_somebody_else_does_not_say_that_nothing_is_on_record(
    resource: dict[str, Any], reference: str
) -> None:
    kind = KINDS[resource["resourceType"]]
    assert mapped(about(resource, reference)).snapshot.availability_of(kind) is Availability.INCOMPLETE
    both = mapped(resource, about(resource, reference)).snapshot.availability_of(kind)
    assert (both is Availability.COMPLETE) == (reference == "Patient/p2")  # who is named is simply somebody else


@pytest.mark.parametrize("identity", ["p2", "", None])
def test_another_patient_resource_is_wrong_and_unused(identity: str | None) -> None:
    entries = {ResourceKind.PATIENT: (raw(PATIENT | {"id": identity}),)}
    found = map_patient_data(entries, dict(COMPLETE), "p1", TODAY, {})
    assert found.wrong_patient
    assert found.snapshot.person.sex is Sex.UNKNOWN


def test_the_context_id_may_carry_its_type() -> None:
    entries = {ResourceKind.PATIENT: (raw(PATIENT),)}
    assert not map_patient_data(entries, dict(COMPLETE), "Patient/p1", TODAY, {}).wrong_patient


@pytest.mark.parametrize(
    ("elements", "deceased", "problem"),
    [
        ({}, False, None),
        ({"deceasedBoolean": True}, True, None),
        ({"deceasedDateTime": "2026-01-01"}, True, None),
        ({"deceasedDateTime": "last year"}, True, "the date of death could not be read"),
        ({"active": False}, False, "this patient record is marked inactive"),
        ({"link": [{"type": "replaced-by"}]}, False, "this patient record was replaced by another"),
        ({"link": [{"type": "replaces"}]}, False, None),
        ({"birthDate": "long ago"}, False, "the birth date could not be read"),
        ({"birthDate": "2027-01-01"}, False, "the birth date could not be read"),
        ({"active": "no"}, False, "the patient record could not be read"),
    ],
)
def test_the_person(elements: dict[str, Any], deceased: bool, problem: str | None) -> None:
    entries = {ResourceKind.PATIENT: (raw(PATIENT | elements),)}
    person = map_patient_data(entries, dict(COMPLETE), "p1", TODAY, {}).snapshot.person
    assert (person.deceased, person.record_problem) == (deceased, problem)


@pytest.mark.parametrize(
    ("gender", "sex"),
    [("female", Sex.FEMALE), ("male", Sex.MALE), ("other", Sex.OTHER), ("unknown", Sex.UNKNOWN), (None, Sex.UNKNOWN)],
)
def test_the_sex_is_the_recorded_gender(gender: str | None, sex: Sex) -> None:
    entries = {ResourceKind.PATIENT: (raw(PATIENT | {"gender": gender}),)}
    assert map_patient_data(entries, dict(COMPLETE), "p1", TODAY, {}).snapshot.person.sex is sex


def test_a_partial_birth_date_keeps_both_ends() -> None:
    entries = {ResourceKind.PATIENT: (raw(PATIENT | {"birthDate": "1951"}),)}
    birth = map_patient_data(entries, dict(COMPLETE), "p1", TODAY, {}).snapshot.person.birth
    assert isinstance(birth, PartialDate)
    assert (birth.earliest.isoformat(), birth.latest.isoformat()) == ("1951-01-01", "1951-12-31")


def test_what_was_not_supplied_stays_not_supplied() -> None:
    told = {ResourceKind.MEDICATIONS: Availability.COMPLETE, ResourceKind.RESULTS: Availability.REFUSED}
    found = map_patient_data({}, told, "p1", TODAY, {}).snapshot
    assert found.told(ResourceKind.MEDICATIONS)
    assert found.availability_of(ResourceKind.RESULTS) is Availability.REFUSED
    assert found.availability_of(ResourceKind.STATEMENTS) is Availability.NOT_SUPPLIED


def test_unrelated_and_foreign_entries_change_nothing() -> None:
    noise = observation(
        coded("8302-2"), id="noise", subject={"reference": "Patient/p2"}, valueQuantity={"value": "tall"}
    )
    odd = {"resourceType": "Observation", "id": "odd", "component": [{"code": {"text": "x"}}]}
    assert snapshot(*EVERYTHING) == snapshot(*EVERYTHING, noise, odd)


def test_the_order_of_entries_changes_nothing() -> None:
    many = [observation(coded("2160-0"), id=f"o{n}", valueQuantity=quantity(str(n), "mg/dL")) for n in range(1, 9)]
    shuffled = many[::-3] + [each for n, each in enumerate(many[::-1]) if n % 3]
    results = [sorted(snapshot(*each).results, key=lambda r: r.reference) for each in (many, shuffled)]
    assert results[0] == results[1]


def test_a_probe_that_fails_makes_the_kind_unknown() -> None:
    assert not snapshot(observation({"coding": "2132-9"})).told(ResourceKind.RESULTS)


def test_a_bad_result_names_its_analyte_and_spoils_no_other() -> None:
    bad = observation(coded("2132-9"), id="bad", valueQuantity={"value": [1]})
    found = snapshot(bad, observation(coded("2160-0"), valueQuantity=quantity("1", "mg/dL")))
    assert [each.analyte for each in found.unreadable] == [Analyte.B12]
    assert [each.analyte for each in found.results] == [Analyte.CREATININE]
    assert found.told(ResourceKind.RESULTS)


def load(path: Path) -> list[dict[str, Any]]:
    bundle = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    return [entry["resource"] for entry in bundle["entry"]]


@needs_patients
@pytest.mark.parametrize("path", BUNDLES, ids=lambda path: path.stem[:24])
def test_every_sample_patient_maps(path: Path) -> None:
    resources = load(path)
    entries: dict[ResourceKind, tuple[bytes, ...]] = {}
    for resource in resources:
        kind = KINDS.get(resource["resourceType"])
        if kind is not None:
            entries[kind] = (*entries.get(kind, ()), raw(resource))
    patient = next(each for each in resources if each["resourceType"] == "Patient")
    medications = {f"Medication/{r['id']}": raw(r) for r in resources if r["resourceType"] == "Medication"}
    found = map_patient_data(entries, dict(COMPLETE), patient["id"], TODAY, medications)  # type: ignore[arg-type]
    assert not found.wrong_patient
    assert found.dropped == 0
    assert found.snapshot.person.birth is not None
    assert found.snapshot.unreadable_kinds == frozenset()
    relevant = [r for r in resources if r["resourceType"] == "Observation" and matters(_probe(r), observation_matters)]
    final = [r for r in relevant if r["status"] in ("final", "amended", "corrected")]
    assert len(found.snapshot.results) + len(found.snapshot.unreadable) + len(found.snapshot.findings) >= len(final)


def _probe(resource: dict[str, Any]) -> Any:
    probed = probe(raw(resource))
    assert probed is not None
    return probed


RECORDS: dict[str, type[Record]] = {
    "Observation": ObservationRecord,
    "Condition": ConditionRecord,
    "Procedure": ProcedureRecord,
    "MedicationRequest": OrderRecord,
}


@needs_patients
def test_records_agree_with_the_models_of_fhir_resources() -> None:
    """R4 is read as R4B: the elements that a rule reads are the same in both."""
    pool = [each for path in BUNDLES for each in load(path) if each["resourceType"] in RECORDS]
    relevant = [r for r in pool if r["resourceType"] != "Observation" or matters(_probe(r), observation_matters)]
    for resource in relevant[:: len(relevant) // 150]:
        sent = raw(resource)
        try:
            model: Any = get_fhir_model_class(resource["resourceType"]).model_validate_json(sent)
        except ValidationError:
            continue  # the samples carry elements of profiles that the models do not know; shapes are tested below
        record: Any = decode(sent, RECORDS[resource["resourceType"]])
        assert record.id == model.id
        code = getattr(model, "code", None) or getattr(model, "medicationCodeableConcept", None)
        read = getattr(record, "code", None) or getattr(record, "medication_codeable_concept", None)
        if code is not None:
            assert [(c.system, c.code) for c in read.codings] == [(c.system, c.code) for c in code.coding or ()]
        value = getattr(model, "valueQuantity", None)
        if value is not None:
            assert record.value_quantity.value == value.value
            assert record.value_quantity.code == value.code


WRONG_SHAPES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (B12, {"valueQuantity": {"value": "many", "code": "pg/mL"}}),
    (B12, {"valueQuantity": 150}),
    (B12, {"valueQuantity": {"value": True, "code": "pg/mL"}}),
    (B12, {"effectiveDateTime": "soon"}),
    (B12, {"effectivePeriod": "2026"}),
    (B12, {"status": 7}),
    (B12, {"component": ["x"]}),
    (B12, {"referenceRange": [{"high": 5}]}),
    (B12, {"dataAbsentReason": "unknown"}),
    (PERNICIOUS, {"clinicalStatus": [{"coding": [{"code": "active"}]}]}),
    (PERNICIOUS, {"verificationStatus": {"coding": {"code": ["refuted"]}}}),
    (ILEAL, {"status": ["completed"]}),
    (ILEAL, {"performedPeriod": "2020"}),
    (HYDROXO, {"status": False}),
    (HYDROXO, {"subject": "Patient/p1"}),
    (ALLERGY, {"reaction": ["severe"]}),
    (ALLERGY, {"criticality": {"code": "high"}}),
]


@pytest.mark.parametrize(("base", "change"), WRONG_SHAPES, ids=lambda each: str(each)[:40])
def test_what_a_model_refuses_the_reader_refuses_or_names(base: dict[str, Any], change: dict[str, Any]) -> None:
    resource = base | change
    with pytest.raises(ValidationError):
        get_fhir_model_class(base["resourceType"]).model_validate_json(raw(resource))
    found = mapped(resource).snapshot
    assert count(mapped(resource)) == 0
    assert found.unreadable or not found.told(KINDS[base["resourceType"]])


def test_a_refusal_quotes_nothing() -> None:
    with pytest.raises(UnreadableError) as refused:
        decode(b'{"status": "Jane Roe", "valueQuantity": "Jane Roe"}', ObservationRecord)
    assert str(refused.value) == ""
    assert refused.value.__cause__ is None
