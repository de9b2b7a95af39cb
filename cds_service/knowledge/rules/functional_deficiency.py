"""Methylmalonic acid is high and the kidneys work: vitamin B12 is short in function, whatever serum B12 says.

Recommendation: R-MMA-271, R-MON-MMA, R-MON-NOT-B12-ALONE, R-FUNC-50PCT, as resolved by C-17, C-24, SG-10 and SG-18.
Strength: population limits that differ between laboratories.

When methylmalonic acid of the last 90 days is above the report's own limit, or without one above 271 nmol/L,
    and a valid eGFR is 60 mL/min/1.73 m2 or more,
Then inform: interpretation only, no order.
"""

from cds_service.clinical.cover import Cover
from cds_service.clinical.due_treatment import chart_cover
from cds_service.clinical.outcomes import NotApplicable, Offer, Outcome, Recommend, Rule, Saying
from cds_service.clinical.review import Review
from cds_service.clinical.snapshot import LabResult
from cds_service.clinical.topics import Family, Indicator, Occasion, Topic
from cds_service.knowledge.rules.mma_result import found, high_mma, homocysteine_on_record, kidneys_allow, values


def evaluate(review: Review) -> Outcome:
    result = high_mma(review)
    if not isinstance(result, LabResult):
        return result
    if not kidneys_allow(review):
        return NotApplicable("eGFR is below 60, unstable or unknown: the renal card speaks")
    on_treatment = chart_cover(review).cover is Cover.FULL
    homocysteine = homocysteine_on_record(review)
    return Recommend(
        indicator=Indicator.INFO,
        say=Saying(f"functional_deficiency.{'on_treatment' if on_treatment else 'untreated'}", values(result)),
        recommendations=(
            *("R-MMA-271", "R-FUNC-50PCT", "R-MON-NOT-B12-ALONE", "C-17", "SG-10"),
            *(("R-HCY-10", "C-04") if homocysteine else ()),
        ),
        found=found(review, result),
        offer=Offer.NOTHING,
        paragraphs=(Saying("functional_deficiency.homocysteine"),) if homocysteine else (),
    )


RULE = Rule(
    id="T-FUNCTIONAL",
    topic=Topic.FUNCTIONAL,
    family=Family.INTERPRETATION,
    title="Functional vitamin B12 deficiency",
    source="S-MMA",
    recommendations=("R-MMA-271", "R-FUNC-50PCT", "R-MON-NOT-B12-ALONE", "R-HCY-10"),
    evaluate=evaluate,
    asked_about=frozenset({Occasion.CHART}),
)
