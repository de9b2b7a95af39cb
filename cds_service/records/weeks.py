"""Weeks as figures are counted by: those of ISO 8601, from Monday to Sunday, in UTC. Knows no SQL."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Self

# The first days of January may belong to the last week of the year before, and a year has 52 or 53 weeks
_WRITTEN: Final = re.compile(r"(\d{4})-W(\d\d)", re.ASCII)
_YEARS: Final = range(2000, 2100)
_DAYS: Final = timedelta(days=7)


@dataclass(frozen=True, order=True, slots=True)
class Week:
    """One week; written as 2026-W07."""

    monday: date

    @classmethod
    def of(cls, day: date) -> Self:
        """The week of a day; of an instant, by its own calendar."""
        return cls(date(day.year, day.month, day.day) - timedelta(days=day.weekday()))

    @classmethod
    def read(cls, written: str) -> Self:
        """ValueError for what is no week, is written in another way, or is not of this century."""
        found = _WRITTEN.fullmatch(written)
        if found is None or int(found[1]) not in _YEARS:
            raise ValueError("no week")
        return cls(date.fromisocalendar(int(found[1]), int(found[2]), 1))

    def __str__(self) -> str:
        return f"{self.year}-W{self.number:02}"

    @property
    def year(self) -> int:
        """The year that the week belongs to, which is that of its Thursday."""
        return self.monday.isocalendar().year

    @property
    def number(self) -> int:
        return self.monday.isocalendar().week

    @property
    def start(self) -> datetime:
        return datetime.combine(self.monday, time(), UTC)

    @property
    def end(self) -> datetime:
        """The first instant after it."""
        return self.start + _DAYS

    def after(self, weeks: int) -> Self:
        """So many weeks later, or earlier where it is negative."""
        return type(self)(self.monday + weeks * _DAYS)

    def until(self, last: Self) -> Iterator[Self]:
        """Every week from this one to the last, which is among them."""
        for number in range((last.monday - self.monday).days // 7 + 1):
            yield self.after(number)
