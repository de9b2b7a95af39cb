"""Worked combinations of derivations 2.8 and 2.5 that turn on age and pregnancy, through the whole evaluation."""

import pytest

from cds_service.clinical.concepts import Ingredient, Route
from cds_service.clinical.errands import LabTest, Referral
from cds_service.clinical.evaluate import evaluate
from cds_service.clinical.outcomes import ChangeOrder, Decision, DeleteOrder, Proposal, Refer
from cds_service.clinical.topics import Topic
from tests.applying import applied
from tests.case_language import read
from tests.test_form_combinations import (
    CRITICAL,
    INFO,
    KNOWLEDGE,
    SIGNS,
    WARNING,
    card,
    cards,
    decide,
    ordered_tests,
    paragraphs,
    proposals,
)

CHILD = "child of 14"
LEBER = "diagnosis: Leber hereditary optic neuropathy, 900 days ago"
DEFECT = "diagnosis: inherited cobalamin defect, 900 days ago"
PREGNANT = ("woman of 30", "diagnosis: pregnant, 60 days ago")
FIXED_COURSE = "hydroxocobalamin 1000 ug IM 3 per wk for 2 wk x6"
ALTERNATE_DAYS = "hydroxocobalamin 1000 ug IM every 2 d"


def deleted(decision: Decision) -> list[int]:
    actions = [action for advice in decision.advice for s in advice.suggestions for action in s.actions]
    return [action.index for action in actions if isinstance(action, DeleteOrder)]


def referrals(decision: Decision) -> set[Referral]:
    actions = [action for advice in decision.advice for s in advice.suggestions for action in s.actions]
    return {action.referral for action in actions if isinstance(action, Refer)}


@pytest.mark.parametrize(
    ("order", "dose", "route"),
    [
        ("cyanocobalamin 1000 ug IM every 1 mo", 1000, Route.INTRAMUSCULAR),
        ("cyanocobalamin 250 ug IM weekly", 250, Route.INTRAMUSCULAR),
        ("cyanocobalamin 500 ug SC daily for 7 d", 500, Route.SUBCUTANEOUS),
        ("cyanocobalamin 1000 ug IM every 2 d for 2 wk then 1000 ug IM every 1 mo", 1000, Route.INTRAMUSCULAR),
        ("vitamin b12 1000 ug IM every 1 mo", 1000, Route.INTRAMUSCULAR),
    ],
)
def test_a_child_with_leber_disease_keeps_dose_and_timing_in_another_form(order: str, dose: int, route: Route) -> None:
    decision = decide(order, CHILD, LEBER)
    urgent = WARNING if order.startswith("vitamin") else CRITICAL
    assert cards(decision) == [(Topic.CYANO_LEBER, urgent), (Topic.PEDS, INFO)]
    (proposal,) = proposals(decision)
    assert proposal == Proposal(Ingredient.HYDROXOCOBALAMIN, route, proposal.dose_ug, None)
    assert proposal.dose_ug == dose
    assert "paediatric.as_drafted" in paragraphs(decision.advice[0])
    assert deleted(decision) == []


@pytest.mark.parametrize(
    "order",
    [
        "cyanocobalamin 1000 ug oral daily",
        "cyanocobalamin 500 ug nasal weekly",
        "cyanocobalamin 249 ug IM weekly",
        "cyanocobalamin 1001 ug IM every 1 mo",
        "cyanocobalamin 500-1000 ug IM every 1 mo",
        "cyanocobalamin 1000 ug IM every 2 d for 2 wk then 500 ug IM every 1 mo",
        "cyanocobalamin 1000 ug IM every 2 d for 2 wk then 1000 ug SC every 1 mo",
        "cyanocobalamin 1000 ug IM every 2 d for 2 wk then ? IM every 1 mo",
        "cyanocobalamin 1000 ug IV weekly",
        "cyanocobalamin 1000 ug daily",
        "cyanocobalamin 1000 ug IM",
        "cyanocobalamin ? IM every 1 mo",
        "cyanocobalamin",
    ],
)
def test_any_other_draft_of_a_child_with_leber_disease_is_taken_away_with_a_referral(order: str) -> None:
    decision = decide(order, CHILD, LEBER)
    assert cards(decision)[0] == (Topic.CYANO_LEBER, CRITICAL)
    assert (Topic.PEDS, INFO) in cards(decision)
    assert proposals(decision) == []
    assert deleted(decision) == [0]
    assert Referral.PAEDIATRICS in referrals(decision)


def test_hydroxocobalamin_that_is_not_to_be_had_is_not_proposed_to_a_child() -> None:
    decision = decide("cyanocobalamin 1000 ug IM every 1 mo", CHILD, LEBER, "not stocked: hydroxocobalamin")
    assert proposals(decision) == []
    assert deleted(decision) == [0]


