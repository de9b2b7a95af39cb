"""Which sentence of untreated.toml says at the chart what is due, and what fills it. Decides nothing."""

from datetime import date

from cds_service.clinical import words
from cds_service.clinical.concepts import COBALAMINS, Answer, ProductKind
from cds_service.clinical.deficiency import DeficiencyStatus, Strength
from cds_service.clinical.due_treatment import DueTreatment
from cds_service.clinical.orders import OrderStatus
from cds_service.clinical.outcomes import Saying
from cds_service.clinical.review import Review

_STANDING = {
    OrderStatus.ON_HOLD: "on hold",
    OrderStatus.STOPPED: "stopped",
    OrderStatus.COMPLETED: "completed",
}


def first_course(review: Review, due: DueTreatment, suffix: str) -> str:
    """Which sentence: treatment that lapsed or is too little, a suspicion, a diagnosis perhaps treated elsewhere, or
    none of these."""
    if review.phase.short_course is not None:
        return "untreated.course_too_short"
    if due.since is not None:
        return f"untreated.lapsed_{suffix}"
    if something_runs(review):
        return f"untreated.too_little_{suffix}"
    if review.deficiency.status is DeficiencyStatus.SUSPECTED:
        return "untreated.suspected"
    if review.deficiency.relaxed_for_pregnancy and not review.neurology.present:
        return "untreated.pregnant"
    if review.deficiency.strength is Strength.LABORATORY_OLD and not review.neurology.present:
        return "untreated.old"
    elsewhere = review.deficiency.strength is Strength.DIAGNOSIS
    return f"untreated.elsewhere_{suffix}" if elsewhere else f"untreated.{suffix}"


def next_dose(due: DueTreatment, suffix: str) -> str:
    return "untreated.too_little" if due.since is None else f"untreated.overdue_{suffix}"


def lapse(due: DueTreatment) -> str:
    return "untreated.lapse_assumed" if due.assumed else "untreated.lapse"


def not_known(due: DueTreatment, *, renewal: bool, for_life: bool) -> str:
    """Why it could not be told: the last dose, a renewal, the list of one who was treated, or the list."""
    if renewal:
        return "untreated.last_dose_unknown" if due.assumed else "untreated.renewal"
    return "untreated.ended_unknown" if for_life else "untreated.cover_unknown"


def values(review: Review, due: DueTreatment) -> dict[str, str]:
    return {
        "date": f"{words.day(due.since)} (assumed)" if due.assumed else words.day(due.since),
        "sampled": words.day(review.deficiency.day),
        "standing": _standing(review),
        **words.short_course(review),
    }


def _standing(review: Review) -> str:
    """Of the order whose last dose is assumed."""
    assumed = [record for record in review.patient.treatment.records if record.last_dose_assumed]
    last = max(assumed, key=lambda r: (r.on_hold_undated, r.covered_until or date.min), default=None)
    return _STANDING.get(last.status, "ended") if last is not None else ""


def something_runs(review: Review) -> bool:
    """Treatment that does not cover, or a cobalamin below what counts as treatment: not a product with other
    medicines in it, which goes on beside."""
    treatment = review.patient.treatment
    counted = {record.reference for record in treatment.records}
    return bool(treatment.running()) or any(
        order.status is OrderStatus.ACTIVE
        and order.reference not in counted
        and order.cobalamin is not None
        and order.product.kind is ProductKind.MEDICINE
        and order.product.ingredients <= COBALAMINS
        for order in review.patient.snapshot.medications
    )


def dietary(review: Review) -> str:
    return "untreated.dietary_too_little" if something_runs(review) else "untreated.dietary"


def cover_paragraphs(review: Review) -> tuple[Saying, ...]:
    """An order beside one that runs would be a second one."""
    return (Saying("untreated.running"),) if something_runs(review) else ()


def with_signs(review: Review, key: str) -> str:
    """9.2 row 1 in words, where cover is not known: as far as an adult regimen and a form may be named at all."""
    if review.patient.adult is not Answer.YES:
        return "untreated.cover_unknown_child"
    if review.form_to_propose() is None:
        return "untreated.cover_unknown_no_form"
    suspected = review.deficiency.status is DeficiencyStatus.SUSPECTED and key == "untreated.cover_unknown"
    return "untreated.cover_unknown_suspected" if suspected else f"{key}_neurological"
