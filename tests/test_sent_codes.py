"""What we send is coded so that every client finds it, and never for a form that is not proposed."""

import pytest

from cds_service.clinical.concepts import Ingredient, Route
from fhir_mappings import codes
from fhir_mappings.systems import LOINC, RXNORM, SNOMED

PROPOSED = (Ingredient.HYDROXOCOBALAMIN, Ingredient.CYANOCOBALAMIN, Ingredient.MECOBALAMIN)


@pytest.mark.parametrize("ingredient", PROPOSED)
@pytest.mark.parametrize("region", ["uk", "us"])
@pytest.mark.parametrize("route", [Route.INTRAMUSCULAR, Route.ORAL])
def test_every_coding_sent_is_read_back_as_the_same_form(ingredient: Ingredient, region: str, route: Route) -> None:
    concept = codes.medication_concept(ingredient, route, region)
    assert concept["coding"][0]["system"] == RXNORM
    assert any(coding["system"] == SNOMED for coding in concept["coding"]) is (region == "uk")
    for coding in concept["coding"]:
        found = codes.medicine(coding["system"], coding["code"])
        assert found is not None
        assert found.ingredients == {ingredient}
    named = codes.medicine_from_text(concept["text"])
    assert named is not None
    assert named.ingredients == {ingredient}


def test_an_oral_order_names_no_injection() -> None:
    oral = codes.medication_concept(Ingredient.CYANOCOBALAMIN, Route.ORAL, "us")
    assert [coding["code"] for coding in oral["coding"]] == ["11248"]
    injected = codes.medication_concept(Ingredient.CYANOCOBALAMIN, Route.INTRAMUSCULAR, "us")
    assert [coding["code"] for coding in injected["coding"]] == ["11248", "309594"]


def test_a_form_that_is_never_proposed_has_no_coding() -> None:
    with pytest.raises(ValueError, match="COBAMAMIDE"):
        codes.ingredient_codings(Ingredient.COBAMAMIDE, "uk")


def test_every_route_sent_is_read_back() -> None:
    for route in Route:
        if route is Route.OTHER:
            with pytest.raises(ValueError, match="OTHER"):
                codes.route_concept(route)
        else:
            (coding,) = codes.route_concept(route)["coding"]
            assert codes.route(coding["system"], coding["code"]) is route


def test_a_test_order_is_a_loinc_code() -> None:
    names = (
        "serum_b12",
        "holotc",
        "mma",
        "homocysteine",
        "creatinine_egfr",
        "potassium",
        "cbc",
        "reticulocytes",
        "vitamin_d",
        "calcium",
    )
    sent = [codes.test_concept(name)["coding"][0] for name in names]
    assert [coding["code"] for coding in sent] == [
        "2132-9",
        "72160-5",
        "13964-2",
        "13965-9",
        "45066-8",
        "2823-3",
        "58410-2",
        "17849-1",
        "62292-8",
        "17861-6",
    ]
    assert {coding["system"] for coding in sent} == {LOINC}
    with pytest.raises(KeyError):
        codes.test_concept("ferritin")
