"""The first year of each regimen, by dates that were counted by hand on a calendar."""

from datetime import date, timedelta
from itertools import pairwise

import pytest

from cds_service.clinical.concepts import Ingredient
from cds_service.clinical.first_year import Check, Dose, Later, OpenDoses, Year, first_year
from cds_service.knowledge.tables import load

KNOWLEDGE = load().knowledge
MONDAY = date(2026, 11, 23)
HYDROXO, CYANO = Ingredient.HYDROXOCOBALAMIN, Ingredient.CYANOCOBALAMIN


def year(key: str, start: date = MONDAY, form: Ingredient = HYDROXO) -> Year:
    return first_year(key, form, start, KNOWLEDGE.regimens, KNOWLEDGE.thresholds)


def doses(found: Year, key: str) -> list[str]:
    """Earliest/latest in short."""
    planned = [dose for dose in found.doses if isinstance(dose, Dose) and dose.regimen == key]
    return [
        str(dose.earliest) if dose.earliest == dose.latest else f"{dose.earliest}/{dose.latest}" for dose in planned
    ]


def checks(found: Year) -> dict[Check, list[str]]:
    return {each.check: [str(day) for day in each.days] for each in found.checks}


def test_three_a_week_for_two_weeks_then_every_two_to_three_months() -> None:
    found = year("loading_non_neurological")
    assert doses(found, "loading_non_neurological") == [
        *("2026-11-23", "2026-11-25", "2026-11-27"),
        *("2026-11-30", "2026-12-02", "2026-12-04"),
    ]
    assert doses(found, "maintenance_non_neurological") == [
        "2027-02-04/2027-03-04",
        "2027-04-04/2027-05-04",
        "2027-06-04/2027-07-04",
        "2027-08-04/2027-09-04",
        "2027-10-04/2027-11-04",
    ]
    assert {dose.of for dose in found.doses if isinstance(dose, Dose)} == {6, None}


def test_another_form_is_kept_up_monthly() -> None:
    found = year("loading_non_neurological", form=CYANO)
    assert doses(found, "maintenance_non_neurological") == []
    assert doses(found, "maintenance_monthly")[:2] == ["2027-01-04", "2027-02-04"]
    assert doses(found, "maintenance_monthly")[-1] == "2027-11-04"
    assert checks(found)[Check.CREATININE] == []


def test_alternate_days_have_reviews_and_no_end() -> None:
    found = year("loading_neurological")
    running, later = found.doses
    assert isinstance(running, OpenDoses)
    assert [str(day) for day in running.days[:3]] == ["2026-11-23", "2026-11-25", "2026-11-27"]
    assert len(running.days) == 183
    assert later == Later("maintenance_neurological")
    assert checks(found)[Check.REFERRALS] == ["2026-11-23"]
    reviews = checks(found)[Check.RESPONSE]
    assert reviews[:3] == ["2026-12-14", "2027-01-11", "2027-02-08"]
    assert reviews[-1] == "2027-11-15"
    assert first_year("loading_neurological", CYANO, MONDAY, KNOWLEDGE.regimens, KNOWLEDGE.thresholds).doses[
        1
    ] == Later("maintenance_monthly")


def test_what_is_looked_at_when_a_course_begins() -> None:
    found = checks(year("loading_non_neurological"))
    assert found == {
        Check.POTASSIUM_FIRST: ["2026-11-23"],
        Check.POTASSIUM: ["2026-11-25"],
        Check.SEVERE_ANAEMIA: ["2026-12-03", "2027-01-18"],
        Check.REVIEW_PREGNANT: ["2026-12-23"],
        Check.REVIEW: ["2027-02-23", "2027-05-23", "2027-11-23"],
    }


