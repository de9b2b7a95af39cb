"""Worked combinations of derivations 2.8 and 2.4: Leber disease, inherited defects and allergy, in adults."""

from dataclasses import replace

import pytest

from cds_service.clinical.concepts import Ingredient, Route
from cds_service.clinical.errands import Referral
from cds_service.clinical.evaluate import evaluate
from cds_service.clinical.outcomes import ClientText, Decision, Refer
from cds_service.clinical.topics import Topic
from cds_service.knowledge.tables import load
from cds_service.knowledge.wording import load_wording
from tests.case_language import read
from tests.test_form_combinations import (
    CRITICAL,
    EGFR_35,
    MONTHLY,
    NEPHROPATHY,
    RENEWS,
    SIGNS,
    STABLE_INJECTED,
    WARNING,
    card,
    cards,
    decide,
    ordered_tests,
    paragraphs,
    proposals,
)

WEEKLY = "cyanocobalamin 1000 ug IM weekly"
LEBER = "diagnosis: Leber hereditary optic neuropathy, 900 days ago"
AMBLYOPIA = "diagnosis: tobacco or toxic amblyopia, 900 days ago"
DEFECT = "diagnosis: inherited cobalamin defect, 900 days ago"
POSSIBLE = "diagnosis: methylmalonic acidaemia, type not stated, 900 days ago"
H_ALLERGY = "allergy: hydroxocobalamin, severe"
C_ALLERGY = "allergy: cyanocobalamin, severe"
EGFR_40 = "eGFR 40 mL/min/1.73m2, 10 days ago"
NO_OTHER = ["not stocked: hydroxocobalamin", "not stocked: mecobalamin"]
RISING = ["creatinine 2.6 mg/dL, 24 hours ago", "creatinine 2.1 mg/dL, 48 hours ago"]
FORM_AND_ROUTE = (Ingredient.HYDROXOCOBALAMIN, Route.INTRAMUSCULAR, None, None)


def referrals(decision: Decision) -> set[Referral]:
    actions = [action for advice in decision.advice for s in advice.suggestions for action in s.actions]
    return {action.referral for action in actions if isinstance(action, Refer)}


def proposed(decision: Decision) -> list[tuple[object, ...]]:
    return [(each.form, each.route, each.dose_ug, each.regimen) for each in proposals(decision)]


def text(decision: Decision) -> str:
    """All that the cards say beside their summaries."""
    wording = load_wording()
    sayings = [saying for advice in decision.advice for saying in (advice.say, *advice.paragraphs)]
    parts = [wording.part(s, "text" if wording.has(s.key, "text") else "because") for s in sayings]
    return " ".join(parts)


# --- Leber disease


def test_leber_with_renal_impairment_and_a_sign_is_one_form_card_that_carries() -> None:
    decision = decide(WEEKLY, LEBER, EGFR_40, *SIGNS)
    assert cards(decision) == [(Topic.CYANO_LEBER, CRITICAL), (Topic.REGIMEN_NEURO, WARNING)]
    expected = (Ingredient.HYDROXOCOBALAMIN, Route.INTRAMUSCULAR, 1000, "loading_neurological")
    assert proposed(decision) == [expected]
    assert decision.advice[0].suggestions[0].recommended
    assert decision.advice[1].settled_by is Topic.CYANO_LEBER
    assert "cyanocobalamin_renal.egfr" in paragraphs(decision.advice[0])
    assert "T-CYANO-RENAL" in decision.advice[0].trace_rules


def test_leber_and_no_other_form_in_stock_is_text_and_a_referral() -> None:
    decision = decide(MONTHLY, LEBER, *STABLE_INJECTED, *NO_OTHER)
    assert cards(decision) == [(Topic.CYANO_LEBER, CRITICAL)]
    assert decision.advice[0].say.key == "cyanocobalamin_leber.not_in_stock"
    assert proposals(decision) == []
    assert Referral.HAEMATOLOGY in referrals(decision)


@pytest.mark.parametrize("kidney", [[EGFR_35], [NEPHROPATHY], RISING, []])
@pytest.mark.parametrize("excluding", [LEBER, AMBLYOPIA, DEFECT, POSSIBLE])
def test_every_renal_card_stands_in_the_card_about_the_eye_or_the_defect(excluding: str, kidney: list[str]) -> None:
    decision = decide(MONTHLY, excluding, *kidney, *STABLE_INJECTED)
    (only,) = decision.advice
    assert only.rule.topic in (Topic.CYANO_LEBER, Topic.CYANO_IEM)
    assert {form for form, *_ in proposed(decision)} == {Ingredient.HYDROXOCOBALAMIN}
    assert "no need to delay the first dose" not in text(decision)


