"""What was not told is never called absent by a rule, with or without a card (SG-25)."""

import re

import pytest

from cds_service.clinical.concepts import ResourceKind
from cds_service.clinical.outcomes import CannotTell, NotApplicable, Verdict
from cds_service.clinical.patient_review import PatientReview
from cds_service.clinical.review import Review
from cds_service.knowledge.tables import load
from tests.case_language import read
from tests.test_invariants import ORDERS

KNOWLEDGE = load().knowledge
REFUSED = [f"not told: {kind.value} refused" for kind in ResourceKind]
ABSENCE = re.compile(r"(no|neither|none|not) ")
# These are read from the order in hand.
OF_THE_ORDER = re.compile(
    r"no (dose|timing) is stated|no cobalamin and no treatment dose|not (an? |by mouth|loading)|neither loading"
)


def verdicts(order: str, given: list[str]) -> list[Verdict]:
    situation = read(given)
    orders = situation.orders(order)
    patient = PatientReview(situation.snapshot(), () if orders[0].nothing_ordered else orders, KNOWLEDGE, frozenset())
    review = Review(orders[0], patient)
    return [Verdict(rule, order, rule.evaluate(review)) for rule in KNOWLEDGE.rules_about(review.occasion)]


@pytest.mark.parametrize("known", ["diagnosis: vitamin B12 deficiency, 30 days ago", "B12 500 pg/mL, 5 days ago", ""])
@pytest.mark.parametrize("order", [*ORDERS, "chart opened"])
def test_of_a_record_that_was_refused_nothing_is_called_absent(order: str, known: str) -> None:
    for verdict in verdicts(order, [*REFUSED, *filter(None, [known])]):
        if isinstance(verdict.outcome, NotApplicable):
            because = verdict.outcome.because
            assert OF_THE_ORDER.match(because) or not ABSENCE.match(because), f"{verdict.rule.id}: {because}"


def test_of_a_record_that_was_told_in_full_much_is() -> None:
    found = [each.outcome for each in verdicts("hydroxocobalamin 1000 ug IM every 2 d", [])]
    assert NotApplicable("no anticoagulant, high INR or bleeding disorder on record") in found
    assert NotApplicable("no pregnancy on record") in found
    assert CannotTell(("Condition: refused by the server",)) not in found
