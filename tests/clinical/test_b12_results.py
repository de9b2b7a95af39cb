"""How one result is read, one test a row of derivations 4.1."""

from datetime import date
from decimal import Decimal

import pytest

from cds_service.clinical.b12_results import Level, Readings, level_of, mma_high, read_b12, read_mma
from cds_service.clinical.concepts import Analyte, Answer
from cds_service.clinical.quantities import Comparator, Measured
from tests.clinical.builders import THRESHOLDS, lab, snapshot

A = Analyte

L = Level


def read(*facts: object, treated: Answer = Answer.NO) -> Readings:
    return read_b12(snapshot(*facts), THRESHOLDS, lambda _day: treated)


def level(text: str, low: str = "180", unlikely: str = "350") -> Level:
    number = text.lstrip("<>=")
    sign = text[: len(text) - len(number)]
    measured = Measured(Decimal(number), Comparator(sign) if sign else None)
    return level_of(measured, Decimal(low), Decimal(unlikely))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("179", L.LOW),
        ("179.99", L.LOW),
        ("180", L.INDETERMINATE),
        ("350", L.INDETERMINATE),
        ("350.01", L.UNLIKELY),
        ("351", L.UNLIKELY),
        ("<150", L.LOW),
        ("<180", L.LOW),
        ("<=180", L.INDETERMINATE),
        ("<200", L.INDETERMINATE),
        ("<350", L.INDETERMINATE),
        ("<=350", L.INDETERMINATE),
        ("<351", L.UNCLEAR),
        (">180", L.UNCLEAR),
        (">300", L.UNCLEAR),
        (">=350", L.UNCLEAR),
        (">350", L.UNLIKELY),
        (">=351", L.UNLIKELY),
        (">2000", L.UNLIKELY),
    ],
)
def test_total_b12_and_its_comparators(text: str, expected: Level) -> None:
    assert level(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("24.9", L.LOW), ("25", L.INDETERMINATE), ("70", L.INDETERMINATE), ("70.1", L.UNLIKELY), ("<25", L.LOW)],
)
def test_holotranscobalamin(text: str, expected: Level) -> None:
    assert level(text, "25", "70") is expected


@pytest.mark.parametrize(
    ("value", "upper", "high"),
    [
        ("271", None, Answer.NO),
        ("271.1", None, Answer.YES),
        ("300", "400", Answer.NO),
        ("401", "400", Answer.YES),
        ("260", "250", Answer.YES),
        (">271", None, Answer.YES),
        ("<271", None, Answer.NO),
        ("<400", None, Answer.UNKNOWN),
    ],
)
def test_mma_against_its_own_limit_or_the_general_one(value: str, upper: str | None, high: Answer) -> None:
    limit = None if upper is None else Decimal(upper)
    assert mma_high(lab(A.MMA, value, upper_limit=limit), THRESHOLDS) is high


@pytest.mark.parametrize(("treated", "relied_on"), [(Answer.NO, True), (Answer.YES, False), (Answer.UNKNOWN, False)])
def test_a_normal_value_is_relied_on_only_off_treatment(treated: Answer, relied_on: bool) -> None:
    for value in ("250", "600"):
        assert (read(lab(A.B12, value), treated=treated).decisive is not None) is relied_on
    assert read(lab(A.B12, "120"), treated=treated).decisive is not None


def test_the_newest_that_is_relied_on_decides() -> None:
    found = read(lab(A.B12, "600", days_ago=5), lab(A.B12, "120", days_ago=40))
    assert found.level is L.UNLIKELY
    assert found.against is None


@pytest.mark.parametrize(("apart", "expected"), [(0, L.LOW), (14, L.LOW), (15, L.UNLIKELY)])
def test_two_within_14_days_the_lower_decides_and_both_are_shown(apart: int, expected: Level) -> None:
    found = read(lab(A.B12, "600", days_ago=5), lab(A.B12, "120", days_ago=5 + apart))
    assert found.level is expected
    assert (found.against is not None) is (apart <= 14)


def test_two_within_14_days_the_newer_lower_is_shown_with_the_older_normal() -> None:
    found = read(lab(A.B12, "120", days_ago=5), lab(A.B12, "600", days_ago=10))
    assert found.against is not None
    assert found.against.level is L.UNLIKELY


@pytest.mark.parametrize(("apart", "shown"), [(14, True), (15, False)])
def test_the_outvoted_result_is_shown_within_14_days_only(apart: int, shown: bool) -> None:
    found = read(lab(A.B12, "120", days_ago=5), lab(A.B12, "600", days_ago=5 + apart))
    assert (found.against is not None) is shown


def test_the_newest_clear_reading_whatever_the_treatment() -> None:
    unclear, normal, low = lab(A.B12, ">300", days_ago=2), lab(A.B12, "600", days_ago=9), lab(A.B12, "120", days_ago=90)
    found = read(unclear, normal, low, treated=Answer.YES)
    newest = found.newest(L.UNLIKELY)
    assert newest is not None
    assert newest.result == normal
    assert found.newest(L.LOW, L.INDETERMINATE) is None
    assert read(lab(A.B12, "600", days_ago=400)).newest(L.UNLIKELY) is None
    assert read().newest(L.UNLIKELY) is None


def test_two_mma_within_14_days_the_higher_decides() -> None:
    patient = snapshot(lab(A.MMA, "200", days_ago=5), lab(A.MMA, "500", days_ago=12))
    found = read_mma(patient, THRESHOLDS, lambda _day: Answer.NO)
    assert found.decisive is not None
    assert found.decisive.result.measured.value == Decimal(500)


@pytest.mark.parametrize(("on", "in_date"), [(date(2025, 11, 20), True), (date(2025, 11, 19), False)])
def test_validity_to_the_limit_day(on: date, in_date: bool) -> None:
    assert (read(lab(A.B12, "120", on=on)).in_date is not None) is in_date


def test_a_result_of_the_future_is_not_read() -> None:
    assert read(lab(A.B12, "120", days_ago=-1)).decisive is None
    assert read(lab(A.B12, "120", days_ago=0)).decisive is not None
