"""Derivations 3.5: every example, as far as purpose and phase decide it. The cards of each line are rule cases."""

from datetime import date
from typing import Any

import pytest

from cds_service.clinical.concepts import ResourceKind
from cds_service.clinical.conditions import Concept
from cds_service.clinical.orders import MedicationOrder
from cds_service.clinical.phase import PatientState, Phase, PhaseAssessment, phase_of, purpose_of
from cds_service.clinical.schedule import planned_course
from cds_service.clinical.snapshot import Availability, Operation, Snapshot
from cds_service.clinical.treatment import treatment_of
from tests.clinical.histories import LIMITS, days_ago, has, patient
from tests.clinical.orders import order, record

LOW_B12 = {"deficiency": "confirmed", "strength_laboratory": True, "evidence_day": days_ago(7)}
PERNICIOUS = {
    "deficiency": "confirmed",
    "diagnosis_only": True,
    "diagnosis_day": days_ago(2190),
    "permanent_cause": True,
}
TWO_TO_THREE = order("hydroxocobalamin 1000 ug IM every 2-3 mo")
TWO = order("hydroxocobalamin 1000 ug IM every 2 mo")
THREE = order("hydroxocobalamin 1000 ug IM every 3 mo")
SIX_DOSES = order("hydroxocobalamin 1000 ug IM 3 per wk x6")
FIVE_WEEKS_AGO = record("hydroxocobalamin 1000 ug IM 3 per wk x6", status="completed", authored=days_ago(48))
ALTERNATE = "hydroxocobalamin 1000 ug IM every 2 d"


def assess(
    drafted: MedicationOrder, snapshot: Snapshot, drafts: tuple[MedicationOrder, ...] = (), **state: Any
) -> PhaseAssessment:
    known = PatientState(**state)
    purpose = purpose_of(drafted, snapshot, (drafted, *drafts), known, LIMITS)
    return phase_of(drafted, purpose, treatment_of(snapshot, LIMITS), known)


@pytest.mark.parametrize("drafted", [THREE, SIX_DOSES])
@pytest.mark.parametrize("neuro", [False, True])
def test_list_supplied_no_cobalamin_and_b12_120_last_week(drafted: MedicationOrder, neuro: bool) -> None:
    assert assess(drafted, patient(), **LOW_B12, neuro_present=neuro).phase is Phase.LOADING


def test_six_doses_completed_five_weeks_ago_neuro_absent() -> None:
    assert assess(TWO_TO_THREE, patient(FIVE_WEEKS_AGO), **LOW_B12).phase is Phase.MAINTENANCE


def test_six_doses_completed_five_weeks_ago_neuropathy_still_active() -> None:
    found = assess(TWO, patient(FIVE_WEEKS_AGO), **LOW_B12, neuro_present=True)
    assert (found.phase, found.row) == (Phase.LOADING, 9)


def test_three_monthly_for_4_years_renewed() -> None:
    renewal = order("hydroxocobalamin 1000 ug IM every 3 mo", renews=("MedicationRequest/record",))
    active = record("hydroxocobalamin 1000 ug IM every 3 mo", authored=days_ago(1461))
    assert assess(renewal, patient(active), **PERNICIOUS).phase is Phase.MAINTENANCE


def test_last_order_ended_7_months_ago_well() -> None:
    last = record(
        "hydroxocobalamin 1000 ug IM every 3 mo", status="completed", authored=days_ago(1000), ends=days_ago(213)
    )
    found = assess(THREE, patient(last), **PERNICIOUS)
    assert (found.phase, found.lapse) == (Phase.UNKNOWN, True)


@pytest.mark.parametrize("ends", [days_ago(1095), None])
def test_last_order_3_years_ago_pernicious_anaemia(ends: date | None) -> None:
    last = record("hydroxocobalamin 1000 ug IM every 3 mo", status="completed", authored=days_ago(1500), ends=ends)
    found = assess(THREE, patient(last), **PERNICIOUS)
    assert (found.phase, found.row) == (Phase.LOADING, 14)


def test_pernicious_anaemia_recorded_6_years_ago_no_orders_b12_610() -> None:
    found = assess(THREE, patient(), **PERNICIOUS, b12_above_unlikely_in_date=True)
    assert (found.phase, found.row) == (Phase.UNKNOWN, 21)


