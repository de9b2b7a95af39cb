"""Cyanocobalamin while creatinine is not steady: eGFR is not valid, choose another form.

Recommendation: SG-22 (AKI makes eGFR invalid), read with R-RENAL-ANY.
Strength: definition of acute kidney injury (KDIGO); the consequence for the form of B12 is this project's judgement.

When an adult is ordered cyanocobalamin, or a vitamin B12 whose form is not stated,
    and creatinine has just changed by 0.3 mg/dL (26.5 umol/L) within 48 hours, or by a factor of 1.5 within 7 days,
     or acute kidney injury was recorded in the last 30 days with no steady pair of results since,
Then warn that eGFR cannot be relied on, and offer the same treatment with another form;
    for a single dose of 100 to 499 micrograms, or where the form is not stated, inform.
"""

from cds_service.clinical import evidence, words
from cds_service.clinical.concepts import ResourceKind
from cds_service.clinical.outcomes import (
    CannotTell,
    Family,
    Indicator,
    LabTest,
    NotApplicable,
    Offer,
    Outcome,
    Recommend,
    Rule,
    Saying,
    Topic,
)
from cds_service.clinical.renal import RenalStatus
from cds_service.clinical.review import Review
from cds_service.knowledge.rules.cyanocobalamin_order import cyanocobalamin_order


def evaluate(review: Review) -> Outcome:
    order = cyanocobalamin_order(review)
    if not isinstance(order, Indicator):
        return order
    renal = review.patient.renal
    if renal.status is RenalStatus.NOT_TOLD:
        return CannotTell(review.patient.gap_names(ResourceKind.RESULTS))
    if renal.status is not RenalStatus.UNSTABLE:
        return NotApplicable(f"renal status is {renal.status.value}")
    found = [
        evidence.order(review),
        *(evidence.result(result) for result in review.patient.unstable_creatinines),
        *(evidence.diagnosis(code) for code in renal.codes),
    ]
    return Recommend(
        indicator=order,
        say=Saying("renal_function_unstable.found", {"drug": words.drug(review)}),
        recommendations=("SG-22", "R-RENAL-ANY"),
        found=tuple(found),
        offer=Offer.NOTHING if order is Indicator.INFO and review.non_parenteral else Offer.CORRECTION,
        tests=(LabTest.CREATININE_EGFR,) if review.cyanocobalamin_is_the_only_form else (),
        paragraphs=words.vitamin_b12_note(review),
    )


RULE = Rule(
    id="T-AKI",
    topic=Topic.AKI,
    family=Family.FORM,
    title="Cyanocobalamin while renal function is unstable",
    source="S-KDIGO-AKI",
    recommendations=("SG-22",),
    evaluate=evaluate,
)