def test_a_childs_hydroxocobalamin_for_leber_disease_is_left_as_it_is() -> None:
    reason = "order's reason: Leber hereditary optic neuropathy"
    for schedule in ("daily", "weekly", "monthly"):
        decision = decide(f"hydroxocobalamin 1000 ug IM {schedule}", CHILD, reason)
        assert (proposals(decision), deleted(decision)) == ([], [])


def test_a_product_with_another_medicine_is_neither_changed_nor_taken_away() -> None:
    decision = decide("cyanocobalamin 1000 ug + gabapentin IM every 1 mo", CHILD, LEBER)
    assert (proposals(decision), deleted(decision)) == ([], [])


def test_a_childs_inherited_defect_gets_form_and_route_only() -> None:
    decision = decide("cyanocobalamin 1000 ug IM daily", CHILD, DEFECT)
    assert cards(decision) == [(Topic.CYANO_IEM, CRITICAL), (Topic.PEDS, INFO)]
    assert proposals(decision) == [Proposal(Ingredient.HYDROXOCOBALAMIN, Route.INTRAMUSCULAR, None, None)]
    assert Referral.METABOLIC in referrals(decision)
    assert "paediatric.as_drafted" not in paragraphs(decision.advice[0])


def test_the_suggestion_for_a_child_settles_the_form() -> None:
    situation = read([CHILD, LEBER])
    orders = situation.orders("cyanocobalamin 1000 ug IM every 1 mo")
    decision = evaluate(orders, situation.snapshot(), KNOWLEDGE)
    (suggestion,) = [s for s in decision.advice[0].suggestions if isinstance(s.actions[0], ChangeOrder)]
    again = evaluate(applied(orders, suggestion, KNOWLEDGE), situation.snapshot(), KNOWLEDGE)
    assert cards(again) == [(Topic.PEDS, INFO)]


@pytest.mark.parametrize(
    ("order", "given"),
    [
        ("hydroxocobalamin 1000 ug IM weekly", SIGNS),
        ("hydroxocobalamin 1000 ug IM every 6 mo", SIGNS),
        ("cyanocobalamin 1000 ug oral daily", SIGNS),
        ("hydroxocobalamin", SIGNS),
    ],
)
def test_no_schedule_is_judged_under_18(order: str, given: list[str]) -> None:
    decision = decide(order, CHILD, *given)
    assert cards(decision) == [(Topic.PEDS, WARNING)]
    assert proposals(decision) == []
    assert referrals(decision) == {Referral.PAEDIATRICS, Referral.NEUROLOGY, Referral.HAEMATOLOGY}


def test_no_kidney_is_judged_under_18() -> None:
    decision = decide("cyanocobalamin 1000 ug IM every 1 mo", CHILD, "eGFR 30 mL/min/1.73m2, 5 days ago")
    assert cards(decision) == [(Topic.PEDS, INFO)]


def test_allergy_unit_vein_platelets_and_potassium_are_judged_under_18_without_an_adult_dose() -> None:
    for order, given, topic, indicator in (
        ("hydroxocobalamin 1000 ug IM monthly", "allergy: hydroxocobalamin, severe", Topic.ALLERGY, CRITICAL),
        ("hydroxocobalamin 1000 mg IM monthly", "man of 14", Topic.UNIT_ERROR, CRITICAL),
        ("hydroxocobalamin 1000 ug IV monthly", "man of 14", Topic.ROUTE_IV, WARNING),
        ("hydroxocobalamin 1000 ug IM monthly", "platelets 9 10*9/L, 2 days ago", Topic.PLT, WARNING),
        ("hydroxocobalamin 1000 ug IM every 2 d", "potassium 2.9 mmol/L, 2 days ago", Topic.POTASSIUM, WARNING),
    ):
        decision = decide(order, CHILD, given, "B12 110 pg/mL, 7 days ago")
        assert (topic, indicator) in cards(decision)
        assert proposals(decision) == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((), []),
        (("B12 250 pg/mL, 7 days ago", "sign: paraesthesia, 5 days ago"), []),
        (("B12 450 pg/mL, 7 days ago",), []),
        (("B12 110 pg/mL, 7 days ago",), [(Topic.FOLATE_B12_DEF, CRITICAL)]),
    ],
)
def test_folic_acid_alone_raises_nothing_under_18_unless_deficiency_is_confirmed(
    given: tuple[str, ...], said: list[tuple[Topic, object]]
) -> None:
    decision = decide("folic acid 5 mg oral daily", CHILD, *given)
    assert cards(decision) == said
    assert proposals(decision) == []


def test_an_infant_is_warned_of_the_preservative_until_the_first_birthday() -> None:
    infant = decide("hydroxocobalamin 1000 ug IM weekly", "child of 1 tomorrow")
    assert "paediatric.infant" in paragraphs(infant.advice[0])
    assert "SG-03" in infant.advice[0].trace_rules
    assert "paediatric.infant" not in paragraphs(decide("hydroxocobalamin 1000 ug IM weekly", "child of 1").advice[0])


