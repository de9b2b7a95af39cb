"""Renal status, one test a row of derivations 6.3, on both sides of each limit."""

from datetime import date
from decimal import Decimal

import pytest

from cds_service.clinical.concepts import Analyte, EgfrMethod, ResourceKind
from cds_service.clinical.conditions import Concept
from cds_service.clinical.renal import RenalAssessment, RenalStatus, renal_status
from cds_service.clinical.snapshot import Availability, ClinicalStatus, Sex, Snapshot, Verification
from tests.clinical.builders import (
    THRESHOLDS,
    TODAY,
    diagnosis,
    finding,
    lab,
    operation,
    person,
    snapshot,
    unreadable,
)

A = Analyte
C = Concept

S = RenalStatus
RESULTS, CONDITIONS = ResourceKind.RESULTS, ResourceKind.CONDITIONS


def assess(*facts: object, **more: object) -> RenalAssessment:
    return renal_status(snapshot(*facts, **more), THRESHOLDS)


def seen(*facts: object, **more: object) -> tuple[RenalStatus, int]:
    found = assess(*facts, **more)
    return found.status, found.row


def egfr(value: str, **more: object) -> object:
    return lab(A.EGFR, value, **{"method": EgfrMethod.CKD_EPI_2021, **more})


def test_row_1_dialysis_dependence_is_risk_whatever_the_egfr() -> None:
    found = assess(diagnosis(C.DIALYSIS), egfr("85"))
    assert (found.status, found.row) == (S.RISK, 1)
    assert found.egfr is None
    assert [value.value for value in found.also] == [Decimal(85)]


@pytest.mark.parametrize(("days_ago", "expected"), [(90, (S.RISK, 1)), (91, (S.NO_RISK, 8))])
def test_row_1_dialysis_procedure_in_the_last_90_days(days_ago: int, expected: tuple[RenalStatus, int]) -> None:
    assert seen(operation(C.DIALYSIS, days_ago=days_ago), egfr("85")) == expected


def test_row_1_dialysis_without_a_date_may_be_recent() -> None:
    assert seen(operation(C.DIALYSIS, days_ago=None), egfr("85")) == (S.RISK, 1)


def test_row_1_a_transplant_since_ends_dialysis() -> None:
    dialysis = diagnosis(C.DIALYSIS, recorded=2000)
    assert seen(dialysis, operation(C.KIDNEY_TRANSPLANT, days_ago=1000), egfr("85")) == (S.NO_RISK, 8)
    assert seen(dialysis, operation(C.KIDNEY_TRANSPLANT, days_ago=3000), egfr("85")) == (S.RISK, 1)


def test_row_2_creatinine_that_is_not_steady_outranks_a_good_egfr() -> None:
    creatinines = (lab(A.CREATININE, "0.7", days_ago=0), lab(A.CREATININE, "1.0", days_ago=1))
    found = assess(*creatinines)
    assert (found.status, found.row) == (S.UNSTABLE, 2)
    assert [result.measured.value for result in found.creatinines] == [Decimal("0.7"), Decimal("1.0")]


@pytest.mark.parametrize(
    ("value", "expected"),
    [("49.6", (S.RISK, 3)), ("49.9", (S.RISK, 3)), ("49.9999", (S.RISK, 3)), ("50", (S.NO_RISK, 8))],
)
def test_rows_3_and_8_the_limit_is_strict_and_unrounded(value: str, expected: tuple[RenalStatus, int]) -> None:
    assert seen(egfr(value)) == expected


@pytest.mark.parametrize(("on", "row"), [(date(2025, 11, 20), 3), (date(2025, 11, 19), 4)])
def test_row_4_a_value_below_stays_usable_and_is_called_old_the_day_after(on: date, row: int) -> None:
    found = assess(egfr("44", on=on))
    assert (found.status, found.row) == (S.RISK, row)
    assert found.egfr is not None
    assert found.egfr.old is (row == 4)


