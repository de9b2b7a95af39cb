"""Weeks of ISO 8601: at the ends of years, of 52 and of 53 weeks, to the last second of a Sunday."""

from datetime import UTC, date, datetime

import pytest

from cds_service.records.weeks import Week

WRONG = [
    "",
    "2026",
    "2026-47",
    "2026-W7",
    "2026-w07",
    "2026W07",
    "2026-W00",
    "2026-W54",
    "2025-W53",
    "1999-W52",
    "2100-W01",
]
ODD = ["-026-W07", "2026-W07-1", "2026-W07\n", " 2026-W07", "\u0662026-W07"]


@pytest.mark.parametrize(
    ("day", "written"),
    [
        (date(2026, 11, 20), "2026-W47"),
        (datetime(2026, 12, 27, 23, 59, 59, 999999, UTC), "2026-W52"),
        (datetime(2026, 12, 28, tzinfo=UTC), "2026-W53"),
        (datetime(2027, 1, 3, 23, 59, 59, tzinfo=UTC), "2026-W53"),  # a Sunday
        (datetime(2027, 1, 4, tzinfo=UTC), "2027-W01"),
        (date(2024, 12, 30), "2025-W01"),  # a Monday
        (date(2021, 1, 3), "2020-W53"),
        (date(2022, 1, 1), "2021-W52"),
        (date(2026, 2, 9), "2026-W07"),
    ],
)
def test_a_day_belongs_to_the_week_of_its_thursday(day: date, written: str) -> None:
    week = Week.of(day)
    assert str(week) == written
    assert Week.read(written) == week
    assert week.monday.weekday() == 0


def test_a_week_ends_where_the_next_begins() -> None:
    last = Week.read("2026-W53")
    assert (last.start, last.end) == (datetime(2026, 12, 28, tzinfo=UTC), datetime(2027, 1, 4, tzinfo=UTC))
    assert str(last.after(1)) == "2027-W01"
    assert [str(each) for each in last.after(-1).until(last.after(2))] == [
        "2026-W52",
        "2026-W53",
        "2027-W01",
        "2027-W02",
    ]
    assert list(last.until(last.after(-1))) == []


@pytest.mark.parametrize("written", [*WRONG, *ODD])
def test_what_is_no_week_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"week|Invalid"):
        Week.read(written)
