"""What an answer offers, and what it says it could not check before offering it."""

from cds_service.clinical.outcomes import Saying
from tests.test_folate_combinations import FIVE, LOW, SIGNS, decide


def test_a_folate_card_that_adds_a_cobalamin_names_what_it_could_not_check() -> None:
    advice = decide(FIVE, LOW, "not told: AllergyIntolerance refused", "not told: MedicationStatement refused").advice[
        0
    ]
    assert advice.suggestions
    assert set(advice.missing) == {
        "AllergyIntolerance: refused by the server",
        "MedicationStatement: refused by the server",
    }


def test_two_drafts_do_not_become_the_same_course() -> None:
    decision = decide("cyanocobalamin", "also drafted: cyanocobalamin", LOW, SIGNS, "eGFR 30 mL/min/1.73m2, 9 days ago")
    changed = {action.index for s in decision.advice[0].suggestions for action in s.actions if hasattr(action, "index")}
    assert len(changed) == 1
    assert Saying("offer.another_draft") in decision.advice[0].paragraphs
