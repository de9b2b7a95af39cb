"""One made-up call before the first real one. Knows a plausible request and that it must be answered with 200.

No clinician then waits while unit tables load (over a second), and no service starts that cannot answer.
"""

import json
from typing import Any

from flask import Flask

_UCUM = "http://unitsofmeasure.org"
_PATIENT = {"reference": "Patient/rehearsal"}


class RehearsalError(Exception):
    """The made-up call was not answered."""


def rehearse(app: Flask) -> None:
    """Send the call through the whole application. RehearsalError unless it is answered with 200."""
    headers = {"Content-Type": "application/json"}
    answer = app.test_client().post("/cds-services/b12-order-select", data=json.dumps(_call()), headers=headers)
    if answer.status_code != 200:
        raise RehearsalError(f"the call rehearsed before the start was answered with {answer.status_code}")


def _call() -> dict[str, Any]:
    empty = ("findings", "conditions", "medications", "statements", "procedures", "allergies", "ordered")
    return {
        "hook": "order-select",
        "hookInstance": "00000000-0000-4000-8000-000000000000",
        "context": {"patientId": "rehearsal", "draftOrders": _bundle(_ORDER)},
        "prefetch": {
            "patient": {"resourceType": "Patient", "id": "rehearsal", "gender": "female", "birthDate": "1950-01-01"},
            "results": _bundle(_result("r1", "2160-0", 1.1, "mg/dL"), _result("r2", "2132-9", 150, "pg/mL")),
            **{name: _bundle() for name in empty},
        },
    }


def _bundle(*resources: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Bundle", "entry": [{"resource": resource} for resource in resources]}


def _result(result_id: str, loinc: str, value: float, unit: str) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": result_id,
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": loinc}]},
        "subject": _PATIENT,
        "effectiveDateTime": "2020-01-02",
        "valueQuantity": {"value": value, "unit": unit, "system": _UCUM, "code": unit},
    }


_ORDER = {
    "resourceType": "MedicationRequest",
    "id": "rehearsal",
    "status": "draft",
    "intent": "order",
    "subject": _PATIENT,
    "medicationCodeableConcept": {"text": "cyanocobalamin"},
    "dosageInstruction": [
        {
            "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "mo"}},
            "route": {"coding": [{"system": "http://snomed.info/sct", "code": "78421000"}]},
            "doseAndRate": [{"doseQuantity": {"value": 1, "unit": "mg", "system": _UCUM, "code": "mg"}}],
        }
    ],
}
