"""Vitamins with a cobalamin, as they are ordered: a nutritional one is left alone, another is not replaced (1.2)."""

from copy import deepcopy

import pytest

from cds_service.hooks.clients import DEFAULT
from tests.answers import Json, suggestions, topics
from tests.by_profile import answered
from tests.fhir_examples import SNOMED, coded

RENAL = next(each for each in answered(DEFAULT) if each.name == "cyanocobalamin-renal")
MOUTH, MUSCLE = "26643006", "78421000"
B_COMPLEX = "Vitamin C and B-complex with cyanocobalamin"


def answer(text: str, value: int, unit: str, route: str = MOUTH) -> Json:
    """Where the kidneys do not clear cyanocobalamin, for one dose a day of the product."""
    request = deepcopy(RENAL.request)
    draft = request["context"]["draftOrders"]["entry"][0]["resource"]
    draft["medicationCodeableConcept"] = {"text": text}
    dose = {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit}
    timing = {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}}
    step = {"doseAndRate": [{"doseQuantity": dose}], "route": coded(route, SNOMED), "timing": timing}
    draft["dosageInstruction"] = [step]
    found: Json = RENAL.caller.ask(request)
    return found


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [(f"{B_COMPLEX} 6 mcg tablet", 1, "{tbl}"), (f"{B_COMPLEX} tablet", 6, "ug"), (f"{B_COMPLEX} tablet", 1, "{tbl}")],
)
def test_a_nutritional_vitamin_is_left_alone(text: str, value: int, unit: str) -> None:
    """1.2 row 10, K-02: renal vitamins are ordered every day in dialysis; 6 micrograms are no full dose."""
    assert answer(text, value, unit)["cards"] == []


@pytest.mark.parametrize(
    ("text", "value", "unit", "route"),
    [
        (f"{B_COMPLEX} 1000 mcg tablet", 1, "{tbl}", MOUTH),
        (f"{B_COMPLEX} tablet, B12 1000 mcg", 1, "{tbl}", MOUTH),
        (f"{B_COMPLEX} tablet", 500, "ug", MOUTH),
        ("Thiamine 100 mg + pyridoxine 100 mg + cyanocobalamin 1 mg injection", 1, "{ampule}", MUSCLE),
    ],
)
def test_vitamins_that_may_hold_a_full_dose_are_warned_of_and_not_replaced(
    text: str, value: int, unit: str, route: str
) -> None:
    """1.2 row 9: the other vitamins would be lost, and with them thiamine in treatment doses."""
    found = answer(text, value, unit, route)
    assert topics(found)[0] == "CyanocobalaminRenal"
    assert list(suggestions(found)) == []
    assert "which would be lost" in found["cards"][0]["detail"]
