"""patient-view over HTTP: the protocol around it, who gets no card at all, and what is not looked at closely."""

import json
from typing import Any

import pytest

from cds_service.clinical.chart_scope import NEVER_ALONE
from cds_service.clinical.concepts import Answer, ResourceKind
from cds_service.clinical.conditions import Concept
from cds_service.clinical.errands import Referral
from cds_service.clinical.evaluate import evaluate_chart
from cds_service.clinical.outcomes import CreateOrder, OrderTest, Refer
from cds_service.clinical.person import is_adult
from cds_service.clinical.topics import Indicator
from cds_service.knowledge.tables import load
from fhir_mappings.chart_scope import chart_matters
from fhir_mappings.ordered import on_order
from tests.answers import TODAY, Json, ask, service, topics
from tests.as_fhir import hook_call
from tests.benchmarks.requests import irrelevant_chart
from tests.case_language import read
from tests.hook_calls import PATIENT, PATIENT_RESOURCE
from tests.test_cases import FILES

CLIENT = service()
KNOWLEDGE = load().knowledge
END = Concept.END_OF_LIFE_CARE
PATH = "/cds-services/b12-patient-view"
LOW = {
    "resourceType": "Observation",
    "id": "b12",
    "status": "final",
    "code": {"coding": [{"system": "http://loinc.org", "code": "2132-9"}]},
    "subject": {"reference": f"Patient/{PATIENT}"},
    "effectiveDateTime": "2026-11-13",
    "valueQuantity": {"value": 110, "unit": "pg/mL", "code": "pg/mL"},
}
EMPTY = {"resourceType": "Bundle", "type": "searchset", "total": 0}


