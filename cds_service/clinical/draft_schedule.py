"""The schedule of one draft, by itself and as a part of the course that the bundle plans (derivations 8.0 to 8.2)."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from cds_service.clinical.policy import Thresholds
from cds_service.clinical.schedule import Course
from cds_service.clinical.timing import IntervalClass, days_after

# "Alternate days" in days: the word, not a limit that somebody could set.
_ALTERNATE_DAYS = 2


@dataclass(frozen=True, slots=True)
class DraftSchedule:
    """own: the draft alone. planned: joined with the other drafts that make one course with it (3.1)."""

    reference: str
    own: Course
    planned: Course
    t: Thresholds

    @property
    def known(self) -> bool:
        return self.own.known

    @property
    def once(self) -> bool:
        """One dose, and no course drafted with it."""
        return self.own.once and len(self.planned.parts) == len(self.own.parts)

    @property
    def interval(self) -> Decimal | None:
        """Days between doses where the draft ends up: decides "too long" in maintenance."""
        return self.own.interval

    @property
    def loading_interval(self) -> Decimal | None:
        """Days between doses of the most frequent part: decides loading."""
        return self._loading_part.interval

    @property
    def loading_interval_shortest(self) -> Decimal | None:
        """The same by the short end of a range: where it is right, a fault is one step less severe (8.0)."""
        return self._loading_part.shortest

    @property
    def interval_shortest(self) -> Decimal | None:
        """The shortest days between doses of the part that is given most rarely: the short end of its range."""
        longest = [part for part in self.own.parts if part.interval is not None and part.interval == self.interval]
        return Course(tuple(longest)).shortest

    @property
    def loading_dose_ug(self) -> Decimal | None:
        """The largest dose of the loading part: a full maintenance dose does not make up for a small loading dose."""
        return _largest_dose(self._loading_part if self._loading_part.parts else self.own)

    @property
    def own_loading_dose_ug(self) -> Decimal | None:
        """The largest dose that this draft itself gives oftener than every 28 days."""
        rare = self.t.interval_maintenance_days
        return _largest_dose(
            Course(tuple(part for part in self.own.parts if part.interval is not None and part.interval < rare))
        )

    @property
    def _loading_part(self) -> Course:
        """The most frequent parts of the planned course, each by its longest gap."""
        gaps = [part.interval for part in self.planned.parts if part.interval is not None]
        if not gaps:
            return Course(())
        least = min(gaps)
        within_a_week = self.planned.at_most(max(least, self.t.interval_loading_days - Decimal("0.01")))
        return within_a_week if within_a_week.parts else self.planned.at_most(least)

    @property
    def interval_class(self) -> IntervalClass:
        return self.own.interval_class

    @property
    def is_range(self) -> bool:
        return self.own.is_range

    @property
    def open_ended(self) -> bool:
        return self.own.open_ended

    @property
    def later_part(self) -> bool:
        """What follows a loading part drafted with it: not "wrong phase", no duplicate (3.1). Its dose and the ceiling
        of its form are judged as those of any maintenance."""
        return self.planned.has_earlier_part_than(self.reference)

    @property
    def maintenance_part(self) -> Course:
        """What this draft itself gives every 28 days or rarer."""
        rare = self.t.interval_maintenance_days
        return Course(tuple(part for part in self.own.parts if part.interval is not None and part.interval >= rare))

    @property
    def maintenance_only(self) -> bool:
        return self.own.known and bool(self.own.parts) and len(self.maintenance_part.parts) == len(self.own.parts)

    @property
    def loads_and_maintains(self) -> bool:
        """One order for both: a loading part, and the maintenance that follows it."""
        return bool(self.maintenance_part.parts) and not self.maintenance_only

    def maintains_after_loading(self, *, under_way: bool) -> bool:
        """under_way: a loading course is on record that has not ended."""
        return bool(self.maintenance_part.parts) and (self.later_part or self.loads_and_maintains or under_way)

    @property
    def maintenance_dose_ug(self) -> Decimal | None:
        """The largest dose of the maintenance part: a full loading dose does not make up for a small one later."""
        return _largest_dose(self.maintenance_part if self.maintenance_part.parts else self.own)

    @property
    def loading_ends_after_days(self) -> Decimal | None:
        """When the loading part ends; None where it has no end."""
        return self._loading_part.ends_after_days

    @property
    def loading_starts(self) -> date | None:
        """First day of the loading part; None where one of its parts has none written, and begins when it is signed."""
        starts = [part.starts for part in self._loading_part.parts if part.starts is not None]
        return min(starts) if starts and len(starts) == len(self._loading_part.parts) else None

    @property
    def loading_last_day(self) -> date | None:
        """Its last day, where its first and its length are written."""
        starts, length = self.loading_starts, self.loading_ends_after_days
        return days_after(starts, length - 1) if starts is not None and length is not None else None

    @property
    def loading_without_end(self) -> bool:
        """No end is written at all; an end that cannot be counted is one (8.2)."""
        return self._loading_part.open_ended

    @property
    def ug_in_loading_window(self) -> Decimal | None:
        """Micrograms from day 0 to day 13 of the planned course."""
        return self.planned.micrograms_in_first(self.t.loading_window_days)

    @property
    def fixed_non_neurological_course(self) -> bool:
        """Three times a week with two weeks or six doses: the course without neurological involvement (8.1)."""
        interval, ends = self.loading_interval, self.loading_ends_after_days
        if (
            interval is None
            or ends is None
            or interval <= _ALTERNATE_DAYS
            or interval > self.t.interval_loading_neuro_days
        ):
            return False
        doses = self._loading_part.doses_in_first(int(ends) + 1)
        return ends <= self.t.loading_window_days or (doses is not None and doses <= self.t.loading_complete_doses)

    @property
    def weekly_then_monthly(self) -> bool:
        """Four weekly doses or more that go on to monthly (8.2, us)."""
        weekly = [part for part in self.planned.parts if part.interval_class is IntervalClass.WEEKLY]
        monthly = [part for part in self.planned.parts if part.interval_class is IntervalClass.MONTHLY]
        lengths = [part.timing.course_days for part in weekly]
        least = self.t.presumed_loading_weekly_doses * self.t.interval_loading_days
        return bool(monthly) and any(length is not None and length >= least for length in lengths)

    def accepted_with_neurology(self, dose_ug: Decimal | None, days_so_far: int = 0) -> bool:
        """8.1, first row: alternate days or oftener, without end or for 21 days, of a full dose.

        days_so_far: how long the course that this draft continues has run already.
        """
        interval, ends = self.loading_interval, self.loading_ends_after_days
        if interval is None or interval > self.t.interval_loading_neuro_days:
            return False
        long_enough = ends is None or ends + days_so_far >= self.t.loading_neuro_min_days
        return long_enough and (dose_ug is None or dose_ug >= self.t.standard_dose_ug)

    def accepted_without_neurology(self, dose_ug: Decimal | None) -> bool:
        """8.2, first row: 3000 micrograms in 14 days and an interval below 7 days, with an end; 8.8: 250 or more."""
        interval, total = self.loading_interval, self.ug_in_loading_window
        if interval is None or interval >= self.t.interval_loading_days or self.loading_without_end:
            return False
        # A dose that is not stated is judged on its schedule alone: K-10 cannot be applied to it.
        enough = total is None or total >= self.t.loading_total_ug
        return enough and (dose_ug is None or dose_ug >= self.t.licensed_low_dose_ug)


def _largest_dose(course: Course) -> Decimal | None:
    return max((part.dose.high_ug for part in course.parts if part.dose is not None), default=None)
