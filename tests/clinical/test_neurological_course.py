"""Course (derivations 5.5, one test a row) and neurological history (end of 5.3)."""

from datetime import date

import pytest

from cds_service.clinical.concepts import Answer, ResourceKind
from cds_service.clinical.conditions import Concept
from cds_service.clinical.neurological_course import (
    CourseStatus,
    neurological_course,
    neurological_history,
    signs_recorded_since,
)
from cds_service.clinical.snapshot import Availability, ClinicalStatus, Course, Verification
from tests.clinical.builders import THRESHOLDS, TODAY, day, diagnosis, finding, snapshot

C = Concept

S = CourseStatus
RELAPSE, REMISSION = {"status": ClinicalStatus.RELAPSE}, {"status": ClinicalStatus.REMISSION}


def course(*facts: object, began: int | None = None, maintenance: int | None = None) -> CourseStatus:
    return neurological_course(
        snapshot(*facts),
        THRESHOLDS,
        treatment_began=None if began is None else day(began),
        maintenance_began=None if maintenance is None else day(maintenance),
    )


@pytest.mark.parametrize("status", [ClinicalStatus.RECURRENCE, ClinicalStatus.RELAPSE])
def test_row_1_recurrence_or_relapse(status: ClinicalStatus) -> None:
    assert course(diagnosis(C.PARAESTHESIA, status=status)) is S.RECURRENT_OR_WORSE
    assert course(diagnosis(C.PARAESTHESIA, status=status, recorded=None)) is S.RECURRENT_OR_WORSE


def test_row_1_interpretation_worse() -> None:
    assert course(finding(C.NUMBNESS, course=Course.WORSE)) is S.RECURRENT_OR_WORSE


@pytest.mark.parametrize(("days_ago", "expected"), [(99, S.RECURRENT_OR_WORSE), (100, S.UNKNOWN)])
def test_row_1_a_new_sign_after_maintenance_began(days_ago: int, expected: CourseStatus) -> None:
    assert course(diagnosis(C.ATAXIA, onset=days_ago), maintenance=100) is expected
    assert course(finding(C.ATAXIA, days_ago=days_ago), maintenance=100) is expected


def test_row_1_a_known_sign_seen_again_is_not_new() -> None:
    again = finding(C.ATAXIA, days_ago=5)
    assert course(again, finding(C.ATAXIA, days_ago=300), maintenance=100) is S.UNKNOWN
    assert course(again, diagnosis(C.ATAXIA, recorded=300), maintenance=100) is S.UNKNOWN


def test_row_2_interpretation_better() -> None:
    assert course(finding(C.NUMBNESS, course=Course.BETTER), diagnosis(C.NUMBNESS), began=100) is S.IMPROVING


def test_row_3_remission() -> None:
    assert course(diagnosis(C.NUMBNESS, **REMISSION)) is S.PLATEAUED
    assert course(diagnosis(C.DEMENTIA, **REMISSION)) is S.UNKNOWN


@pytest.mark.parametrize(("recorded", "expected"), [(101, S.PERSISTENT), (100, S.UNKNOWN), (None, S.UNKNOWN)])
def test_row_4_active_since_before_treatment(recorded: int | None, expected: CourseStatus) -> None:
    assert course(diagnosis(C.NUMBNESS, recorded=recorded), began=100) is expected


@pytest.mark.parametrize(
    ("before", "after", "absent", "expected"),
    [
        (101, 99, None, S.PERSISTENT),
        (100, 99, None, S.UNKNOWN),
        (101, 100, None, S.UNKNOWN),
        (101, 50, 49, S.UNKNOWN),
        (101, 50, 51, S.PERSISTENT),
    ],
)
def test_row_4_a_sign_found_before_treatment_and_again_during_it(
    before: int, after: int, absent: int | None, expected: CourseStatus
) -> None:
    found = [finding(C.ATAXIA, days_ago=before), finding(C.ATAXIA, days_ago=after)]
    gone = [] if absent is None else [finding(C.ATAXIA, days_ago=absent, present=False)]
    assert course(*found, *gone, began=100) is expected
    assert course(finding(C.ATAXIA, days_ago=before), finding(C.NUMBNESS, days_ago=after), began=100) is S.UNKNOWN


def test_row_5_nothing_is_unknown() -> None:
    assert course() is S.UNKNOWN
    assert course(diagnosis(C.NUMBNESS)) is S.UNKNOWN
    assert course(diagnosis(C.NUMBNESS, verification=Verification.REFUTED), began=5) is S.UNKNOWN


def test_the_newest_evidence_decides_and_the_worse_of_one_day() -> None:
    better, worse = (finding(C.NUMBNESS, course=c, days_ago=20) for c in (Course.BETTER, Course.WORSE))
    assert course(better, diagnosis(C.ATAXIA, recorded=30, **RELAPSE)) is S.IMPROVING
    assert course(better, diagnosis(C.ATAXIA, recorded=10, **RELAPSE)) is S.RECURRENT_OR_WORSE
    assert course(better, worse) is S.RECURRENT_OR_WORSE
    assert course(worse, diagnosis(C.ATAXIA, recorded=400, abated=10, **REMISSION)) is S.PLATEAUED


