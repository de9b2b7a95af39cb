"""What the clients file says of a client is in force in its calls, and in nobody else's."""

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from cds_service.records.database import Database
from cds_service.records.schema import FEEDBACK
from tests.fhir_server import Reply, serving
from tests.hook_calls import AUTHORIZATION, PATIENT_RESOURCE, bundle, call, draft
from tests.signing import BASE, Json, Serve, token

TWO = "https://two.example"
WITHOUT_STOCK: Json = {"unavailable": ["cyanocobalamin", "mecobalamin"]}


def two(**more: Any) -> Json:
    return {"name": "two", "issuer": TWO, **more}


def cyanocobalamin(hook: str = "order-select", **more: Any) -> Json:
    """An order that cannot stand in renal failure, so that there is something to say and to suggest."""
    creatinine = {
        "resourceType": "Observation",
        "id": "c1",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "2160-0"}]},
        "subject": {"reference": "Patient/pat-7f3a"},
        "effectiveDateTime": "2026-11-10",
        "valueQuantity": {"value": 5.0, "unit": "mg/dL", "system": "http://unitsofmeasure.org", "code": "mg/dL"},
    }
    empty = ("findings", "conditions", "medications", "statements", "procedures", "allergies", "ordered")
    prefetch = {"patient": PATIENT_RESOURCE, "results": bundle(creatinine)} | {name: bundle() for name in empty}
    return call(draft(text="cyanocobalamin 1 mg injection"), hook=hook, prefetch=prefetch, **more)


def test_each_client_has_its_own_stock_and_region(guarded: Serve) -> None:
    service = guarded(WITHOUT_STOCK, two(region="us"))
    uk = service.ask(token(), body=cyanocobalamin()).get_json()
    us = service.ask(token(iss=TWO), body=cyanocobalamin()).get_json()
    assert uk["cards"] != []
    assert us["cards"] != []
    assert [card["source"]["topic"] for card in uk["cards"]] == [card["source"]["topic"] for card in us["cards"]]
    assert _said(uk) != _said(us)


def _said(answer: Json) -> list[Any]:
    return [
        (card["summary"], card.get("detail"), [s["label"] for s in card.get("suggestions", ())])
        for card in answer["cards"]
    ]


def test_each_client_is_answered_in_its_own_profile(guarded: Serve) -> None:
    service = guarded({"profile": "crd"}, two(profile="epic"))
    sign, path = f"{BASE}/cds-services/b12-order-sign", "/cds-services/b12-order-sign"
    crd = service.ask(token(aud=sign), path, body=cyanocobalamin("order-sign")).get_json()
    epic = service.ask(token(aud=sign, iss=TWO), path, body=cyanocobalamin("order-sign")).get_json()
    assert crd["systemActions"] == []
    assert "systemActions" not in epic
    assert {card["selectionBehavior"] for card in epic["cards"] if "suggestions" in card} == {"any"}


def test_discovery_with_a_token_is_described_in_the_clients_profile(guarded: Serve) -> None:
    http = guarded({"profile": "cds-hooks-3.0"}).http
    headers = {"Authorization": f"Bearer {token(aud=f'{BASE}/cds-services')}"}
    assert all("version" in each for each in http.get("/cds-services", headers=headers).get_json()["services"])
    assert not any("version" in each for each in http.get("/cds-services").get_json()["services"])


def test_ids_of_cards_differ_between_clients(guarded: Serve) -> None:
    service = guarded({}, two())
    answers = [service.ask(each, body=cyanocobalamin()).get_json() for each in (token(), token(iss=TWO))]
    ids = [{card["uuid"] for card in answer["cards"]} for answer in answers]
    assert ids[0].isdisjoint(ids[1])


