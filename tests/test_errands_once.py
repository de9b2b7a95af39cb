"""Each test and referral is offered on one card of an answer: two clicks must not send two referrals."""

from collections import Counter

import pytest

from cds_service.clinical.errands import LabTest, Referral
from cds_service.clinical.outcomes import Decision, DeleteOrder, OrderTest, Refer
from cds_service.clinical.topics import Topic
from tests.test_form_combinations import card, decide, paragraphs

SIGN = ("B12 110 pg/mL, 7 days ago", "sign: paraesthesia, 5 days ago")
PREGNANT = ("woman of 30", "diagnosis: pregnant, 60 days ago")
WEEKLY = "hydroxocobalamin 1000 ug IM weekly"
ALTERNATE_DAYS = "hydroxocobalamin 1000 ug IM every 2 d"
RELAPSE = ("takes: hydroxocobalamin 1000 ug IM every 3 mo, since 900 days", "worse: paraesthesia, 5 days ago")


def offered(decision: Decision) -> Counter[LabTest | Referral]:
    """On how many cards each is offered."""
    found: Counter[LabTest | Referral] = Counter()
    for advice in decision.advice:
        actions = [action for suggestion in advice.suggestions for action in suggestion.actions]
        tests = {action.test for action in actions if isinstance(action, OrderTest)}
        found.update(tests | {action.referral for action in actions if isinstance(action, Refer)})
    return found


@pytest.mark.parametrize(
    ("order", "given"),
    [
        pytest.param(WEEKLY, (*SIGN, *PREGNANT), id="pregnancy and regimen"),
        pytest.param(WEEKLY, (*SIGN, "platelets 9 10*9/L, 2 days ago"), id="platelets and regimen"),
        pytest.param(WEEKLY, (*SIGN, *PREGNANT, "platelets 18 10*9/L, 2 days ago"), id="all three"),
        pytest.param(WEEKLY, (*SIGN, "allergy: cobalt, severe"), id="allergy and regimen"),
        pytest.param(
            ALTERNATE_DAYS,
            (*SIGN, *PREGNANT, "platelets 9 10*9/L, 2 days ago", "haemoglobin 60 g/L, 2 days ago"),
            id="potassium, platelets and pregnancy",
        ),
    ],
)
def test_each_is_offered_on_one_card(order: str, given: tuple[str, ...]) -> None:
    decision = decide(order, *given)
    assert len(decision.advice) > 1
    found = offered(decision)
    assert found[Referral.HAEMATOLOGY] == 1
    assert set(found.values()) == {1}


def test_the_card_of_the_proposal_has_it_first_and_the_other_keeps_its_words() -> None:
    decision = decide(WEEKLY, *SIGN, *PREGNANT)
    regimen, pregnancy = card(decision, Topic.REGIMEN_NEURO), card(decision, Topic.PREG)
    assert all(Refer(Referral.HAEMATOLOGY) in each.actions for each in regimen.suggestions)
    (left,) = pregnancy.suggestions
    assert left.actions == (Refer(Referral.OBSTETRICS),)
    assert pregnancy.say.key == "pregnancy.neurological"


def test_without_a_proposal_the_most_urgent_card_has_it() -> None:
    child = ("child of 14", *SIGN, "platelets 9 10*9/L, 2 days ago")
    decision = decide(ALTERNATE_DAYS, *child)
    assert [advice.rule.topic for advice in decision.advice] == [Topic.PLT, Topic.PEDS]
    assert [Refer(Referral.HAEMATOLOGY) in s.actions for a in decision.advice for s in a.suggestions] == [True, False]


def test_the_tests_of_t_k_stay_with_t_k() -> None:
    given = (*SIGN, "haemoglobin 60 g/L, 2 days ago", "potassium 2.9 mmol/L, 2 days ago")
    decision = decide(WEEKLY, *given)
    (suggestion,) = card(decision, Topic.POTASSIUM).suggestions
    assert set(suggestion.actions) == {OrderTest(LabTest.POTASSIUM), OrderTest(LabTest.CBC)}
    assert offered(decision)[LabTest.POTASSIUM] == 1


def test_what_another_card_asks_for_in_any_case_rides_on_every_option() -> None:
    """A relapse refers with its first option only; few platelets refer whichever option is chosen."""
    first_only = card(decide("hydroxocobalamin 1000 ug IM every 3 mo", *RELAPSE), Topic.RECUR)
    assert [Refer(Referral.HAEMATOLOGY) in each.actions for each in first_only.suggestions] == [True, False, False]
    decision = decide("hydroxocobalamin 1000 ug IM every 3 mo", *RELAPSE, "platelets 18 10*9/L, 2 days ago")
    recurrence = card(decision, Topic.RECUR)
    assert [Refer(Referral.HAEMATOLOGY) in each.actions for each in recurrence.suggestions] == [True, True, True]
    assert [Refer(Referral.NEUROLOGY) in each.actions for each in recurrence.suggestions] == [True, False, False]
    assert offered(decision)[Referral.HAEMATOLOGY] == 1
    assert card(decision, Topic.PLT).suggestions == ()


def test_no_draft_is_taken_away_without_its_referral() -> None:
    for given in (("allergy: hydroxocobalamin, severe",), ("allergy: hydroxocobalamin, severe", *PREGNANT)):
        decision = decide(WEEKLY, *SIGN, *given)
        for advice in decision.advice:
            for suggestion in advice.suggestions:
                if any(isinstance(action, DeleteOrder) for action in suggestion.actions):
                    assert any(isinstance(action, Refer) for action in suggestion.actions)


def test_what_pregnancy_changes_is_said_once() -> None:
    """By its own card; without that, by the most urgent of the others."""
    pregnancy_card = decide(WEEKLY, *SIGN, *PREGNANT)
    assert [list(paragraphs(each)).count("paragraph.pregnancy") for each in pregnancy_card.advice] == [0, 0]
    maintenance = (
        *PREGNANT,
        "B12 110 pg/mL, 7 days ago",
        "takes: hydroxocobalamin 1000 ug IM every 6 mo, since 900 days",
    )
    without = decide("hydroxocobalamin 1000 ug IM every 6 mo", *maintenance, "also drafted: folic acid 5 mg oral daily")
    assert Topic.PREG not in [each.rule.topic for each in without.advice]
    assert sum("paragraph.pregnancy" in paragraphs(each) for each in without.advice) == 1
