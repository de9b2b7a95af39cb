"""A dose whose unit and code contradict each other: the card leads with it, and never calls it "not stated"."""

from typing import Any

import pytest

from tests.answers import Json, ask, service
from tests.as_fhir import hook_call
from tests.case_language import read

MAINTENANCE = "hydroxocobalamin 1000 ug IM every 2 mo"
SITUATIONS = {
    "old pernicious anaemia": ["diagnosis: pernicious anaemia, 900 days ago"],
    "neurological status not known": ["B12 120 pg/mL, 7 days ago"],
}


def answered(given: list[str], dose: Json | None) -> list[Json]:
    """The cards for maintenance; dose None: nothing is written of the dose."""
    request = hook_call(read(given), MAINTENANCE)
    (entry,) = request["context"]["draftOrders"]["entry"]
    (instruction,) = entry["resource"]["dosageInstruction"]
    if dose is None:
        del instruction["doseAndRate"]
    else:
        instruction["doseAndRate"] = [{"doseQuantity": dose}]
    cards: list[Json] = ask(service(), request)["cards"]
    return cards


def conflict(**other: Any) -> Json:
    return {"value": 1000, "unit": "mcg", "system": "http://unitsofmeasure.org", "code": "mg"} | other


@pytest.mark.parametrize("given", SITUATIONS.values(), ids=SITUATIONS)
def test_no_card_calls_a_contradiction_not_stated(given: list[str]) -> None:
    told = " ".join(card["detail"] for card in answered(given, conflict()))
    assert "dose could not be read" in told
    assert "dose not stated" not in told
    assert "- the dose of the order\n" in told


def test_the_dose_leads_and_the_question_follows() -> None:
    given = SITUATIONS["old pernicious anaemia"]
    (card,) = answered(given, conflict())
    assert "could not be read. Check the dose and its unit." in card["summary"]
    assert card["detail"].index("thousandfold") < card["detail"].index("If loading was given elsewhere")
    (readable,) = answered(given, conflict(code="ug"))
    assert "Has loading been given?" in readable["summary"]


def test_a_dose_that_was_not_sent_is_not_stated() -> None:
    (card,) = answered(SITUATIONS["old pernicious anaemia"], None)
    assert "dose not stated" in card["detail"]
    assert "Has loading been given?" in card["summary"]
