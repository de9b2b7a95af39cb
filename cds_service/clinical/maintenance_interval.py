"""The maintenance interval: what it is now, what shortens it when signs return, when a draft lengthens it.

Derivations 5.5, 8.10 and 9.2 rows 9 and 10. Knows reviews; no rule and no wording.
"""

from datetime import date
from decimal import Decimal
from enum import StrEnum

from cds_service.clinical.conditions import BARIATRIC
from cds_service.clinical.current_order import (
    Comparison,
    IntervalChange,
    same_interval,
    shortens_maintenance,
    shorter,
)
from cds_service.clinical.loading import intensive_runs
from cds_service.clinical.neurological_course import specific_disease_returned
from cds_service.clinical.neurology import CourseStatus
from cds_service.clinical.phase import Phase
from cds_service.clinical.policy import Knowledge
from cds_service.clinical.quantities import months_before
from cds_service.clinical.review import Review
from cds_service.clinical.schedule import Way
from cds_service.clinical.timing import DAYS_PER, IntervalClass
from cds_service.clinical.treatment import TreatmentRecord

ALTERNATE_DAYS = "loading_neurological"
MONTHLY = "maintenance_monthly"
TWO_TO_FOUR_WEEKLY = "relapse_two_to_four_weekly"
TWO_WEEKLY = "relapse_two_weekly"


class Relapse(StrEnum):
    """5.5, as far as maintenance asks."""

    WORSE = "new, worsening or recurrent"
    PERSISTENT = "persistent"


def current_maintenance(review: Review) -> TreatmentRecord | None:
    """The maintenance injections that run, of any form, the most frequent of several; else the last that ran.

    None: no maintenance by injection is on record, as just after a loading course.
    """
    treatment = review.patient.treatment
    records = [record for record in treatment.records if _maintains(record, review) and record.last_dose is not None]
    running = [record for record in records if record.runs_on(treatment.today)]
    if running:
        return min(running, key=lambda record: record.interval or Decimal(0))
    return max(records, key=lambda record: record.last_dose or date.min, default=None)


def _maintains(record: TreatmentRecord, review: Review) -> bool:
    """Injections 4 weeks or more apart; more often, where that was kept for long or shortened an earlier interval."""
    if record.way is not Way.PARENTERAL or record.interval is None:
        return False
    if record.interval_class is IntervalClass.WEEKLY:
        since = months_before(review.patient.snapshot.today, review.t.loaded_maintenance_months)
        return shortens_maintenance(record, review.patient.treatment) or (
            record.start is not None and record.start <= since
        )
    return record.interval >= review.t.interval_maintenance_days


def is_shorter(one: Decimal, other: Decimal, review: Review) -> bool:
    """Is it the shorter of two intervals, and not the same in other words (28 days and a month)?"""
    return shorter(one, other, review.t.same_interval_fraction)


def relapse_of(review: Review) -> Relapse | None:
    """5.5 for an order in maintenance; None: no relapse on record, or one that has been answered.

    Signs that were answered by a shorter interval or an alternate-day course, and not recorded as worse since, persist.
    """
    if review.phase.phase is not Phase.MAINTENANCE:
        return None
    neurology = review.neurology
    if not (neurology.present or neurology.other_cause_possible):
        return None
    worse = neurology.course is CourseStatus.RECURRENT_OR_WORSE
    if worse and not _answered(review):
        return Relapse.WORSE
    persists = worse or neurology.course is CourseStatus.PERSISTENT
    return Relapse.PERSISTENT if persists and neurology.present and _long_rare(review) else None


def asks_for_alternate_days(review: Review, relapse: Relapse) -> bool:
    """A disease specific to B12 deficiency, new on maintenance or back, is answered by alternate days alone."""
    return relapse is Relapse.WORSE and _specific_disease_unanswered(review)


def _specific_disease_unanswered(review: Review) -> bool:
    day = specific_disease_returned(review.patient.snapshot, review.patient.treatment.maintenance_began)
    return day is not None and not _alternate_days_since(day, review)


def _answered(review: Review) -> bool:
    day, treatment = review.neurology.course_day, review.patient.treatment
    if day is None or _specific_disease_unanswered(review):
        return False
    current = current_maintenance(review)
    if (
        current is not None
        and current.start is not None
        and current.start >= day
        and shortens_maintenance(current, treatment)
    ):
        return True
    return _alternate_days_since(day, review)


