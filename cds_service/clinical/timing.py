"""When a dose is given: one schedule in days. Knows intervals, ends and counts; knows no FHIR (derivations 8.0)."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from math import ceil

DAYS_PER = {
    "s": Decimal(1) / 86400,
    "min": Decimal(1) / 1440,
    "h": Decimal(1) / 24,
    "d": Decimal(1),
    "wk": Decimal(7),
    "mo": Decimal("30.44"),
    "a": Decimal("365.25"),
}


class IntervalClass(StrEnum):
    """Derivations 3.1, "class"."""

    INTENSIVE = "intensive"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    LONG = "long"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Timing:
    """One repeat rule. `period` is in `unit`; `frequency` doses per period; `*_max` are ranges as sent.

    `once` is a single dose. `bounds_days` is a course length; `starts`/`ends` are calendar bounds.
    A Timing whose interval cannot be read has `interval` None: unknown, never "as usual".
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

    @property
    def longest_interval(self) -> Decimal | None:
        """Days between doses, the longest the order allows (decides "too long")."""
        return self._interval(self.period_max or self.period, self.frequency)

    @property
    def shortest_interval(self) -> Decimal | None:
        """Days between doses, the shortest the order allows (decides "loading")."""
        return self._interval(self.period, self.frequency_max or self.frequency)

    def _interval(self, period: Decimal | None, frequency: int | None) -> Decimal | None:
        if self.once:
            return None
        if len(self.events) > 1:
            gaps = [(later - sooner).days for sooner, later in zip(self.events, self.events[1:], strict=False)]
            return Decimal(max(gaps))
        if period is None or self.unit not in DAYS_PER:
            return None
        doses = self.days_of_week if self.days_of_week and self.unit == "wk" else (frequency or 1)
        return period * DAYS_PER[self.unit] / doses

    @property
    def interval_class(self) -> IntervalClass:
        days = self.longest_interval
        if days is None:
            return IntervalClass.UNKNOWN
        if days < 7:
            return IntervalClass.INTENSIVE
        if days < 28:
            return IntervalClass.WEEKLY
        if days <= 35:
            return IntervalClass.MONTHLY
        return IntervalClass.LONG

    @property
    def is_range(self) -> bool:
        return self.period_max is not None and self.period_max != self.period

    @property
    def course_days(self) -> Decimal | None:
        """Length of the course in days, or None when it is open-ended."""
        lengths: list[Decimal] = []
        if self.bounds_days is not None:
            lengths.append(self.bounds_days)
        if self.starts is not None and self.ends is not None:
            lengths.append(Decimal((self.ends - self.starts).days + 1))
        if self.once:
            lengths.append(Decimal(1))
        if len(self.events) > 1:
            lengths.append(Decimal((self.events[-1] - self.events[0]).days + 1))
        interval = self.longest_interval
        if self.count is not None and interval is not None:
            lengths.append(interval * self.count)
        return min(lengths) if lengths else None

    @property
    def open_ended(self) -> bool:
        return self.course_days is None and self.ends is None

    def doses_in_first(self, days: int) -> int | None:
        """Doses from day 0 to day `days` - 1, or None when the interval is unknown."""
        if self.once:
            return 1
        if self.events:
            return sum((event - self.events[0]).days < days for event in self.events)
        interval = self.longest_interval
        if interval is None:
            return None
        window = Decimal(days)
        if self.course_days is not None:
            window = min(window, self.course_days)
        doses = ceil(window / interval)
        return min(doses, self.count) if self.count is not None else doses
