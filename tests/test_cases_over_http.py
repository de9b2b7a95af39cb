"""Every case once more as an EHR sends it: the whole service says what the core says of the typed facts."""

from functools import cache
from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_service.clinical.evaluate import evaluate, evaluate_chart
from tests.answers import ask, service
from tests.as_fhir import hook_call
from tests.as_fhir_codes import NotInFhir
from tests.case_language import read
from tests.test_cases import FILES, KNOWLEDGE


@cache
def _client(region: str, unavailable: str) -> FlaskClient:
    return service(region=region, unavailable=unavailable)


CASES = [pytest.param(case, id=f"{stem}: {case['name']}") for stem in FILES for case in FILES[stem]["case"]]


@pytest.mark.parametrize("case", CASES)
def test_the_service_answers_as_the_core(case: dict[str, Any]) -> None:
    situation = read(case.get("given", []))
    try:
        request = hook_call(situation, case["order"])
    except NotInFhir as gap:
        pytest.skip(f"not written as FHIR here: {gap}")
    knowledge = situation.knowledge(KNOWLEDGE)
    ordered = frozenset(situation.ordered)
    if case["order"] == "chart opened":
        expected = evaluate_chart(situation.snapshot(), knowledge, ordered)
    else:
        expected = evaluate(situation.orders(case["order"]), situation.snapshot(), knowledge, ordered)
    answer = ask(_client(situation.region.value, ",".join(sorted(situation.unavailable))), request)
    said = [(card["source"]["topic"]["code"], card["indicator"]) for card in answer["cards"]]
    assert said == [(advice.rule.topic.value, advice.indicator.name.lower()) for advice in expected.advice]
