"""Deficiency confirmed: derivations 4.2 rows 1-7, one test a row."""

from datetime import date

import pytest

from cds_service.clinical.concepts import Analyte, Answer
from cds_service.clinical.conditions import Concept
from cds_service.clinical.snapshot import ClinicalStatus, LabResult, Verification
from tests.clinical.builders import day, diagnosis
from tests.clinical.deficiency_cases import (
    BAD_KIDNEYS,
    GOOD_KIDNEYS,
    NOTHING,
    OLD,
    ROW_1,
    ROW_17,
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


@pytest.mark.parametrize("treated", [Answer.NO, Answer.UNKNOWN])
def test_row_1_low_b12_off_treatment_or_treatment_unknown(treated: Answer) -> None:
    found = assess(b12("179.9"), treated=treated)
    assert (found.status, found.strength, found.row, found.day) == (*ROW_1, day(7))
    assert found.inputs == (b12("179.9"),)
    assert seen(b12("180"), treated=treated)[2] != 1


def test_row_1_in_pregnancy_is_relaxed_and_gives_way_to_holotranscobalamin() -> None:
    found = assess(b12("120"), pregnant=Answer.YES)
    assert (found.row, found.relaxed_for_pregnancy) == (1, True)
    assert seen(b12("120"), holotc("25"), pregnant=Answer.YES) == (S.SUSPECTED, W.PREGNANCY, 11)
    assert seen(b12("120"), holotc("24.9"), pregnant=Answer.YES) == ROW_1
    assert seen(b12("120"), holotc("25"), pregnant=Answer.UNKNOWN) == ROW_1


def test_row_2_low_holotranscobalamin() -> None:
    assert seen(holotc("24.9")) == (S.CONFIRMED, W.LABORATORY, 2)
    assert seen(holotc("24.9"), b12("600")) == (S.CONFIRMED, W.LABORATORY, 2)
    assert seen(holotc("24.9"), b12("600"), pregnant=Answer.YES) == (S.CONFIRMED, W.LABORATORY, 2)


@pytest.mark.parametrize("beside", [b12("350"), b12("180"), holotc("70")])
def test_row_3_high_mma_with_true_kidneys_and_b12_not_above(beside: LabResult) -> None:
    found = assess(mma("271.1"), beside, GOOD_KIDNEYS)
    assert (found.status, found.strength, found.row) == (S.CONFIRMED, W.TISSUE, 3)
    assert found.inputs[-1] == beside
    assert seen(mma("271.1"), beside, BAD_KIDNEYS) == (S.INDETERMINATE, W.LABORATORY, 14)
    assert seen(mma("271.1"), beside) == (S.INDETERMINATE, W.LABORATORY, 14)
    assert seen(mma("271"), beside, GOOD_KIDNEYS) == (S.UNLIKELY, W.LABORATORY, 16)


def test_row_4_low_on_treatment() -> None:
    row_4 = (S.CONFIRMED, W.LABORATORY_TREATED, 4)
    assert seen(b12("120"), treated=Answer.YES) == row_4
    assert seen(holotc("20"), treated=Answer.YES) == row_4


@pytest.mark.parametrize(
    ("since", "expected"),
    [(Answer.NO, (S.CONFIRMED, W.LABORATORY_OLD, 5)), (Answer.YES, NOTHING)],
)
def test_row_5_low_and_out_of_date_without_treatment_since(since: Answer, expected: tuple[object, ...]) -> None:
    assert seen(b12("120", **OLD), since=since) == expected
    assert seen(holotc("20", **OLD), since=since) == expected
    assert seen(b12("120", on=date(2025, 11, 20)), since=since) == ROW_1


def test_row_5_treatment_since_unknown_is_said() -> None:
    found = assess(b12("120", **OLD), since=Answer.UNKNOWN)
    assert found.row == 5
    assert "treatment_since_unknown" in found.notes


def test_row_5_not_on_treatment_then_and_not_after_a_newer_result() -> None:
    assert seen(b12("120", **OLD), treated=Answer.YES) == NOTHING
    assert seen(b12("120", **OLD), b12("600")) == ROW_17
    assert seen(b12("120", **OLD), b12("600", on=date(2025, 11, 1))) == (S.CONFIRMED, W.LABORATORY_OLD, 5)
    assert seen(b12("120", on=date(2025, 10, 1)), b12("600", on=date(2025, 11, 1))) == NOTHING


@pytest.mark.parametrize("concept", [C.PERNICIOUS_ANAEMIA, C.B12_DEFICIENCY, C.SUBACUTE_COMBINED_DEGENERATION])
def test_row_6_specific_diagnosis(concept: C) -> None:
    found = assess(diagnosis(concept, recorded=400))
    assert (found.status, found.strength, found.row, found.day) == (S.CONFIRMED, W.DIAGNOSIS, 6, day(400))
    assert seen(diagnosis(concept, status=ClinicalStatus.RESOLVED)) == NOTHING
    assert seen(diagnosis(concept, verification=Verification.REFUTED)) == NOTHING


def test_row_6_stands_against_a_later_normal_result_and_shows_the_conflict() -> None:
    found = assess(diagnosis(C.PERNICIOUS_ANAEMIA, recorded=400), b12("610"))
    assert (found.row, found.conflict, found.above_limit_in_date) == (6, True, True)
    assert found.inputs == (b12("610"),)
    assert assess(diagnosis(C.PERNICIOUS_ANAEMIA, recorded=1), b12("610")).conflict is False
    assert assess(diagnosis(C.PERNICIOUS_ANAEMIA, recorded=None), b12("610")).conflict is True
    assert assess(diagnosis(C.PERNICIOUS_ANAEMIA), b12("610"), treated=Answer.YES).conflict is True


@pytest.mark.parametrize(("value", "above"), [("350", False), ("350.1", True), (">350", True), (">300", False)])
def test_b12_above_the_limit_in_date_on_treatment_or_off(value: str, above: bool) -> None:
    for treated in (Answer.YES, Answer.NO):
        assert assess(b12(value), treated=treated).above_limit_in_date is above
    assert assess(b12(value, **OLD)).above_limit_in_date is False


def test_row_7_transcobalamin_deficiency() -> None:
    assert seen(diagnosis(C.TRANSCOBALAMIN_II_DEFICIENCY)) == (S.CONFIRMED, W.DIAGNOSIS, 7)


def test_low_before_treatment_outlasts_normal_on_treatment() -> None:
    began = day(100)
    treated = lambda on: Answer.YES if on > began else Answer.NO  # noqa: E731
    assert seen(b12("900", days_ago=10), b12("110", days_ago=120), treated=treated) == ROW_1


def test_first_dose_day_low_is_used_and_normal_is_not() -> None:
    assert seen(b12("110"), treated=Answer.UNKNOWN) == ROW_1
    assert seen(b12("600"), treated=Answer.UNKNOWN) == NOTHING


def test_row_5_not_beside_a_result_of_the_other_kind_that_is_relied_on() -> None:
    assert seen(b12("120", **OLD), holotc("80")) == ROW_17
    assert seen(holotc("20", **OLD), b12("600")) == ROW_17


def test_row_5_in_pregnancy_the_wording_is_relaxed_for_total_b12_only() -> None:
    for fact, pregnant, relaxed in (
        (b12("120", **OLD), Answer.YES, True),
        (b12("120", **OLD), Answer.NO, False),
        (holotc("20", **OLD), Answer.YES, False),
    ):
        found = assess(fact, pregnant=pregnant)
        assert (found.row, found.relaxed_for_pregnancy) == (5, relaxed)


def test_row_6_a_normal_result_of_the_day_of_recording_is_a_conflict() -> None:
    assert assess(diagnosis(C.PERNICIOUS_ANAEMIA, recorded=7), b12("610")).conflict is True
    assert assess(diagnosis(C.PERNICIOUS_ANAEMIA, recorded=6), b12("610")).conflict is False
