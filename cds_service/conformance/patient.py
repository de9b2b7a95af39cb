"""Synthetic patients: what is on record of somebody who does not exist. Knows FHIR R4 resources, and no service."""

from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

Json = dict[str, Any]

_LOINC: Final = "http://loinc.org"
_SNOMED: Final = "http://snomed.info/sct"
_ICD10: Final = "http://hl7.org/fhir/sid/icd-10-cm"
_RXNORM: Final = "http://www.nlm.nih.gov/research/umls/rxnorm"
_UCUM: Final = "http://unitsofmeasure.org"
_CATEGORY: Final = "http://terminology.hl7.org/CodeSystem/observation-category"
_ALLERGY: Final = "http://terminology.hl7.org/CodeSystem/allergyintolerance"
_CLINICAL: Final = "http://terminology.hl7.org/CodeSystem/condition-clinical"
_VERIFIED: Final = "http://terminology.hl7.org/CodeSystem/condition-ver-status"

PRACTITIONER: Final = "Practitioner/conformance-clinician"
ENCOUNTER: Final = "conformance-encounter"

# code, name, value of a healthy person, value of a deficient one, unit, UCUM code
_RESULTS: Final = (
    ("98979-8", "eGFR (CKD-EPI 2021)", 95, 30, "mL/min/1.73 m2", "mL/min/{1.73_m2}"),
    ("2160-0", "Creatinine", 0.8, 1.8, "mg/dL", "mg/dL"),
    ("2132-9", "Cobalamin (Vitamin B12)", 540, 105, "pg/mL", "pg/mL"),
    ("2284-8", "Folate", 12, 2.1, "ng/mL", "ng/mL"),
    ("718-7", "Haemoglobin", 13.6, 8.9, "g/dL", "g/dL"),
    ("787-2", "MCV", 89, 112, "fL", "fL"),
    ("777-3", "Platelets", 250, 180, "10*3/uL", "10*3/uL"),
    ("2823-3", "Potassium", 4.2, 3.9, "mmol/L", "mmol/L"),
    ("4548-4", "HbA1c", 5.2, 7.4, "%", "%"),
    ("34714-6", "INR", 1.0, 1.1, "{INR}", "{INR}"),
)
_SIGNS: Final = (("29463-7", "Body weight", 71, 64, "kg", "kg"), ("8302-2", "Body height", 172, 168, "cm", "cm"))
_PROBLEMS: Final = (
    ("84027009", "D51.0", "Pernicious anaemia"),
    ("431857002", "N18.4", "Chronic kidney disease stage 4"),
    ("44054006", "E11.9", "Type 2 diabetes mellitus"),
)
_TAKEN: Final = (("6809", "metformin"), ("7646", "omeprazole"))


def record(
    patient_id: str,
    *,
    ill: bool,
    name: str = "Conformance",
    allergy: tuple[str, str] | None = None,
    today: date | None = None,
) -> tuple[Json, ...]:
    """Everything on record of one made-up adult. ill: B12 and folate deficient, eGFR 30, diabetic; else healthy.

    name: the family name, which a check may fill with mark-up. allergy: RxNorm code and name of what once ended in
    anaphylaxis. Dates are counted back from today (UTC).
    """
    day = today or datetime.now(UTC).date()
    about = {"reference": f"Patient/{patient_id}"}
    person: Json = {
        "resourceType": "Patient",
        "id": patient_id,
        "active": True,
        "name": [{"family": name, "given": ["Test"]}],
        "gender": "female",
        "birthDate": (day - timedelta(days=25933 if ill else 14610)).isoformat(),
    }
    problems = _PROBLEMS if ill else ()
    taken = _TAKEN if ill else ()
    return (
        person,
        *(_observation(about, day, "laboratory", row, ill=ill) for row in _RESULTS),
        *(_observation(about, day, "vital-signs", row, ill=ill) for row in _SIGNS),
        *(_condition(about, day, number, row) for number, row in enumerate(problems)),
        *(_medication(about, day, number, row) for number, row in enumerate(taken)),
        *((_anaphylaxis(patient_id, day, *allergy),) if allergy else ()),
        _encounter(about, day),
        {"resourceType": "Practitioner", "id": PRACTITIONER.partition("/")[2], "name": [{"family": "Tester"}]},
    )


def _coding(system: str, code: str, display: str) -> Json:
    return {"coding": [{"system": system, "code": code, "display": display}], "text": display}


def _observation(about: Json, day: date, category: str, row: tuple[Any, ...], *, ill: bool) -> Json:
    code, name, healthy, deficient, unit, ucum = row
    return {
        "resourceType": "Observation",
        "id": f"conformance-{code}",
        "status": "final",
        "category": [{"coding": [{"system": _CATEGORY, "code": category}]}],
        "code": _coding(_LOINC, code, name),
        "subject": about,
        "effectiveDateTime": (day - timedelta(days=5)).isoformat(),
        "valueQuantity": {"value": deficient if ill else healthy, "unit": unit, "system": _UCUM, "code": ucum},
    }


def _condition(about: Json, day: date, number: int, row: tuple[str, str, str]) -> Json:
    snomed, icd, name = row
    coded = _coding(_SNOMED, snomed, name)
    coded["coding"].append({"system": _ICD10, "code": icd})
    return {
        "resourceType": "Condition",
        "id": f"conformance-problem-{number}",
        "clinicalStatus": {"coding": [{"system": _CLINICAL, "code": "active"}]},
        "verificationStatus": {"coding": [{"system": _VERIFIED, "code": "confirmed"}]},
        "code": coded,
        "subject": about,
        "recordedDate": (day - timedelta(days=40)).isoformat(),
    }


def _medication(about: Json, day: date, number: int, row: tuple[str, str]) -> Json:
    code, name = row
    return {
        "resourceType": "MedicationRequest",
        "id": f"conformance-medicine-{number}",
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": _coding(_RXNORM, code, name),
        "subject": about,
        "authoredOn": (day - timedelta(days=400)).isoformat(),
    }


def _anaphylaxis(patient_id: str, day: date, code: str, name: str) -> Json:
    return {
        "resourceType": "AllergyIntolerance",
        "id": "conformance-allergy",
        "clinicalStatus": {"coding": [{"system": f"{_ALLERGY}-clinical", "code": "active"}]},
        "verificationStatus": {"coding": [{"system": f"{_ALLERGY}-verification", "code": "confirmed"}]},
        "type": "allergy",
        "category": ["medication"],
        "criticality": "high",
        "code": _coding(_RXNORM, code, name),
        "patient": {"reference": f"Patient/{patient_id}"},
        "recordedDate": (day - timedelta(days=900)).isoformat(),
        "reaction": [{"manifestation": [_coding(_SNOMED, "39579001", "Anaphylaxis")], "severity": "severe"}],
    }


def _encounter(about: Json, day: date) -> Json:
    return {
        "resourceType": "Encounter",
        "id": ENCOUNTER,
        "status": "in-progress",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "subject": about,
        "period": {"start": day.isoformat()},
    }