def test_a_token_for_data_goes_to_the_clients_own_servers_only(guarded: Serve) -> None:
    with serving(lambda path: Reply(PATIENT_RESOURCE if "Patient/" in path else bundle())) as fhir:
        service = guarded({"fhir_servers": [fhir.base]}, two(), fhir_servers=(fhir.base,))
        body = call(draft(text="cyanocobalamin"), fhirServer=fhir.base, fhirAuthorization=AUTHORIZATION)
        assert service.ask(token(), body=body).status_code == 200
        asked = len(fhir.asked)
        assert asked > 0
        assert service.ask(token(iss=TWO), body=body).status_code == 412
        assert len(fhir.asked) == asked


def test_an_open_server_is_asked_only_for_the_client_that_allows_it(guarded: Serve) -> None:
    with serving(lambda path: Reply(PATIENT_RESOURCE if "Patient/" in path else bundle())) as fhir:
        open_to = {"fhir_servers": [fhir.base], "allow_open_fhir": True}
        service = guarded(open_to, two(fhir_servers=[fhir.base], allow_open_fhir=False), allow_open_fhir=True)
        body = call(draft(text="cyanocobalamin"), fhirServer=fhir.base)
        assert service.ask(token(), body=body).status_code == 200
        assert service.ask(token(iss=TWO), body=body).status_code == 412


@pytest.mark.parametrize(("stated", "kept"), [(True, "free text"), (False, None), (None, "free text")])
def test_comments_are_kept_as_the_client_says(
    guarded: Serve, tmp_path: Path, stated: bool | None, kept: str | None
) -> None:
    url = f"sqlite:///{tmp_path}/records.sqlite"
    service = guarded({"store_comments": stated}, store_comments=True, database_url=url)
    reason = {"reason": {"code": "patient-refuses", "system": "s"}, "userComment": "free text"}
    item = {"card": "c1", "outcome": "overridden", "outcomeTimestamp": "2026-11-20T11:00:00Z", "overrideReason": reason}
    path = "/cds-services/b12-order-select/feedback"
    answer = service.ask(token(aud=BASE + path), path, body={"feedback": [item]})
    assert answer.status_code == 200
    with closing(Database(url)) as records, records.reading() as connection:
        (row,) = connection.execute(select(FEEDBACK.c.comment, FEEDBACK.c.client)).all()
    assert tuple(row) == (kept, "general")


def test_a_shadow_client_is_evaluated_and_counted_and_shown_nothing(guarded: Serve) -> None:
    service = guarded({"shadow": True, "profile": "crd"}, two())
    shown = service.ask(token(iss=TWO), body=cyanocobalamin()).get_json()["cards"]
    loud = service.line
    answer = service.ask(token(), body=cyanocobalamin())
    quiet = service.line
    assert (answer.status_code, answer.get_json()) == (200, {"cards": []})
    assert (quiet["shadow"], quiet["cards"], quiet["rules"]) == (True, len(shown), loud["rules"])
    assert "shadow" not in loud
    # the rest of the answer is that of its profile
    path = "/cds-services/b12-order-sign"
    signed = service.ask(token(aud=f"{BASE}{path}"), path, body=cyanocobalamin("order-sign"))
    assert signed.get_json() == {"cards": [], "systemActions": []}
    # what cannot be evaluated is an error for a shadow client too
    assert service.ask(token(), body=call(draft(text="cyanocobalamin"))).status_code == 412


def test_a_client_that_calls_too_often_waits_and_others_do_not(guarded: Serve) -> None:
    service = guarded({"requests_per_minute": 3}, two())
    assert [service.ask(token()).status_code for _ in range(4)] == [200, 200, 200, 429]
    last = token()
    answer = service.ask(last)
    assert answer.headers["Retry-After"] == "60"
    assert answer.get_json()["resourceType"] == "OperationOutcome"
    assert answer.get_json()["issue"][0]["code"] == "throttled"
    assert (service.line["problem"], service.line["client"]) == ("too-many", "general")
    assert service.ask(token(iss=TWO)).status_code == 200
    # calls that were refused for their token are not the client's
    assert service.ask(token(iss=TWO, jti="x", exp=0)).status_code == 401