@pytest.mark.parametrize("value", ["<50", "<45", "<15", "<=49.9"])
def test_row_5_comparator_wholly_below(value: str) -> None:
    assert seen(egfr(value)) == (S.RISK, 5)


def test_row_6_pregnancy_a_good_value_is_not_relied_on_but_a_bad_one_is() -> None:
    assert seen(egfr("90"), finding(C.PREGNANT)) == (S.NOT_RELIED_ON, 6)
    assert seen(egfr("40"), finding(C.PREGNANT)) == (S.RISK, 3)


def test_row_6_names_diabetes_and_kidney_codes() -> None:
    assert assess(egfr("90"), finding(C.PREGNANT)).codes == ()
    assert len(assess(egfr("90"), finding(C.PREGNANT), diagnosis(C.DIABETES)).codes) == 1


@pytest.mark.parametrize(("recorded", "expected"), [(6, (S.CONFLICT, 7)), (7, (S.NO_RISK, 8)), (None, (S.CONFLICT, 7))])
def test_row_7_a_stage_code_recorded_after_the_value(recorded: int | None, expected: tuple[RenalStatus, int]) -> None:
    assert seen(egfr("65"), diagnosis(C.CKD_STAGE_3B_TO_5, recorded=recorded)) == expected


@pytest.mark.parametrize("value", [">=50", ">59", ">60", ">90", ">50"])
def test_row_8_comparator_wholly_at_or_above(value: str) -> None:
    assert seen(egfr(value)) == (S.NO_RISK, 8)


def test_row_9_stage_code_without_a_value() -> None:
    code = diagnosis(C.CKD_STAGE_3B_TO_5, C.DIABETIC_KIDNEY_DISEASE)
    found = assess(code)
    assert (found.status, found.row, found.codes) == (S.RISK_BY_CODE, 9, (code,))


def test_row_9_a_resolved_code_does_not_count() -> None:
    assert seen(diagnosis(C.CKD_STAGE_3B_TO_5, status=ClinicalStatus.RESOLVED)) == (S.UNKNOWN, 13)


def test_row_9_a_stage_code_speaks_where_the_value_straddles_or_is_too_old() -> None:
    code = diagnosis(C.CKD_STAGE_3B_TO_5)
    assert seen(egfr("<60"), code) == (S.RISK_BY_CODE, 9)
    assert seen(egfr("70", days_ago=500), code) == (S.RISK_BY_CODE, 9)


@pytest.mark.parametrize(
    "concept", [C.CKD_STAGE_3_OR_LESS, C.DIABETES, C.DIABETIC_NEUROPATHY, C.DIABETIC_KIDNEY_DISEASE]
)
def test_row_10_kidney_disease_or_diabetes_without_a_usable_value(concept: C) -> None:
    assert seen(diagnosis(concept)) == (S.AT_RISK_UNKNOWN, 10)
    assert seen(diagnosis(concept), egfr("70", days_ago=500)) == (S.AT_RISK_UNKNOWN, 10)


def test_row_10_transplant_is_judged_by_egfr_not_by_code() -> None:
    transplant = operation(C.KIDNEY_TRANSPLANT, days_ago=400)
    before = diagnosis(C.CKD_STAGE_3B_TO_5, recorded=900)
    assert seen(transplant, before, egfr("70")) == (S.NO_RISK, 8)
    assert seen(transplant, diagnosis(C.CKD_STAGE_3B_TO_5, recorded=None), egfr("70")) == (S.NO_RISK, 8)
    assert seen(transplant, before) == (S.AT_RISK_UNKNOWN, 10)
    assert seen(transplant, diagnosis(C.CKD_STAGE_3B_TO_5, recorded=100)) == (S.RISK_BY_CODE, 9)


@pytest.mark.parametrize("value", ["<60", ">45", "<=50", "<51"])
def test_row_11_value_straddles_the_limit(value: str) -> None:
    assert seen(egfr(value)) == (S.UNKNOWN, 11)


