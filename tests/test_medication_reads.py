"""Orders that only refer to a Medication: it is read from the server once, or the line stays an unknown drug."""

import json
from typing import Any

import pytest

from cds_service.app import create_app
from cds_service.settings import Settings
from tests.fhir_server import FakeServer, Reply, serving
from tests.gathering import WITH_PATIENT, searchset
from tests.hook_calls import AUTHORIZATION, PATIENT, call, draft

REFERRING = {
    "resourceType": "MedicationRequest",
    "id": "m-old",
    "status": "active",
    "intent": "order",
    "subject": {"reference": f"Patient/{PATIENT}"},
    "medicationReference": {"reference": "Medication/x1"},
}
MEDICATION = {"resourceType": "Medication", "id": "x1", "code": {"text": "paracetamol 500 mg tablet"}}


def asked_with(reply: Reply, authorization: Any = AUTHORIZATION) -> tuple[FakeServer, Any]:
    with serving(lambda _: reply) as server:
        prefetch = WITH_PATIENT | {"medications": searchset(REFERRING, REFERRING | {"id": "m2"})}
        order = draft(text="cyanocobalamin 1 mg tablet")
        envelope = call(order, prefetch=prefetch, fhirServer=server.base, fhirAuthorization=authorization)
        app = create_app(Settings(fhir_servers=(server.base,), deadline_ms=400))
        return server, app.test_client().post("/cds-services/b12-order-select", data=json.dumps(envelope))


def test_a_medication_is_read_once_however_many_orders_refer_to_it() -> None:
    server, response = asked_with(Reply(MEDICATION))
    assert server.paths == ["Medication/x1"]
    assert response.status_code == 200


def test_a_draft_that_only_refers_to_a_medication_is_read_and_judged() -> None:
    cyanocobalamin = MEDICATION | {"code": {"text": "hydroxocobalamin 1 mg/mL injection"}}
    order = draft(medicationReference={"reference": "Medication/x1"})
    del order["medicationCodeableConcept"]
    with serving(lambda _: Reply(cyanocobalamin)) as server:
        envelope = call(order, prefetch=WITH_PATIENT, fhirServer=server.base, fhirAuthorization=AUTHORIZATION)
        app = create_app(Settings(fhir_servers=(server.base,), deadline_ms=2000))
        answer = app.test_client().post("/cds-services/b12-order-select", data=json.dumps(envelope)).get_json()
    assert "Medication/x1" in server.paths
    assert [card["summary"].partition(":")[0] for card in answer["cards"]] == ["Hydroxocobalamin"]


@pytest.mark.parametrize("base", ["https://other.example/fhir", "BASE/tenant-2", "BASE/.."])
def test_of_another_server_the_same_id_is_not_asked_for_here(base: str) -> None:
    """It may be another drug's: the draft stays unknown, and is named."""
    with serving(lambda _: Reply(MEDICATION)) as server:
        for at, summary in ((base.replace("BASE", server.base), "could not be read"), (server.base, None)):
            order = draft(medicationReference={"reference": f"{at}/Medication/x1"})
            del order["medicationCodeableConcept"]
            envelope = call(order, prefetch=WITH_PATIENT, fhirServer=server.base, fhirAuthorization=AUTHORIZATION)
            app = create_app(Settings(fhir_servers=(server.base,), deadline_ms=5000))
            answer = app.test_client().post("/cds-services/b12-order-select", data=json.dumps(envelope)).get_json()
            assert ("Medication/x1" in server.paths) is (summary is None)
            assert [summary in card["summary"] + card["detail"] for card in answer["cards"] if summary] == (
                [True] if summary else []
            )


def test_a_medication_that_cannot_be_read_does_not_end_the_request() -> None:
    for reply in (Reply(b"", 403), Reply(b"", 404), Reply(b"<html>"), Reply(MEDICATION, wait=0.8)):
        assert asked_with(reply)[1].status_code == 200


def test_without_access_nothing_is_read() -> None:
    server, response = asked_with(Reply(MEDICATION), authorization=None)
    assert server.asked == []
    assert response.status_code == 200


def test_no_more_medications_are_read_than_one_call_may_ask_for(capsys: pytest.CaptureFixture[str]) -> None:
    orders = [REFERRING | {"id": f"m{n}", "medicationReference": {"reference": f"Medication/x{n}"}} for n in range(230)]
    with serving(lambda _: Reply(MEDICATION)) as server:
        prefetch = WITH_PATIENT | {"medications": searchset(*orders)}
        order = draft(text="cyanocobalamin 1 mg tablet")
        envelope = call(order, prefetch=prefetch, fhirServer=server.base, fhirAuthorization=AUTHORIZATION)
        app = create_app(Settings(fhir_servers=(server.base,), deadline_ms=30_000))
        response = app.test_client().post("/cds-services/b12-order-select", data=json.dumps(envelope))
    assert response.status_code == 200
    assert len(server.asked) == 200
    assert json.loads(capsys.readouterr().err)["unread"] == {"too many resources": 1}
