"""What is off label, above the label or unlicensed, form by form, route by route, region by region (9.1, SG-36)."""

from decimal import Decimal

import pytest

from cds_service.clinical.concepts import Ingredient, Route
from cds_service.clinical.licences import licence_remarks
from cds_service.clinical.outcomes import Proposal
from cds_service.clinical.policy import Region
from cds_service.knowledge.wording import load_wording
from tests.test_critical_forms import LEBER, NO_OTHER
from tests.test_form_combinations import (
    EGFR_35,
    MONTHLY,
    ONLY_CYANOCOBALAMIN,
    SIGNS,
    STABLE_INJECTED,
    decide,
    paragraphs,
)

H, C, M = Ingredient.HYDROXOCOBALAMIN, Ingredient.CYANOCOBALAMIN, Ingredient.MECOBALAMIN
IM, SC, ORAL, NASAL = Route.INTRAMUSCULAR, Route.SUBCUTANEOUS, Route.ORAL, Route.NASAL
UK, US = Region.UK, Region.US
NOT_EXAMINED = "B12 110 pg/mL, 7 days ago"


@pytest.mark.parametrize(
    ("form", "route", "region", "keys"),
    [
        (H, IM, UK, []),
        (H, SC, UK, ["subcutaneous_uk"]),
        (H, IM, US, ["hydroxocobalamin_us"]),
        (H, SC, US, ["hydroxocobalamin_us", "subcutaneous_us"]),
        (C, IM, UK, ["cyanocobalamin_uk"]),
        (C, SC, UK, ["cyanocobalamin_uk"]),
        (C, IM, US, ["cyanocobalamin_us"]),
        (C, SC, US, ["cyanocobalamin_us"]),
        (C, ORAL, UK, ["by_mouth_uk"]),
        (C, ORAL, US, ["by_mouth_us"]),
        (C, NASAL, US, []),
        (M, IM, UK, ["mecobalamin_uk"]),
        (M, IM, US, ["mecobalamin_us"]),
        (M, ORAL, UK, []),
    ],
)
def test_every_form_by_every_route_in_either_region(
    form: Ingredient, route: Route, region: Region, keys: list[str]
) -> None:
    found = licence_remarks([Proposal(form, route, Decimal(1000), None)], region)
    assert [saying.key for saying in found] == [f"licence.{key}" for key in keys]


def test_an_order_without_a_dose_is_above_no_label() -> None:
    assert licence_remarks([Proposal(H, IM, None, None)], US) == ()


def test_one_sentence_for_two_options() -> None:
    options = [
        Proposal(H, IM, Decimal(1000), regimen) for regimen in ("maintenance_monthly", "maintenance_neurological")
    ]
    assert len(licence_remarks(options, US)) == 1


def test_every_statement_can_be_said() -> None:
    said = {
        saying.key
        for form in (H, C, M)
        for route in (IM, SC, ORAL)
        for region in Region
        for saying in licence_remarks([Proposal(form, route, Decimal(1000), None)], region)
    }
    assert said == {key for key in load_wording().keys if key.startswith("licence.")}


# --- what the renal cards say of the forms


def renal_paragraphs(order: str, *given: str) -> set[str]:
    decision = decide(order, EGFR_35, *given)
    card_about_kidneys = next(each for each in decision.advice if each.rule.id == "T-CYANO-RENAL")
    return {key for key in paragraphs(card_about_kidneys) if key.startswith("form_choice.")}


def test_mecobalamin_that_stands_in_comes_with_what_it_rests_on() -> None:
    assert renal_paragraphs(MONTHLY, "not stocked: hydroxocobalamin") == {"form_choice.mecobalamin"}


@pytest.mark.parametrize(
    ("order", "given", "said"),
    [
        ("cyanocobalamin 1000 ug IM every 2 d", SIGNS, {"form_choice.only_neurological"}),
        (
            "cyanocobalamin 1000 ug IM 3 per wk for 2 wk x6",
            [NOT_EXAMINED, "no sign: paraesthesia, 5 days ago"],
            {"form_choice.only_non_neurological"},
        ),
        ("cyanocobalamin 1000 ug IM 3 per wk for 2 wk x6", [NOT_EXAMINED], set()),
        (MONTHLY, STABLE_INJECTED, {"form_choice.only_maintenance"}),
        (MONTHLY, [], set()),
    ],
)
def test_the_last_form_is_given_by_phase_and_signs(order: str, given: list[str], said: set[str]) -> None:
    assert renal_paragraphs(order, *given, *ONLY_CYANOCOBALAMIN) == said


def test_hydroxocobalamin_needs_no_such_word() -> None:
    assert renal_paragraphs(MONTHLY, *STABLE_INJECTED) == set()


def test_leber_disease_and_no_other_form_never_ends_in_how_to_give_cyanocobalamin() -> None:
    decision = decide(MONTHLY, LEBER, EGFR_35, *STABLE_INJECTED, *NO_OTHER)
    said = {key for advice in decision.advice for key in paragraphs(advice)}
    assert not {key for key in said if key.startswith("form_choice.only")}
