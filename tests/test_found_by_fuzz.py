"""What tests/fuzz found and was mended, one small test each: wrong silences first, then requests that took minutes."""

import json
import time
from typing import Any

import pytest

from cds_service.clinical.concepts import Ingredient
from cds_service.hooks.draft_orders import MOST_DRAFTS
from cds_service.hooks.problems import Problem
from cds_service.hooks.services import SERVICE_BY_ID
from cds_service.hooks.strict_json import check_text
from fhir_mappings.drafts import any_in_scope, read_drafts
from fhir_mappings.findings import says_length
from fhir_mappings.medicine_text import medicine_from_text
from fhir_mappings.versions import is_r4_order
from tests.answers import Json, ask, service, topics
from tests.fhir_examples import coded, medication_request, snapshot
from tests.fuzz.bases import bases, drafts, entries
from tests.hook_calls import call, draft, read

CYANO = coded("11248", "http://www.nlm.nih.gov/research/umls/rxnorm", text="cyanocobalamin")
CLIENT = service()
SECONDS = 2.0


def request_of(name: str) -> Json:
    return next(base.request() for base in bases() if base.name == name)


def only(resource: Json) -> Any:
    (order,) = read_drafts([resource], [None], [], "p1")
    return order


# --- wrong silences


@pytest.mark.parametrize(
    "medication",
    [
        {"medication": {"concept": CYANO}},
        {
            "medication": {"reference": {"reference": "#m"}},
            "contained": [{"resourceType": "Medication", "id": "m", "code": CYANO}],
        },
        {"medication": {"concept": CYANO}, "reasonCode": "of an impossible shape"},
        {"medicationCodeableConcept": "Cyanocobalamin 1 mg", "medication": None},
    ],
)
def test_a_drug_named_as_r5_does_or_in_bare_words_is_read_and_not_to_be_changed(medication: Json) -> None:
    sent = medication_request(None, **medication)
    order = only(sent)
    assert order.cobalamin is Ingredient.CYANOCOBALAMIN
    assert any_in_scope([order])
    assert not order.changeable or not is_r4_order(sent)


def test_a_record_in_r5_is_what_the_patient_takes() -> None:
    found = snapshot(medication_request(None, medication={"concept": CYANO}))
    assert [each.cobalamin for each in found.medications] == [Ingredient.CYANOCOBALAMIN]
    assert found.unknown_medications == ()


@pytest.mark.parametrize(
    "medication",
    [
        {"medicationReference": {"identifier": {"value": "123"}}},
        {"medicationReference": {}},
        {"medicationReference": "Medication/of-the-server"},
        {"medicationReference": 7},
        {"medicationCodeableConcept": {}},
        {"medicationCodeableConcept": 7},
        {"medication": {"reference": {"reference": "Medication/of-the-server"}}},
        {"medication": []},
    ],
)
def test_a_drug_that_is_named_and_cannot_be_read_is_not_passed_over(medication: Json) -> None:
    order = only(medication_request(None, **medication))
    assert order.drug_unknown
    assert any_in_scope([order])


def test_a_stop_in_dstu2_is_tied_to_its_record() -> None:
    request = request_of("stop-level-high-pernicious-anaemia")
    before = topics(ask(CLIENT, request))
    for entry in (*drafts(request), *entries(request, "medications")):
        order = entry["resource"]
        entry["resource"] = order | {"resourceType": "MedicationOrder", "patient": order.pop("subject")}
    assert topics(ask(CLIENT, request)) == before == ["Discontinuation"]


