"""Derivations 3.3 and 3.4: every row of the phase table, and what the draft's own timing presumes."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from cds_service.clinical.concepts import ResourceKind
from cds_service.clinical.conditions import Concept
from cds_service.clinical.orders import MedicationOrder
from cds_service.clinical.phase import (
    PatientState,
    Phase,
    PhaseAssessment,
    Purpose,
    phase_of,
    presumed_phase,
)
from cds_service.clinical.schedule import own_course
from cds_service.clinical.snapshot import Availability, Operation
from cds_service.clinical.treatment import treatment_of
from tests.clinical.histories import LIMITS, days_ago, injections_in_clinic, patient
from tests.clinical.orders import order, record

LINKED = {"renews": ("MedicationRequest/record",)}
TWO_MONTHLY = order("hydroxocobalamin 1000 ug IM every 2 mo")
RENEWAL = order("hydroxocobalamin 1000 ug IM every 2 mo", **LINKED)
ACTIVE = {"neuro_present": True}
PLATEAU = {"neuro_present": True, "neuro_plateaued": True}


def low_b12(day: date) -> Callable[[date], bool]:
    return lambda since: day > since


def phase(
    drafted: MedicationOrder,
    *medications: MedicationOrder,
    purpose: Purpose = Purpose.TREATMENT,
    state: dict[str, Any] | None = None,
    **values: Any,
) -> PhaseAssessment:
    treatment = treatment_of(patient(*medications, **values), LIMITS)
    return phase_of(drafted, purpose, treatment, PatientState(**(state or {})))


def injected(text: str, ago: int, **fields: Any) -> MedicationOrder:
    return record(f"hydroxocobalamin 1000 ug IM {text}", authored=days_ago(ago), **fields)


def loaded_until(past_cover: int) -> MedicationOrder:
    """Maintenance for two years whose cover ended so many days ago."""
    return injected("every 3 mo", 900, status="completed", ends=days_ago(past_cover + 93))


def tablets(ago: int) -> MedicationOrder:
    return record("cyanocobalamin 1000 ug oral daily", authored=days_ago(ago))


@pytest.mark.parametrize("purpose", [Purpose.PROPHYLAXIS, Purpose.ANTIFOLATE_PROPHYLAXIS])
def test_row_1_prophylaxis(purpose: Purpose) -> None:
    found = phase(TWO_MONTHLY, injected("every 2 d", 3), purpose=purpose)
    assert (found.phase, found.row) == (Phase.PROPHYLAXIS, 1)


@pytest.mark.parametrize("told", [Availability.REFUSED, Availability.FAILED, Availability.NOT_SUPPLIED])
def test_row_2_the_list_was_not_told(told: Availability) -> None:
    found = phase(TWO_MONTHLY, availability={ResourceKind.MEDICATIONS: told})
    assert (found.phase, found.row) == (Phase.UNKNOWN, 2)


@pytest.mark.parametrize(
    ("draft", "history", "state", "expected", "row"),
    [
        (RENEWAL, [injected("every 3 mo", 1460)], ACTIVE, Phase.MAINTENANCE, 3),
        (RENEWAL, [injected("monthly", 20)], ACTIVE, Phase.MAINTENANCE, 3),
        (RENEWAL, [tablets(20)], {}, Phase.MAINTENANCE, 3),
        (RENEWAL, [tablets(20)], {"neuro_persistent": True}, Phase.LOADING, 8),
        (RENEWAL, [record("cyanocobalamin 500 ug nasal weekly", authored=days_ago(5))], {}, Phase.MAINTENANCE, 3),
        (RENEWAL, [injected("every 3 mo", 3000, status="completed", ends=days_ago(184))], {}, Phase.UNKNOWN, 13),
        (RENEWAL, [injected("every 2 d", 60)], ACTIVE, Phase.LOADING, 4),
        (RENEWAL, [injected("weekly", 60)], ACTIVE, Phase.LOADING, 4),
        (RENEWAL, [injected("every 2 d", 3)], PLATEAU, Phase.MAINTENANCE, 5),
        (RENEWAL, [injected("every 2 d", 14)], {}, Phase.MAINTENANCE, 5),
        (RENEWAL, [injected("daily", 5)], {}, Phase.MAINTENANCE, 5),
        (RENEWAL, [injected("daily", 4)], {}, Phase.LOADING, 6),
        (RENEWAL, [injected("every 2 d", 9)], {}, Phase.LOADING, 6),
        (TWO_MONTHLY, [injected("every 2 d", 9)], {}, Phase.LOADING, 7),
        (TWO_MONTHLY, [injected("weekly", 13)], {}, Phase.LOADING, 7),
        (TWO_MONTHLY, [injected("weekly", 14)], {}, Phase.UNKNOWN, 23),
        (TWO_MONTHLY, [injected("every 2 d", 14)], {}, Phase.MAINTENANCE, 10),
        (TWO_MONTHLY, [injected("every 2 d", 40)], ACTIVE, Phase.LOADING, 7),
        (TWO_MONTHLY, [injected("every 2 d", -1)], {}, Phase.LOADING, 7),
        (TWO_MONTHLY, [tablets(240)], {"neuro_worse_or_recurrent": True}, Phase.LOADING, 8),
        (TWO_MONTHLY, [tablets(240)], {"b12_low_since": low_b12(days_ago(10))}, Phase.LOADING, 8),
        (TWO_MONTHLY, [tablets(240)], {"b12_low_since": low_b12(days_ago(240))}, Phase.MAINTENANCE, 10),
        (TWO_MONTHLY, [injected("3 per wk x6", 50, status="completed")], ACTIVE, Phase.LOADING, 9),
        (TWO_MONTHLY, [injected("3 per wk x6", 102, status="completed")], ACTIVE, Phase.LOADING, 9),
        (TWO_MONTHLY, [injected("3 per wk x6", 103, status="completed")], ACTIVE, Phase.UNKNOWN, 23),
        (TWO_MONTHLY, [injected("every 2 d for 20 d", 50, status="completed")], ACTIVE, Phase.LOADING, 9),
        (TWO_MONTHLY, [injected("every 2 d for 21 d", 50, status="completed")], ACTIVE, Phase.MAINTENANCE, 10),
        (TWO_MONTHLY, [injected("3 per wk x6", 50, status="completed")], PLATEAU, Phase.MAINTENANCE, 10),
        (TWO_MONTHLY, [loaded_until(0)], {}, Phase.MAINTENANCE, 10),
        (TWO_MONTHLY, [loaded_until(1)], {}, Phase.MAINTENANCE, 11),
        (TWO_MONTHLY, [loaded_until(90)], ACTIVE, Phase.MAINTENANCE, 11),
        (TWO_MONTHLY, [loaded_until(91)], {"b12_low_since": low_b12(days_ago(3))}, Phase.LOADING, 12),
        (TWO_MONTHLY, [loaded_until(365)], {"neuro_worse_or_recurrent": True}, Phase.LOADING, 12),
        (TWO_MONTHLY, [loaded_until(91)], {"b12_low_since": low_b12(days_ago(91))}, Phase.UNKNOWN, 13),
        (TWO_MONTHLY, [loaded_until(365)], {"deficiency": "confirmed"}, Phase.UNKNOWN, 13),
        (TWO_MONTHLY, [loaded_until(366)], {"deficiency": "confirmed"}, Phase.LOADING, 14),
        (TWO_MONTHLY, [loaded_until(366)], {"deficiency": "suspected"}, Phase.LOADING, 14),
        (TWO_MONTHLY, [loaded_until(366)], {"permanent_cause": True}, Phase.LOADING, 14),
        (TWO_MONTHLY, [loaded_until(366)], {"deficiency": "unlikely"}, Phase.UNKNOWN, 15),
        (TWO_MONTHLY, [tablets(30)], {}, Phase.MAINTENANCE, 16),
        (TWO_MONTHLY, [injected("monthly", 60)], ACTIVE, Phase.LOADING, 17),
        (TWO_MONTHLY, [injected("every 3 mo", 60)], PLATEAU, Phase.LOADING, 17),
        (TWO_MONTHLY, [injected("monthly", 60)], {}, Phase.UNKNOWN, 18),
        (
            TWO_MONTHLY,
            [],
            {"deficiency": "confirmed", "strength_laboratory": True, "evidence_day": days_ago(365)},
            Phase.LOADING,
            19,
        ),
        (
            TWO_MONTHLY,
            [],
            {"deficiency": "confirmed", "strength_laboratory": True, "evidence_day": days_ago(366)},
            Phase.UNKNOWN,
            23,
        ),
        (TWO_MONTHLY, [], {"deficiency": "suspected", "evidence_day": days_ago(3)}, Phase.LOADING, 19),
        (TWO_MONTHLY, [], {"deficiency": "suspected"}, Phase.UNKNOWN, 23),
        (
            TWO_MONTHLY,
            [],
            {"deficiency": "confirmed", "diagnosis_only": True, "diagnosis_day": days_ago(365)},
            Phase.LOADING,
            20,
        ),
        (
            TWO_MONTHLY,
            [],
            {
                "deficiency": "confirmed",
                "diagnosis_only": True,
                "diagnosis_day": days_ago(366),
                "b12_above_unlikely_in_date": True,
            },
            Phase.UNKNOWN,
            21,
        ),
        (
            TWO_MONTHLY,
            [],
            {"deficiency": "confirmed", "diagnosis_only": True, "b12_above_unlikely_in_date": True},
            Phase.UNKNOWN,
            21,
        ),
        (
            TWO_MONTHLY,
            [],
            {"deficiency": "confirmed", "diagnosis_only": True, "diagnosis_day": days_ago(366)},
            Phase.UNKNOWN,
            22,
        ),
        (TWO_MONTHLY, [], {"deficiency": "indeterminate"}, Phase.UNKNOWN, 23),
        (
            TWO_MONTHLY,
            [injected("once", 30)],
            {"deficiency": "confirmed", "strength_laboratory": True, "evidence_day": days_ago(3)},
            Phase.UNKNOWN,
            23,
        ),
    ],
)
def test_rows_3_to_23(
    draft: MedicationOrder, history: list[MedicationOrder], state: dict[str, Any], expected: Phase, row: int
) -> None:
    found = phase(draft, *history, state=state)
    assert (found.phase, found.row) == (expected, row)


def test_row_3_to_6_the_same_id_is_a_change_of_that_order() -> None:
    changed = order("hydroxocobalamin 1000 ug IM every 2 mo", reference="MedicationRequest/record")
    found = phase(changed, injected("every 3 mo", 40))
    assert found.row == 3
    assert found.current is not None
    assert found.current.reference == "MedicationRequest/record"


@pytest.mark.parametrize(("ago", "due"), [(21, False), (22, True)])
def test_row_7_a_review_is_due_after_21_days_with_neurological_involvement(ago: int, due: bool) -> None:
    found = phase(TWO_MONTHLY, injected("every 2 d", ago), state=ACTIVE)
    assert found.loading_continuing
    assert found.review_due is due


def test_row_10_injections_given_in_clinic_are_a_history() -> None:
    loaded = phase(TWO_MONTHLY, operations=injections_in_clinic(60, 58, 56, 54, 52))
    assert (loaded.phase, loaded.row) == (Phase.MAINTENANCE, 10)
    short = phase(TWO_MONTHLY, operations=injections_in_clinic(60, 58, 56, 54, 52), state=ACTIVE)
    assert (short.phase, short.row) == (Phase.LOADING, 9)


def test_rows_12_to_15_a_lapse_says_so() -> None:
    assert phase(TWO_MONTHLY, loaded_until(100)).lapse
    assert phase(TWO_MONTHLY, loaded_until(400)).lapse
    assert not phase(TWO_MONTHLY, loaded_until(90)).lapse


def test_row_14_treatment_never_completed_and_long_past_is_loading_again() -> None:
    once = injected("once", 1000, status="completed")
    found = phase(TWO_MONTHLY, once, state={"deficiency": "confirmed"})
    assert (found.phase, found.row) == (Phase.LOADING, 14)


@pytest.mark.parametrize(
    "values",
    [
        {"unknown_medications": ("MedicationRequest/x",)},
        {"availability": {ResourceKind.MEDICATIONS: Availability.INCOMPLETE}},
        {"operations": (Operation(frozenset({Concept.B12_ADMINISTRATION}), "injection", "Procedure/1"),)},
    ],
)
def test_row_19_loading_is_never_inferred_from_a_list_that_is_not_whole(values: dict[str, Any]) -> None:
    state = {"deficiency": "confirmed", "strength_laboratory": True, "evidence_day": days_ago(3)}
    assert phase(TWO_MONTHLY, state=state).row == 19
    assert phase(TWO_MONTHLY, state=state, **values).row == 23


def test_a_date_that_is_assumed_makes_the_answer_partial() -> None:
    sure = phase(TWO_MONTHLY, loaded_until(0))
    assumed = injected("every 3 mo", 900, status="stopped", ends=days_ago(60))
    assert (sure.partial, phase(TWO_MONTHLY, assumed).partial) == (False, True)


@pytest.mark.parametrize(
    ("text", "presumed"),
    [
        ("hydroxocobalamin 1000 ug IM every 2 d", Phase.LOADING),
        ("hydroxocobalamin 1000 ug IM weekly", Phase.LOADING),
        ("hydroxocobalamin 1000 ug IM weekly x4", Phase.LOADING),
        ("hydroxocobalamin 1000 ug IM weekly x3", None),
        ("hydroxocobalamin 1000 ug IM monthly", Phase.MAINTENANCE),
        ("hydroxocobalamin 1000 ug IM every 3 mo", Phase.MAINTENANCE),
        ("cyanocobalamin 1000 ug oral daily", Phase.MAINTENANCE),
        ("hydroxocobalamin 1000 ug IM once", Phase.LOADING),
        ("hydroxocobalamin 1000 ug IM", None),
        ("hydroxocobalamin 1000 ug IM daily for 1 wk then IM monthly", Phase.LOADING),
    ],
)
def test_3_4_what_the_drafts_own_timing_presumes(text: str, presumed: Phase | None) -> None:
    assert presumed_phase(own_course(order(text)), LIMITS) is presumed


def test_row_9_is_not_for_a_course_that_maintenance_or_a_second_course_followed() -> None:
    short = injected("3 per wk x6", 80, status="completed", reference="a")
    followed = phase(TWO_MONTHLY, short, injected("every 2 mo", 60, reference="b"), state=ACTIVE)
    assert (followed.phase, followed.row) == (Phase.LOADING, 17)
    longer = injected("every 2 d for 21 d", 50, status="completed", reference="b")
    assert phase(TWO_MONTHLY, short, longer, state=ACTIVE).row == 10
    running = injected("every 2 d", 3, reference="b")
    assert phase(TWO_MONTHLY, short, running, state=ACTIVE).row == 7


def test_row_20_a_diagnosis_without_a_laboratory_result_is_not_row_19() -> None:
    state = {"deficiency": "confirmed", "diagnosis_only": True, "evidence_day": days_ago(3)}
    assert phase(TWO_MONTHLY, state=state).row == 22


def test_row_18_a_maintenance_order_that_began_6_months_ago_to_the_day_is_no_new_one() -> None:
    six_months = injected("every 6 mo", 182)  # 15 December to 15 June
    assert phase(TWO_MONTHLY, six_months).row == 23
    assert phase(TWO_MONTHLY, injected("every 6 mo", 181)).row == 18
