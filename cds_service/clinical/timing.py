"""When a dose is given: one schedule in days. Knows intervals, ends and counts; knows no FHIR (derivations 8.0)."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from math import ceil

from cds_service.clinical.worked_out_once import worked_out_once

DAYS_PER: dict[str, Decimal] = {
    "s": Decimal(1) / 86400,
    "min": Decimal(1) / 1440,
    "h": Decimal(1) / 24,
    "d": Decimal(1),
    "wk": Decimal(7),
    "mo": Decimal("30.44"),
    "a": Decimal("365.25"),
}
# Limits of the classes of derivations 3.1: intensive < 7 days, weekly 7-27, monthly 28-35, long > 35.
INTENSIVE_BELOW_DAYS = Decimal(7)
WEEKLY_BELOW_DAYS = Decimal(28)
MONTHLY_TO_DAYS = Decimal(35)
_WEEK = Decimal(7)
# Anything beyond is a slip of the pen or a stand-in for "no end", and would carry a date past the calendar's end.
_SHORTEST_READ_DAYS = DAYS_PER["min"]
_LONGEST_READ_DAYS = 100 * DAYS_PER["a"]
# A third of a week is not a finite decimal: without this a six-dose fortnight would count seven doses.
_ROUNDING = Decimal("0.000001")


def days_after(day: date, days: int | Decimal) -> date:
    """The day so many days later (part of a day counts as a day), never past the ends of the calendar."""
    end_of_calendar = date.max if days > 0 else date.min
    if abs(Decimal(days)) > _LONGEST_READ_DAYS:
        return end_of_calendar
    try:
        return day + timedelta(days=ceil(days))
    except OverflowError:
        return end_of_calendar


def written_end(day: date | None) -> date | None:
    """An end as written, or None: the last year of the calendar is how systems write "no end"."""
    return None if day is None or day.year == date.max.year else day


class IntervalClass(StrEnum):
    """Derivations 3.1, "class"."""

    INTENSIVE = "intensive"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    LONG = "long"
    UNKNOWN = "unknown"


def class_of(days: Decimal | None) -> IntervalClass:
    """The class of an interval in days (3.1)."""
    if days is None:
        return IntervalClass.UNKNOWN
    if days < INTENSIVE_BELOW_DAYS:
        return IntervalClass.INTENSIVE
    if days < WEEKLY_BELOW_DAYS:
        return IntervalClass.WEEKLY
    if days <= MONTHLY_TO_DAYS:
        return IntervalClass.MONTHLY
    return IntervalClass.LONG


@dataclass(frozen=True)
class Timing:
    """One repeat rule. `period` is in `unit`; `frequency` doses per period; `*_max` are ranges as sent.

    `once` is a single dose. `bounds_days` is a course length; `starts`/`ends` are calendar bounds.
    A Timing whose interval cannot be read has `interval` None: unknown, never "as usual". No slots: what rules ask
    again and again is worked out once.
    """

    frequency: int | None = None
    frequency_max: int | None = None
    period: Decimal | None = None
    period_max: Decimal | None = None
    unit: str | None = None
    days_of_week: int = 0
    events: tuple[date, ...] = ()
    count: int | None = None
    bounds_days: Decimal | None = None
    starts: date | None = None
    ends: date | None = None
    once: bool = False

    @worked_out_once
    def single_dose(self) -> bool:
        """Given once, however it was written: `once`, a count of one, or one date and no repeat."""
        return self.once or self.count == 1 or (len(self.events) == 1 and self.period is None)

    @worked_out_once
    def longest_interval(self) -> Decimal | None:
        """Days between doses, the longest the order allows (decides "too long")."""
        if (gaps := self._gaps()) is not None:
            return _readable(_even(gaps) or Decimal(max(gaps)))
        # A range sent back to front still means the same two ends.
        periods = [period for period in (self.period, self.period_max) if period is not None]
        frequencies = [n for n in (self.frequency, self.frequency_max) if n is not None]
        return self._interval(max(periods, default=None), min(frequencies, default=None))

    @worked_out_once
    def shortest_interval(self) -> Decimal | None:
        """Days between doses, the shortest the order allows (decides "loading")."""
        if (gaps := self._gaps()) is not None:
            return _readable(_even(gaps) or Decimal(min(gaps)))
        periods = [period for period in (self.period, self.period_max) if period is not None]
        frequencies = [n for n in (self.frequency, self.frequency_max) if n is not None]
        return self._interval(min(periods, default=None), max(frequencies, default=None))

    def _gaps(self) -> list[int] | None:
        """Days between the dates of `timing.event`, or None where fewer than two dates are given."""
        days = sorted(set(self.events))
        if len(days) < 2:
            return None
        return [(later - sooner).days for sooner, later in pairwise(days)]

    def _interval(self, period: Decimal | None, frequency: int | None) -> Decimal | None:
        if self.single_dose:
            return None
        # FHIR: a frequency that is not stated is one. None of these three may be zero or less.
        doses = 1 if frequency is None else frequency
        if doses <= 0 or (period is not None and period <= 0):
            return None
        if self.days_of_week > 0 and (period is None or self.unit not in ("mo", "a")):
            return self._interval_on_weekdays(period, doses, stated=frequency is not None)
        if period is None or self.unit not in DAYS_PER:
            return None
        return _readable(period * DAYS_PER[self.unit] / doses)

    def _interval_on_weekdays(self, period: Decimal | None, doses: int, *, stated: bool) -> Decimal | None:
        """8.0: `{1,1,wk}` with three days is 2.33; `{1,1,d}` with six days is 6 doses in 7 days (7.1)."""
        if period is not None and period > _LONGEST_READ_DAYS:
            return None
        if period is None or self.unit == "wk":
            if stated and doses not in (1, self.days_of_week):
                return None  # two doses on three days of a week: nobody can say which
            return (Decimal(1) if period is None else period) * _WEEK / self.days_of_week
        if self.unit not in DAYS_PER:
            return None
        if period * DAYS_PER[self.unit] != 1:
            return None  # "every 2 days, on Mondays" contradicts itself
        return _WEEK / (self.days_of_week * doses)

    @property
    def interval_class(self) -> IntervalClass:
        return class_of(self.longest_interval)

    @property
    def is_range(self) -> bool:
        """Two ends were sent: the longest gap decides "too long", one step less severe (8.0)."""
        return (self.period_max is not None and self.period_max != self.period) or (
            self.frequency_max is not None and self.frequency_max != self.frequency
        )

    @worked_out_once
    def course_days(self) -> Decimal | None:
        """Length of the course in days, or None when it is open-ended."""
        lengths: list[Decimal] = []
        if self.bounds_days is not None:
            lengths.append(self.bounds_days)
        if self.starts is not None and self.ends is not None:
            lengths.append(Decimal((self.ends - self.starts).days + 1))
        if self.single_dose:
            lengths.append(Decimal(1))
        if self._gaps() is not None:
            lengths.append(Decimal((max(self.events) - min(self.events)).days + 1))
        interval = self.longest_interval
        if self.count is not None and interval is not None:
            lengths.append(interval * self.count)
        length = min(lengths, default=None)
        # A course of a hundred years has no end.
        return None if length is None or length > _LONGEST_READ_DAYS else length.quantize(_ROUNDING)

    @property
    def open_ended(self) -> bool:
        return self.course_days is None and written_end(self.ends) is None

    def doses_in_first(self, days: int | Decimal) -> int | None:
        """Doses from day 0 to day `days` - 1, or None when the interval is unknown."""
        if self.single_dose:
            return 1 if days > 0 else 0
        if self._gaps() is not None:
            first = min(self.events)
            return sum((event - first).days < days for event in set(self.events))
        interval = self.longest_interval
        if interval is None:
            return None
        window = Decimal(days)
        if self.course_days is not None:
            window = min(window, self.course_days)
        doses = max(0, ceil(window / interval - _ROUNDING))
        return min(doses, self.count) if self.count is not None else doses


def _readable(days: Decimal) -> Decimal | None:
    return days if _SHORTEST_READ_DAYS <= days <= _LONGEST_READ_DAYS else None


def _even(gaps: list[int]) -> Decimal | None:
    """The mean gap where all are within one day of each other: Monday, Wednesday, Friday is 2.33, not 3 (8.0)."""
    if max(gaps) - min(gaps) > 1:
        return None
    return Decimal(sum(gaps)) / len(gaps)
