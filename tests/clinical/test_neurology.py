"""Neurological involvement, one test a row of derivations 5.2, and its limits in time."""

from datetime import date

import pytest

from cds_service.clinical.concepts import Ingredient, ResourceKind
from cds_service.clinical.conditions import Concept
from cds_service.clinical.neurology import NeurologicalAssessment, NeurologicalStatus, neurological_status
from cds_service.clinical.orders import NeurologicalStatement
from cds_service.clinical.snapshot import Availability, ClinicalStatus, Course, Snapshot, Verification
from tests.clinical.builders import THRESHOLDS, TODAY, day, diagnosis, finding, medicine, snapshot

C = Concept

S = NeurologicalStatus
SIGN, NX = diagnosis(C.PARAESTHESIA), diagnosis(C.DIABETIC_NEUROPATHY)
REFUTED = {"verification": Verification.REFUTED}


def ago(on: date) -> int:
    return (TODAY - on).days


def assess(
    *facts: object,
    stated: NeurologicalStatement | None = None,
    low: date | None = None,
    loading: bool = False,
    **more: object,
) -> NeurologicalAssessment:
    return neurological_status(
        snapshot(*facts, **more), THRESHOLDS, stated=stated, newest_low_b12=low, loading_decision=loading
    )


def seen(*facts: object, **more: object) -> tuple[NeurologicalStatus, str]:
    found = assess(*facts, **more)
    return found.status, found.row


PRESENT_STATED, ABSENT_STATED = NeurologicalStatement.PRESENT, NeurologicalStatement.ASSESSED_ABSENT


def test_row_0a_the_prescriber_says_present() -> None:
    found = assess(finding(C.PARAESTHESIA, present=False), stated=PRESENT_STATED)
    assert (found.status, found.row, found.day, found.stated) == (S.PRESENT, "0a", TODAY, True)


def test_row_0b_the_prescriber_says_assessed_absent() -> None:
    found = assess(stated=ABSENT_STATED)
    assert (found.status, found.row, found.day) == (S.ABSENT, "0b", TODAY)
    refused = {ResourceKind.CONDITIONS: Availability.REFUSED}
    assert seen(stated=ABSENT_STATED, availability=refused) == (S.ABSENT, "0b")


def test_row_0b_gives_way_to_rows_2_and_3_only() -> None:
    assert seen(diagnosis(C.SUBACUTE_COMBINED_DEGENERATION), stated=ABSENT_STATED) == (S.PRESENT, "2")
    assert seen(SIGN, stated=ABSENT_STATED) == (S.PRESENT, "3")
    assert seen(finding(C.ATAXIA), stated=ABSENT_STATED) == (S.PRESENT, "3")
    assert seen(SIGN, NX, stated=ABSENT_STATED) == (S.ABSENT, "0b")


@pytest.mark.parametrize("kind", [ResourceKind.CONDITIONS, ResourceKind.FINDINGS])
@pytest.mark.parametrize(
    "state", [Availability.REFUSED, Availability.FAILED, Availability.NOT_SUPPLIED, Availability.INCOMPLETE]
)
def test_row_1_not_told_is_never_absent_but_a_positive_fires(kind: ResourceKind, state: Availability) -> None:
    told = {kind: state}
    found = assess(availability=told)
    assert (found.status, found.row, found.missing) == (S.NOT_TOLD, "1", (str(kind),))
    assert seen(finding(C.PARAESTHESIA, present=False), availability=told) == (S.NOT_TOLD, "1")
    assert seen(finding(C.PARAESTHESIA), availability=told) == (S.PRESENT, "3")
    assert seen(SIGN, availability=told) == (S.PRESENT, "3")


def test_row_1_an_entry_that_could_not_be_read() -> None:
    assert seen(unreadable_kinds=frozenset({ResourceKind.CONDITIONS})) == (S.NOT_TOLD, "1")