def test_oral_1000_ug_daily_for_8_months_b12_fine_no_neuro() -> None:
    taken = record("cyanocobalamin 1000 ug oral daily", authored=days_ago(243))
    assert assess(TWO_TO_THREE, patient(taken)).phase is Phase.MAINTENANCE


def test_oral_1000_ug_daily_and_paraesthesia_worse() -> None:
    taken = record("cyanocobalamin 1000 ug oral daily", authored=days_ago(243))
    found = assess(TWO, patient(taken), neuro_present=True, neuro_worse_or_recurrent=True)
    assert (found.phase, found.row) == (Phase.LOADING, 8)


@pytest.mark.parametrize("text", ["daily for 1 wk", "daily x7"])
def test_daily_x_7_completed_yesterday_then_weekly(text: str) -> None:
    loading = record(f"cyanocobalamin 1000 ug IM {text}", status="completed", authored=days_ago(7))
    weekly = order("cyanocobalamin 1000 ug IM weekly x4")
    found = assess(weekly, patient(loading), **LOW_B12)
    assert (found.phase, found.loading_continuing) == (Phase.LOADING, True)


def test_daily_weekly_and_monthly_in_one_bundle() -> None:
    bundle = (
        order("cyanocobalamin 1000 ug IM daily x7", reference="a"),
        order("cyanocobalamin 1000 ug IM weekly x4", reference="b"),
        order("cyanocobalamin 1000 ug IM monthly", reference="c"),
    )
    for drafted in bundle:
        assert assess(drafted, patient(), bundle, **LOW_B12).phase is Phase.LOADING
        assert planned_course(drafted, bundle).micrograms_in_first(14) == 8000
    assert [planned_course(d, bundle).has_earlier_part_than(d.reference) for d in bundle] == [False, True, True]


@pytest.mark.parametrize(
    "drafted", [TWO, order("hydroxocobalamin 1000 ug IM every 2 mo", renews=("MedicationRequest/record",))]
)
def test_alternate_day_course_day_9_neuro_improving(drafted: MedicationOrder) -> None:
    running = patient(record(ALTERNATE, authored=days_ago(9)))
    found = assess(drafted, running, **LOW_B12, neuro_present=True)
    assert (found.phase, found.loading_continuing, found.review_due) == (Phase.LOADING, True, False)


@pytest.mark.parametrize(
    "drafted", [TWO, order("hydroxocobalamin 1000 ug IM every 2 mo", renews=("MedicationRequest/record",))]
)
@pytest.mark.parametrize(("plateau", "expected"), [(True, Phase.MAINTENANCE), (False, Phase.LOADING)])
def test_alternate_day_course_day_40(drafted: MedicationOrder, plateau: bool, expected: Phase) -> None:
    running = patient(record(ALTERNATE, authored=days_ago(40)))
    found = assess(drafted, running, **LOW_B12, neuro_present=True, neuro_plateaued=plateau)
    assert found.phase is expected
    assert found.loading_continuing is not plateau
    assert found.review_due is not plateau


def test_ileal_resection_45_cm_b12_410_no_record() -> None:
    resected = Operation(frozenset({Concept.ILEAL_RESECTION}), "ileal resection", "Procedure/1", days_ago(900))
    drafted = order("hydroxocobalamin 1000 ug IM monthly")
    assert assess(drafted, patient(operations=(resected,)), deficiency="unlikely").phase is Phase.PROPHYLAXIS


def test_pemetrexed_drafted() -> None:
    drafted = order("cyanocobalamin 1000 ug IM every 9 wk")
    pemetrexed = order("pemetrexed", reference="MedicationRequest/p")
    assert assess(drafted, patient(), (pemetrexed,)).phase is Phase.PROPHYLAXIS


def test_medication_request_refused() -> None:
    refused = patient(availability={ResourceKind.MEDICATIONS: Availability.REFUSED})
    found = assess(THREE, refused, **LOW_B12)
    assert (found.phase, found.row) == (Phase.UNKNOWN, 2)


def test_recurrence_pregnancy_and_a_change_of_form_do_not_change_the_phase() -> None:
    active = patient(
        record("cyanocobalamin 1000 ug IM monthly", authored=days_ago(900)), diagnoses=(has(Concept.PREGNANT),)
    )
    found = assess(THREE, active, **LOW_B12, neuro_present=True, neuro_worse_or_recurrent=True)
    assert (found.phase, found.row) == (Phase.MAINTENANCE, 10)
