"""When a milestone of follow-up is due, overdue, replaced or met (derivations 10.1). Knows dates; no patient."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from cds_service.clinical.policy import Thresholds
from cds_service.clinical.quantities import months_before


@dataclass(frozen=True, slots=True)
class Milestone:
    """A day on which something is to be done. not_before: a result of an earlier day meets it in no case."""

    day: date
    not_before: date = date.min


def months_after(day: date, months: int) -> date:
    """The day so many calendar months after."""
    return months_before(day, -months)


def latest_open(milestones: Iterable[Milestone], today: date, t: Thresholds) -> Milestone | None:
    """The one milestone that is shown: the last that has opened; an earlier one is replaced, never a backlog."""
    opened = [each for each in milestones if each.day - timedelta(days=t.milestone_opens_days) <= today]
    return max(opened, key=lambda each: each.day, default=None)


def is_met(milestone: Milestone, done: Iterable[date], today: date, t: Thresholds) -> bool:
    """Was it done between 28 days before the milestone and today?"""
    earliest = max(milestone.day - timedelta(days=t.milestone_met_before_days), milestone.not_before)
    return any(earliest <= day <= today for day in done)


def is_overdue(day: date, today: date, t: Thresholds) -> bool:
    return today >= day + timedelta(days=t.milestone_overdue_days)


def yearly(last: date | None, first_year_ends: date) -> list[Milestone]:
    """After the first year: 12 months from the last time it was done, where that falls after the first year."""
    if last is None:
        return []
    following = months_after(last, 12)
    return [Milestone(following)] if following > first_year_ends else []