def test_renal_results_that_were_refused_are_named_for_a_tablet_that_renal_cards_judge() -> None:
    request = request_of("cyanocobalamin-creatinine")
    (step,) = drafts(request)[0]["resource"]["dosageInstruction"]
    step["route"] = coded("37839007", "http://snomed.info/sct")  # a month's 1000 micrograms by mouth are nutritional
    assert topics(ask(CLIENT, request)) == ["CyanocobalaminRenal"]
    request["prefetch"]["results"] = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "x"}]}
    assert topics(ask(CLIENT, request)) == ["DataGap"]


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"birthDate": 3}, 200),
        ({"birthDate": 3, "id": "somebody-else"}, 412),
        ({"link": "x", "id": "somebody-else"}, 412),
        ({"id": 7}, 412),
        ({"id": None, "gender": 3}, 412),
    ],
)
def test_a_patient_that_cannot_be_read_may_still_be_somebody_else(changed: Json, status: int) -> None:
    request = request_of("cyanocobalamin-renal")
    request["prefetch"]["patient"] |= changed
    answer = CLIENT.post("/cds-services/b12-order-select", data=json.dumps(request), content_type="application/json")
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"valueQuantity": {"value": 9}}, ["DataGap"]),
        ({"effectiveDateTime": None}, ["DataGap"]),
        ({"effectiveDateTime": "2026-10-20", "valueQuantity": {"value": 9}}, []),  # out of date even if it were read
        ({"status": "entered-in-error"}, []),
    ],
)
def test_a_platelet_count_that_cannot_be_read_is_not_none_on_record(changed: Json, told: list[str]) -> None:
    request = request_of("platelets-9-alternate-days")
    assert topics(ask(CLIENT, request)) == ["Thrombocytopenia"]
    (count,) = [
        e["resource"] for e in entries(request, "results") if e["resource"]["code"]["coding"][0]["code"] == "777-3"
    ]
    count |= changed
    assert topics(ask(CLIENT, request)) == told


# --- requests that took minutes


def quick(started: float) -> bool:
    return time.thread_time() - started < SECONDS


@pytest.mark.parametrize("text", ["é" * 500_000, "parin" * 100_000, "b12 " * 100_000, "thiazid " * 60_000])
def test_a_long_name_of_a_drug_is_read_once(text: str) -> None:
    started = time.thread_time()
    medicine_from_text(text)
    assert quick(started)


def test_a_long_name_is_still_read_to_its_end() -> None:
    assert (found := medicine_from_text("é" * 50_000 + " dalteparin")) is not None
    assert found.ingredients == {Ingredient.ANTICOAGULANT}


@pytest.mark.parametrize("text", ["length ileum ", "ileum resect ", "resect ileum ", "length resect "])
def test_words_of_a_length_are_sought_once(text: str) -> None:
    started = time.thread_time()
    says_length(text * 30_000)
    assert quick(started)


@pytest.mark.parametrize("piece", [b'\\"', b"\\\\", b"[", b'"'])
def test_a_string_that_never_ends_is_looked_through_once(piece: bytes) -> None:
    started = time.thread_time()
    check_text(b'{"a": ["' + piece * 200_000)
    assert quick(started)


def test_brackets_in_strings_are_still_no_depth() -> None:
    check_text(b'{"a": "' + b"[" * 200 + b'"}')
    with pytest.raises(Problem, match="too-deep"):
        check_text(b'{"b": "]", "a": ' + b"[" * 65 + b"]" * 65 + b"}")


def test_many_selections_are_looked_up() -> None:
    others = [{"resourceType": "X", "id": f"x{number}"} for number in range(MOST_DRAFTS - 1)]
    envelope = call(draft("d1"), *others, context__selections=["x900", "odd", *["odd"] * 30_000])
    started = time.thread_time()
    assert read(envelope).selections[:2] == ("X/x900", "odd")
    assert quick(started)


def test_more_orders_than_anybody_writes_are_refused_and_other_orders_are_not_counted() -> None:
    def status(number: int, text: str) -> int:
        orders = [draft(f"d{place}", text) for place in range(number)]
        envelope = call(*orders, prefetch={"patient": {"resourceType": "Patient", "id": "pat-7f3a"}})
        path = f"/cds-services/{SERVICE_BY_ID['b12-order-select'].id}"
        return CLIENT.post(path, data=json.dumps(envelope), content_type="application/json").status_code

    assert (status(50, "folic acid 5 mg"), status(51, "folic acid 5 mg"), status(200, "amoxicillin")) == (200, 400, 200)