def chart(*results: Json, patient: Json = PATIENT_RESOURCE, **more: Any) -> Json:
    """A chart opened, with everything supplied; keyword arguments replace members of the prefetch."""
    found = {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": each} for each in results]}
    names = ("findings", "conditions", "medications", "statements", "procedures", "allergies", "ordered")
    return {
        "hook": "patient-view",
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": {"userId": "Practitioner/p1", "patientId": PATIENT},
        "prefetch": {"patient": patient, "results": found} | dict.fromkeys(names, EMPTY) | more,
    }


def post(request: Json) -> Any:
    return CLIENT.post(PATH, data=json.dumps(request), content_type="application/json")


def test_untreated_deficiency_gets_its_card() -> None:
    assert topics(ask(CLIENT, chart(LOW))) == ["DataGap"]


def test_a_context_without_the_patient_id_is_400() -> None:
    request = chart(LOW)
    del request["context"]["patientId"]
    assert post(request).status_code == 400


def test_a_context_of_the_wrong_shape_is_400() -> None:
    assert post(chart(LOW) | {"context": ["Practitioner/p1"]}).status_code == 400


def test_another_hook_is_400() -> None:
    assert post(chart(LOW) | {"hook": "order-select"}).status_code == 400


@pytest.mark.parametrize("results", [(), (LOW,)], ids=["nothing on record", "a low B12"])
def test_without_the_patient_it_is_412(results: tuple[Json, ...]) -> None:
    request = chart(*results)
    del request["prefetch"]["patient"]
    response = post(request)
    assert response.status_code == 412
    assert response.get_json()["issue"][0]["diagnostics"] == "prefetch key: patient"


@pytest.mark.parametrize("results", [(), (LOW,)], ids=["nothing on record", "a low B12"])
def test_another_patient_is_412(results: tuple[Json, ...]) -> None:
    assert post(chart(*results, patient=PATIENT_RESOURCE | {"id": "somebody-else"})).status_code == 412


@pytest.mark.parametrize("user", [f"Patient/{PATIENT}", "RelatedPerson/r1"])
def test_a_patient_facing_user_gets_no_card(user: str) -> None:
    request = chart(LOW)
    request["context"]["userId"] = user
    assert post(request).data == b'{"cards":[]}'


@pytest.mark.parametrize("deceased", [{"deceasedBoolean": True}, {"deceasedDateTime": "2026-11-01"}])
def test_for_the_deceased_there_is_no_card(deceased: Json) -> None:
    assert post(chart(LOW, patient=PATIENT_RESOURCE | deceased)).data == b'{"cards":[]}'


def test_a_patient_without_anything_relevant_gets_no_card() -> None:
    assert ask(CLIENT, irrelevant_chart(TODAY)) == {"cards": []}


def _matters(*given: str) -> bool:
    prefetch = hook_call(read(list(given)), "chart opened")["prefetch"]
    kinds = {"results": ResourceKind.RESULTS, "findings": ResourceKind.FINDINGS, "conditions": ResourceKind.CONDITIONS}
    kinds |= {"medications": ResourceKind.MEDICATIONS, "procedures": ResourceKind.PROCEDURES}
    resources = {
        kind: tuple(json.dumps(each["resource"]).encode() for each in prefetch[name]["entry"])
        for name, kind in kinds.items()
    }
    return chart_matters(resources, {})


@pytest.mark.parametrize(
    "given",
    [
        "B12 500 pg/mL, 700 days ago",
        "holotranscobalamin 90 pmol/L, 7 days ago",
        "MMA 200 nmol/L, 7 days ago",
        "diagnosis: pernicious anaemia, 900 days ago",
        "diagnosis: nitrous oxide exposure, 9 days ago",
        "diagnosis: Crohn disease of the ileum, 900 days ago",
        "procedure: Roux-en-Y gastric bypass, 900 days ago",
        "procedure: ileal resection, 900 days ago",
        "takes: hydroxocobalamin 1000 ug IM every 2 mo, since 900 days",
        "takes: metformin 1000 mg oral daily, since 900 days",
    ],
)
def test_what_may_start_a_card_is_looked_at_closely(given: str) -> None:
    assert _matters(given)


@pytest.mark.parametrize(
    "given",
    [
        "haemoglobin 70 g/L, 7 days ago",
        "eGFR 20 mL/min/1.73m2, 7 days ago",
        "sign: paraesthesia, 7 days ago",
        "diagnosis: diabetic neuropathy, 900 days ago",
        "diagnosis: pregnant, 9 days ago",
        "takes: folic acid 5 mg oral daily, since 900 days",
    ],
)
def test_what_starts_no_card_by_itself_is_not(given: str) -> None:
    assert not _matters(given)


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        (ResourceKind.RESULTS, b'{"resourceType":"Observation","code":7}'),
        (ResourceKind.RESULTS, b'{"resourceType":"Observation","contained":[]}'),
        (ResourceKind.CONDITIONS, b'{"resourceType":"Condition"}'),
        (ResourceKind.MEDICATIONS, b'{"resourceType":"MedicationRequest","medicationReference":{"reference":"M/1"}}'),
        (ResourceKind.MEDICATIONS, b'{"resourceType":"MedicationRequest","medicationCodeableConcept":7}'),
    ],
)
def test_what_cannot_be_told_is_looked_at_closely(kind: ResourceKind, raw: bytes) -> None:
    assert chart_matters({kind: (raw,)}, {})


@pytest.mark.parametrize("person", ["woman of 30", "man of 80", "age not known"])
@pytest.mark.parametrize("concepts", [*([each] for each in sorted(NEVER_ALONE)), sorted(NEVER_ALONE - {END})])
def test_what_never_starts_a_card_starts_none(concepts: list[str], person: str) -> None:
    """Each by itself, and all together, beside results that start none either: the short way hides no card."""
    given = [f"diagnosis: {concept}, 30 days ago" for concept in concepts]
    labs = ["haemoglobin 60 g/L, 7 days ago", "MCV 120 fL, 7 days ago", "eGFR 20 mL/min/1.73m2, 7 days ago"]
    assert evaluate_chart(read([person, *given, *labs]).snapshot(), KNOWLEDGE).advice == ()


