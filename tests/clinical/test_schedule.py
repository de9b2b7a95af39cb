"""One planned course in several parts (derivations 3.1, last paragraph; 8.0; 8.1 and 8.2 count its doses)."""

from decimal import Decimal

import pytest

from cds_service.clinical.concepts import Ingredient, Route
from cds_service.clinical.schedule import Way, own_course, parts_of, planned_course, way_of
from cds_service.clinical.timing import IntervalClass
from tests.clinical.histories import TODAY, days_ago
from tests.clinical.orders import order

DAILY = order("cyanocobalamin 1000 ug IM daily for 1 wk", reference="daily")
WEEKLY = order("cyanocobalamin 1000 ug IM weekly x4", reference="weekly")
MONTHLY = order("cyanocobalamin 1000 ug IM monthly", reference="monthly")
BUNDLE = (DAILY, WEEKLY, MONTHLY)


def test_daily_weekly_and_monthly_in_one_bundle_are_one_course() -> None:
    for drafted in BUNDLE:
        course = planned_course(drafted, BUNDLE)
        assert [part.reference for part in course.parts] == ["daily", "weekly", "monthly"]
        assert (course.shortest, course.interval) == (1, Decimal("30.44"))
        assert course.interval_class is IntervalClass.MONTHLY
        assert course.shortest_class is IntervalClass.INTENSIVE
        assert (course.doses_in_first(14), course.micrograms_in_first(14)) == (8, 8000)
        assert course.open_ended
        assert course.ends_after_days is None
        assert course.has_earlier_part_than(drafted.reference) is (drafted is not DAILY)


def test_the_same_course_in_three_instructions_of_one_order() -> None:
    course = own_course(
        order("cyanocobalamin 1000 ug IM daily for 1 wk then 1000 ug IM weekly x4 then 1000 ug IM monthly")
    )
    assert (course.doses_in_first(14), course.micrograms_in_first(14)) == (8, 8000)
    assert course.at_most(Decimal("6.99")).ends_after_days == 7
    assert course.at_most(Decimal(7)).ends_after_days == 35


@pytest.mark.parametrize(
    ("one", "other", "joined"),
    [
        ("IM every 2 d", "IM every 2 mo", True),
        ("IM daily for 1 wk", "IM every 2 d", True),
        ("IM daily", "IM every 2 d", False),
        ("IM weekly x4", "IM monthly", True),
        ("IM weekly", "IM monthly", False),
        ("IM monthly", "IM every 3 mo", False),
        ("IM monthly x3", "IM every 3 mo", True),
        ("IM every 3 mo", "IM every 3 mo", False),
        ("IM once", "IM every 3 mo", True),
        ("IM every 2 d", "oral daily", False),
        ("IM", "IM every 2 d", False),
    ],
)
def test_what_makes_one_course(one: str, other: str, joined: bool) -> None:
    first = order(f"cyanocobalamin 1000 ug {one}", reference="a")
    second = order(f"cyanocobalamin 1000 ug {other}", reference="b")
    for drafted in (first, second):
        assert (len(planned_course(drafted, (first, second)).parts) == 2) is joined


@pytest.mark.parametrize("status", ["stopped", "cancelled", "entered-in-error", "completed"])
def test_an_order_that_is_withdrawn_is_no_part(status: str) -> None:
    withdrawn = order("cyanocobalamin 1000 ug IM daily for 1 wk", reference="daily", status=status)
    assert planned_course(MONTHLY, (withdrawn, MONTHLY)) == own_course(MONTHLY)


def test_an_older_maintenance_order_that_is_signed_again_does_not_move_the_beginning_of_loading() -> None:
    old = order("hydroxocobalamin 1000 ug IM every 3 mo", starts=days_ago(1000), reference="old")
    again = order("hydroxocobalamin 1000 ug IM 3 per wk x6", starts=TODAY)
    assert planned_course(again, (again, old)).doses_in_first(14) == 6


def test_dates_lay_the_parts_out() -> None:
    first = order("hydroxocobalamin 1000 ug IM daily for 3 d", starts=TODAY, reference="a")
    later = order("hydroxocobalamin 1000 ug IM weekly x4", starts=days_ago(-10), reference="b")
    course = planned_course(first, (first, later))
    assert course.doses_in_first(14) == 4
    assert course.doses_in_first(10) == 3
    assert course.ends_after_days == 38


def test_what_cannot_be_read_is_not_counted_as_nothing() -> None:
    unreadable = own_course(order("hydroxocobalamin 1000 ug IM"))
    assert not unreadable.known
    assert (unreadable.interval, unreadable.doses_in_first(14), unreadable.micrograms_in_first(14)) == (
        None,
        None,
        None,
    )
    doseless = own_course(order("hydroxocobalamin IM every 2 d"))
    assert doseless.known
    assert (doseless.doses_in_first(14), doseless.micrograms_in_first(14)) == (7, None)
    assert not own_course(order("hydroxocobalamin")).known


def test_the_lower_end_of_a_dose_range_counts() -> None:
    assert own_course(order("hydroxocobalamin 250-1000 ug IM every 2 d")).micrograms_in_first(14) == 1750


def test_a_range_is_the_courses_only_where_it_makes_the_longest_gap() -> None:
    assert own_course(order("hydroxocobalamin 1000 ug IM every 2-3 mo")).is_range
    assert not own_course(order("hydroxocobalamin 1000 ug IM every 2-3 d for 2 wk then IM every 3 mo")).is_range


def test_one_dose_is_no_course() -> None:
    assert own_course(order("hydroxocobalamin 1000 ug IM once")).once
    assert not own_course(order("hydroxocobalamin 1000 ug IM once then IM every 3 mo")).once


@pytest.mark.parametrize(
    ("route", "form", "interval", "way"),
    [
        (Route.SUBCUTANEOUS, Ingredient.CYANOCOBALAMIN, None, Way.PARENTERAL),
        (Route.BUCCAL, Ingredient.CYANOCOBALAMIN, None, Way.ORAL),
        (Route.NASAL, Ingredient.CYANOCOBALAMIN, None, Way.NASAL),
        (Route.OTHER, Ingredient.HYDROXOCOBALAMIN, None, Way.UNKNOWN),
        (None, Ingredient.HYDROXOCOBALAMIN, None, Way.PARENTERAL),
        (None, Ingredient.CYANOCOBALAMIN, Decimal(7), Way.PARENTERAL),
        (None, Ingredient.CYANOCOBALAMIN, Decimal("6.9"), Way.UNKNOWN),
        (None, Ingredient.CYANOCOBALAMIN, None, Way.UNKNOWN),
    ],
)
def test_the_way_a_cobalamin_is_given(
    route: Route | None, form: Ingredient, interval: Decimal | None, way: Way
) -> None:
    assert way_of(route, form, interval) is way


def test_instructions_without_an_end_run_beside_one_another() -> None:
    morning, evening = parts_of(order("cyanocobalamin 1000 ug oral daily then 500 ug oral daily", starts=TODAY))
    assert (morning.starts, evening.starts) == (TODAY, TODAY)
