"""High-dose or long-continued folic acid with B12 replete and no folate deficiency on record: is it indicated?

Recommendation: R-FOLATE-DOC, R-FOLATE-5MG (seeds 001, 003).
Strength: consensus.

When an adult is ordered folic acid of 5 mg a day or more, or above 0.4 mg a day that has already been taken
    for more than 4 months (by the order that is renewed or changed, or by products beside it),
    without a standing indication and without folate deficiency on record,
    and B12 deficiency is unlikely, or a cobalamin on record covers,
    and folate is in range, or was never measured,
Then inform. The service never proposes folic acid.
"""

from cds_service.clinical import evidence, words
from cds_service.clinical.absence import not_on_record
from cds_service.clinical.concepts import Answer, ResourceKind
from cds_service.clinical.cover import Cover, CoverSource
from cds_service.clinical.deficiency import DeficiencyStatus
from cds_service.clinical.folate import ExemptionKind
from cds_service.clinical.outcomes import CannotTell, NotApplicable, Offer, Outcome, Recommend, Rule, Saying
from cds_service.clinical.review import Review
from cds_service.clinical.tests_due import (
    folate_deficiency_recorded,
    folate_is_low,
    folate_never_measured,
    folate_results,
    folic_acid_is_high_or_long,
)
from cds_service.clinical.topics import Family, Indicator, Topic
from cds_service.knowledge.rules.folic_acid_order import dose_unreadable, folic_acid, not_folic_acid


def evaluate(review: Review) -> Outcome:
    if (other := not_folic_acid(review)) is not None:
        return other
    if review.patient.adult is Answer.UNKNOWN:
        return CannotTell(("birth date",))
    if review.patient.adult is Answer.NO:
        return NotApplicable("under 18, and deficiency is not confirmed")
    if dose_unreadable(review):
        return NotApplicable("the dose cannot be read")
    if not folic_acid_is_high_or_long(review):
        because = "folic acid below 5 mg a day for no more than 4 months"
        return not_on_record(review, because, ResourceKind.MEDICATIONS, ResourceKind.STATEMENTS)
    if review.exemption.kind is not ExemptionKind.NONE:
        return NotApplicable(f"folic acid has a standing indication: {review.exemption.why}")
    cover = review.patient.cover
    covered = cover.cover is Cover.FULL and cover.source is CoverSource.RECORD
    if review.deficiency.status is not DeficiencyStatus.UNLIKELY and not covered:
        return NotApplicable("B12 is not known to be replete")
    if not review.patient.snapshot.told(ResourceKind.CONDITIONS):
        return CannotTell(review.patient.gap_names(ResourceKind.CONDITIONS))
    if folate_deficiency_recorded(review) or folate_is_low(review) is Answer.YES:
        return NotApplicable("folate deficiency is documented")
    if folate_is_low(review) is Answer.UNKNOWN and not folate_never_measured(review):
        return CannotTell(("serum folate",))
    key = "folate_undocumented.never_measured" if folate_never_measured(review) else "folate_undocumented.in_range"
    return Recommend(
        indicator=Indicator.INFO,
        say=Saying(key, folic_acid(review)),
        recommendations=("R-FOLATE-DOC", "R-FOLATE-5MG"),
        found=(
            evidence.folic_acid(review),
            *evidence.deficiency(review),
            *evidence.cover(review),
            *map(evidence.result, folate_results(review)),
        ),
        offer=Offer.NOTHING,
        paragraphs=words.result_remarks(review),
    )


RULE = Rule(
    id="T-FOLATE-DOC",
    topic=Topic.FOLATE_DOC,
    family=Family.FOLATE,
    title="Folic acid without a documented indication",
    source="S-SEEDS",
    recommendations=("R-FOLATE-DOC", "R-FOLATE-5MG"),
    evaluate=evaluate,
)