def test_the_american_preference_for_cyanocobalamin_is_not_followed() -> None:
    """Also where only the order names the disease, so that the patient's own list bars nothing."""
    for given in (LEBER, AMBLYOPIA, "order's reason: Leber hereditary optic neuropathy"):
        decision = decide(MONTHLY, given, *STABLE_INJECTED, "region us")
        assert {form for form, *_ in proposed(decision)} == {Ingredient.HYDROXOCOBALAMIN}, given


def test_hydroxocobalamin_in_leber_disease_is_silent() -> None:
    assert cards(decide("hydroxocobalamin 1000 ug IM every 2 mo", LEBER, EGFR_35, *STABLE_INJECTED, RENEWS)) == []


@pytest.mark.parametrize("excluding", [LEBER, DEFECT, C_ALLERGY])
def test_a_multivitamin_is_told_of_and_nothing_is_injected_instead(excluding: str) -> None:
    decision = decide("cyanocobalamin 5 ug + another vitamin oral daily", excluding)
    assert [advice.indicator for advice in decision.advice] == [CRITICAL]
    assert proposals(decision) == []


def test_hereditary_optic_atrophy_by_its_wide_code_is_said() -> None:
    situation = read([LEBER])
    situation.facts = [replace(fact, code="H47.22") for fact in situation.facts]
    decision = evaluate(situation.orders(MONTHLY), situation.snapshot(), load().knowledge)
    assert "cyanocobalamin_leber.wide_code" in paragraphs(card(decision, Topic.CYANO_LEBER))


# --- inherited cobalamin defects


@pytest.mark.parametrize("order", [MONTHLY, "cyanocobalamin 1000 ug oral daily", "cyanocobalamin 500 ug nasal weekly"])
def test_a_defect_with_signs_and_renal_impairment_gets_form_and_route_and_two_teams(order: str) -> None:
    decision = decide(order, DEFECT, EGFR_35, *SIGNS)
    assert cards(decision) == [(Topic.CYANO_IEM, CRITICAL)]
    assert proposed(decision) == [FORM_AND_ROUTE]
    assert {Referral.METABOLIC, Referral.NEUROLOGY} <= referrals(decision)
    said = paragraphs(decision.advice[0])
    assert {"paragraph.inherited_defect_neurological", "cyanocobalamin_renal.egfr"} <= said
    assert "eGFR" in {found.name for found in decision.advice[0].found}, "the number behind the paragraph is shown"


def test_a_possible_defect_gets_no_adult_schedule_either() -> None:
    decision = decide(WEEKLY, POSSIBLE, *SIGNS)
    assert cards(decision) == [(Topic.CYANO_IEM, WARNING)]
    assert proposed(decision) == [FORM_AND_ROUTE]
    assert "alternate days" not in text(decision)
    assert Referral.METABOLIC in referrals(decision)


def test_a_bare_order_in_a_possible_defect_asks_no_question_about_adult_courses() -> None:
    decision = decide("cyanocobalamin", POSSIBLE, "B12 120 pg/mL, 7 days ago", "not told: Procedure refused")
    assert cards(decision) == [(Topic.CYANO_IEM, WARNING)]
    assert proposed(decision) == [FORM_AND_ROUTE]
    assert any(name.startswith("Procedure") for name in decision.advice[0].missing), "the gap is still named"


def test_leber_and_a_defect_share_one_card_without_a_dose() -> None:
    decision = decide(MONTHLY, LEBER, DEFECT, *STABLE_INJECTED)
    assert cards(decision) == [(Topic.CYANO_LEBER, CRITICAL)]
    assert proposed(decision) == [FORM_AND_ROUTE]
    assert "cyanocobalamin_inherited_defect.known" in paragraphs(decision.advice[0])
    assert Referral.METABOLIC in referrals(decision)


# --- allergy


def test_anaphylaxis_to_the_drafted_form_with_signs_leads_with_same_day_advice() -> None:
    decision = decide("hydroxocobalamin 1000 ug IM weekly", H_ALLERGY, *SIGNS)
    assert cards(decision) == [(Topic.ALLERGY, CRITICAL)]
    assert proposals(decision) == []
    said = text(decision)
    assert said.startswith("Neurological treatment must not lapse: same-day allergy and haematology advice.")
    assert "alternate days" not in said
    assert "T-REGIMEN-NEURO" in decision.advice[0].trace_rules
    assert {Referral.HAEMATOLOGY, Referral.NEUROLOGY} <= referrals(decision)


def test_anaphylaxis_to_cyanocobalamin_in_renal_impairment_presses_for_no_form() -> None:
    decision = decide(MONTHLY, C_ALLERGY, EGFR_35, *STABLE_INJECTED)
    assert cards(decision) == [(Topic.ALLERGY, CRITICAL)]
    assert proposals(decision) == []
    assert "cyanocobalamin_renal.no_form" in paragraphs(decision.advice[0])


