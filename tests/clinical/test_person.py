"""Age to the day, pregnancy and nitrous oxide exposure, each with its unknowns."""

from datetime import date

import pytest

from cds_service.clinical.concepts import Answer, Ingredient, ResourceKind
from cds_service.clinical.conditions import Concept
from cds_service.clinical.orders import OrderStatus
from cds_service.clinical.person import age_on, is_adult, nitrous_oxide_exposure, pregnancy
from cds_service.clinical.quantities import PartialDate
from cds_service.clinical.snapshot import Availability, ClinicalStatus, Snapshot
from tests.clinical.builders import THRESHOLDS, TODAY, day, diagnosis, finding, medicine, person, snapshot

C = Concept

YEAR_ONLY = PartialDate(date(2008, 1, 1), date(2008, 12, 31))


@pytest.mark.parametrize(("on", "age"), [(date(2025, 11, 19), 17), (date(2025, 11, 20), 18), (date(2025, 11, 21), 18)])
def test_age_changes_on_the_birthday(on: date, age: int) -> None:
    assert age_on(person(birth=date(2007, 11, 20)), on) == age


def test_a_leap_day_birthday_is_reached_on_the_first_of_march() -> None:
    born = person(birth=date(2008, 2, 29))
    assert [age_on(born, date(2026, 2, 28)), age_on(born, date(2026, 3, 1))] == [17, 18]


def test_no_birth_date_is_no_age() -> None:
    assert age_on(person(birth=None), TODAY) is None
    assert is_adult(person(birth=None), TODAY, 18) is Answer.UNKNOWN


def test_a_birth_date_in_the_future_is_no_age() -> None:
    assert age_on(person(birth=date(2027, 1, 1)), TODAY) is None
    assert is_adult(person(birth=date(2027, 1, 1)), TODAY, 18) is Answer.UNKNOWN


def test_a_birth_year_leaves_the_age_open() -> None:
    assert age_on(person(birth=YEAR_ONLY), TODAY) is None


@pytest.mark.parametrize(("year", "answer"), [(2007, Answer.YES), (2008, Answer.UNKNOWN), (2009, Answer.NO)])
def test_a_birth_year_may_still_settle_adulthood(year: int, answer: Answer) -> None:
    born = person(birth=PartialDate(date(year, 1, 1), date(year, 12, 31)))
    assert is_adult(born, TODAY, 18) is answer


def test_an_adult_to_the_day() -> None:
    assert is_adult(person(birth=date(2008, 11, 20)), TODAY, 18) is Answer.YES
    assert is_adult(person(birth=date(2008, 11, 21)), TODAY, 18) is Answer.NO


def pregnant(patient: Snapshot) -> Answer:
    return pregnancy(patient, THRESHOLDS)


def test_nothing_recorded_is_unknown_not_no() -> None:
    assert pregnant(snapshot()) is Answer.UNKNOWN


def test_the_newest_status_observation_wins() -> None:
    earlier, later = finding(C.PREGNANT, days_ago=60), finding(C.NOT_PREGNANT, days_ago=10)
    assert pregnant(snapshot(earlier, later)) is Answer.NO
    assert pregnant(snapshot(finding(C.PREGNANT, days_ago=5), later)) is Answer.YES


def test_pregnant_wins_a_tie_on_one_day() -> None:
    assert pregnant(snapshot(finding(C.NOT_PREGNANT), finding(C.PREGNANT))) is Answer.YES


def test_pregnancy_observed_absent_is_no() -> None:
    assert pregnant(snapshot(finding(C.PREGNANT, present=False))) is Answer.NO


@pytest.mark.parametrize(("observed", "answer"), [(date(2026, 1, 20), Answer.YES), (date(2026, 1, 19), Answer.UNKNOWN)])
def test_an_observation_older_than_a_pregnancy_says_nothing(observed: date, answer: Answer) -> None:
    assert pregnant(snapshot(finding(C.PREGNANT, days_ago=(TODAY - observed).days))) is answer


def test_an_active_diagnosis_is_yes_and_a_resolved_one_says_nothing() -> None:
    assert pregnant(snapshot(diagnosis(C.PREGNANT))) is Answer.YES
    assert pregnant(snapshot(diagnosis(C.PREGNANT, status=ClinicalStatus.RESOLVED))) is Answer.UNKNOWN


def test_a_later_not_pregnant_answers_an_earlier_diagnosis_and_the_reverse() -> None:
    assert pregnant(snapshot(diagnosis(C.PREGNANT, recorded=100), finding(C.NOT_PREGNANT, days_ago=10))) is Answer.NO
    assert pregnant(snapshot(diagnosis(C.PREGNANT, recorded=5), finding(C.NOT_PREGNANT, days_ago=10))) is Answer.YES


def test_an_undated_diagnosis_against_not_pregnant_cannot_be_told() -> None:
    undated = diagnosis(C.PREGNANT, recorded=None)
    assert pregnant(snapshot(undated, finding(C.NOT_PREGNANT, days_ago=10))) is Answer.UNKNOWN


def exposure(patient: Snapshot) -> Answer:
    return nitrous_oxide_exposure(patient, THRESHOLDS)


def test_nitrous_oxide_by_diagnosis_finding_or_gas() -> None:
    gas = medicine(Ingredient.NITROUS_OXIDE)
    given = medicine(Ingredient.NITROUS_OXIDE, status=OrderStatus.COMPLETED, authored=day(30))
    for fact in (diagnosis(C.NITROUS_OXIDE_EXPOSURE), finding(C.NITROUS_OXIDE_EXPOSURE), gas, given):
        assert exposure(snapshot(fact)) is Answer.YES


def test_gas_given_long_ago_is_not_exposure() -> None:
    long_ago = medicine(Ingredient.NITROUS_OXIDE, status=OrderStatus.COMPLETED, authored=day(300))
    assert exposure(snapshot(long_ago)) is Answer.NO


def test_no_exposure_is_claimed_only_where_diagnoses_were_told() -> None:
    assert exposure(snapshot()) is Answer.NO
    refused = snapshot(availability={ResourceKind.CONDITIONS: Availability.REFUSED})
    assert exposure(refused) is Answer.UNKNOWN


def test_born_today_is_age_nought() -> None:
    assert age_on(person(birth=TODAY), TODAY) == 0


def test_other_findings_and_medicines_are_no_exposure() -> None:
    assert exposure(snapshot(finding(C.NUMBNESS), medicine(Ingredient.METFORMIN))) is Answer.NO
    assert exposure(snapshot(finding(C.NITROUS_OXIDE_EXPOSURE, present=False))) is Answer.NO


def test_other_findings_say_nothing_of_pregnancy() -> None:
    assert pregnant(snapshot(finding(C.NUMBNESS))) is Answer.UNKNOWN
    assert pregnant(snapshot(finding(C.NOT_PREGNANT, present=False))) is Answer.UNKNOWN


def test_a_diagnosis_of_the_day_of_the_observation_is_not_answered_by_it() -> None:
    assert pregnant(snapshot(diagnosis(C.PREGNANT, recorded=10), finding(C.NOT_PREGNANT, days_ago=10))) is Answer.YES
