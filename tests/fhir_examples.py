"""Small FHIR resources for the mapping tests, and the call that maps them. Knows FHIR's spelling, no rule."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from cds_service.clinical.concepts import ResourceKind
from cds_service.clinical.snapshot import Availability, Snapshot
from fhir_mappings.snapshot import Mapped, map_patient_data

Json = dict[str, Any]
TODAY = date(2026, 11, 20)
LOINC, SNOMED = "http://loinc.org", "http://snomed.info/sct"
RXNORM, ICD10CM = "http://www.nlm.nih.gov/research/umls/rxnorm", "http://hl7.org/fhir/sid/icd-10-cm"
PATIENT: Json = {"resourceType": "Patient", "id": "p1", "gender": "female", "birthDate": "1950-03-04"}
ABOUT = {"reference": "Patient/p1"}
KINDS = {
    "Patient": ResourceKind.PATIENT,
    "Observation": ResourceKind.RESULTS,
    "Condition": ResourceKind.CONDITIONS,
    "MedicationRequest": ResourceKind.MEDICATIONS,
    "MedicationOrder": ResourceKind.MEDICATIONS,
    "MedicationStatement": ResourceKind.STATEMENTS,
    "Procedure": ResourceKind.PROCEDURES,
    "AllergyIntolerance": ResourceKind.ALLERGIES,
}
COMPLETE = dict.fromkeys(ResourceKind, Availability.COMPLETE)
_WRITER = msgspec.json.Encoder(decimal_format="number")


def coded(code: str, system: str = LOINC, **more: str) -> Json:
    """A CodeableConcept with one coding; `text` goes to the concept, anything else to the coding."""
    concept: Json = {"coding": [{"system": system, "code": code, **{k: v for k, v in more.items() if k != "text"}}]}
    return concept | ({"text": more["text"]} if "text" in more else {})


def quantity(value: str, unit: str | None, **more: str) -> Json:
    code = {} if unit is None else {"unit": unit, "system": "http://unitsofmeasure.org", "code": unit}
    return {"value": Decimal(value), **code, **more}


def observation(code: Json, **elements: Any) -> Json:
    base = {"resourceType": "Observation", "id": "o1", "status": "final", "code": code, "subject": ABOUT}
    return without_none(base | {"effectiveDateTime": "2026-11-10"} | elements)


def condition(code: Json, **elements: Any) -> Json:
    active = {"clinicalStatus": coded("active", "http://terminology.hl7.org/CodeSystem/condition-clinical")}
    return without_none({"resourceType": "Condition", "id": "c1", "subject": ABOUT, "code": code} | active | elements)


def procedure(code: Json, **elements: Any) -> Json:
    base = {"resourceType": "Procedure", "id": "pr1", "status": "completed", "code": code, "subject": ABOUT}
    return without_none(base | {"performedDateTime": "2020-01-01"} | elements)


def medication_request(code: Json | None, **elements: Any) -> Json:
    base = {"resourceType": "MedicationRequest", "id": "m1", "status": "active", "intent": "order", "subject": ABOUT}
    return without_none(base | {"medicationCodeableConcept": code} | elements)


def dosage(value: str = "1000", unit: str = "ug", **elements: Any) -> Json:
    """Dosage instruction of `value` `unit`, with `timing` and other elements as given."""
    return without_none({"doseAndRate": [{"doseQuantity": quantity(value, unit)}]} | elements)


def repeat(frequency: int, period: int | str, unit: str, **more: Any) -> Json:
    return {"repeat": {"frequency": frequency, "period": Decimal(period), "periodUnit": unit, **more}}


def without_none(resource: Json) -> Json:
    return {name: value for name, value in resource.items() if value is not None}


def raw(resource: Json) -> bytes:
    return _WRITER.encode(resource)


def mapped(*resources: Json, kinds: dict[str, ResourceKind] | None = None, **medications: Json) -> Mapped:
    """Map resources of patient p1; `kinds` overrides the key under which a type arrives."""
    where = KINDS | (kinds or {})
    found: dict[ResourceKind, list[bytes]] = {}
    for resource in (PATIENT, *resources):
        found.setdefault(where[resource["resourceType"]], []).append(raw(resource))
    entries = {kind: tuple(each) for kind, each in found.items()}
    by_id = {f"Medication/{each['id']}": raw(each) for each in medications.values()}
    return map_patient_data(entries, dict(COMPLETE), "p1", TODAY, by_id)  # type: ignore[arg-type]


def snapshot(*resources: Json, **medications: Json) -> Snapshot:
    return mapped(*resources, **medications).snapshot


def findings_snapshot(*resources: Json) -> Snapshot:
    """The same with Observations under the key of findings."""
    return mapped(*resources, kinds={"Observation": ResourceKind.FINDINGS}).snapshot


def plain(text: str) -> Any:
    """JSON text as the request layer gives it: dicts with Decimal numbers."""
    return json.loads(text, parse_float=Decimal)