@pytest.mark.parametrize("status", [ClinicalStatus.ACTIVE, ClinicalStatus.RECURRENCE, ClinicalStatus.RELAPSE])
def test_row_2_disease_specific_to_b12(status: ClinicalStatus) -> None:
    assert seen(diagnosis(C.SUBACUTE_COMBINED_DEGENERATION, status=status), NX) == (S.PRESENT, "2")
    assert seen(diagnosis(C.B12_DEMENTIA, verification=Verification.UNCONFIRMED)) == (S.PRESENT, "2")


def test_row_3_compatible_condition_without_a_competing_cause() -> None:
    found = assess(SIGN)
    assert (found.status, found.row) == (S.PRESENT, "3")
    assert [(sign.text, sign.day) for sign in found.signs] == [("paraesthesia", day(1000))]
    assert found.present is True


@pytest.mark.parametrize(
    ("on", "expected"),
    [(date(2024, 11, 20), (S.PRESENT, "3")), (date(2024, 11, 19), (S.UNKNOWN_WITH_HISTORY, "10"))],
)
def test_rows_3_and_10_an_observation_counts_for_24_months(on: date, expected: tuple[S, str]) -> None:
    assert seen(finding(C.NUMBNESS, days_ago=ago(on))) == expected


def test_row_3_an_observation_without_a_date_may_be_recent() -> None:
    assert seen(finding(C.NUMBNESS, days_ago=None)) == (S.PRESENT, "3")


def test_row_3_a_cause_that_does_not_explain_this_sign_does_not_count() -> None:
    assert seen(SIGN, diagnosis(C.HYPOTHYROIDISM)) == (S.PRESENT, "3")
    assert seen(diagnosis(C.MEMORY_IMPAIRMENT), diagnosis(C.HYPOTHYROIDISM)) == (S.OTHER_CAUSE_POSSIBLE, "5")


def test_row_3_a_refuted_or_resolved_cause_does_not_explain() -> None:
    for cause in (diagnosis(C.DIABETIC_NEUROPATHY, **REFUTED), diagnosis(C.STROKE, status=ClinicalStatus.RESOLVED)):
        assert seen(SIGN, cause) == (S.PRESENT, "3")


@pytest.mark.parametrize(
    ("onset", "expected"),
    [(date(2026, 5, 20), (S.PRESENT_CAUSE_UNCERTAIN, "4")), (date(2026, 5, 19), (S.OTHER_CAUSE_POSSIBLE, "5"))],
)
def test_row_4_onset_within_6_months(onset: date, expected: tuple[S, str]) -> None:
    assert seen(diagnosis(C.PARAESTHESIA, onset=ago(onset)), NX) == expected
    assert seen(diagnosis(C.PARAESTHESIA, recorded=ago(onset)), NX) == expected
    assert seen(finding(C.PARAESTHESIA, days_ago=ago(onset)), NX) == expected


def test_row_4_worsening_within_6_months() -> None:
    long_known = finding(C.NUMBNESS, days_ago=400)
    assert seen(long_known, finding(C.NUMBNESS, days_ago=10), NX) == (S.OTHER_CAUSE_POSSIBLE, "5")
    worse = finding(C.NUMBNESS, days_ago=10, course=Course.WORSE)
    assert seen(long_known, worse, NX) == (S.PRESENT_CAUSE_UNCERTAIN, "4")
    relapse = diagnosis(C.NUMBNESS, status=ClinicalStatus.RELAPSE, onset=900, recorded=20)
    assert seen(relapse, NX) == (S.PRESENT_CAUSE_UNCERTAIN, "4")


def test_row_4_a_second_sign_that_the_cause_does_not_explain() -> None:
    for second in (C.ATAXIA, C.COGNITIVE_IMPAIRMENT):
        found = assess(SIGN, diagnosis(second), NX)
        assert (found.status, found.row, found.other_cause) == (S.PRESENT_CAUSE_UNCERTAIN, "4", NX)
        assert seen(diagnosis(second), NX) == (S.PRESENT_CAUSE_UNCERTAIN, "4")


