"""The same facts sent otherwise get the same cards: other units, another order, with what no rule asks about.

Over HTTP, for a sample of all cases and of the synthetic population.
"""

import json
from collections.abc import Iterator
from copy import deepcopy
from decimal import Decimal

import pytest

from cds_service.clinical.concepts import Analyte
from cds_service.clinical.snapshot import LabResult
from tests.answers import Json, ask, service
from tests.as_fhir import ABOUT, Unit, hook_call
from tests.as_fhir_codes import NotInFhir
from tests.case_language import Situation, read
from tests.population.burden import population
from tests.population.people import Group
from tests.test_cases import FILES

CLIENTS = {region: service(region=region) for region in ("uk", "us")}
EVERY, PATIENTS = 7, 60
_PMOL = Unit("14685-2", "pmol/L", 1 / Decimal("1.355"))
# At a limit itself a number that is rounded in the other unit may fall on the other side: ng/L is exact.
_NG = Unit("2132-9", "ng/L", Decimal(1))
_AT_A_LIMIT = {Decimal(100), Decimal(180), Decimal(350)}
OTHER_UNITS = {
    Analyte.CREATININE: Unit("14682-9", "umol/L", Decimal("88.42")),
    Analyte.MMA: Unit("13964-2", "umol/L", Decimal("0.001")),
    Analyte.PLATELETS: Unit("777-3", "10*3/uL", Decimal(1)),
    Analyte.HAEMOGLOBIN: Unit("718-7", "g/dL", Decimal("0.1")),
}
UNRELATED: dict[str, Json] = {
    "results": {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "2093-3"}], "text": "cholesterol"},
        "effectiveDateTime": "2026-11-19",
        "valueQuantity": {"value": 5.1, "unit": "mmol/L"},
    },
    "conditions": {
        "resourceType": "Condition",
        "code": {"coding": [{"system": "http://snomed.info/sct", "code": "38341003"}], "text": "hypertension"},
    },
    "procedures": {
        "resourceType": "Procedure",
        "status": "completed",
        "code": {"coding": [{"system": "http://snomed.info/sct", "code": "80146002"}], "text": "appendicectomy"},
    },
    "medications": {
        "resourceType": "MedicationRequest",
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": {
            "coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "617312"}],
            "text": "atorvastatin 20 MG Oral Tablet",
        },
    },
    "allergies": {
        "resourceType": "AllergyIntolerance",
        "code": {"coding": [{"system": "http://snomed.info/sct", "code": "91936005"}], "text": "penicillin"},
    },
}


def _sample() -> Iterator[tuple[str, str, list[str]]]:
    """(name, order, sentences) of situations that can be sent."""
    cases = [(stem, case) for stem in FILES for case in FILES[stem]["case"]]
    found = [(f"{stem}: {case['name']}", case["order"], case.get("given", [])) for stem, case in cases[::EVERY]]
    for region in CLIENTS:
        patients = [p for p in population(400, 3, region) if p.group is not Group.UNRELATED][:PATIENTS]
        found += [(f"{region} {number}", p.order, p.sentences) for number, p in enumerate(patients)]
    for name, order, sentences in found:
        situation = read(sentences)
        try:
            hook_call(situation, order)
        except NotInFhir:
            continue
        if not situation.unavailable:
            yield name, order, sentences


SAMPLE = [pytest.param(order, sentences, id=name) for name, order, sentences in _sample()]


def _told(answer: Json) -> list[tuple[str, str, list[tuple[str, Json]]]]:
    """Topic, indicator and every action, without the identities that name this one request."""
    return [
        (
            card["source"]["topic"]["code"],
            card["indicator"],
            [(s["label"], s["actions"]) for s in card.get("suggestions", ())],
        )
        for card in answer["cards"]
    ]


def _in_other_units(situation: Situation) -> dict[Analyte, Unit]:
    b12 = [f for f in situation.facts if isinstance(f, LabResult) and f.analyte is Analyte.B12]
    exact = any(result.measured.value in _AT_A_LIMIT for result in b12)
    return OTHER_UNITS | {Analyte.B12: _NG if exact else _PMOL}


@pytest.mark.parametrize(("order", "sentences"), SAMPLE)
def test_the_same_facts_sent_otherwise_get_the_same_cards(order: str, sentences: list[str]) -> None:
    situation = read(sentences)
    client, request = CLIENTS[situation.region.value], hook_call(situation, order)
    answer = ask(client, request)
    assert _told(ask(client, hook_call(situation, order, respell=_in_other_units(situation)))) == _told(answer), "units"
    # Evidence is told in the order in which it was sent; what is said, and what is offered, is the same.
    turned = ask(client, _backwards(request))
    assert _told(turned) == _told(answer), "the other way round"
    assert [card["summary"] for card in turned["cards"]] == [card["summary"] for card in answer["cards"]]
    assert ask(client, _with_unrelated(request)) == answer, "with what no rule asks about"


def _backwards(request: Json) -> Json:
    """Every Bundle of the prefetch in reverse."""
    turned = deepcopy(request)
    for part in turned["prefetch"].values():
        if part.get("entry"):
            part["entry"].reverse()
    return turned


def _with_unrelated(request: Json) -> Json:
    fuller = deepcopy(request)
    for key, resource in UNRELATED.items():
        part = fuller["prefetch"].get(key, {})
        if part.get("resourceType") == "Bundle":
            part["entry"].append({"resource": {**resource, "id": "unrelated", "subject": ABOUT, "patient": ABOUT}})
            part["total"] += 1
    return fuller


def test_the_sample_is_large_and_has_results_to_respell() -> None:
    assert len(SAMPLE) > 200
    assert sum("B12" in json.dumps(param.values[1]) for param in SAMPLE) > 60
