"""The requests that are measured: cyanocobalamin, with about 60 prefetched resources as an EHR sends them."""

from datetime import date, timedelta
from typing import Any

from cds_service.examples import examples

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
UCUM = "http://unitsofmeasure.org"
SUBJECT = {"reference": "Patient/demo"}
Json = dict[str, Any]
# Two blood tests, a quarter apart: code, words, value, unit.
PANEL = (
    ("98979-8", "eGFR", 44, "mL/min/{1.73_m2}"),
    ("2160-0", "Creatinine", 1.3, "mg/dL"),
    ("718-7", "Hemoglobin", 11.2, "g/dL"),
    ("787-2", "MCV", 98, "fL"),
    ("777-3", "Platelets", 210, "10*3/uL"),
    ("2823-3", "Potassium", 4.1, "mmol/L"),
)
PROBLEMS = (
    ("44054006", "Type 2 diabetes mellitus"),
    ("38341003", "Hypertension"),
    ("84027009", "Pernicious anemia"),
    ("13644009", "Hypercholesterolemia"),
    ("239873007", "Osteoarthritis of knee"),
    ("195967001", "Asthma"),
    ("35489007", "Depressive disorder"),
    ("40930008", "Hypothyroidism"),
)
MEDICINES = (
    ("860975", "metformin hydrochloride 500 MG Oral Tablet"),
    ("314076", "lisinopril 10 MG Oral Tablet"),
    ("312961", "simvastatin 20 MG Oral Tablet"),
    ("966222", "levothyroxine 0.075 MG Oral Tablet"),
    ("198440", "acetaminophen 500 MG Oral Tablet"),
    ("309594", "vitamin B12 1 MG/ML Injectable Solution"),
)
EXAMS = ("8867-4", "8310-5", "9279-1", "39156-5", "8302-2", "72166-2")


def warning_request(today: date) -> Json:
    """12 results, 24 findings that no rule reads, 8 problems, 6 medicines, 5 procedures, 2 allergies: one card."""
    request = examples(today)[0].body
    prefetch = request["prefetch"]
    prefetch["results"] = _bundle(
        _observation(f"r{quarter}-{code}", code, text, value, unit, today - timedelta(days=20 + 90 * quarter))
        for quarter in range(2)
        for code, text, value, unit in PANEL
    )
    prefetch["findings"] = _bundle(
        _observation(f"f{visit}-{code}", code, "Vital sign", 70, "/min", today - timedelta(days=30 * visit))
        for visit in range(4)
        for code in EXAMS
    )
    prefetch["conditions"] = _bundle(_condition(place, *problem, today) for place, problem in enumerate(PROBLEMS))
    prefetch["medications"] = _bundle(_medicine(place, *medicine, today) for place, medicine in enumerate(MEDICINES))
    prefetch["procedures"] = _bundle(_procedure(place, today) for place in range(5))
    prefetch["allergies"] = _bundle(_allergy(place) for place in range(2))
    return request


def irrelevant_chart(today: date) -> Json:
    """The chart of a patient of the same size opened, without B12, its causes, and medicines that lower it."""
    request = warning_request(today)
    request["hook"] = "patient-view"
    request["context"] = {name: request["context"][name] for name in ("userId", "patientId")}
    prefetch = request["prefetch"]
    problems = [problem for problem in PROBLEMS if problem[1] != "Pernicious anemia"]
    medicines = [("312961", "simvastatin 20 MG Oral Tablet") if _lowers(each[1]) else each for each in MEDICINES]
    prefetch["conditions"] = _bundle(_condition(place, *problem, today) for place, problem in enumerate(problems))
    prefetch["medications"] = _bundle(_medicine(place, *each, today) for place, each in enumerate(medicines))
    return request


def _lowers(medicine: str) -> bool:
    return "metformin" in medicine or "B12" in medicine


def irrelevant(number: int) -> Json:
    """A heart rate as Synthea writes it: no rule reads it."""
    found = _observation(f"irrelevant-{number}", "8867-4", "Heart rate", 60 + number % 40, "/min", date(2026, 3, 28))
    found["meta"] = {"profile": ["http://hl7.org/fhir/us/core/StructureDefinition/us-core-vital-signs"]}
    found["encounter"] = {"reference": f"Encounter/{number}"}
    return {"resource": found}


def read_result(today: date, number: int) -> Json:
    """A haemoglobin of so many days ago, which rules read."""
    return {"resource": _observation(f"hb-{number}", *PANEL[2], today - timedelta(days=number))}


def _bundle(resources: Any) -> Json:
    entries = [{"resource": resource, "search": {"mode": "match"}} for resource in resources]
    return {"resourceType": "Bundle", "type": "searchset", "total": len(entries), "entry": entries}


def _concept(system: str, code: str, text: str) -> Json:
    return {"coding": [{"system": system, "code": code, "display": text}], "text": text}


def _observation(name: str, code: str, text: str, value: float, unit: str, day: date) -> Json:
    category = "http://terminology.hl7.org/CodeSystem/observation-category"
    return {
        "resourceType": "Observation",
        "id": name,
        "status": "final",
        "category": [_concept(category, "laboratory", "Laboratory")],
        "code": _concept(LOINC, code, text),
        "subject": SUBJECT,
        "effectiveDateTime": f"{day}T09:30:00Z",
        "issued": f"{day}T15:00:00.000Z",
        "valueQuantity": {"value": value, "unit": unit, "system": UCUM, "code": unit},
    }


def _condition(place: int, code: str, text: str, today: date) -> Json:
    status = "http://terminology.hl7.org/CodeSystem/condition-clinical"
    verification = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
    return {
        "resourceType": "Condition",
        "id": f"c{place}",
        "clinicalStatus": {"coding": [{"system": status, "code": "active"}]},
        "verificationStatus": {"coding": [{"system": verification, "code": "confirmed"}]},
        "code": _concept(SNOMED, code, text),
        "subject": SUBJECT,
        "recordedDate": str(today - timedelta(days=900 + place)),
    }


def _medicine(place: int, code: str, text: str, today: date) -> Json:
    repeat = {"frequency": 1, "period": 1, "periodUnit": "mo" if "B12" in text else "d"}
    return {
        "resourceType": "MedicationRequest",
        "id": f"m{place}",
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": _concept(RXNORM, code, text),
        "subject": SUBJECT,
        "authoredOn": str(today - timedelta(days=300)),
        "dosageInstruction": [
            {"timing": {"repeat": repeat}, "doseAndRate": [{"doseQuantity": {"value": 1, "unit": "mL", "code": "mL"}}]}
        ],
    }


def _procedure(place: int, today: date) -> Json:
    return {
        "resourceType": "Procedure",
        "id": f"p{place}",
        "status": "completed",
        "code": _concept(SNOMED, "73761001", "Colonoscopy"),
        "subject": SUBJECT,
        "performedDateTime": str(today - timedelta(days=400 * (place + 1))),
    }


def _allergy(place: int) -> Json:
    return {
        "resourceType": "AllergyIntolerance",
        "id": f"a{place}",
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "code": _concept(SNOMED, "91936005", "Allergy to penicillin"),
        "patient": SUBJECT,
    }
