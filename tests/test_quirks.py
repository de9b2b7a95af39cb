"""Each quirk of the published requests, in a small call with a B12 order and in the requests themselves.

Read what can be read safely, refuse the rest with a 400 that names the place: never silence, never a 500.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.quirks import MORE, QUIRKS, Json, Quirk, made
from tests.scenarios import FOLDERS, client_of, normal
from tests.test_other_versions import kinds, said

REQUESTS = Path(__file__).parents[2] / "shared" / "requests"
HERE = pytest.mark.skipif(not REQUESTS.is_dir(), reason="the published requests are not beside this repository")
FOLDER = next(folder for folder in FOLDERS if folder.name == "cyanocobalamin-renal")


@cache
def _plain() -> str:
    return (FOLDER / "request.json").read_text("utf-8")


def plain() -> Json:
    call: Json = json.loads(_plain())
    return call


def post(call: Any, service: str = "") -> Any:
    hook = service or f"b12-{call['hook']}"
    return client_of(FOLDER).post(f"/cds-services/{hook}", data=json.dumps(call), content_type="application/json")


def manifest() -> list[Json]:
    found: list[Json] = json.loads((REQUESTS / "manifest.json").read_text("utf-8"))
    return found


@HERE
def test_every_quirk_of_the_manifest_has_a_row() -> None:
    assert {quirk for row in manifest() for quirk in row["quirks"]} == set(QUIRKS)


def test_the_plain_call_is_one_card_with_a_change_to_choose() -> None:
    """What every row below is compared with."""
    answer = post(plain()).get_json()
    assert [card["source"]["topic"]["code"] for card in answer["cards"]] == ["CyanocobalaminRenal"]
    assert [kinds(each) for each in answer["cards"][0]["suggestions"]] == [[("update", "MedicationRequest")]]


@pytest.mark.parametrize("name", [*QUIRKS, *MORE])
def test_a_call_with_the_quirk_is_answered_as_the_plain_one_or_refused_in_plain_words(name: str) -> None:
    quirk = (QUIRKS | MORE)[name]
    call = made(quirk, plain())
    unheard = call.get("hook") not in ("order-select", "order-sign")
    response = post(call, "b12-order-select" if unheard else "")
    expected = post(plain()).get_json()
    if quirk.then in ("refused", "missing"):
        _refused(response, quirk)
        return
    assert response.status_code == 200, response.text
    answer = response.get_json()
    match quirk.then:
        case "same":
            assert normal(answer) == normal(expected)
        case "alike":
            assert said(answer) == said(expected)
            assert [[kinds(s) for s in card["suggestions"]] for card in answer["cards"]] == [
                [kinds(s) for s in card["suggestions"]] for card in expected["cards"]
            ]
        case "words":
            assert said(answer) == said(expected)
            assert not any("suggestions" in card for card in answer["cards"])
        case "topics":
            assert [card["source"]["topic"]["code"] for card in answer["cards"]] == quirk.at.split()
        case _:
            assert answer == {"cards": []}


def _refused(response: Any, quirk: Quirk) -> None:
    issue = response.get_json()["issue"][0]
    if quirk.then == "missing":
        assert response.status_code == 412
        assert issue["diagnostics"] == "prefetch key: patient"
        return
    assert response.status_code == 400
    assert issue["expression"] == [quirk.at]
    assert issue["diagnostics"].startswith(f"{quirk.at}: ")
    assert "somebody-else" not in response.text


def test_an_order_without_an_id_is_judged_and_not_changed() -> None:
    (card,) = post(made(QUIRKS["order-without-id"], plain())).get_json()["cards"]
    assert not any(kind == "update" for s in card.get("suggestions", []) for kind, _ in kinds(s))


# The published requests themselves: none of them orders vitamin B12.


def published(quirk: str) -> list[tuple[str, Json]]:
    names = sorted({row["file"] for row in manifest() if quirk in row["quirks"]})
    return [(name, json.loads((REQUESTS / name).read_text("utf-8"))) for name in names]


def _expected(call: Json) -> tuple[int, str]:
    """Status, and the place or the key that a refusal names."""
    hook, context = call.get("hook"), call.get("context", {})
    if hook not in ("order-select", "order-sign", "patient-view"):
        return 400, "hook"
    missing = [name for name in ("patientId", "draftOrders") if name not in context]
    if "hookInstance" not in call:
        return 400, "hookInstance"
    if missing and (missing[0] == "patientId" or hook != "patient-view"):
        return 400, f"context.{missing[0]}"
    if hook != "patient-view":
        return 200, ""
    patient = (call.get("prefetch") or {}).get("patient")
    patient = patient.get("resource", patient) if isinstance(patient, dict) else {}
    same = patient.get("id") == context["patientId"].removeprefix("Patient/")
    return (200, "") if same else (412, "prefetch key: patient" if not patient else "")


def _tells_nothing_of_the_chart(call: Json) -> bool:
    """Then nobody has looked, and that is said."""
    told = call.get("prefetch") or {}
    return call.get("hook") == "patient-view" and told.keys().isdisjoint({"results", "conditions", "medications"})


@HERE
@pytest.mark.parametrize("quirk", QUIRKS)
def test_the_published_requests_with_it_are_silent_or_refused_in_plain_words(quirk: str) -> None:
    found = published(quirk)
    assert found
    for name, call in found:
        status, place = _expected(call)
        ours = call.get("hook") in ("order-select", "order-sign", "patient-view")
        response = post(call, "" if ours else "b12-order-select")
        assert response.status_code == status, (name, response.text)
        if status == 200:
            cards = [card["source"]["topic"]["code"] for card in response.get_json()["cards"]]
            assert cards == (["DataGap"] if _tells_nothing_of_the_chart(call) else []), name
        else:
            issue = response.get_json()["issue"][0]
            assert place in (issue.get("expression", [""])[0], issue.get("diagnostics", ""), ""), name


DRUG = {
    "coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "309594"}],
    "text": "cyanocobalamin 1 MG/ML injectable solution",
}


def _with_b12(call: Json) -> int:
    """Put cyanocobalamin in the place of every drug, in the shape in which that one was sent. How many there were."""
    orders = call["context"].get("draftOrders", {})
    entries = orders.get("entry", [{"resource": orders}])
    count = 0
    for order in (entry["resource"] for entry in entries):
        if order.get("resourceType") not in ("MedicationRequest", "MedicationOrder"):
            continue
        if order.get("status") in ("completed", "entered-in-error"):
            continue
        count += 1
        if "medicationCodeableConcept" in order:
            order["medicationCodeableConcept"] = DRUG
        else:
            order["medicationReference"] = {"display": DRUG["text"]}
            order.pop("contained", None)
    return count


def _about(value: Any, call: Json) -> Any:
    """The plain call's data, about the patient of this one."""
    patient = call["context"]["patientId"].removeprefix("Patient/")
    return json.loads(
        json.dumps(value).replace('"Patient/demo"', f'"Patient/{patient}"').replace('"demo"', f'"{patient}"')
    )


@HERE
def test_a_b12_order_in_any_published_request_is_seen() -> None:
    """In each envelope and each order as published, only the drug exchanged and our prefetch added."""
    seen: dict[str, int] = {}
    for row in manifest():
        call = json.loads((REQUESTS / row["file"]).read_text("utf-8"))
        if call.get("hook") not in ("order-select", "order-sign") or not _with_b12(call):
            continue
        call["prefetch"] = _about(plain()["prefetch"], call)
        response = post(call)
        if response.status_code == 400:
            assert "order-subject-differs-from-patientId" in row["quirks"], (row["file"], response.text)
            assert response.get_json()["issue"][0]["expression"][0].endswith(".resource.subject")
            seen["refused"] = seen.get("refused", 0) + 1
            continue
        assert response.status_code == 200, (row["file"], response.text)
        topics = [card["source"]["topic"]["code"] for card in response.get_json()["cards"]]
        assert "CyanocobalaminRenal" in topics, (row["file"], topics)
        seen["advised"] = seen.get("advised", 0) + 1
    assert seen["advised"] > 20
    assert seen["refused"] > 0
