"""The options of a relapse: a disease that names B12 deficiency, and signs that only persist (9.2 rows 4, 9, 10)."""

import pytest

from cds_service.clinical.evaluate import evaluate
from cds_service.clinical.topics import Indicator, Topic
from tests.applying import applied, now_ordered
from tests.case_language import read
from tests.test_cases import KNOWLEDGE
from tests.test_regimen_combinations import cards, regimens
from tests.test_relapse_combinations import ALTERNATE, MONTHLY, PERSISTS, TWO_TO_FOUR, URGENT, decide, held, referrals

EVERY_3_MONTHS = held("every 3 mo")
TWO_MONTHLY = "maintenance_neurological"
CORD = "diagnosis: subacute combined degeneration of the cord, 20 days ago"
NOT_MONTHLY = (Topic.RECUR, Indicator.WARNING)


@pytest.mark.parametrize("draft", ["every 3 mo", "every 2 mo", "every 1 mo", "every 2 wk", ""])
def test_a_new_disease_specific_to_b12_is_answered_by_alternate_days_alone(draft: str) -> None:
    decision = decide(f"hydroxocobalamin 1000 ug IM {draft}", EVERY_3_MONTHS, CORD)
    assert NOT_MONTHLY in cards(decision)
    assert regimens(decision) == [ALTERNATE]
    assert referrals(decision.advice[0].suggestions[0]) == URGENT


def test_alternate_days_applied_silence_it() -> None:
    situation = read([EVERY_3_MONTHS, CORD, "order renews what is taken"])
    drafts = situation.orders("hydroxocobalamin 1000 ug IM every 1 mo")
    chosen = evaluate(drafts, situation.snapshot(), KNOWLEDGE).advice[0].suggestions[0]
    after = evaluate(applied(drafts, chosen, KNOWLEDGE), situation.snapshot(), KNOWLEDGE, now_ordered(chosen))
    assert Topic.RECUR not in {topic for topic, _ in cards(after)}


def test_a_step_to_monthly_did_not_answer_it_and_three_weeks_of_alternate_days_did() -> None:
    cord = "diagnosis: subacute combined degeneration of the cord, 200 days ago"
    earlier = "took: hydroxocobalamin 1000 ug IM every 3 mo for 1200 d, since 1400 days"
    monthly = "hydroxocobalamin 1000 ug IM every 1 mo"
    assert NOT_MONTHLY in cards(decide(monthly, held("every 1 mo", days=190), earlier, cord))
    course = "took: hydroxocobalamin 1000 ug IM every 2 d for 25 d, since 195 days"
    assert NOT_MONTHLY not in cards(decide(monthly, held("every 1 mo", days=170), earlier, course, cord))


def test_signs_that_persist_on_3_monthly_are_offered_2_monthly_before_what_is_shorter() -> None:
    decision = decide("hydroxocobalamin 1000 ug IM every 3 mo", EVERY_3_MONTHS, PERSISTS)
    assert decision.advice[0].say.key == "regimen_neurological.interval_too_long"
    assert regimens(decision) == [TWO_MONTHLY, MONTHLY, TWO_TO_FOUR]


def test_an_interval_that_is_not_shorter_than_the_current_one_is_no_option() -> None:
    assert regimens(decide("hydroxocobalamin 1000 ug IM every 2 mo", held("every 2 mo"), PERSISTS)) == [
        MONTHLY,
        TWO_TO_FOUR,
    ]