@pytest.mark.parametrize(("on", "expected"), [(date(2024, 11, 20), S.IMPROVING), (date(2024, 11, 19), S.UNKNOWN)])
def test_an_old_interpretation_says_nothing_of_today(on: date, expected: CourseStatus) -> None:
    assert course(finding(C.NUMBNESS, course=Course.BETTER, days_ago=(TODAY - on).days)) is expected


def history(*facts: object, began: int | None = 1000, alternate: bool = False, **more: object) -> Answer:
    return neurological_history(
        snapshot(*facts, **more),
        THRESHOLDS,
        treatment_began=None if began is None else day(began),
        had_alternate_day_course=alternate,
    )


def test_history_yes_by_an_alternate_day_course() -> None:
    assert history(alternate=True) is Answer.YES


@pytest.mark.parametrize(("after", "answer"), [(90, Answer.YES), (91, Answer.UNKNOWN)])
@pytest.mark.parametrize("status", [ClinicalStatus.ACTIVE, ClinicalStatus.RESOLVED])
def test_history_yes_by_a_sign_up_to_90_days_after_the_start(
    after: int, answer: Answer, status: ClinicalStatus
) -> None:
    assert history(diagnosis(C.PARAESTHESIA, recorded=1000 - after, status=status)) is answer
    assert history(finding(C.PARAESTHESIA, days_ago=1000 - after)) is answer


def test_history_of_an_undated_sign() -> None:
    assert history(diagnosis(C.SUBACUTE_COMBINED_DEGENERATION, recorded=None)) is Answer.YES
    assert history(diagnosis(C.PARAESTHESIA, recorded=None)) is Answer.UNKNOWN


def test_history_where_the_start_is_not_known() -> None:
    assert history(diagnosis(C.PARAESTHESIA), began=None) is Answer.YES
    assert history(finding(C.PARAESTHESIA, present=False), began=None) is Answer.UNKNOWN


@pytest.mark.parametrize(
    ("apart", "answer"), [(90, Answer.NO), (91, Answer.UNKNOWN), (-90, Answer.NO), (-91, Answer.UNKNOWN)]
)
def test_history_no_by_absence_within_90_days_of_the_start(apart: int, answer: Answer) -> None:
    assert history(finding(C.PARAESTHESIA, present=False, days_ago=1000 + apart)) is answer
    refuted = diagnosis(C.PARAESTHESIA, recorded=1000 + apart, verification=Verification.REFUTED)
    assert history(refuted) is answer


def test_history_is_unknown_without_a_record_and_not_no_where_something_was_refused() -> None:
    assert history() is Answer.UNKNOWN
    negative = finding(C.PARAESTHESIA, present=False, days_ago=1000)
    for kind in (ResourceKind.CONDITIONS, ResourceKind.FINDINGS):
        assert history(negative, availability={kind: Availability.REFUSED}) is Answer.UNKNOWN


def test_what_is_not_neurological_or_not_dated_has_no_course() -> None:
    assert course(finding(C.GLOSSITIS, course=Course.WORSE)) is S.UNKNOWN
    assert course(finding(C.NUMBNESS, course=Course.WORSE, days_ago=None)) is S.UNKNOWN
    assert course(finding(C.ATAXIA, present=False, days_ago=5), maintenance=100) is S.UNKNOWN
    assert course(finding(C.DEMENTIA, days_ago=5), maintenance=100) is S.UNKNOWN


def test_a_sign_on_the_problem_list_without_a_date_is_not_new_and_a_resolved_one_is() -> None:
    again = finding(C.ATAXIA, days_ago=5)
    assert course(again, diagnosis(C.ATAXIA, recorded=None), maintenance=100) is S.UNKNOWN
    resolved = diagnosis(C.ATAXIA, recorded=300, status=ClinicalStatus.RESOLVED)
    assert course(again, resolved, maintenance=100) is S.RECURRENT_OR_WORSE


def test_history_takes_absence_from_neurological_signs_only() -> None:
    assert history(finding(C.GLOSSITIS, present=False, days_ago=1000)) is Answer.UNKNOWN
    refuted = diagnosis(C.DIABETES, recorded=1000, verification=Verification.REFUTED)
    assert history(refuted) is Answer.UNKNOWN
    late = finding(C.PARAESTHESIA, days_ago=900)
    assert history(late) is Answer.UNKNOWN


@pytest.mark.parametrize(
    ("dates", "recorded"),
    [
        ({"onset": 10, "recorded": None}, True),
        ({"recorded": 10}, True),
        ({"recorded": 11}, False),
        ({"recorded": 500, "abated": 10, "status": ClinicalStatus.RESOLVED}, True),
        ({"recorded": 500, "abated": 11, "status": ClinicalStatus.RESOLVED}, False),
        ({"recorded": 5, "verification": Verification.REFUTED}, False),
        ({"recorded": None}, False),
    ],
)
def test_a_sign_recorded_since_a_day(dates: dict[str, object], recorded: bool) -> None:
    assert signs_recorded_since(snapshot(diagnosis(C.NUMBNESS, **dates)), day(10)) is recorded  # type: ignore[arg-type]


def test_a_finding_since_a_day_counts_where_it_is_present() -> None:
    assert signs_recorded_since(snapshot(finding(C.ATAXIA, days_ago=10)), day(10))
    assert not signs_recorded_since(snapshot(finding(C.ATAXIA, days_ago=11)), day(10))
    assert not signs_recorded_since(snapshot(finding(C.ATAXIA, days_ago=5, present=False)), day(10))