def test_row_4_nitrous_oxide() -> None:
    for exposure in (diagnosis(C.NITROUS_OXIDE_EXPOSURE), medicine(Ingredient.NITROUS_OXIDE)):
        assert seen(SIGN, NX, exposure) == (S.PRESENT_CAUSE_UNCERTAIN, "4")


def test_row_5_explained_and_long_known() -> None:
    found = assess(SIGN, NX)
    assert (found.status, found.row, found.other_cause) == (S.OTHER_CAUSE_POSSIBLE, "5", NX)
    assert found.other_cause_possible is True
    assert found.present is False


def test_row_5_a_competing_neuropathy_alone() -> None:
    assert seen(NX) == (S.OTHER_CAUSE_POSSIBLE, "5")
    assert seen(diagnosis(C.STROKE)) == (S.UNKNOWN, "12")


@pytest.mark.parametrize(
    ("onset", "expected"),
    [(date(2024, 11, 20), (S.PRESENT_CAUSE_UNCERTAIN, "6")), (date(2024, 11, 19), (S.OTHER_CAUSE_POSSIBLE, "7"))],
)
def test_rows_6_and_7_vague_codes_count_when_recent(onset: date, expected: tuple[S, str]) -> None:
    assert seen(diagnosis(C.DEMENTIA, onset=ago(onset))) == expected


def test_row_6_undated_counts() -> None:
    assert seen(diagnosis(C.DEMENTIA, recorded=None)) == (S.PRESENT_CAUSE_UNCERTAIN, "6")


def test_row_7_vague_with_a_competing_cause() -> None:
    alzheimer = diagnosis(C.ALZHEIMER_OR_VASCULAR_DEMENTIA)
    found = assess(diagnosis(C.DEMENTIA, onset=30), alzheimer)
    assert (found.status, found.row, found.other_cause) == (S.OTHER_CAUSE_POSSIBLE, "7", alzheimer)


def test_row_8_remission_is_a_plateau_since_abatement_or_recording() -> None:
    remission = {"status": ClinicalStatus.REMISSION}
    found = assess(diagnosis(C.PARAESTHESIA, recorded=400, abated=50, **remission))
    assert (found.status, found.row, found.day) == (S.PLATEAUED, "8", day(50))
    assert (found.plateaued, found.present) == (True, False)
    assert assess(diagnosis(C.SUBACUTE_COMBINED_DEGENERATION, recorded=400, **remission)).day == day(400)
    assert seen(diagnosis(C.DEMENTIA, **remission)) == (S.UNKNOWN_WITH_HISTORY, "11")


@pytest.mark.parametrize(
    ("on", "expected"), [(date(2025, 11, 20), (S.ABSENT, "9")), (date(2025, 11, 19), (S.UNKNOWN, "12"))]
)
def test_row_9_assessed_and_absent_for_12_months(on: date, expected: tuple[S, str]) -> None:
    assert seen(finding(C.POSITION_SENSE_LOSS, present=False, days_ago=ago(on))) == expected
    assert seen(diagnosis(C.PERIPHERAL_NEUROPATHY, recorded=ago(on), **REFUTED)) == expected


def test_row_9_names_the_sign_and_the_day() -> None:
    found = assess(finding(C.POSITION_SENSE_LOSS, present=False, days_ago=30))
    assert [(sign.concept, sign.day) for sign in found.signs] == [(C.POSITION_SENSE_LOSS, day(30))]
    assert found.absent is True


def test_row_9_needs_a_date_and_a_sign_of_n1_or_n2() -> None:
    assert seen(finding(C.NUMBNESS, present=False, days_ago=None)) == (S.UNKNOWN, "12")
    assert seen(finding(C.DEMENTIA, present=False)) == (S.UNKNOWN, "12")