def _ordered(loinc: str, day: str, **more: Any) -> Json:
    request = {"resourceType": "ServiceRequest", "id": "s1", "status": "active", "intent": "order", "authoredOn": day}
    coded = {"coding": [{"system": "http://loinc.org", "code": loinc}]}
    request |= {"subject": {"reference": f"Patient/{PATIENT}"}, "code": coded}
    return {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": request | more}]}


BETWEEN = LOW | {"valueQuantity": {"value": 250, "unit": "pg/mL", "code": "pg/mL"}}


@pytest.mark.parametrize(
    ("ordered", "asks"),
    [
        (EMPTY, True),
        (None, True),
        ({"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "forbidden"}]}, True),
        (_ordered("72160-5", "2026-11-20"), False),
        (_ordered("72160-5", "2026-08-22"), False),
        (_ordered("72160-5", "2026-08-21"), True),
        (_ordered("72160-5", "2026-11-21"), True),
        (_ordered("72160-5", ""), True),
        (_ordered("72160-5", "2026-11-20", status="completed"), True),
        (_ordered("72160-5", "2026-11-20", status="on-hold"), True),
        (_ordered("72160-5", "2026-11-20", intent="proposal"), True),
        (_ordered("72160-5", "2026-11-20", doNotPerform=True), True),
        (_ordered("72160-5", "2026-11-20", subject={"reference": "Patient/other"}), True),
        (_ordered("72160-5", "2026-11-20", code=["odd"]), True),
        (_ordered("2132-9", "2026-11-20"), True),
    ],
)
def test_a_test_on_order_silences_the_request_for_it(ordered: Json | None, asks: bool) -> None:
    """B12 between, eGFR not known: holotranscobalamin is next. An old, closed or foreign order keeps nothing back."""
    assert topics(ask(CLIENT, chart(BETWEEN, ordered=ordered))) == (["MonitoringDue"] if asks else [])


def test_an_order_on_record_silences_the_referral_of_an_order_hook_too() -> None:
    active = {"status": "active", "authoredOn": "2026-11-19"}
    text = {"code": {"text": "Neurology referral"}}
    requests = [json.dumps(_ordered("0", "2026-11-19", **active, **text)["entry"][0]["resource"]).encode()]
    assert on_order(requests, PATIENT, TODAY, KNOWLEDGE.thresholds) == {Referral.NEUROLOGY}


@pytest.mark.parametrize(("day", "counts"), [("2026-11-18", True), ("2026-11-17", False)])
def test_potassium_on_order_counts_only_for_two_days(day: str, counts: bool) -> None:
    requests = [json.dumps(_ordered("2823-3", day)["entry"][0]["resource"]).encode()]
    assert bool(on_order(requests, PATIENT, TODAY, KNOWLEDGE.thresholds)) is counts


CHARTS = [
    pytest.param(case, id=f"{stem}: {case['name']}")
    for stem, content in FILES.items()
    for case in content["case"]
    if case["order"] == "chart opened"
]


@pytest.mark.parametrize("case", CHARTS)
def test_nothing_at_the_chart_is_interruptive(case: Json) -> None:
    """C-03, SG-34: information only, three cards at most, and no medicine for anybody not known to be an adult."""
    situation = read(case.get("given", []))
    snapshot = situation.snapshot()
    found = evaluate_chart(snapshot, situation.knowledge(KNOWLEDGE), frozenset(situation.ordered)).advice
    assert len(found) <= 3
    assert {advice.indicator for advice in found} <= {Indicator.INFO}
    actions = [action for advice in found for suggestion in advice.suggestions for action in suggestion.actions]
    adult = is_adult(snapshot.person, snapshot.today, KNOWLEDGE.thresholds.adult_years) is Answer.YES
    assert all(isinstance(action, CreateOrder | OrderTest | Refer) for action in actions)
    assert adult or not any(isinstance(action, CreateOrder) for action in actions)


def test_a_chart_that_nobody_could_look_at_is_not_a_chart_where_nothing_is_due() -> None:
    """Not told is not `none on record`; one part of the record that was told is enough to be silent about it."""
    client = service()
    call = {"hook": "patient-view", "hookInstance": "i", "context": {"userId": "Practitioner/p", "patientId": PATIENT}}
    (card,) = ask(client, call | {"prefetch": {"patient": PATIENT_RESOURCE}})["cards"]
    assert card["source"]["topic"]["code"] == "DataGap"
    assert card["indicator"] == "info"
    assert "MedicationRequest: not supplied" in card["detail"]
    told = {"patient": PATIENT_RESOURCE, "conditions": None}
    assert ask(client, call | {"prefetch": told}) == {"cards": []}
