"""Derivations 8.0 and 3.1 "class": every way to write a schedule, in days."""

from datetime import date
from decimal import Decimal
from itertools import accumulate

import pytest

from cds_service.clinical.timing import IntervalClass, Timing
from tests.clinical.orders import timing

D = Decimal


def written(frequency: int, period: int, unit: str, days: int = 0) -> Timing:
    return Timing(frequency=frequency, period=D(period), unit=unit, days_of_week=days)


@pytest.mark.parametrize(
    ("schedule", "days"),
    [
        (written(1, 1, "d"), "1"),
        (written(1, 2, "d"), "2"),
        (written(1, 48, "h"), "2"),
        (written(3, 1, "wk"), "2.33"),
        (written(1, 1, "wk", days=3), "2.33"),
        (written(3, 1, "wk", days=3), "2.33"),
        (Timing(days_of_week=3), "2.33"),
        (written(1, 3, "d"), "3"),
        (written(2, 1, "wk"), "3.50"),
        (written(1, 1, "wk"), "7"),
        (written(1, 2, "wk"), "14"),
        (written(1, 2, "wk", days=1), "14"),
        (written(1, 4, "wk"), "28"),
        (written(1, 28, "d"), "28"),
        (written(1, 1, "mo"), "30.44"),
        (written(1, 1, "mo", days=1), "30.44"),
        (written(1, 30, "d"), "30"),
        (written(1, 8, "wk"), "56"),
        (written(1, 60, "d"), "60"),
        (written(1, 2, "mo"), "60.88"),
        (written(1, 9, "wk"), "63"),
        (written(1, 10, "wk"), "70"),
        (written(1, 12, "wk"), "84"),
        (written(1, 90, "d"), "90"),
        (written(1, 13, "wk"), "91"),
        (written(1, 3, "mo"), "91.32"),
        (written(1, 6, "mo"), "182.64"),
        (written(2, 1, "d"), "0.50"),
        (written(1, 12, "h"), "0.50"),
        (written(1, 1, "d", days=6), "1.17"),
        (written(1, 1, "d", days=7), "1"),
        (Timing(period=D(2), unit="mo"), "60.88"),
    ],
)
def test_the_interval_in_days(schedule: Timing, days: str) -> None:
    assert schedule.longest_interval is not None
    assert schedule.longest_interval.quantize(D("0.01")) == D(days)
    assert schedule.shortest_interval == schedule.longest_interval


@pytest.mark.parametrize(
    "schedule",
    [
        Timing(),
        Timing(frequency=1, period=D(0), unit="d"),
        Timing(frequency=0, period=D(1), unit="d"),
        Timing(frequency=1, period=D(1), unit="fortnight"),
        Timing(frequency=1, period=D(-1), unit="d"),
        written(2, 1, "wk", days=3),
        written(1, 2, "d", days=1),
    ],
)
def test_a_schedule_that_cannot_be_read_is_unknown(schedule: Timing) -> None:
    assert schedule.longest_interval is None
    assert schedule.shortest_interval is None
    assert schedule.interval_class is IntervalClass.UNKNOWN
    assert schedule.doses_in_first(14) is None


def test_a_single_dose_has_no_interval_however_it_is_written() -> None:
    for schedule in (Timing(once=True), timing("daily x1"), Timing(events=(date(2026, 1, 5),))):
        assert schedule.single_dose
        assert schedule.longest_interval is None
        assert schedule.doses_in_first(14) == 1
        assert schedule.course_days == 1
        assert not schedule.open_ended
    assert not Timing(events=(date(2026, 1, 5),), frequency=1, period=D(2), unit="mo").single_dose


def test_of_a_range_the_longest_decides_too_long_and_the_shortest_decides_loading() -> None:
    period = timing("every 2-3 mo")
    assert (period.shortest_interval, period.longest_interval) == (D("60.88"), D("91.32"))
    assert period.is_range
    reversed_range = Timing(frequency=1, period=D(3), period_max=D(2), unit="mo")
    assert reversed_range.longest_interval == D("91.32")
    frequency = timing("1-2 per wk")
    assert (frequency.shortest_interval, frequency.longest_interval) == (D("3.5"), D(7))
    assert frequency.is_range
    assert not timing("every 2-2 mo").is_range


def test_events_are_read_by_the_gaps_between_the_dates() -> None:
    fortnight = timing("on 2026-01-05 2026-01-07 2026-01-09 2026-01-12 2026-01-14 2026-01-16")
    assert fortnight.longest_interval == D("2.2")  # a weekend does not make it every third day
    assert (fortnight.doses_in_first(14), fortnight.course_days) == (6, 12)
    unordered = timing("on 2026-03-01 2026-01-01 2026-01-03")
    assert (unordered.shortest_interval, unordered.longest_interval) == (D(2), D(57))


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ("6.99", "intensive"),
        ("7", "weekly"),
        ("27.99", "weekly"),
        ("28", "monthly"),
        ("35", "monthly"),
        ("35.01", "long"),
    ],
)
def test_the_class_on_and_beside_each_limit(days: str, expected: str) -> None:
    assert Timing(frequency=1, period=D(days), unit="d").interval_class == expected


@pytest.mark.parametrize(
    ("text", "length", "doses"),
    [
        ("3 per wk", None, 6),
        ("3 per wk for 2 wk", "14", 6),
        ("3 per wk x6", "14", 6),
        ("3 per wk for 2 wk x5", "11.67", 5),
        ("every 2 d", None, 7),
        ("every 2 d for 1 wk", "7", 4),
        ("daily", None, 14),
        ("daily for 1 wk", "7", 7),
        ("daily for 15 d", "15", 14),
        ("twice daily", None, 28),
        ("weekly", None, 2),
        ("every 2 wk", None, 1),
        ("weekly x1", "1", 1),
        ("monthly", None, 1),
        ("2 per wk", None, 4),
    ],
)
def test_doses_are_counted_from_day_0_to_day_13(text: str, length: str | None, doses: int) -> None:
    schedule = timing(text)
    assert schedule.doses_in_first(14) == doses
    found = schedule.course_days
    assert (None if found is None else found.quantize(D("0.01"))) == (None if length is None else D(length))


def test_calendar_bounds_count_both_ends_and_an_end_alone_is_an_end() -> None:
    assert Timing(starts=date(2026, 1, 1), ends=date(2026, 1, 14)).course_days == 14
    assert not Timing(ends=date(2026, 1, 14)).open_ended
    assert timing("daily").open_ended


def test_doses_grow_with_the_window() -> None:
    schedule = timing("3 per wk")
    counts = [schedule.doses_in_first(days) or 0 for days in range(60)]
    assert counts == list(accumulate(counts, max))
    assert counts[28] == 12
