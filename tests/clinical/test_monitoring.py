"""The schedule of follow-up (derivations 10.1): when a milestone opens, is overdue, is replaced, is met."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from cds_service.clinical.monitoring import Milestone, is_met, is_overdue, latest_open, months_after, yearly
from cds_service.knowledge.tables import load

T = load().knowledge.thresholds
DAY = date(2026, 6, 15)
ONE = Milestone(DAY)


def later(days: int) -> date:
    return DAY + timedelta(days=days)


@pytest.mark.parametrize(("days", "open_"), [(-15, False), (-14, True), (0, True), (400, True)])
def test_a_milestone_opens_14_days_before_its_date_and_stays(days: int, open_: bool) -> None:
    assert (latest_open([ONE], later(days), T) == ONE) is open_


@pytest.mark.parametrize(("days", "shown"), [(75, ONE), (76, Milestone(later(90)))])
def test_it_is_replaced_when_the_next_one_opens(days: int, shown: Milestone) -> None:
    """Never a backlog: one milestone is shown, whatever the order they are given in."""
    assert latest_open([Milestone(later(90)), ONE], later(days), T) == shown


@pytest.mark.parametrize(("days", "overdue"), [(-1, False), (0, False), (29, False), (30, True)])
def test_it_is_overdue_30_days_after_its_date(days: int, overdue: bool) -> None:
    assert is_overdue(DAY, later(days), T) is overdue


@pytest.mark.parametrize(("done", "met"), [(-29, False), (-28, True), (0, True), (20, True), (21, False)])
def test_it_is_met_by_a_result_from_28_days_before_to_today(done: int, met: bool) -> None:
    assert is_met(ONE, [later(done)], later(20), T) is met


@pytest.mark.parametrize(("done", "met"), [(-6, False), (-5, True)])
def test_what_was_done_before_the_course_meets_nothing(done: int, met: bool) -> None:
    assert is_met(Milestone(DAY, not_before=later(-5)), [later(done)], later(3), T) is met


def test_nothing_done_meets_nothing() -> None:
    assert not is_met(ONE, [], later(3), T)


def test_the_days_are_settings() -> None:
    assert latest_open([ONE], later(-20), replace(T, milestone_opens_days=20)) == ONE


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        (None, []),
        (date(2025, 6, 15), []),
        (date(2025, 6, 16), [Milestone(date(2026, 6, 16))]),
        (date(2026, 1, 31), [Milestone(date(2027, 1, 31))]),
    ],
)
def test_yearly_counts_from_the_last_time_and_only_after_the_first_year(
    last: date | None, expected: list[Milestone]
) -> None:
    assert yearly(last, first_year_ends=DAY) == expected


def test_months_are_calendar_months_clipped_to_the_end_of_a_shorter_one() -> None:
    assert months_after(date(2026, 11, 30), 3) == date(2027, 2, 28)
    assert months_after(date(2023, 11, 29), 3) == date(2024, 2, 29)
    assert months_after(date(2026, 1, 31), 12) == date(2027, 1, 31)