@pytest.mark.parametrize(
    "order",
    [
        "hydroxocobalamin",
        "hydroxocobalamin 1000 ug IV weekly",
        "hydroxocobalamin 100 ug IM every 2 d",
        "hydroxocobalamin 1000 ug IM every 6 mo",
    ],
)
@pytest.mark.parametrize("nerves", [[], ["sign: paraesthesia, 5 days ago"], ["no sign: paraesthesia, 5 days ago"]])
def test_no_card_about_schedule_or_route_presses_for_a_form_that_caused_anaphylaxis(
    order: str, nerves: list[str]
) -> None:
    decision = decide(order, H_ALLERGY, "B12 120 pg/mL, 7 days ago", *nerves)
    assert cards(decision) == [(Topic.ALLERGY, CRITICAL)]
    assert proposals(decision) == []
    assert "alternate days" not in text(decision)


def test_an_unknown_kidney_is_tested_and_nothing_says_not_to_delay() -> None:
    decision = decide(MONTHLY, C_ALLERGY, *STABLE_INJECTED)
    assert cards(decision) == [(Topic.ALLERGY, CRITICAL)]
    assert ordered_tests(decision)
    assert "no need to delay" not in text(decision)


def test_anaphylaxis_to_another_form_leaves_the_schedule_card_as_text() -> None:
    decision = decide(WEEKLY, H_ALLERGY, "eGFR 80 mL/min/1.73m2, 10 days ago", *SIGNS)
    assert cards(decision) == [(Topic.ALLERGY, WARNING), (Topic.REGIMEN_NEURO, WARNING)]
    assert proposals(decision) == []
    assert decision.advice[0].say.key == "cobalamin_allergy.another_form_neurological"


def test_allergy_stands_above_the_eye_and_both_critical_cards_stay_without_a_replacement() -> None:
    decision = decide("cyanocobalamin 1000 mg IM weekly", C_ALLERGY, LEBER, EGFR_35)
    assert cards(decision) == [
        (Topic.ALLERGY, CRITICAL),
        (Topic.CYANO_LEBER, CRITICAL),
        (Topic.UNIT_ERROR, CRITICAL),
    ]
    assert proposals(decision) == []


def test_a_form_card_below_critical_is_a_paragraph_of_the_allergy() -> None:
    decision = decide(MONTHLY, C_ALLERGY, AMBLYOPIA, *STABLE_INJECTED)
    assert cards(decision) == [(Topic.ALLERGY, CRITICAL)]
    assert "cyanocobalamin_leber.no_form" in paragraphs(decision.advice[0])


def test_the_allergy_itself_stands_in_what_was_found_in_the_words_of_the_client() -> None:
    decision = decide(MONTHLY, C_ALLERGY, *STABLE_INJECTED)
    assert referrals(decision) == {Referral.ALLERGY, Referral.HAEMATOLOGY}
    (only,) = decision.advice
    allergy = next(found for found in only.found if found.name == "recorded allergy")
    assert isinstance(allergy.value, ClientText)
    assert (allergy.value, allergy.reference) == ("cyanocobalamin", "AllergyIntolerance/a")


def test_a_reaction_to_be_clarified_stops_no_other_card() -> None:
    decision = decide("hydroxocobalamin 1000 ug IM weekly", "allergy: hydroxocobalamin, mild", *SIGNS)
    assert cards(decision) == [(Topic.ALLERGY, WARNING), (Topic.REGIMEN_NEURO, WARNING)]
    assert [each.regimen for each in proposals(decision)] == ["loading_neurological"]


def test_a_draft_that_must_not_be_given_does_not_cover_folic_acid() -> None:
    decision = decide(
        "folic acid 5 mg oral daily", H_ALLERGY, *SIGNS, "also drafted: hydroxocobalamin 1000 ug IM weekly"
    )
    assert (Topic.FOLATE_B12_DEF, CRITICAL) in cards(decision)


# --- what was not looked at is named


@pytest.mark.parametrize("kind", ["AllergyIntolerance", "Condition"])
@pytest.mark.parametrize("how", ["refused", "failed", "incomplete", "not supplied"])
def test_an_order_that_is_right_is_not_silent_where_this_was_not_told(kind: str, how: str) -> None:
    order = "hydroxocobalamin 1000 ug IM every 2 mo"
    assert cards(decide(order, *STABLE_INJECTED, RENEWS)) == []
    decision = decide(order, *STABLE_INJECTED, RENEWS, f"not told: {kind} {how}")
    assert any(name.startswith(kind) for advice in decision.advice for name in advice.missing)
