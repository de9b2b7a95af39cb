"""Leber disease or tobacco amblyopia as the reason of an order: what is proposed (derivations 8.9, 9.2 rows 11, 12)."""

import pytest

from cds_service.clinical.concepts import Ingredient, Route
from cds_service.clinical.errands import Referral
from cds_service.clinical.topics import Topic
from tests.test_critical_forms import AMBLYOPIA, DEFECT, LEBER, POSSIBLE, proposed, referrals
from tests.test_form_combinations import CRITICAL, INFO, SIGNS, WARNING, cards, decide, paragraphs, proposals

REASON = "order's reason: Leber hereditary optic neuropathy"
COURSE = (Ingredient.HYDROXOCOBALAMIN, Route.INTRAMUSCULAR, 1000, "optic_loading")
TWICE_A_WEEK = (*COURSE[:3], "optic_twice_weekly")
SAME_TIMING = (*COURSE[:3], None)


@pytest.mark.parametrize("region", ["region uk", "region us"])
def test_an_order_without_timing_is_offered_the_daily_course_and_ophthalmology(region: str) -> None:
    decision = decide("hydroxocobalamin", REASON, region)
    assert cards(decision) == [(Topic.CYANO_LEBER, INFO)]
    assert proposed(decision) == [COURSE]
    assert referrals(decision) == {Referral.OPHTHALMOLOGY}
    assert ("cyanocobalamin_leber.off_label_us" in paragraphs(decision.advice[0])) is (region == "region us")


@pytest.mark.parametrize(
    "order", ["cyanocobalamin", "cyanocobalamin 1000 ug oral daily", "cyanocobalamin 1000 ug IM weekly"]
)
def test_cyanocobalamin_for_the_eye_becomes_the_labelled_course(order: str) -> None:
    decision = decide(order, REASON, "region us")
    assert cards(decision)[0] == (Topic.CYANO_LEBER, CRITICAL)
    assert proposed(decision) == [COURSE]
    assert Referral.OPHTHALMOLOGY in referrals(decision)


@pytest.mark.parametrize("timing", ["daily for 14 d", "2 per wk", "every 1 mo", "every 3 mo"])
def test_a_labelled_timing_is_kept_when_the_form_is_changed(timing: str) -> None:
    decision = decide(f"cyanocobalamin 1000 ug IM {timing}", REASON, "region us")
    assert proposed(decision) == [SAME_TIMING]


def test_where_treatment_has_begun_twice_a_week_is_offered_as_well() -> None:
    began = "took: hydroxocobalamin 1000 ug IM daily for 2 wk, since 20 days"
    assert proposed(decide("hydroxocobalamin", REASON, began)) == [COURSE, TWICE_A_WEEK]
    assert proposed(decide("hydroxocobalamin", REASON, "not told: MedicationRequest refused")) == [COURSE, TWICE_A_WEEK]


def test_the_offered_course_is_silent_beside_deficiency_and_signs() -> None:
    assert cards(decide("hydroxocobalamin 1000 ug IM daily for 14 d", REASON, *SIGNS)) == []
    assert cards(decide("hydroxocobalamin 1000 ug IM 2 per wk", REASON, *SIGNS)) == []


def test_a_timed_order_is_told_of_the_label_and_left_alone() -> None:
    decision = decide("hydroxocobalamin 1000 ug IM weekly", REASON)
    assert cards(decision) == [(Topic.CYANO_LEBER, INFO)]
    assert proposals(decision) == []


@pytest.mark.parametrize("disease", [LEBER, AMBLYOPIA])
def test_mecobalamin_is_not_begun_in_either_disease_and_a_drafted_one_is_kept(disease: str) -> None:
    gone = "not stocked: hydroxocobalamin"
    assert proposals(decide("cyanocobalamin 1000 ug IM weekly", disease, gone, *SIGNS)) == []
    kept = decide("mecobalamin 1000 ug IM weekly", disease, gone, *SIGNS)
    assert [each.form for each in proposals(kept)] == [Ingredient.MECOBALAMIN]


def test_mecobalamin_for_the_eye_itself_becomes_hydroxocobalamin() -> None:
    decision = decide("mecobalamin 1000 ug IM weekly", REASON)
    assert cards(decision) == [(Topic.CYANO_LEBER, INFO)]
    assert proposed(decision) == [COURSE]


def test_tobacco_amblyopia_warns_and_offers_the_same() -> None:
    decision = decide("cyanocobalamin", "order's reason: tobacco or toxic amblyopia")
    assert cards(decision)[0] == (Topic.CYANO_LEBER, WARNING)
    assert proposed(decision) == [COURSE]


# --- inherited defects


@pytest.mark.parametrize("order", ["mecobalamin 1000 ug IM every 1 mo", "mecobalamin 1000 ug oral daily"])
@pytest.mark.parametrize("defect", [DEFECT, POSSIBLE, "order's reason: inherited cobalamin defect"])
def test_mecobalamin_in_a_defect_gets_form_and_route_and_no_adult_schedule(order: str, defect: str) -> None:
    decision = decide(order, defect, *SIGNS)
    assert cards(decision) == [(Topic.CYANO_IEM, WARNING)]
    assert proposed(decision) == [(Ingredient.HYDROXOCOBALAMIN, Route.INTRAMUSCULAR, None, None)]
    assert {Referral.METABOLIC, Referral.NEUROLOGY} <= referrals(decision)


def test_hydroxocobalamin_without_timing_in_a_possible_defect_gets_no_adult_course() -> None:
    decision = decide("hydroxocobalamin", POSSIBLE, *SIGNS)
    assert proposals(decision) == []
    assert cards(decision) == [(Topic.DATA, INFO)]
    assert any("type of the inherited defect" in name for name in decision.advice[0].missing)


def test_a_defect_that_only_the_order_names_turns_the_adult_schedules_off() -> None:
    named = "order's reason: inherited cobalamin defect"
    for order in ("hydroxocobalamin 20000 ug IM daily", "hydroxocobalamin 1000 ug IM weekly"):
        assert cards(decide(order, *SIGNS)) != []
        assert [topic for topic, _ in cards(decide(order, named, *SIGNS))] in ([], [Topic.REFER])


@pytest.mark.parametrize("order", ["cyanocobalamin 1000 ug IM every 1 mo", "multivitamin 5 ug oral daily"])
def test_homocystinuria_of_no_stated_type_is_a_line_that_some_card_prints(order: str) -> None:
    decision = decide(
        order, "diagnosis: homocystinuria, type not stated, 900 days ago", "eGFR 80 mL/min/1.73m2, 9 days ago"
    )
    assert any("type of the homocystinuria" in name for advice in decision.advice for name in advice.missing)


def test_it_is_no_line_beside_hydroxocobalamin() -> None:
    untyped = "diagnosis: homocystinuria, type not stated, 900 days ago"
    assert cards(decide("hydroxocobalamin 1000 ug IM every 2 mo", untyped)) == []
