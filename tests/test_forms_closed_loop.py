"""Every card about the form of vitamin B12: apply any of its suggestions over HTTP, ask again, and the topic is silent.

The situations are the cases of the three rules that may be critical, and those about the kidneys.
"""

from functools import cache
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.answers import applied, ask, service, suggestions, topics
from tests.as_fhir import hook_call
from tests.as_fhir_codes import NotInFhir
from tests.case_language import read
from tests.test_cases import FILES

CRITICAL_FORMS = ("cyanocobalamin_leber", "cyanocobalamin_inherited_defect", "cobalamin_allergy")
KIDNEYS = ("cyanocobalamin_renal", "cyanocobalamin_diabetic_nephropathy", "renal_function_unstable")
FORMS = {
    "CyanocobalaminLeber",
    "CyanocobalaminInheritedDefect",
    "CobalaminAllergy",
    "CyanocobalaminRenal",
    "CyanocobalaminDiabeticNephropathy",
    "RenalFunctionUnstable",
    "RenalFunctionUnknown",
}
CASES = [
    pytest.param(case, id=f"{stem}: {case['name']}")
    for stem in (*CRITICAL_FORMS, *KIDNEYS)
    for case in FILES[stem]["case"]
]


@cache
def _client(region: str, unavailable: str) -> FlaskClient:
    return service(region=region, unavailable=unavailable)


def _changes_a_draft(suggestion: dict[str, Any]) -> bool:
    kinds = {action.get("resource", {}).get("resourceType", "deleted") for action in suggestion["actions"]}
    return bool(kinds & {"MedicationRequest", "deleted"})


@pytest.mark.parametrize("case", CASES)
def test_what_is_applied_is_silent_on_its_topic(case: dict[str, Any]) -> None:
    situation = read(case.get("given", []))
    try:
        request = hook_call(situation, case["order"])
    except NotInFhir as gap:
        pytest.skip(f"not written as FHIR here: {gap}")
    client = _client(situation.region.value, ",".join(sorted(situation.unavailable)))
    for card, suggestion in suggestions(ask(client, request)):
        about_forms = card["source"]["topic"]["code"] in FORMS
        if about_forms and _changes_a_draft(suggestion):
            again = set(topics(ask(client, applied(request, suggestion))))
            assert not FORMS & again, "the card is silent, and no form card takes its place"


@pytest.mark.parametrize("stem", CRITICAL_FORMS)
def test_each_critical_form_rule_offers_something_to_apply(stem: str) -> None:
    case = next(case for case in FILES[stem]["case"] if case["ending"] == "critical")
    answer = ask(_client("uk", ""), hook_call(read(case["given"]), case["order"]))
    assert any(_changes_a_draft(suggestion) for _, suggestion in suggestions(answer))
