"""The gate that the folic acid rules share: a treatment dose of folic acid without cobalamin cover (7.1, K-14)?"""

from cds_service.clinical.cover import Cover
from cds_service.clinical.outcomes import NotApplicable
from cds_service.clinical.review import Review


def treatment_dose_without_cover(review: Review) -> NotApplicable | None:
    """Why the folate-before-B12 rules do not apply, or None when they do. An unreadable dose counts as large."""
    if not review.order.product.has_folate:
        return NotApplicable("the order is not for folic acid")
    total = review.folate.total_ug_day
    if total is not None and not review.folate.unreadable and total <= review.t.folate_treatment_ug_day:
        return NotApplicable("folic acid of 0.4 mg a day or less")
    if review.patient.cover.cover is Cover.FULL:
        return NotApplicable("cobalamin is being given, or starts with this order")
    return None
