"""Derivations 3.2: what a cobalamin order is for, row by row."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from cds_service.clinical.conditions import Concept
from cds_service.clinical.orders import MedicationOrder
from cds_service.clinical.purpose import PatientState, Purpose, purpose_of
from cds_service.clinical.snapshot import Operation
from tests.clinical.builders import finding
from tests.clinical.histories import LIMITS, days_ago, has, patient
from tests.clinical.orders import order, record

PEMETREXED = order("pemetrexed", reference="MedicationRequest/p")
INJECTED = record("hydroxocobalamin 1000 ug IM every 2 mo")


def ONCE_LOW(day: date) -> bool:  # noqa: N802 - one of the constants of the table below
    """A low B12 of 900 days ago, and none since."""
    return day < days_ago(900)


@pytest.mark.parametrize(
    ("fields", "bundle", "medications", "diagnoses", "state", "purpose"),
    [
        ({}, (PEMETREXED,), (), (), {}, Purpose.ANTIFOLATE_PROPHYLAXIS),
        ({}, (), (record("pralatrexate"),), (), {"deficiency": "suspected"}, Purpose.ANTIFOLATE_PROPHYLAXIS),
        ({}, (), (record("pemetrexed", status="completed"),), (), {}, Purpose.UNKNOWN),
        ({}, (PEMETREXED,), (), (), {"deficiency": "confirmed"}, Purpose.TREATMENT),
        ({"reasons": {Concept.LEBER}}, (), (), (), {"deficiency": "confirmed"}, Purpose.OPTIC_INDICATION),
        (
            {"reason_references": ("Condition/1",)},
            (),
            (),
            (has(Concept.TOBACCO_AMBLYOPIA),),
            {},
            Purpose.OPTIC_INDICATION,
        ),
        ({}, (), (), (has(Concept.LEBER),), {}, Purpose.UNKNOWN),
        ({}, (), (), (), {"inherited_defect": True, "deficiency": "confirmed"}, Purpose.SPECIALIST),
        ({}, (), (), (), {"deficiency": "suspected"}, Purpose.TREATMENT),
        ({}, (), (), (has(Concept.VEGAN_DIET),), {"neuro_present": True}, Purpose.TREATMENT),
        ({}, (), (), (has(Concept.GASTRIC_BYPASS),), {"deficiency": "indeterminate"}, Purpose.PROPHYLAXIS),
        # a low B12 years ago: treated where injections followed, prevention where none did
        ({}, (), (INJECTED,), (has(Concept.GASTRIC_BYPASS),), {"b12_low_since": ONCE_LOW}, Purpose.TREATMENT),
        ({}, (), (), (has(Concept.GASTRIC_BYPASS),), {"b12_low_since": ONCE_LOW}, Purpose.PROPHYLAXIS),
        ({}, (), (INJECTED,), (has(Concept.GASTRIC_BYPASS),), {}, Purpose.PROPHYLAXIS),
        ({}, (), (), (has(Concept.CROHN_ILEAL),), {"deficiency": "unlikely"}, Purpose.PROPHYLAXIS),
        ({}, (), (), (has(Concept.CROHN),), {}, Purpose.UNKNOWN),
        ({}, (), (record("metformin", authored=days_ago(200)),), (), {}, Purpose.PROPHYLAXIS),
        ({}, (), (record("metformin"),), (), {}, Purpose.PROPHYLAXIS),
        ({}, (), (record("metformin", authored=days_ago(100)),), (), {}, Purpose.UNKNOWN),
        (
            {},
            (),
            (
                record("metformin", authored=days_ago(9)),
                record("metformin", status="completed", authored=days_ago(400)),
            ),
            (),
            {},
            Purpose.PROPHYLAXIS,
        ),
        ({}, (), (record("metformin", status="stopped", authored=days_ago(400)),), (), {}, Purpose.UNKNOWN),
    ],
)
def test_3_2_purpose(
    *,
    fields: dict[str, Any],
    bundle: tuple[MedicationOrder, ...],
    medications: tuple[MedicationOrder, ...],
    diagnoses: tuple[Any, ...],
    state: dict[str, Any],
    purpose: Purpose,
) -> None:
    drafted = order("hydroxocobalamin 1000 ug IM every 3 mo", **fields)
    snapshot = patient(*medications, diagnoses=diagnoses)
    assert purpose_of(drafted, snapshot, (drafted, *bundle), PatientState(**state), LIMITS) is purpose


def test_3_2_row_5_an_operation_is_a_cause() -> None:
    resected = Operation(frozenset({Concept.ILEAL_RESECTION}), "ileal resection", "Procedure/1", days_ago(900))
    snapshot = patient(operations=(resected,))
    drafted = order("hydroxocobalamin 1000 ug IM every 3 mo")
    assert purpose_of(drafted, snapshot, (drafted,), PatientState(), LIMITS) is Purpose.PROPHYLAXIS


@pytest.mark.parametrize(
    ("cm", "purpose"), [(None, Purpose.UNKNOWN), ("20", Purpose.UNKNOWN), ("20.5", Purpose.PROPHYLAXIS)]
)
def test_3_2_row_5_a_hemicolectomy_counts_by_the_ileum_that_it_took(cm: str | None, purpose: Purpose) -> None:
    taken = Operation(frozenset({Concept.HEMICOLECTOMY}), "right hemicolectomy", "Procedure/1", days_ago(900))
    length = replace(finding(Concept.ILEAL_RESECTION_LENGTH), length_cm=Decimal(cm)) if cm is not None else None
    snapshot = patient(operations=(taken,), findings=(length,) if length is not None else ())
    drafted = order("hydroxocobalamin 1000 ug IM every 3 mo")
    assert purpose_of(drafted, snapshot, (drafted,), PatientState(), LIMITS) is purpose
