"""A known inherited cobalamin defect when a chart is opened: what T-REFER and T-DATA say, one of the two at a time.

Recommendation: R-REFER-URGENT, SG-08, SG-25. Section 10 is off in these defects.
Strength: expert consensus, and this project's judgement: the tables name no card of the chart for them.

When the chart of a patient of any age is opened, the defect is known (1.5), and care is not end-of-life care,
Then, with neurological signs that are worse, recurrent, of the last 6 months, or undated: T-REFER informs, whether
    treatment covers, does not cover, or could not be told: metabolic and neurology advice today;
    without such signs, where no cobalamin on record covers (1.4), or that could not be told: T-DATA informs that
    treatment is not on record: metabolic advice today. Where treatment covers, silence.
Silent as well while that advice is on order (90 days).
No form is offered, and no dose and no interval are named: the metabolic team sets them.
"""

from cds_service.clinical import evidence
from cds_service.clinical.absence import not_on_record
from cds_service.clinical.concepts import Answer, ResourceKind
from cds_service.clinical.conditions import Concept
from cds_service.clinical.cover import Cover
from cds_service.clinical.errands import Referral
from cds_service.clinical.neurology import CourseStatus
from cds_service.clinical.outcomes import CannotTell, Input, NotApplicable, Offer, Outcome, Recommend, Saying
from cds_service.clinical.review import Review
from cds_service.clinical.scope import inherited_defect_diagnoses
from cds_service.clinical.topics import Indicator, Standing
from cds_service.clinical.validity import within_months

_COVER = {Cover.FULL: "treated", Cover.UNKNOWN: "not_told", Cover.TRACE: "untreated", Cover.NONE: "untreated"}


def advice_for_signs(review: Review) -> Outcome:
    """T-REFER at the chart."""
    if (off := _not_asked(review)) is not None:
        return off
    if not new_signs(review):
        because = "no neurological sign that is new or worse"
        return not_on_record(review, because, ResourceKind.FINDINGS, ResourceKind.CONDITIONS)
    if review.patient.ordered >= {Referral.METABOLIC, Referral.NEUROLOGY}:
        return NotApplicable("urgent advice is on order")
    return Recommend(
        indicator=Indicator.INFO,
        say=Saying(f"urgent_referral.chart_{_COVER[review.patient.cover.cover]}"),
        recommendations=("R-REFER-URGENT", "SG-08"),
        found=(*_found(review), *evidence.neurology(review)),
        offer=Offer.NOTHING,
        referrals=(Referral.METABOLIC, Referral.NEUROLOGY),
        missing=_not_told(review),
    )


def treatment_not_on_record(review: Review) -> Outcome:
    """T-DATA at the chart."""
    if (off := _not_asked(review)) is not None:
        return off
    cover = review.patient.cover.cover
    if cover is Cover.FULL:
        return NotApplicable("treatment is on record, and the metabolic team sets it")
    if new_signs(review):
        return NotApplicable("neurological signs: the card of urgent advice speaks")
    if Referral.METABOLIC in review.patient.ordered:
        return NotApplicable("metabolic advice is on order")
    return Recommend(
        indicator=Indicator.INFO,
        say=Saying(f"data_gap.inherited_defect_{_COVER[cover]}"),
        recommendations=("SG-08", "SG-25"),
        found=_found(review),
        offer=Offer.NOTHING,
        both_options=True,
        standing=Standing.HIGHER,
        referrals=(Referral.METABOLIC,),
        missing=_not_told(review),
    )


def new_signs(review: Review) -> bool:
    """New or worsening (2.8). A sign without a date is not called old; one that the prescriber states is today's."""
    found = review.neurology
    if found.course is CourseStatus.RECURRENT_OR_WORSE:
        return True
    if not found.present:
        return False
    today, months = review.patient.snapshot.today, review.t.neuro_recent_months
    return found.stated or found.day is None or within_months(found.day, today, months)


def _not_asked(review: Review) -> NotApplicable | CannotTell | None:
    if review.patient.inherited_defect is not Answer.YES:
        return not_on_record(review, "no known inherited cobalamin defect", ResourceKind.CONDITIONS)
    return NotApplicable("end-of-life care") if review.patient.has(Concept.END_OF_LIFE_CARE) else None


def _found(review: Review) -> tuple[Input, ...]:
    defects = map(evidence.diagnosis, inherited_defect_diagnoses(review.patient.snapshot))
    told = review.patient.cover.cover is not Cover.UNKNOWN
    return (*defects, *(evidence.treatment_on_record(review) if told else evidence.cover(review)))


def _not_told(review: Review) -> tuple[str, ...]:
    if review.patient.cover.cover is not Cover.UNKNOWN:
        return ()
    told = review.patient.gap_names(ResourceKind.MEDICATIONS, ResourceKind.STATEMENTS)
    by = review.patient.cover.by
    return told or ((by,) if by else ())
