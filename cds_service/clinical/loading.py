"""Has a loading course been given (derivations 3.1 "loaded", 5.3)? Knows therapeutic records only."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from cds_service.clinical.orders import OrderStatus
from cds_service.clinical.quantities import months_before
from cds_service.clinical.schedule import Way
from cds_service.clinical.timing import INTENSIVE_BELOW_DAYS, IntervalClass, days_after
from cds_service.clinical.treatment import Treatment, TreatmentRecord


@dataclass(frozen=True, slots=True)
class IntensiveRun:
    """Intensive injections that follow one another, from one or several records.

    days: how long it ran; None where the end is not written. micrograms: in the loading window, None: not known.
    """

    start: date
    last_dose: date
    days: int | None
    ended: bool
    micrograms: Decimal | None


def intensive_runs(treatment: Treatment, at_most: Decimal | None = None) -> tuple[IntensiveRun, ...]:
    """Runs of injections less than a week apart (or at most so many days apart), oldest first."""
    found = [_run(records, treatment) for records in _followed(_intensive(treatment, at_most), _within_a_week)]
    found += _administered_runs(treatment, at_most)
    return tuple(sorted(found, key=lambda run: run.start))


def is_loaded(treatment: Treatment, *, neuro_active: bool) -> bool:
    """3.1 "loaded" (a) to (d). neuro_active: present and not plateaued, where loading takes at least 21 days."""
    limits = treatment.thresholds
    for run in intensive_runs(treatment):
        if run.micrograms is None or run.micrograms < limits.loading_total_ug:
            continue
        if neuro_active:
            if run.days is not None and run.days >= limits.loading_neuro_min_days:
                return True
        elif run.ended or (run.days is not None and run.days >= limits.loading_window_days):
            return True
    return _maintained_long_enough(treatment) or _oral_long_enough(treatment) or bool(_administered_series(treatment))


def had_alternate_day_course_of_21_days(treatment: Treatment) -> bool:
    """5.3: an earlier alternate-day course of 21 days or more is neurological history."""
    limits = treatment.thresholds
    runs = intensive_runs(treatment, limits.interval_loading_neuro_days)
    return any(run.days is not None and run.days >= limits.loading_neuro_min_days for run in runs)


def newest_parenteral_is_short_intensive(treatment: Treatment) -> IntensiveRun | None:
    """3.3 row 9: the newest injected course, where it is intensive, ran < 21 days and ended <= 90 days ago."""
    newest = _newest_short_course(treatment)
    if newest is None:
        return None
    recent = (treatment.today - newest.last_dose).days <= treatment.thresholds.short_course_ended_days
    return newest if recent else None


def course_too_short(treatment: Treatment, *, neuro_active: bool) -> IntensiveRun | None:
    """The course of row 9 whenever it ended, if its length is written. None: no active signs, or loaded."""
    if not neuro_active or is_loaded(treatment, neuro_active=True):
        return None
    newest = _newest_short_course(treatment)
    return newest if newest is not None and newest.days is not None else None


def _newest_short_course(treatment: Treatment) -> IntensiveRun | None:
    limits = treatment.thresholds
    runs = intensive_runs(treatment)
    if not runs:
        return None
    newest = max(runs, key=lambda run: run.last_dose)
    others = [
        record.last_dose
        for record in treatment.records
        if record.way is Way.PARENTERAL
        and record.last_dose is not None
        and record.interval_class is not IntervalClass.INTENSIVE
        and not record.administered
    ]
    if any(day > newest.last_dose for day in others) or not newest.ended:
        return None
    short = newest.days is None or newest.days < limits.loading_neuro_min_days
    return newest if short else None


def doses_given(record: TreatmentRecord, today: date) -> int | None:
    """Doses of one record up to today."""
    end = record.last_possible_day
    if record.start is None or end is None:
        return None
    return record.part.timing.doses_in_first((min(end, today) - record.start).days + 1)


def _intensive(treatment: Treatment, at_most: Decimal | None) -> list[TreatmentRecord]:
    return [
        record
        for record in treatment.records
        if record.way is Way.PARENTERAL
        and record.interval_class is IntervalClass.INTENSIVE
        and record.start is not None
        and record.last_dose is not None
        and (at_most is None or (record.interval is not None and record.interval <= at_most))
    ]


def _followed(
    records: Iterable[TreatmentRecord], reach: Callable[[TreatmentRecord], date]
) -> list[list[TreatmentRecord]]:
    """Records in groups, each begun before the reach of an earlier one of its group has passed."""
    groups: list[list[TreatmentRecord]] = []
    until = date.min
    for start, record in sorted(((r.start, r) for r in records if r.start is not None), key=lambda pair: pair[0]):
        if not groups or start > until:
            groups.append([])
            until = date.min
        groups[-1].append(record)
        until = max(until, reach(record))
    return groups


def _within_a_week(record: TreatmentRecord) -> date:
    return date.min if record.last_dose is None else days_after(record.last_dose, INTENSIVE_BELOW_DAYS)


def _while_covered(record: TreatmentRecord) -> date:
    return date.min if record.covered_until is None else record.covered_until


def _run(records: list[TreatmentRecord], treatment: Treatment) -> IntensiveRun:
    today, window = treatment.today, treatment.thresholds.loading_window_days
    start = min(record.start for record in records if record.start is not None)
    last = max(record.last_dose for record in records if record.last_dose is not None)
    running = any(record.runs_on(today) and record.status is OrderStatus.ACTIVE for record in records)
    days: int | None
    if running:
        days = (today - start).days
    elif any(record.uncertain for record in records):
        days = None
    else:
        days = (max(r.last_possible_day for r in records if r.last_possible_day is not None) - start).days + 1
    return IntensiveRun(start, last, days, not running, _most_in_a_window(records, window))


def _most_in_a_window(records: list[TreatmentRecord], window: int) -> Decimal | None:
    """The largest amount within the loading window from the start of any record of the run; None: not known.

    A thin beginning does not undo a full course that followed it.
    """
    sums = []
    for origin in {record.start for record in records if record.start is not None}:
        amounts = [
            _micrograms(record, window - (record.start - origin).days)
            for record in records
            if record.start is not None and record.start >= origin
        ]
        known = [amount for amount in amounts if amount is not None]
        if len(known) == len(amounts):
            sums.append(sum(known, Decimal(0)))
    return max(sums, default=None)


def _micrograms(record: TreatmentRecord, window: int) -> Decimal | None:
    """What one record gave in the first days of its run, by the lower end of a dose range."""
    if window <= 0:
        return Decimal(0)
    dose, end = record.part.dose, record.last_possible_day
    if dose is None or end is None or record.start is None:
        return None
    # A completed order without an end was carried out as written; one that was stopped counts to its last known dose.
    if not (record.uncertain and record.status is OrderStatus.COMPLETED):
        window = min(window, (end - record.start).days + 1)
    doses = record.part.timing.doses_in_first(window)
    return None if doses is None else doses * dose.low_ug


def _maintained_long_enough(treatment: Treatment) -> bool:
    """3.1 (b): injections for >= 6 months and >= 2 intervals, as one record or as many that follow one another."""
    limits = treatment.thresholds
    begun = [r for r in treatment.records if r.way is Way.PARENTERAL and r.last_dose is not None]
    late = limits.lapse_short_days  # a late dose does not undo maintenance (K-11)
    for records in _followed(begun, lambda record: days_after(_while_covered(record), late)):
        start = min(record.start for record in records if record.start is not None)
        last = max(record.last_dose for record in records if record.last_dose is not None)
        if months_before(last, limits.loaded_maintenance_months) < start:
            continue
        intervals = [record.interval for record in records if record.interval is not None]
        single = [record.start for record in records if record.interval is None]
        if intervals and (last - start).days >= 2 * max(intervals):
            return True
        if len(set(single)) > 2:  # three single doses are two intervals
            return True
    return False


def _oral_long_enough(treatment: Treatment) -> bool:
    """3.1 (c)."""
    limits = treatment.thresholds
    enough = [
        record
        for record in treatment.records
        if record.way is Way.ORAL
        and record.part.least_ug_per_day is not None
        and record.part.least_ug_per_day >= limits.oral_full_dose_ug_day
    ]
    for records in _followed(enough, _while_covered):
        lasts = [record.last_dose for record in records if record.last_dose is not None]
        starts = [record.start for record in records if record.start is not None]
        if lasts and (max(lasts) - min(starts)).days >= limits.loaded_oral_days:
            return True
    return False


def _administered_series(treatment: Treatment) -> list[list[date]]:
    """3.1 (d): at least 5 injections in clinic within 21 days, and those of overlapping spells with them."""
    needed = treatment.thresholds.loaded_administrations
    within = treatment.thresholds.loaded_administrations_days
    days = sorted({record.start for record in treatment.records if record.administered and record.start is not None})
    series: list[list[date]] = []
    for first, last in zip(days, days[needed - 1 :], strict=False):
        if (last - first).days >= within:
            continue
        spell = [day for day in days if first <= day <= last]
        if series and series[-1][-1] >= first:
            series[-1] = sorted({*series[-1], *spell})
        else:
            series.append(spell)
    return series


def _administered_runs(treatment: Treatment, at_most: Decimal | None) -> list[IntensiveRun]:
    runs = []
    for days in _administered_series(treatment):
        length = (days[-1] - days[0]).days
        if at_most is not None and Decimal(length) / (len(days) - 1) > at_most:
            continue
        ended = (treatment.today - days[-1]).days >= INTENSIVE_BELOW_DAYS
        runs.append(IntensiveRun(days[0], days[-1], length + 1, ended, None))
    return runs
