"""Which test comes next while B12 status is open (derivations 9.3), step by step."""

import pytest

from cds_service.clinical.errands import LabTest
from cds_service.clinical.patient_review import PatientReview
from cds_service.clinical.review import Review
from cds_service.clinical.tests_due import b12_tests
from cds_service.knowledge.tables import load
from tests.case_language import read

KNOWLEDGE = load().knowledge
B12, HOLOTC, MMA, EGFR = LabTest.B12, LabTest.HOLOTRANSCOBALAMIN, LabTest.MMA, LabTest.CREATININE_EGFR
BETWEEN = "B12 250 pg/mL, 7 days ago"
HOLO_BETWEEN = "holotranscobalamin 40 pmol/L, 7 days ago"
HIGH_MMA = "MMA 400 nmol/L, 7 days ago"
EGFR_90 = "eGFR 90 mL/min/1.73m2, 7 days ago"
EGFR_40 = "eGFR 40 mL/min/1.73m2, 7 days ago"
EGFR_OLD = "eGFR 90 mL/min/1.73m2, 700 days ago"
PREGNANT = ["woman of 30", "diagnosis: pregnant, 60 days ago"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([EGFR_90], (B12,)),
        ([BETWEEN, EGFR_90], (MMA,)),
        ([BETWEEN, HOLO_BETWEEN, EGFR_90], (MMA,)),
        ([BETWEEN, EGFR_40], (HOLOTC,)),
        ([BETWEEN], (HOLOTC,)),
        ([BETWEEN, HOLO_BETWEEN, EGFR_40], (MMA,)),
        ([BETWEEN, HOLO_BETWEEN], (MMA, EGFR)),
        ([BETWEEN, HOLO_BETWEEN, EGFR_OLD], (MMA, EGFR)),
        ([BETWEEN, HOLO_BETWEEN, "diagnosis: dialysis, 900 days ago"], (MMA,)),
        # A high MMA without an eGFR: the eGFR tells what it means. With eGFR 40 nothing is left to measure.
        ([BETWEEN, HOLO_BETWEEN, HIGH_MMA], (EGFR,)),
        ([BETWEEN, HOLO_BETWEEN, HIGH_MMA, EGFR_40], ()),
        # Settled: confirmed in the tissue, or unlikely at any eGFR
        ([BETWEEN, HOLO_BETWEEN, HIGH_MMA, EGFR_90], ()),
        ([BETWEEN, HOLO_BETWEEN, "MMA 200 nmol/L, 7 days ago", EGFR_40], ()),
        # eGFR is not read in pregnancy, so none is asked for
        ([*PREGNANT, "B12 150 pg/mL, 7 days ago", HOLO_BETWEEN], (MMA,)),
        ([*PREGNANT, "B12 250 pg/mL, 7 days ago"], (HOLOTC,)),
    ],
)
def test_the_next_test(given: list[str], expected: tuple[LabTest, ...]) -> None:
    situation = read(given)
    drafts = situation.orders("folic acid 5 mg oral daily")
    assert b12_tests(Review(drafts[0], PatientReview(situation.snapshot(), drafts, KNOWLEDGE))) == expected