def test_pregnancy_with_signs_and_the_fixed_course() -> None:
    decision = decide(FIXED_COURSE, *PREGNANT, *SIGNS)
    assert cards(decision) == [(Topic.REGIMEN_NEURO, WARNING), (Topic.PREG, WARNING)]
    (proposal,) = proposals(decision)
    assert (proposal.form, proposal.route) == (Ingredient.HYDROXOCOBALAMIN, Route.INTRAMUSCULAR)
    assert (proposal.dose_ug, proposal.regimen) == (1000, "loading_neurological")
    assert {Referral.HAEMATOLOGY, Referral.OBSTETRICS} <= referrals(decision)


def test_pregnancy_with_signs_and_the_right_course() -> None:
    decision = decide(ALTERNATE_DAYS, *PREGNANT, *SIGNS)
    assert cards(decision) == [(Topic.PREG, WARNING)]
    assert proposals(decision) == []


def test_folic_acid_is_never_removed_in_pregnancy() -> None:
    decision = decide("folic acid 5 mg oral daily", *PREGNANT, *SIGNS)
    assert cards(decision) == [(Topic.FOLATE_B12_DEF, WARNING)]
    assert deleted(decision) == []
    assert {proposal.form for proposal in proposals(decision)} == {Ingredient.HYDROXOCOBALAMIN}


def test_a_good_egfr_is_not_relied_on_in_pregnancy() -> None:
    given = ("region us", *PREGNANT, "eGFR 80 mL/min/1.73m2, 5 days ago", *SIGNS)
    decision = decide("cyanocobalamin 1000 ug IM every 1 mo", *given, "diagnosis: diabetes, 900 days ago")
    assert cards(decision) == [(Topic.REGIMEN_NEURO, WARNING), (Topic.PREG, WARNING), (Topic.RENAL_UNKNOWN, WARNING)]
    bare = decide("folic acid 5 mg oral daily", *given)
    assert {proposal.form for proposal in proposals(bare)} == {Ingredient.HYDROXOCOBALAMIN}


def test_holotranscobalamin_is_the_test_in_pregnancy() -> None:
    decision = decide("hydroxocobalamin", *PREGNANT, "sign: paraesthesia, 5 days ago", "B12 250 pg/mL, 7 days ago")
    assert (Topic.PREG, WARNING) in cards(decision)
    assert LabTest.HOLOTRANSCOBALAMIN in ordered_tests(decision)
    assert LabTest.B12 not in ordered_tests(decision)


def test_a_right_course_in_pregnancy_still_asks_for_the_test() -> None:
    given = (*PREGNANT, "sign: paraesthesia, 5 days ago", "B12 250 pg/mL, 7 days ago")
    decision = decide(ALTERNATE_DAYS, *given)
    assert cards(decision) == [(Topic.PREG, WARNING)]
    assert ordered_tests(decision) == {LabTest.HOLOTRANSCOBALAMIN}
    specialist = decide(ALTERNATE_DAYS, *given, DEFECT)
    assert card(specialist, Topic.PREG).say.key == "pregnancy.inherited_defect"
    assert ordered_tests(specialist) == set()
    assert {Referral.METABOLIC, Referral.OBSTETRICS, Referral.HAEMATOLOGY} <= referrals(specialist)


def test_an_inherited_defect_keeps_pregnancy_from_speaking_of_schedules() -> None:
    decision = decide("cyanocobalamin 1000 ug IM every 1 mo", *PREGNANT, DEFECT, *SIGNS)
    assert cards(decision) == [(Topic.CYANO_IEM, CRITICAL), (Topic.PREG, WARNING)]
    assert card(decision, Topic.PREG).say.key == "pregnancy.inherited_defect"
    assert {Referral.METABOLIC, Referral.OBSTETRICS} <= referrals(decision)


def test_bariatric_surgery_brings_beta_carotene_and_the_interval_of_tests() -> None:
    given = (*PREGNANT, "B12 110 pg/mL, 7 days ago", "procedure: Roux-en-Y gastric bypass, 900 days ago")
    decision = decide(FIXED_COURSE, *given)
    assert "pregnancy.bariatric" in paragraphs(card(decision, Topic.PREG))
    assert "R-BARI-PREG" in card(decision, Topic.PREG).trace_rules


def test_breast_feeding_is_a_paragraph() -> None:
    decision = decide(
        "hydroxocobalamin 1000 ug IM weekly", "woman of 30", "diagnosis: breast-feeding, 60 days ago", *SIGNS
    )
    assert cards(decision) == [(Topic.REGIMEN_NEURO, WARNING)]
    assert "pregnancy.breast_feeding" in paragraphs(decision.advice[0])