@pytest.mark.parametrize(
    ("on", "expected"), [(date(2025, 11, 20), (S.NO_RISK, 8)), (date(2025, 11, 19), (S.UNKNOWN, 11))]
)
def test_row_11_a_value_at_or_above_is_relied_on_to_its_limit_day(on: date, expected: tuple[RenalStatus, int]) -> None:
    assert seen(egfr("70", on=on)) == expected


@pytest.mark.parametrize("days_ago", [3, None])
def test_row_11_a_newer_or_undated_result_that_could_not_be_read(days_ago: int | None) -> None:
    found = assess(egfr("70"), unreadable(A.CREATININE, days_ago=days_ago))
    assert (found.status, found.row) == (S.UNKNOWN, 11)
    assert len(found.unreadable) == 1
    assert seen(egfr("70"), unreadable(A.EGFR, days_ago=8)) == (S.NO_RISK, 8)
    assert seen(unreadable(A.EGFR, days_ago=days_ago)) == (S.UNKNOWN, 11)


def test_row_11_an_unread_result_does_not_hide_a_low_one() -> None:
    assert seen(egfr("44"), unreadable(A.EGFR, days_ago=1)) == (S.RISK, 3)


@pytest.mark.parametrize("state", [Availability.REFUSED, Availability.FAILED, Availability.NOT_SUPPLIED])
def test_row_12_results_not_told(state: Availability) -> None:
    told = {RESULTS: state}
    found = assess(availability=told)
    assert (found.status, found.row) == (S.NOT_TOLD, 12)
    assert str(RESULTS) in found.missing
    assert seen(egfr("85"), availability=told) == (S.NOT_TOLD, 12)
    assert seen(egfr("44"), availability=told) == (S.RISK, 3)
    assert seen(diagnosis(C.DIABETES), availability=told) == (S.AT_RISK_UNKNOWN, 10)
    assert seen(diagnosis(C.CKD_STAGE_3B_TO_5), availability=told) == (S.RISK_BY_CODE, 9)


def test_row_13_nothing_is_unknown_not_normal() -> None:
    assert seen() == (S.UNKNOWN, 13)


def test_incomplete_results_are_labelled_and_may_fire() -> None:
    incomplete = {RESULTS: Availability.INCOMPLETE}
    low, good = assess(egfr("44"), availability=incomplete), assess(egfr("85"), availability=incomplete)
    assert [(low.status, low.of_results_received), (good.status, good.of_results_received)] == [
        (S.RISK, True),
        (S.NO_RISK, True),
    ]
    assert seen(availability=incomplete) == (S.UNKNOWN, 13)
    assert assess(egfr("85"), unreadable_kinds=frozenset({RESULTS})).of_results_received is True


@pytest.mark.parametrize(
    "fact",
    [
        diagnosis(C.CKD_STAGE_3_OR_LESS),
        diagnosis(C.DIABETES),
        diagnosis(C.ACUTE_KIDNEY_INJURY, status=ClinicalStatus.RESOLVED, recorded=365),
    ],
)
def test_validity_is_three_months_at_risk(fact: object) -> None:
    assert assess(egfr("70", on=date(2026, 8, 20)), fact).status is S.NO_RISK
    assert assess(egfr("70", on=date(2026, 8, 19)), fact).status is not S.NO_RISK


def test_validity_stays_a_year_after_an_old_kidney_injury() -> None:
    old = diagnosis(C.ACUTE_KIDNEY_INJURY, status=ClinicalStatus.RESOLVED, recorded=366)
    assert seen(egfr("70", on=date(2026, 8, 19)), old) == (S.NO_RISK, 8)


def test_validity_is_the_shorter_one_where_diagnoses_were_refused() -> None:
    refused = {CONDITIONS: Availability.REFUSED}
    assert seen(egfr("70", on=date(2026, 8, 20)), availability=refused) == (S.NO_RISK, 8)
    assert seen(egfr("70", on=date(2026, 8, 19)), availability=refused) == (S.UNKNOWN, 11)