def _alternate_days_since(day: date, review: Review) -> bool:
    """For 21 days or more, begun on this day or later."""
    t, treatment = review.t, review.patient.treatment
    runs = intensive_runs(treatment, t.interval_loading_neuro_days)
    return any(run.start >= day and run.days is not None and run.days >= t.loading_neuro_min_days for run in runs)


def _long_rare(review: Review) -> bool:
    """Treated for 3 months or more at an interval longer than monthly."""
    current, today = current_maintenance(review), review.patient.snapshot.today
    if current is None or current.interval is None or current.start is None:
        return False
    rare = current.interval > review.t.interval_max_other_form_days
    return rare and current.start <= months_before(today, review.t.persistent_signs_months)


def is_alternate_days(review: Review) -> bool:
    """Is the draft, or a part drafted with it, injected on alternate days or oftener?"""
    interval = review.course.loading_interval
    return (
        not review.non_parenteral
        and not review.course.once
        and interval is not None
        and interval <= review.t.interval_loading_neuro_days
    )


def is_step_up(review: Review, relapse: Relapse) -> bool:
    """Does the draft itself answer the signs: alternate days, or a full dose at a shorter interval?

    New or worsening signs ask for an interval of row 9, monthly at the longest; 2 months is the usual maintenance. A
    new or returning disease specific to B12 deficiency asks for alternate days: beyond 9.2 row 9, for safety.
    """
    t, drafted, current = review.t, review.course.interval, current_maintenance(review)
    dose = review.smallest_dose_ug
    if dose is not None and dose < t.maintenance_dose_min_ug:
        return False
    if is_alternate_days(review):
        return True
    if asks_for_alternate_days(review, relapse):
        return False
    if drafted is None or (relapse is Relapse.WORSE and drafted > t.interval_max_other_form_days):
        return False
    return current is None or current.interval is None or is_shorter(drafted, current.interval, review)


def relapse_regimens(review: Review, relapse: Relapse) -> tuple[str, ...]:
    """9.2 rows 9 and 10: only what is shorter than the current interval; alternate days for what is new or worse."""
    if asks_for_alternate_days(review, relapse) or (relapse is Relapse.WORSE and is_alternate_days(review)):
        return (ALTERNATE_DAYS,)
    found = (ALTERNATE_DAYS,) if relapse is Relapse.WORSE else ()
    current = current_maintenance(review)
    if current is None or current.interval is None:
        return (*found, MONTHLY, TWO_TO_FOUR_WEEKLY)
    monthly = current.interval <= review.t.interval_max_other_form_days
    steps = (TWO_WEEKLY,) if monthly else (MONTHLY, TWO_TO_FOUR_WEEKLY)
    kept = [key for key in steps if is_shorter(longest_days(review.knowledge, key), current.interval, review)]
    return (*found, *kept)


def longest_days(knowledge: Knowledge, key: str) -> Decimal:
    """Days between doses of a regimen, by the long end of a range."""
    row = knowledge.regimens[key]
    return Decimal(row.period_max or row.period) * DAYS_PER[row.unit] / row.frequency


def interval_to_keep(review: Review) -> Decimal | None:
    """Days between doses of the current order of the same form, where that is maintenance and not loading."""
    found = review.comparison
    return found.current.interval if found is not None and _maintains(found.current, review) else None


def nearest_regimen(review: Review, first: str, current: Decimal) -> str | None:
    """The longest regimen, `first` among them, that is not longer than the current interval (R-NOREDUCE)."""
    for key in dict.fromkeys((first, "maintenance_neurological", MONTHLY, TWO_WEEKLY)):
        days = longest_days(review.knowledge, key)
        if days <= current or same_interval(days, current, review.t.same_interval_fraction):
            return key
    return None


def monthly_is_an_option(review: Review) -> bool:
    """9.2 row 8, for a draft without timing: signs that persist or follow bariatric surgery, or a long ileal resection.

    Other forms than hydroxocobalamin are given every month anyway.
    """
    if review.course.known or review.phase.phase is not Phase.MAINTENANCE:
        return False
    persists = review.neurology.course is CourseStatus.PERSISTENT or review.patient.has(*BARIATRIC)
    return (review.neurology.present and persists) or review.long_ileal_resection


def lengthened(review: Review) -> Comparison | None:
    """8.10: the current order of the same form, where the draft is given more rarely; None where it is not."""
    found, phase = review.comparison, review.phase.phase
    if phase is not Phase.MAINTENANCE and not (phase is Phase.UNKNOWN and review.presumed_maintenance):
        return None
    if found is None or found.change is not IntervalChange.LONGER:
        return None
    return found if _maintains(found.current, review) else None  # loading to maintenance is not a lengthening