def test_the_end_of_a_short_month_moves_no_later_dose() -> None:
    start = date(2027, 1, 31)
    assert doses(year("maintenance_monthly", start), "maintenance_monthly") == [
        *("2027-01-31", "2027-02-28", "2027-03-31", "2027-04-30", "2027-05-31", "2027-06-30", "2027-07-31"),
        *("2027-08-31", "2027-09-30", "2027-10-31", "2027-11-30", "2027-12-31", "2028-01-31"),
    ]
    assert doses(year("maintenance_neurological", date(2027, 12, 31)), "maintenance_neurological")[1] == "2028-02-29"


def test_a_year_from_a_leap_day_ends_with_february() -> None:
    found = year("maintenance_neurological", date(2028, 2, 29))
    assert (found.end, doses(found, "maintenance_neurological")[-1]) == (date(2029, 2, 28), "2029-02-28")
    assert len(year("oral_daily", date(2027, 12, 1)).doses[0].days) == 367  # type: ignore[union-attr]  # 2028 is one


@pytest.mark.parametrize(
    ("key", "days"),
    [
        ("maintenance_non_neurological", "2026-11-23 2027-01-23/2027-02-23 2027-03-23/2027-04-23"),
        ("bariatric_three_monthly", "2026-11-23 2027-02-23 2027-05-23"),
        ("antifolate_nine_weekly", "2026-11-23 2027-01-25 2027-03-29"),
        ("relapse_two_to_four_weekly", "2026-11-23 2026-12-07/2026-12-21 2026-12-21/2027-01-04"),
        ("relapse_two_weekly", "2026-11-23 2026-12-07 2026-12-21"),
    ],
)
def test_one_dose_after_another(key: str, days: str) -> None:
    assert doses(year(key), key)[:3] == days.split()


def test_every_day_for_two_weeks_then_twice_a_week_for_as_long_as_it_helps() -> None:
    found = year("optic_loading")
    assert doses(found, "optic_loading")[-1] == "2026-12-06"
    assert len(doses(found, "optic_loading")) == 14
    running = found.doses[-1]
    assert isinstance(running, OpenDoses)
    assert [str(day) for day in running.days[:4]] == ["2026-12-07", "2026-12-10", "2026-12-14", "2026-12-17"]
    assert found.checks == ()


def test_tablets_are_followed_by_their_level() -> None:
    found = checks(year("oral_daily", form=CYANO))
    assert found[Check.TABLETS] == ["2027-02-23"]
    assert found[Check.TABLETS_PERNICIOUS] == ["2027-02-23", "2027-05-23", "2027-08-23", "2027-11-23"]
    assert found[Check.POTASSIUM_TABLETS] == ["2026-11-25"]
    assert found.keys().isdisjoint({Check.POTASSIUM_FIRST, Check.POTASSIUM, Check.REFERRALS})


@pytest.mark.parametrize(("key", "most"), [("maintenance_non_neurological", 93), ("relapse_two_to_four_weekly", 28)])
def test_no_window_lets_two_doses_lie_further_apart_than_the_range(key: str, most: int) -> None:
    """K-09: 93 days, whichever day each dose is given on and whatever the months are long."""
    for place in range(366):
        planned = [each for each in year(key, MONDAY + timedelta(days=place)).doses if isinstance(each, Dose)]
        apart = [(after.latest - before.earliest).days for before, after in pairwise(planned)]
        assert max(apart) <= most
        assert all(each.earliest <= each.latest for each in planned)


def test_where_the_course_began_before_no_day_is_made_up() -> None:
    assert checks(year("maintenance_monthly")) == {Check.YEARLY: []}
    assert checks(year("relapse_two_weekly")) == {Check.YEARLY: [], Check.RELAPSE: []}
    assert checks(year("antifolate_nine_weekly")) == {}


@pytest.mark.parametrize("key", KNOWLEDGE.regimens)
def test_nothing_is_planned_outside_the_year(key: str) -> None:
    found = year(key)
    days = [day for each in found.checks for day in each.days]
    for dose in found.doses:
        days += [dose.earliest] if isinstance(dose, Dose) else [] if isinstance(dose, Later) else dose.days
    assert min(days) == MONDAY
    assert max(days) <= date(2027, 11, 23)