@pytest.mark.parametrize(("value", "reaches"), [("60", True), ("59.9", False), (">60", True), (">59", False)])
def test_the_limit_for_mma_needs_a_valid_value(value: str, reaches: bool) -> None:
    assert assess(egfr(value)).reaches(Decimal(60)) is reaches
    assert assess(egfr(value), finding(C.PREGNANT)).reaches(Decimal(60)) is False


def test_snapshot_without_anything_supplied_is_not_told() -> None:
    assert renal_status(Snapshot(today=TODAY), THRESHOLDS).status is S.NOT_TOLD


def test_a_transplant_of_the_same_day_is_not_since() -> None:
    transplant = operation(C.KIDNEY_TRANSPLANT, days_ago=400)
    assert seen(transplant, diagnosis(C.DIALYSIS, recorded=400), egfr("70")) == (S.RISK, 1)
    assert seen(transplant, diagnosis(C.CKD_STAGE_3B_TO_5, recorded=400)) == (S.AT_RISK_UNKNOWN, 10)


def test_only_a_kidney_injury_that_was_not_refuted_shortens_validity() -> None:
    value = egfr("70", on=date(2026, 8, 19))
    assert seen(value, diagnosis(C.PARAESTHESIA, recorded=100)) == (S.NO_RISK, 8)
    refuted = diagnosis(C.ACUTE_KIDNEY_INJURY, recorded=100, verification=Verification.REFUTED)
    assert seen(value, refuted) == (S.NO_RISK, 8)
    undated = diagnosis(C.ACUTE_KIDNEY_INJURY, recorded=None, status=ClinicalStatus.RESOLVED)
    assert seen(value, undated) == (S.NO_RISK, 8)


def test_row_10_each_code_is_shown_once() -> None:
    kidney, diabetes = diagnosis(C.DIABETIC_KIDNEY_DISEASE), diagnosis(C.DIABETES)
    assert assess(kidney, diabetes).codes == (kidney, diabetes)


def test_risk_and_unknown_as_a_choice_of_form_needs_them() -> None:
    unsteady = (lab(A.CREATININE, "0.7", days_ago=0), lab(A.CREATININE, "1.0", days_ago=1))
    stage = diagnosis(C.CKD_STAGE_3B_TO_5)
    for facts in ((egfr("44"),), (stage,), unsteady):
        assert (assess(*facts).at_risk, assess(*facts).unknown) == (True, False)
    for facts in ((), (egfr("<60"),), (egfr("90"), finding(C.PREGNANT)), (diagnosis(C.DIABETES),)):
        assert (assess(*facts).at_risk, assess(*facts).unknown) == (False, True)
    assert (assess(egfr("85")).at_risk, assess(egfr("85")).unknown) == (False, False)


def test_missing_names_what_was_needed() -> None:
    assert assess(egfr("85")).missing == ()
    assert assess(lab(A.CREATININE, "0.8")).missing == ()
    assert assess(person=person(birth=None)).missing == ("birth date",)
    other = person(sex=Sex.OTHER)
    assert assess(lab(A.CREATININE, "0.8"), person=other).missing == ("sex",)
    assert assess(egfr("85"), person=other).missing == ()


def test_dialysis_without_an_egfr_shows_none() -> None:
    assert assess(diagnosis(C.DIALYSIS)).also == ()


def test_the_limit_for_mma_is_judged_by_all_values_of_the_day() -> None:
    low_cystatin = lab(A.EGFR, "58", method=EgfrMethod.CYSTATIN_C)
    assert assess(egfr("62"), low_cystatin).reaches(Decimal(60)) is False
    assert assess(egfr("62"), lab(A.EGFR, "64", method=EgfrMethod.CYSTATIN_C)).reaches(Decimal(60)) is True


def test_creatinines_are_named_only_where_they_differ() -> None:
    assert assess().creatinines == ()
    assert RenalAssessment(S.UNKNOWN, 13).creatinines == ()
