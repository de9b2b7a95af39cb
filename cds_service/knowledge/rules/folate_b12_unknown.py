"""Folic acid while vitamin B12 status is not known: test B12 first.

Recommendation: R-FOLATE-CONFIRM (seeds 001, 004), R-FOLATE-BEFORE; resolved by SG-12, SG-13 and SG-16.
Strength: consensus, and the label of folic acid.

When an adult is ordered folic acid above 0.4 mg a day, no cobalamin fully covers,
    and B12 deficiency is suspected, or B12 status is indeterminate or unknown,
Then warn and offer the test that settles it;
    where deficiency is suspected and neurological involvement is present, start cobalamin and test without waiting:
    this warns whatever the indication.
With a standing indication, otherwise: where deficiency is suspected, inform;
    where B12 status is indeterminate or unknown, inform in haemolysis and dialysis, and with phenytoin, valproate,
    sulfasalazine or pyrimethamine; be silent with methotrexate, pemetrexed or pralatrexate, with folic acid once
    weekly of 10 mg or less, and in pregnancy or planned pregnancy up to 5 mg a day in all.
    In breast-feeding no more than 0.4 mg a day is a standing indication, so that this card warns above it.
    These cards ask to check vitamin B12 now and say that folic acid goes on: nothing delays it where its indication
    stands.
Where the cobalamin among the drafts starts in more than 7 days, ask to bring it forward and add none; where a critical
    card speaks of it, say that it does not count.
Where status is indeterminate by a code alone, or by a high methylmalonic acid with eGFR below 60 or unknown, say so:
    no vitamin B12 lies between the limits.
Where the dose cannot be read, inform at most.
"""

from cds_service.clinical import evidence, words
from cds_service.clinical.concepts import Analyte, Answer, ResourceKind
from cds_service.clinical.cover import Cover
from cds_service.clinical.deficiency import DeficiencyStatus, Strength
from cds_service.clinical.folate import ExemptionKind
from cds_service.clinical.outcomes import CannotTell, NotApplicable, Offer, Outcome, Recommend, Rule, Saying
from cds_service.clinical.review import Review
from cds_service.clinical.tests_due import b12_missing, b12_tests
from cds_service.clinical.topics import Family, Indicator, Topic
from cds_service.knowledge.rules.folic_acid_order import (
    at_most,
    dose_unreadable,
    drafted_cobalamin,
    drafted_too_late,
    folic_acid,
    treatment_dose_without_cover,
)
from cds_service.knowledge.rules.regimen import URGENT

_WARNING, _INFO = Indicator.WARNING, Indicator.INFO
UNLIKELY_BY_MMA_ROW = 16  # derivations 4.2: with signs, a B12 between the limits is row 8, whatever the MMA
_KEYS = {
    DeficiencyStatus.SUSPECTED: "folate_b12_unknown.suspected",
    DeficiencyStatus.INDETERMINATE: "folate_b12_unknown.indeterminate",  # or what _what_leaves_it_open finds
    DeficiencyStatus.UNKNOWN: "folate_b12_unknown.unknown",
}


def evaluate(review: Review) -> Outcome:
    if (ends := treatment_dose_without_cover(review)) is not None:
        return ends
    status = review.deficiency.status
    if (
        status is DeficiencyStatus.UNLIKELY
        and review.deficiency.row == UNLIKELY_BY_MMA_ROW
        and review.neurology.unknown
    ):
        return CannotTell(("neurological examination",))
    if status not in _KEYS:
        return NotApplicable(f"vitamin B12 deficiency is {status.value}")
    if review.patient.adult is Answer.UNKNOWN:
        return CannotTell(("birth date",))
    if review.patient.adult is Answer.NO:
        return NotApplicable("under 18, and deficiency is not confirmed")
    indicator = at_most(_indicator(review), _INFO) if dose_unreadable(review) else _indicator(review)
    if indicator is None and review.neurology.unknown:
        return CannotTell(("neurological examination",))
    if indicator is None:
        return NotApplicable(f"folic acid has a standing indication: {review.exemption.why}")
    start_now = status is DeficiencyStatus.SUSPECTED and review.neurology.present
    key = "folate_b12_unknown.neurological" if start_now else _what_leaves_it_open(review) or _KEYS[status]
    if not start_now and review.exemption.kind is not ExemptionKind.NONE:
        key += "_standing"
    missing = b12_missing(review)
    if start_now:
        missing += review.cobalamin_gaps
    elif review.patient.cover.cover is Cover.UNKNOWN:
        missing += review.patient.gap_names(ResourceKind.MEDICATIONS)
    return Recommend(
        indicator=indicator,
        say=Saying(key, folic_acid(review)),
        recommendations=("R-FOLATE-CONFIRM", "R-FOLATE-BEFORE", "SG-12"),
        found=(
            evidence.folic_acid(review),
            *evidence.deficiency(review),
            *evidence.neurology(review),
            *evidence.cover(review),
        ),
        offer=Offer.ADD_COBALAMIN if start_now and not drafted_too_late(review) else Offer.NOTHING,
        referrals=URGENT if start_now else (),
        tests=b12_tests(review),
        missing=tuple(dict.fromkeys(missing)),
        paragraphs=(*_draft(review), *words.folic_acid_paragraphs(review)),
    )


def _what_leaves_it_open(review: Review) -> str | None:
    """4.2 rows 14 and 15, where it is no result between the limits: a code alone, or a high MMA that no eGFR explains.

    None: a result, or another status.
    """
    found = review.deficiency
    if found.status is not DeficiencyStatus.INDETERMINATE:
        return None
    if found.strength is Strength.AMBIGUOUS_CODE:
        return "folate_b12_unknown.coded"
    high_mma = any(result.analyte is Analyte.MMA for result in found.inputs)
    return "folate_b12_unknown.mma_unclear" if high_mma else None


def _draft(review: Review) -> tuple[Saying, ...]:
    """Why the cobalamin among the drafts is not enough."""
    if review.patient.cover.left_out is None:
        return ()
    key = "draft_later" if drafted_too_late(review) else "draft_not_counted"
    return (Saying(f"folate_b12_unknown.{key}", drafted_cobalamin(review)),)


def _indicator(review: Review) -> Indicator | None:
    """Rows "suspected" to "unknown" of the table in derivations 7.2."""
    kind, status = review.exemption.kind, review.deficiency.status
    if kind is ExemptionKind.NONE:
        return _WARNING
    if status is DeficiencyStatus.SUSPECTED:
        return _WARNING if review.neurology.present else _INFO
    return _INFO if kind is ExemptionKind.STANDING else None


RULE = Rule(
    id="T-FOLATE-B12-UNKNOWN",
    topic=Topic.FOLATE_B12_UNKNOWN,
    family=Family.FOLATE,
    title="Folic acid while vitamin B12 status is unknown",
    source="S-FDA-FA",
    recommendations=(
        "R-FOLATE-CONFIRM",
        "SG-12",
        "SG-13",
        "SG-16",
        "R-FOLATE-BEFORE",
    ),
    evaluate=evaluate,
)
