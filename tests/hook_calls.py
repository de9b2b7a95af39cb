"""Hook calls for tests, built from small parts. Knows the protocol only."""

import json
from typing import Any

from cds_service.hooks.request import HookRequest, read_request
from cds_service.hooks.services import SERVICE_BY_ID

SELECT = SERVICE_BY_ID["b12-order-select"]
SIGN = SERVICE_BY_ID["b12-order-sign"]
PATIENT = "pat-7f3a"
PATIENT_RESOURCE = {"resourceType": "Patient", "id": PATIENT, "gender": "female", "birthDate": "1950-02-03"}


def draft(order_id: str = "d1", text: str = "amoxicillin 500 mg capsule", **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "MedicationRequest",
        "id": order_id,
        "status": "draft",
        "intent": "order",
        "subject": {"reference": f"Patient/{PATIENT}"},
        "medicationCodeableConcept": {"text": text},
        **more,
    }


def bundle(*resources: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": each} for each in resources]}


def call(*drafts: dict[str, Any], hook: str = "order-select", **more: Any) -> dict[str, Any]:
    """An envelope. Keyword arguments replace or add members; context__x reaches into the context."""
    context: dict[str, Any] = {"userId": "Practitioner/p1", "patientId": PATIENT, "draftOrders": bundle(*drafts)}
    context |= {name.removeprefix("context__"): value for name, value in more.items() if name.startswith("context__")}
    envelope = {"hook": hook, "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea", "context": context}
    return envelope | {name: value for name, value in more.items() if not name.startswith("context__")}


def read(envelope: dict[str, Any]) -> HookRequest:
    service = SIGN if envelope["hook"] == "order-sign" else SELECT
    return read_request(service, json.dumps(envelope).encode())


AUTHORIZATION = {
    "access_token": "tok-abc123",
    "token_type": "Bearer",
    "expires_in": 300,
    "scope": "patient/*.rs",
    "subject": "cds",
}
