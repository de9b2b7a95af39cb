"""Derivations 3.1 "loaded" (a) to (d), and the alternate-day course of 5.3."""

from typing import Any

import pytest

from cds_service.clinical.loading import had_alternate_day_course_of_21_days, is_loaded
from cds_service.clinical.orders import MedicationOrder
from cds_service.clinical.treatment import Treatment, treatment_of
from tests.clinical.histories import LIMITS, days_ago, injections_in_clinic, patient
from tests.clinical.orders import record


def treated(*medications: MedicationOrder, **values: Any) -> Treatment:
    return treatment_of(patient(*medications, **values), LIMITS)


def course(text: str, ago: int, **fields: Any) -> MedicationOrder:
    return record(f"hydroxocobalamin 1000 ug IM {text}", authored=days_ago(ago), **fields)


@pytest.mark.parametrize(
    ("medications", "loaded", "loaded_with_signs"),
    [
        ((course("3 per wk x6", 50, status="completed"),), True, False),
        ((course("3 per wk x2", 50, status="completed"),), False, False),
        ((course("every 2 d for 21 d", 50, status="completed"),), True, True),
        ((course("every 2 d for 20 d", 50, status="completed"),), True, False),
        ((course("every 2 d", 13),), False, False),
        ((course("every 2 d", 14),), True, False),
        ((course("every 2 d", 20),), True, False),
        ((course("every 2 d", 21),), True, True),
        ((course("weekly x4", 50, status="completed"),), False, False),
        (
            (record("hydroxocobalamin 250 ug IM daily for 1 wk", status="completed", authored=days_ago(40)),),
            False,
            False,
        ),
        ((course("daily", 40, status="stopped"),), False, False),
        ((course("daily", 40, status="completed"),), True, False),
        (
            (
                course("every 2 d for 14 d", 60, status="completed", reference="a"),
                course("every 2 d for 10 d", 45, status="completed", reference="b"),
            ),
            True,
            True,
        ),
        ((course("monthly", 184),), True, True),
        ((course("monthly", 180),), False, False),
        ((course("every 6 mo", 300),), False, False),
        ((course("every 6 mo", 366),), True, True),
        (
            (course("once", 250, reference="a"), course("once", 160, reference="b"), course("once", 40, reference="c")),
            True,
            True,
        ),
        ((course("once", 250, reference="a"), course("once", 40, reference="c")), False, False),
        ((record("cyanocobalamin 1000 ug oral daily", authored=days_ago(90)),), True, True),
        ((record("cyanocobalamin 1000 ug oral daily", authored=days_ago(89)),), False, False),
        ((record("cyanocobalamin 999 ug oral daily", authored=days_ago(900)),), False, False),
    ],
)
def test_loaded(medications: tuple[MedicationOrder, ...], loaded: bool, loaded_with_signs: bool) -> None:
    found = treated(*medications)
    assert is_loaded(found, neuro_active=False) is loaded
    assert is_loaded(found, neuro_active=True) is loaded_with_signs


@pytest.mark.parametrize(
    ("ago", "loaded"),
    [
        ((60, 58, 56, 54, 40), True),
        ((60, 58, 56, 54), False),
        ((60, 55, 50, 45, 39), False),
        ((60, 55, 50, 45, 40), True),
    ],
)
def test_five_injections_in_clinic_within_21_days_are_loading(ago: tuple[int, ...], loaded: bool) -> None:
    assert is_loaded(treated(operations=injections_in_clinic(*ago)), neuro_active=False) is loaded


def test_an_alternate_day_course_of_21_days_is_neurological_history() -> None:
    assert had_alternate_day_course_of_21_days(treated(course("every 2 d for 3 wk", 900, status="completed")))
    assert not had_alternate_day_course_of_21_days(treated(course("every 2 d for 20 d", 900, status="completed")))
    assert not had_alternate_day_course_of_21_days(treated(course("2 per wk for 6 wk", 900, status="completed")))


@pytest.mark.parametrize(("text", "loaded"), [("daily x3", True), ("daily x2", False), ("every 2 d for 5 d", True)])
def test_3000_ug_in_14_days_exactly_is_loading(text: str, loaded: bool) -> None:
    assert is_loaded(treated(course(text, 50, status="completed")), neuro_active=False) is loaded


def test_doses_count_within_14_days_of_the_start_of_an_order() -> None:
    thin = course("every 6 d x2", 60, status="completed", reference="a")
    spread = course("every 6 d x2", 47, status="completed", reference="b")
    assert is_loaded(treated(thin, spread), neuro_active=False)  # days 0, 6 and 13
    assert not is_loaded(
        treated(thin, course("every 6 d x2", 46, status="completed", reference="b")), neuro_active=False
    )
    full = course("every 2 d for 5 d", 48, status="completed", reference="b")
    lower = record("hydroxocobalamin 100 ug IM every 6 d x2", status="completed", authored=days_ago(60), reference="a")
    assert is_loaded(treated(lower, full), neuro_active=False)


def test_an_order_of_unknown_amount_does_not_prove_loading() -> None:
    unstated = record("hydroxocobalamin IM every 2 d for 3 wk", status="completed", authored=days_ago(60))
    assert not is_loaded(treated(unstated), neuro_active=False)


def test_six_months_to_the_day_and_two_intervals() -> None:
    assert is_loaded(treated(course("every 3 mo", 183)), neuro_active=False)
    assert not is_loaded(treated(course("every 91 d", 181)), neuro_active=False)
