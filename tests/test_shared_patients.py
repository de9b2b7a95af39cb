"""Real-looking patients through the whole service: an order for each of them, with everything in their bundle."""

import json
from pathlib import Path
from typing import Any

import pytest

from cds_service.hooks.services import SERVICES
from tests.answers import Json, ask, service

PATIENTS = Path(__file__).parents[2] / "shared" / "patients"
BUNDLES = sorted(path for path in PATIENTS.glob("*.json") if path.name != "index.json")
CLIENT = service()
KEYS = {key.name: key.template.partition("?")[0].partition("/")[0] for key in SERVICES[0].prefetch}
ORDERS = {"cyanocobalamin": "309594", "folic acid": "4511", "hydroxocobalamin": "5514"}

pytestmark = pytest.mark.skipif(not BUNDLES, reason="the shared patients are not beside this repository")


def _request(path: Path, drug: str) -> Json:
    resources = [entry["resource"] for entry in json.loads(path.read_text("utf-8"))["entry"] if "resource" in entry]
    patient = next(resource for resource in resources if resource["resourceType"] == "Patient")
    text = json.dumps(resources).replace(f"urn:uuid:{patient['id']}", f"Patient/{patient['id']}")
    of_type: dict[str, list[Any]] = {}
    for resource in json.loads(text):
        of_type.setdefault(resource["resourceType"], []).append({"resource": resource})
    prefetch: Json = {
        name: {"resourceType": "Bundle", "type": "searchset", "entry": of_type.get(kind, [])}
        for name, kind in KEYS.items()
    }
    order = {
        "resourceType": "MedicationRequest",
        "id": "d1",
        "status": "draft",
        "intent": "order",
        "subject": {"reference": f"Patient/{patient['id']}"},
        "medicationCodeableConcept": {
            "coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": ORDERS[drug]}],
            "text": drug,
        },
    }
    return {
        "hook": "order-select",
        "hookInstance": "4a1b1b1e-0000-4000-8000-000000000001",
        "context": {
            "userId": "Practitioner/1",
            "patientId": patient["id"],
            "selections": ["MedicationRequest/d1"],
            "draftOrders": {"resourceType": "Bundle", "entry": [{"resource": order}]},
        },
        "prefetch": prefetch | {"patient": patient},
    }


@pytest.mark.parametrize("drug", ORDERS)
@pytest.mark.parametrize("path", BUNDLES, ids=lambda path: path.stem[:24])
def test_a_whole_record_gets_an_answer(path: Path, drug: str) -> None:
    answer = ask(CLIENT, _request(path, drug))
    assert len(answer["cards"]) <= 3
    for card in answer["cards"]:
        assert 0 < len(card["summary"]) <= 139
        assert "\n" not in card["summary"]
