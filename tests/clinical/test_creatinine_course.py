"""Steady or not, one test a row of derivations 6.2, on both sides of each window."""

import pytest

from cds_service.clinical.concepts import Analyte, Answer, ResourceKind
from cds_service.clinical.conditions import Concept
from cds_service.clinical.creatinine_course import Instability, instability
from cds_service.clinical.snapshot import Availability, ClinicalStatus, LabResult
from tests.clinical.builders import THRESHOLDS, diagnosis, lab, snapshot

A = Analyte
C = Concept


def cr(value: str, days_ago: float, **more: object) -> LabResult:
    return lab(A.CREATININE, value, days_ago=days_ago, **more)


def course(*facts: object, **more: object) -> Instability:
    patient = snapshot(*facts, **more)
    return instability(patient, THRESHOLDS, patient.results_of(A.CREATININE))


def seen(*facts: object) -> tuple[Answer, int]:
    found = course(*facts)
    return found.unstable, found.row


YES, NO = Answer.YES, Answer.NO


@pytest.mark.parametrize(("newer", "older"), [("1.3", "1.0"), ("1.0", "1.3")])
def test_row_1_a_change_of_0_3_up_or_down_within_48_hours(newer: str, older: str) -> None:
    assert seen(cr(newer, 0), cr(older, 2)) == (YES, 1)
    assert seen(cr(newer, 0), cr(older, 2.01)) == (NO, 6)


def test_row_1_less_than_0_3_is_no_change() -> None:
    assert seen(cr("1.29", 0), cr("1.0", 1)) == (NO, 6)


def test_row_1_two_samples_of_one_moment() -> None:
    assert seen(cr("1.3", 0), cr("1.0", 0)) == (YES, 1)


def test_rows_1_to_3_need_a_newest_sample_of_14_days() -> None:
    assert seen(cr("1.3", 14), cr("1.0", 15)) == (YES, 1)
    assert seen(cr("1.3", 15), cr("1.0", 16)) == (NO, 6)


@pytest.mark.parametrize(("newer", "older"), [("0.6", "0.4"), ("0.4", "0.6")])
def test_row_2_a_factor_of_1_5_up_or_down_within_7_days(newer: str, older: str) -> None:
    assert seen(cr(newer, 0), cr("0.5", 3), cr(older, 7)) == (YES, 2)
    # 0.6 over 0.5 is less than 20 %... beyond the window nothing is left of row 2
    assert seen(cr(newer, 0), cr("0.5", 3), cr(older, 7.01))[1] != 2


def test_row_2_just_below_the_factor() -> None:
    assert seen(cr("0.749", 0), cr("0.5", 7)) == (NO, 6)
    assert seen(cr("0.75", 0), cr("0.5", 7)) == (YES, 2)


def test_row_3_half_as_much_again_as_the_median_of_the_year_is_possible() -> None:
    found = course(cr("1.5", 0), cr("0.9", 10), cr("1.0", 60), cr("3.0", 365))
    assert (found.unstable, found.row, found.possible) == (YES, 3, True)
    assert seen(cr("1.49", 0), cr("0.9", 10), cr("1.0", 60), cr("3.0", 365)) == (NO, 6)


def test_row_3_is_up_only() -> None:
    assert seen(cr("0.5", 0), cr("1.5", 60)) == (NO, 6)


def test_row_3_not_with_a_sample_in_the_7_days_before() -> None:
    assert seen(cr("1.5", 0), cr("1.4", 7), cr("1.0", 60)) == (NO, 5)
    assert seen(cr("1.5", 0), cr("1.4", 7.01), cr("0.9", 60), cr("0.9", 70)) == (YES, 3)


def test_row_3_not_against_a_sample_older_than_a_year() -> None:
    assert seen(cr("1.5", 0), cr("1.0", 365)) == (YES, 3)
    assert seen(cr("1.5", 0), cr("1.0", 366)) == (NO, 6)


@pytest.mark.parametrize(("recorded", "expected"), [(30, (YES, 4)), (31, (NO, 6))])
def test_row_4_kidney_injury_of_the_last_30_days(recorded: int, expected: tuple[Answer, int]) -> None:
    assert seen(diagnosis(C.ACUTE_KIDNEY_INJURY, recorded=recorded)) == expected
    assert seen(diagnosis(C.ACUTE_KIDNEY_INJURY, recorded=None, onset=recorded)) == expected


def test_row_4_resolved_injury_does_not_count() -> None:
    assert seen(diagnosis(C.ACUTE_KIDNEY_INJURY, recorded=5, status=ClinicalStatus.RESOLVED)) == (NO, 6)


def test_row_4_an_active_injury_without_a_date_may_be_recent() -> None:
    found = course(diagnosis(C.ACUTE_KIDNEY_INJURY, recorded=None))
    assert (found.unstable, found.row, found.possible) == (YES, 4, True)


def test_rows_4_and_5_a_later_steady_pair_ends_the_injury() -> None:
    injury = diagnosis(C.ACUTE_KIDNEY_INJURY, recorded=10)
    assert seen(injury, cr("1.1", 1), cr("1.0", 4)) == (NO, 5)
    assert seen(injury, cr("1.1", 1), cr("1.0", 10)) == (YES, 4)


def test_row_5_needs_48_hours_less_than_0_3_and_less_than_20_percent() -> None:
    injury = diagnosis(C.ACUTE_KIDNEY_INJURY, recorded=10)
    assert seen(injury, cr("1.1", 1), cr("1.0", 3)) == (NO, 5)
    assert seen(injury, cr("1.1", 1), cr("1.0", 2.99)) == (YES, 4)
    assert seen(injury, cr("0.6", 1), cr("0.5", 4)) == (YES, 4)
    assert seen(injury, cr("2.3", 1), cr("2.0", 4)) == (YES, 4)
    assert seen(injury, cr("2.29", 1), cr("2.0", 4)) == (NO, 5)


def test_row_5_needs_a_later_sample_of_14_days() -> None:
    injury = diagnosis(C.ACUTE_KIDNEY_INJURY, recorded=25)
    assert seen(injury, cr("1.0", 14), cr("1.0", 20)) == (NO, 5)
    assert seen(injury, cr("1.0", 15), cr("1.0", 20)) == (YES, 4)


def test_row_5_not_over_a_change_between() -> None:
    injury = diagnosis(C.ACUTE_KIDNEY_INJURY, recorded=10)
    assert seen(injury, cr("2.0", 1), cr("2.5", 3.5), cr("2.0", 5)) == (YES, 4)


def test_rows_1_to_3_outrank_a_steady_pair() -> None:
    assert seen(cr("1.0", 0), cr("1.0", 3), cr("2.4", 6)) == (YES, 2)


def test_row_6_nothing_is_no_only_where_all_was_told() -> None:
    assert course().unstable is NO
    for kind in (ResourceKind.RESULTS, ResourceKind.CONDITIONS):
        assert course(availability={kind: Availability.REFUSED}).unstable is Answer.UNKNOWN


def test_specimens_are_not_compared_with_each_other() -> None:
    assert seen(cr("1.3", 0, specimen="serum"), cr("1.0", 1, specimen="blood")) == (NO, 6)


def test_a_comparator_is_not_a_change() -> None:
    assert seen(cr("1.3", 0), cr("<0.5", 1)) == (NO, 6)
