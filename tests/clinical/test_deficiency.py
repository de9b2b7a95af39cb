"""Deficiency suspected, indeterminate, unlikely, unknown: derivations 4.2 rows 8-18, one test a row."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from cds_service.clinical.concepts import Analyte, Answer, ResourceKind
from cds_service.clinical.conditions import Concept
from cds_service.clinical.deficiency import deficiency_status
from cds_service.clinical.neurology import NeurologicalStatus
from cds_service.clinical.renal import renal_status
from cds_service.clinical.snapshot import Availability, LabResult, Verification
from tests.clinical.builders import THRESHOLDS, day, diagnosis, finding, lab, operation, snapshot
from tests.clinical.deficiency_cases import (
    BAD_KIDNEYS,
    GOOD_KIDNEYS,
    NOTHING,
    OLD,
    ROW_17,
    SIGNS,
    S,
    W,
    assess,
    b12,
    holotc,
    mma,
    seen,
)

A = Analyte
C = Concept


ROW_8 = (S.SUSPECTED, W.CLINICAL, 8)


@pytest.mark.parametrize(
    ("facts", "without_signs"),
    [
        ((b12("180"),), 14),
        ((b12("350"),), 14),
        ((holotc("25"),), 14),
        ((mma("400"), b12("600"), BAD_KIDNEYS), 14),
        ((mma("400"), b12("600")), 14),
        ((b12("600"), diagnosis(C.NITROUS_OXIDE_EXPOSURE)), 18),
        ((operation(C.ILEAL_RESECTION),), 18),
        ((diagnosis(C.COELIAC),), 18),
    ],
)
def test_row_8_neurological_signs_with_any_of_its_reasons(facts: tuple[object, ...], without_signs: int) -> None:
    assert seen(*facts, signs=True) == ROW_8
    assert assess(*facts).row == without_signs


def test_row_8_no_usable_b12_while_a_cobalamin_is_ordered() -> None:
    assert seen(signs=True, ordered=True) == ROW_8
    assert seen(signs=True) == NOTHING
    assert seen(b12("600", **OLD), signs=True, ordered=True) == ROW_8
    assert seen(b12("600"), signs=True, ordered=True, treated=Answer.YES) == ROW_8
    assert seen(b12("600"), signs=True, ordered=True) == ROW_17
    refused = {ResourceKind.RESULTS: Availability.REFUSED}
    assert seen(signs=True, ordered=True, availability=refused) == ROW_8


def test_row_8_a_cause_recorded_as_a_finding() -> None:
    assert seen(finding(C.VEGAN_DIET), signs=True) == ROW_8
    assert seen(finding(C.VEGAN_DIET, present=False), signs=True) == NOTHING
    assert seen(finding(C.NUMBNESS), signs=True) == NOTHING


def test_row_8_shows_its_newest_input() -> None:
    assert assess(b12("250", days_ago=9), signs=True).day == day(3)
    assert assess(b12("250", days_ago=1), signs=True).day == day(1)


def test_row_8_low_b12_in_pregnancy_beside_a_normal_holotranscobalamin() -> None:
    facts = (b12("120"), holotc("80"))
    assert seen(*facts, signs=True, pregnant=Answer.YES) == ROW_8
    assert seen(*facts, pregnant=Answer.YES) == ROW_17


def test_row_8_plateaued_signs_are_not_present() -> None:
    plateaued = replace(SIGNS, status=NeurologicalStatus.PLATEAUED)
    patient = snapshot(b12("250"))
    found = deficiency_status(
        patient,
        THRESHOLDS,
        neurology=plateaued,
        renal=renal_status(patient, THRESHOLDS),
        on_treatment=lambda _day: Answer.NO,
        treated_since=lambda _day: Answer.NO,
        pregnant=Answer.NO,
        cobalamin_ordered=True,
        order_names_b12=False,
    )
    assert found.row == 14


def test_row_9_high_mma_with_true_kidneys_and_b12_above_or_missing() -> None:
    row_9 = (S.SUSPECTED, W.FUNCTIONAL, 9)
    assert seen(mma("272"), b12("351"), GOOD_KIDNEYS) == row_9
    assert seen(mma("272"), GOOD_KIDNEYS) == row_9


def test_row_10_provisional_diagnosis() -> None:
    for concept in (C.PERNICIOUS_ANAEMIA, C.TRANSCOBALAMIN_II_DEFICIENCY):
        provisional = diagnosis(concept, verification=Verification.UNCONFIRMED)
        assert seen(provisional) == (S.SUSPECTED, W.DIAGNOSIS, 10)


@pytest.mark.parametrize(("value", "row"), [("25", 11), ("70", 11), ("70.1", 17)])
def test_row_11_pregnant_low_b12_and_indeterminate_holotranscobalamin(value: str, row: int) -> None:
    found = assess(b12("120"), holotc(value), pregnant=Answer.YES)
    assert (found.row, found.relaxed_for_pregnancy) == (row, row == 11)


def test_row_12_ambiguous_code_that_names_b12_or_stands_beside_an_indeterminate_result() -> None:
    row_12 = (S.SUSPECTED, W.AMBIGUOUS_CODE, 12)
    bare = diagnosis(C.B12_DEFICIENCY_AMBIGUOUS)
    assert seen(diagnosis(C.B12_DEFICIENCY_AMBIGUOUS, names_b12=True)) == row_12
    assert seen(bare, named=True) == row_12
    assert seen(bare, b12("180")) == row_12
    assert seen(bare, b12("350")) == row_12
    assert seen(named=True) == NOTHING


def test_row_13_intrinsic_factor_antibody_with_macrocytic_anaemia() -> None:
    antibody = lab(A.INTRINSIC_FACTOR_ANTIBODY, "1", positive=True)
    coded = diagnosis(C.MACROCYTIC_ANAEMIA)
    assert seen(antibody, coded) == (S.SUSPECTED, W.CLINICAL, 13)
    assert seen(antibody) == NOTHING
    assert seen(antibody, coded, b12("600")) == ROW_17
    assert seen(lab(A.INTRINSIC_FACTOR_ANTIBODY, "1", positive=False), coded) == NOTHING


def test_row_13_macrocytic_anaemia_by_the_reports_own_limits() -> None:
    antibody = lab(A.INTRINSIC_FACTOR_ANTIBODY, "1", positive=True)
    hb = lab(A.HAEMOGLOBIN, "100", lower_limit=Decimal(120), days_ago=30)
    mcv = lab(A.MCV, "112", upper_limit=Decimal(100))
    assert seen(antibody, hb, mcv) == (S.SUSPECTED, W.CLINICAL, 13)
    assert seen(antibody, replace(hb, lower_limit=None), mcv) == NOTHING
    assert seen(antibody, lab(A.HAEMOGLOBIN, "100", lower_limit=Decimal(120), days_ago=31), mcv) == NOTHING
    assert seen(antibody, hb, replace(mcv, upper_limit=None)) == NOTHING
    assert seen(antibody, hb, lab(A.MCV, "112", upper_limit=Decimal(100), days_ago=31)) == NOTHING
    assert seen(antibody, hb, lab(A.MCV, "99", upper_limit=Decimal(100))) == NOTHING


@pytest.mark.parametrize("value", ["180", "350", "<200"])
def test_row_14_indeterminate_without_mma(value: str) -> None:
    assert seen(b12(value)) == (S.INDETERMINATE, W.LABORATORY, 14)
    assert seen(b12(value), treated=Answer.YES) == NOTHING
    assert seen(b12(value), treated=Answer.UNKNOWN) == NOTHING


def test_row_14_the_worse_of_b12_and_holotranscobalamin_decides_but_in_pregnancy_the_latter() -> None:
    assert assess(b12("600"), holotc("40")).row == 14
    assert assess(b12("250"), holotc("80")).row == 14
    assert assess(b12("250"), holotc("80"), pregnant=Answer.YES).row == 17


@pytest.mark.parametrize("concept", [C.B12_DEFICIENCY_AMBIGUOUS, C.B12_DEFICIENCY_VAGUE])
def test_row_15_ambiguous_code_with_nothing_more(concept: C) -> None:
    assert seen(diagnosis(concept)) == (S.INDETERMINATE, W.AMBIGUOUS_CODE, 15)
    assert seen(diagnosis(concept), b12("600")) == (S.INDETERMINATE, W.AMBIGUOUS_CODE, 15)


@pytest.mark.parametrize("kidneys", [(), (BAD_KIDNEYS,), (GOOD_KIDNEYS,)])
@pytest.mark.parametrize("beside", [b12("180"), b12("350"), holotc("25"), holotc("70")])
def test_row_16_mma_not_high_beside_an_indeterminate_result(kidneys: tuple[object, ...], beside: LabResult) -> None:
    assert seen(mma("271"), beside, *kidneys) == (S.UNLIKELY, W.LABORATORY, 16)


def test_row_17_above_the_limit_off_treatment_in_date() -> None:
    assert seen(b12("350.1")) == ROW_17
    assert seen(holotc("70.1")) == ROW_17
    assert seen(b12("350.1", on=date(2025, 11, 20))) == ROW_17
    assert seen(b12("350.1", **OLD)) == NOTHING
    assert seen(b12("600"), diagnosis(C.NITROUS_OXIDE_EXPOSURE)) == NOTHING
    assert seen(b12("600"), mma("200")) == ROW_17


def test_row_18_normal_on_treatment_or_treatment_unknown() -> None:
    for treated in (Answer.YES, Answer.UNKNOWN):
        found = assess(b12("600"), treated=treated)
        assert (found.status, found.strength, found.row) == NOTHING
        assert found.inputs == (b12("600"),)


def test_row_18_history_is_not_deficiency() -> None:
    assert seen(diagnosis(C.B12_DEFICIENCY_HISTORY)) == NOTHING
