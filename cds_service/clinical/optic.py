"""Hydroxocobalamin where Leber disease or tobacco amblyopia is the reason for it (derivations 8.9, 9.2 row 11)."""

from cds_service.clinical.concepts import Ingredient
from cds_service.clinical.policy import Thresholds
from cds_service.clinical.review import Review
from cds_service.clinical.schedule import Part, Way, parts_of

# The words in days, not limits that somebody could set; a week has no two equal halves.
_DAILY = 1
_TWICE_A_WEEK = (3, 4)


def on_label(review: Review) -> bool:
    """8.9: hydroxocobalamin daily for up to 14 days, then twice a week, then every 1 to 3 months; or one of these."""
    drafted = review.order.cobalamin is Ingredient.HYDROXOCOBALAMIN
    return drafted and schedule_on_label(review)


def schedule_on_label(review: Review) -> bool:
    """The same of dose and timing alone, whatever the form: they may be kept when the form is changed."""
    parts = parts_of(review.order)
    return review.parenteral and review.course.known and all(_on_label(part, review.t) for part in parts)


def _on_label(part: Part, t: Thresholds) -> bool:
    interval, length = part.interval, part.timing.course_days
    if interval is None or part.way not in (Way.PARENTERAL, Way.UNKNOWN):
        return False
    if part.dose is not None and part.dose.low_ug < t.standard_dose_ug:
        return False
    if interval <= _DAILY:
        return length is not None and length <= t.loading_window_days
    shortest, longest = _TWICE_A_WEEK
    maintenance = t.interval_maintenance_days <= interval <= t.interval_max_hydroxocobalamin_days
    return maintenance or shortest <= interval <= longest


def optic_regimens(review: Review) -> tuple[str, ...]:
    """9.2 row 11: the daily course; where one may have been given, twice a week as well. Then every 1 to 3 months."""
    treatment = review.patient.treatment
    begun = bool(treatment.records) or not treatment.list_readable
    return ("optic_loading", "optic_twice_weekly") if begun else ("optic_loading",)
