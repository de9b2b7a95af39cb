"""Bariatric surgery, and pregnant or planning pregnancy: vitamin B12 every 3 months.

Recommendation: R-BARI-PREG, R-BARI-MICRO (seeds 001 and 004), as resolved by C-25.
Strength: consensus.

When bariatric surgery is on record, the patient is pregnant or plans to be,
    and no B12 or holotranscobalamin of the last 90 days is on record, nor on order,
Then inform, with an order for holotranscobalamin; beta-carotene, not retinol.
"""

from datetime import timedelta

from cds_service.clinical import evidence
from cds_service.clinical.absence import not_on_record
from cds_service.clinical.cause_follow_up import pregnant_or_planning
from cds_service.clinical.concepts import Answer, ResourceKind
from cds_service.clinical.conditions import BARIATRIC
from cds_service.clinical.due_treatment import not_for_this_patient
from cds_service.clinical.errands import LabTest
from cds_service.clinical.follow_up_item import B12_RESULTS, results_of
from cds_service.clinical.outcomes import CannotTell, NotApplicable, Offer, Outcome, Recommend, Rule, Saying
from cds_service.clinical.review import Review
from cds_service.clinical.snapshot import Availability
from cds_service.clinical.topics import Family, Indicator, Occasion, Topic

_RECEIVED = (Availability.COMPLETE, Availability.INCOMPLETE)


def evaluate(review: Review) -> Outcome:
    patient = review.patient
    if not patient.has(*BARIATRIC):
        return not_on_record(review, "no bariatric surgery on record", ResourceKind.PROCEDURES, ResourceKind.CONDITIONS)
    if not pregnant_or_planning(review):
        because = "neither a pregnancy nor a planned one on record"
        return not_on_record(review, because, ResourceKind.CONDITIONS, ResourceKind.FINDINGS)
    if why := not_for_this_patient(review):
        return NotApplicable(why)
    if patient.snapshot.availability_of(ResourceKind.RESULTS) not in _RECEIVED:
        return CannotTell(patient.gap_names(ResourceKind.RESULTS))
    results = results_of(review, *B12_RESULTS)
    earliest = patient.snapshot.today - timedelta(days=review.t.bariatric_pregnancy_valid_days)
    if any(result.day >= earliest for result in results):
        return NotApplicable("measured in the last 90 days")
    if patient.ordered & {LabTest.B12, LabTest.HOLOTRANSCOBALAMIN}:
        return NotApplicable("already on order")
    pregnant = patient.pregnant is Answer.YES
    return Recommend(
        indicator=Indicator.INFO,
        say=Saying(f"bariatric_pregnancy.{'pregnant' if pregnant else 'planning'}"),
        recommendations=("R-BARI-PREG", "R-BARI-MICRO", "C-25", "SG-02"),
        found=(
            *map(evidence.operation, patient.snapshot.had_operation(*BARIATRIC)),
            *map(evidence.diagnosis, patient.snapshot.current(*BARIATRIC)),
            *map(evidence.result, results[:1]),
            *evidence.treatment_on_record(review),
        ),
        offer=Offer.NOTHING,
        tests=(LabTest.HOLOTRANSCOBALAMIN,),
        missing=patient.gap_names(ResourceKind.RESULTS, ResourceKind.MEDICATIONS),
    )


RULE = Rule(
    id="T-BARI-PREG",
    topic=Topic.BARI_PREG,
    family=Family.PERSON,
    title="Bariatric surgery and pregnancy",
    source="S-SEEDS",
    recommendations=("R-BARI-PREG", "R-BARI-MICRO"),
    evaluate=evaluate,
    asked_about=frozenset({Occasion.CHART}),
)
