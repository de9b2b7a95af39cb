"""Deficiency status of a few facts: off treatment, kidneys unknown, no signs, unless told otherwise."""

from collections.abc import Callable
from datetime import date

from cds_service.clinical.concepts import Analyte, Answer
from cds_service.clinical.conditions import Concept
from cds_service.clinical.deficiency import DeficiencyAssessment, DeficiencyStatus, Strength, deficiency_status
from cds_service.clinical.neurology import NeurologicalAssessment, NeurologicalStatus
from cds_service.clinical.renal import renal_status
from cds_service.clinical.snapshot import LabResult
from tests.clinical.builders import (
    THRESHOLDS,
    day,
    lab,
    snapshot,
)

A = Analyte
C = Concept

S, W = DeficiencyStatus, Strength
NO_SIGNS = NeurologicalAssessment(NeurologicalStatus.UNKNOWN, "12")
SIGNS = NeurologicalAssessment(NeurologicalStatus.PRESENT, "3", day=day(3))
GOOD_KIDNEYS, BAD_KIDNEYS = lab(A.EGFR, "60"), lab(A.EGFR, "59.9")
OLD = {"on": date(2025, 11, 19)}


def assess(
    *facts: object,
    signs: bool = False,
    treated: Answer | Callable[[date], Answer] = Answer.NO,
    since: Answer = Answer.NO,
    pregnant: Answer = Answer.UNKNOWN,
    ordered: bool = False,
    named: bool = False,
    **more: object,
) -> DeficiencyAssessment:
    patient = snapshot(*facts, **more)
    return deficiency_status(
        patient,
        THRESHOLDS,
        neurology=SIGNS if signs else NO_SIGNS,
        renal=renal_status(patient, THRESHOLDS),
        on_treatment=treated if callable(treated) else lambda _day: treated,
        treated_since=lambda _day: since,
        pregnant=pregnant,
        cobalamin_ordered=ordered,
        order_names_b12=named,
    )


def seen(*facts: object, **more: object) -> tuple[DeficiencyStatus, Strength, int]:
    found = assess(*facts, **more)
    return found.status, found.strength, found.row


def b12(value: str, **more: object) -> LabResult:
    return lab(A.B12, value, **more)


def holotc(value: str, **more: object) -> LabResult:
    return lab(A.HOLOTRANSCOBALAMIN, value, **more)


def mma(value: str, **more: object) -> LabResult:
    return lab(A.MMA, value, **more)


NOTHING = (S.UNKNOWN, W.NONE, 18)
ROW_1 = (S.CONFIRMED, W.LABORATORY, 1)
ROW_17 = (S.UNLIKELY, W.LABORATORY, 17)