@pytest.mark.parametrize(("before", "row"), [(90, "9"), (91, "12")])
def test_row_9_for_loading_not_long_before_the_low_b12(before: int, row: str) -> None:
    low = day(5)
    negative = finding(C.NUMBNESS, present=False, days_ago=5 + before)
    assert assess(negative, low=low, loading=True).row == row
    assert assess(negative, low=low, loading=False).row == "9"
    assert assess(finding(C.NUMBNESS, present=False, days_ago=1), low=low, loading=True).row == "9"


def test_row_9_a_positive_outranks_a_negative_of_the_same_or_an_earlier_date() -> None:
    negative = finding(C.ATAXIA, present=False, days_ago=20)
    for days_ago in (20, 10, 300):
        assert seen(negative, finding(C.NUMBNESS, days_ago=days_ago)) == (S.PRESENT, "3")


def test_row_9_a_newer_negative_cancels_an_observation_of_the_same_sign_but_no_condition() -> None:
    negative = finding(C.NUMBNESS, present=False, days_ago=20)
    assert seen(negative, finding(C.NUMBNESS, days_ago=21)) == (S.ABSENT, "9")
    assert seen(negative, finding(C.NUMBNESS, days_ago=20)) == (S.PRESENT, "3")
    assert seen(negative, diagnosis(C.NUMBNESS, recorded=21)) == (S.PRESENT, "3")


def test_row_9_not_over_a_sign_that_ended_later() -> None:
    negative = finding(C.ATAXIA, present=False, days_ago=200)
    past = {"status": ClinicalStatus.RESOLVED}
    assert seen(negative, diagnosis(C.NUMBNESS, recorded=900, abated=100, **past)) == (S.UNKNOWN_WITH_HISTORY, "11")
    assert seen(negative, diagnosis(C.NUMBNESS, recorded=900, abated=300, **past)) == (S.ABSENT, "9")
    assert seen(negative, diagnosis(C.NUMBNESS, recorded=None, **past)) == (S.UNKNOWN_WITH_HISTORY, "11")


@pytest.mark.parametrize("status", [ClinicalStatus.RESOLVED, ClinicalStatus.INACTIVE])
@pytest.mark.parametrize("concept", [C.SUBACUTE_COMBINED_DEGENERATION, C.ATAXIA, C.DEMENTIA])
def test_row_11_resolved_or_inactive(status: ClinicalStatus, concept: C) -> None:
    assert seen(diagnosis(concept, status=status)) == (S.UNKNOWN_WITH_HISTORY, "11")


def test_row_12_nothing_and_glossitis_are_unknown_not_absent() -> None:
    assert seen() == (S.UNKNOWN, "12")
    assert seen(diagnosis(C.GLOSSITIS), finding(C.GLOSSITIS)) == (S.UNKNOWN, "12")
    assert assess().unknown is True


def test_a_finding_of_the_future_says_nothing() -> None:
    assert seen(finding(C.NUMBNESS, days_ago=-1)) == (S.UNKNOWN, "12")
    assert seen(finding(C.NUMBNESS, present=False, days_ago=-1)) == (S.UNKNOWN, "12")


def test_snapshot_without_anything_supplied_is_not_told() -> None:
    found = neurological_status(
        Snapshot(today=TODAY), THRESHOLDS, stated=None, newest_low_b12=None, loading_decision=False
    )
    assert found.status is S.NOT_TOLD
    assert found.missing == (str(ResourceKind.CONDITIONS), str(ResourceKind.FINDINGS))


def test_row_9_a_sign_that_ended_on_the_day_of_the_assessment_is_not_outranked() -> None:
    negative = finding(C.ATAXIA, present=False, days_ago=200)
    ended = diagnosis(C.NUMBNESS, recorded=900, abated=200, status=ClinicalStatus.RESOLVED)
    assert seen(negative, ended) == (S.UNKNOWN_WITH_HISTORY, "11")
