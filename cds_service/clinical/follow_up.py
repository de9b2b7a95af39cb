"""Which follow-up is due when a chart is opened (derivations 10.2). Knows reviews; no words.

M10, M11 and M13 have cards of their own, M15 and M16 are treatment (due_treatment.py), M18 is interpretation.
"""

from dataclasses import replace

from cds_service.clinical.cause_follow_up import bariatric, cyanocobalamin_only, metformin, unsettled_status
from cds_service.clinical.follow_up_item import FollowUp, Item
from cds_service.clinical.monitoring import is_overdue
from cds_service.clinical.review import Review
from cds_service.clinical.treatment_follow_up import (
    blood_count,
    potassium,
    relapse,
    response,
    tablets,
    treated_for_deficiency,
)

_ITEMS = (
    response,
    blood_count,
    tablets,
    relapse,
    potassium,
    cyanocobalamin_only,
    bariatric,
    metformin,
    unsettled_status,
)


def items_due(review: Review) -> tuple[Item, ...]:
    """Everything that is due, the most overdue first; M7, M1 and M9 before the rest (10.2, last lines)."""
    patient = review.patient
    follow_up = FollowUp(review, patient.snapshot.today, patient.treatment.course_began, treated_for_deficiency(review))
    found = [item for make in _ITEMS for item in make(follow_up)]
    ordered = patient.ordered
    left = [item for item in found if item.tests[:1] == () or item.tests[0] not in ordered]
    marked = [replace(item, overdue=is_overdue(item.day, follow_up.today, review.t)) for item in left]
    return tuple(sorted(marked, key=lambda item: (item.place, item.day, item.id)))
