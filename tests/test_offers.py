"""What an answer offers, and what it says it could not check before offering it."""

import pytest

from cds_service.clinical.errands import Referral
from cds_service.clinical.outcomes import ChangeOrder, Refer, Saying
from tests.test_folate_combinations import FIVE, LOW, SIGNS, decide


def test_a_folate_card_that_adds_a_cobalamin_names_what_it_could_not_check() -> None:
    advice = decide(FIVE, LOW, "not told: AllergyIntolerance refused", "not told: MedicationStatement refused").advice[
        0
    ]
    assert advice.suggestions
    assert set(advice.missing) == {
        "AllergyIntolerance: refused by the server",
        "MedicationStatement: refused by the server",
        "full blood count and potassium not on record (last 30 and 7 days)",
    }


def test_two_drafts_do_not_become_the_same_course() -> None:
    decision = decide("cyanocobalamin", "also drafted: cyanocobalamin", LOW, SIGNS, "eGFR 30 mL/min/1.73m2, 9 days ago")
    changed = {action.index for s in decision.advice[0].suggestions for action in s.actions if hasattr(action, "index")}
    assert len(changed) == 1
    assert Saying("offer.another_draft") in decision.advice[0].paragraphs


def test_a_cobalamin_added_beside_folic_acid_with_signs_comes_with_the_urgent_referrals() -> None:
    actions = decide(FIVE, LOW, SIGNS).advice[0].suggestions[0].actions
    assert {action.referral for action in actions if isinstance(action, Refer)} == {
        Referral.NEUROLOGY,
        Referral.HAEMATOLOGY,
    }


@pytest.mark.parametrize(
    ("length", "regimens"),
    [
        ("45 cm", ["maintenance_monthly", "maintenance_non_neurological"]),
        ("20 cm", ["maintenance_non_neurological"]),
    ],
)
def test_monthly_prophylaxis_is_for_ileal_resections_above_20_cm(length: str, regimens: list[str]) -> None:
    resected = ("procedure: ileal resection, 900 days ago", f"length of ileum resected: {length}")
    advice = decide("hydroxocobalamin", *resected).advice[0]
    changed = [a.proposal.regimen for s in advice.suggestions for a in s.actions if isinstance(a, ChangeOrder)]
    assert changed == regimens
