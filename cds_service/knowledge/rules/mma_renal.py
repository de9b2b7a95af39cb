"""Methylmalonic acid is high, and the kidneys may be the cause: it does not settle vitamin B12 status.

Recommendation: R-MMA-271, as resolved by C-17 and SG-18.
Strength: one study found that, unadjusted, methylmalonic acid overestimates deficiency by 40 %.

When methylmalonic acid of the last 90 days is above the report's own limit, or without one above 271 nmol/L,
    and eGFR is below 60 mL/min/1.73 m2, unstable, or not known,
Then inform: interpretation only, no order.
"""

from cds_service.clinical.outcomes import NotApplicable, Offer, Outcome, Recommend, Rule, Saying
from cds_service.clinical.review import Review
from cds_service.clinical.snapshot import LabResult
from cds_service.clinical.topics import Family, Indicator, Occasion, Topic
from cds_service.knowledge.rules.mma_result import found, high_mma, homocysteine_on_record, kidneys_allow, values


def evaluate(review: Review) -> Outcome:
    result = high_mma(review)
    if not isinstance(result, LabResult):
        return result
    if kidneys_allow(review):
        return NotApplicable("eGFR is 60 or more: the result can be read")
    unknown = review.patient.renal_unknown and review.patient.renal.egfr is None
    homocysteine = homocysteine_on_record(review)
    return Recommend(
        indicator=Indicator.INFO,
        say=Saying(f"mma_renal.{'unknown' if unknown else 'low'}", values(result)),
        recommendations=("R-MMA-271", "C-17", "SG-18", *(("R-HCY-10", "C-04") if homocysteine else ())),
        found=found(review, result),
        offer=Offer.NOTHING,
        missing=("eGFR in date",) if unknown else (),
        paragraphs=(Saying("functional_deficiency.homocysteine"),) if homocysteine else (),
    )


RULE = Rule(
    id="T-MMA-RENAL",
    topic=Topic.MMA_RENAL,
    family=Family.INTERPRETATION,
    title="Methylmalonic acid and the kidneys",
    source="S-MMA",
    recommendations=("R-MMA-271", "R-HCY-10"),
    evaluate=evaluate,
    asked_about=frozenset({Occasion.CHART}),
)
