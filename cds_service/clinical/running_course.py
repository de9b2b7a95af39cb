"""A loading course that runs already and goes on beside the draft: a second one would double it. Knows reviews."""

from datetime import timedelta

from cds_service.clinical.maintenance_interval import ALTERNATE_DAYS
from cds_service.clinical.orders import OrderStatus, Origin
from cds_service.clinical.review import Review
from cds_service.clinical.timing import INTENSIVE_BELOW_DAYS
from cds_service.clinical.treatment import TreatmentRecord

SIX_DOSES = "loading_non_neurological"


def running_course(review: Review) -> TreatmentRecord | None:
    """The loading course that this draft would double; None: no such course.

    An active order at full dose and in a form that this patient may have, which nothing in the bundle renews, changes
    or stops. What a statement tells is no order of ours, and may end any day.
    """
    patient, record = review.patient, review.phase.current
    if record is None or not review.phase.loading_continuing:
        return None
    taken_up = patient.ended | {ref for draft in patient.drafts for ref in (draft.reference, *draft.renews)}
    if record.status is not OrderStatus.ACTIVE or record.origin is Origin.STATEMENT or record.reference in taken_up:
        return None
    dose, interval = record.part.dose, record.interval
    full = dose is None or dose.low_ug >= review.t.standard_dose_ug
    may_go_on = record.form is not None and review.form_to_propose(record.form) is record.form
    return record if full and may_go_on and interval is not None and interval < INTENSIVE_BELOW_DAYS else None


def alternate_days_run(review: Review) -> bool:
    """Is it the course that is due with neurological involvement: alternate days, and not to end before 21 days?"""
    record = running_course(review)
    if record is None or record.interval is None or record.interval > review.t.interval_loading_neuro_days:
        return False
    if record.planned_end is None:
        return True
    enough = timedelta(days=review.t.loading_neuro_min_days)
    return record.start is not None and record.planned_end - record.start >= enough


def loading_is_seen_to(review: Review) -> bool:
    """Is the draft maintenance alone, and the loading that is due drafted with it or under way? Then it stays so.

    With signs a course under way is not enough: it goes on until improvement has stopped (8.1).
    """
    under_way = review.phase.loading_continuing and not review.neurology.present
    return review.maintains_after_loading and review.course.maintenance_only and (review.course.later_part or under_way)


def doubles_it(review: Review, regimen: str | None) -> bool:
    """Would the draft, made into this regimen, be the running course a second time?"""
    if regimen == ALTERNATE_DAYS:
        return alternate_days_run(review)
    return regimen == SIX_DOSES and running_course(review) is not None
