"""Diabetic nephropathy at any eGFR (derivations 6.3, last paragraphs)."""

from datetime import date

import pytest

from cds_service.clinical.concepts import Analyte, Answer, ResourceKind
from cds_service.clinical.conditions import Concept
from cds_service.clinical.nephropathy import NephropathyAssessment, nephropathy_status
from cds_service.clinical.snapshot import Availability, ClinicalStatus, LabResult
from tests.clinical.builders import THRESHOLDS, diagnosis, lab, snapshot, unreadable

A = Analyte
C = Concept

DIABETES = diagnosis(C.DIABETES)


def assess(*facts: object, **more: object) -> NephropathyAssessment:
    return nephropathy_status(snapshot(*facts, **more), THRESHOLDS)


def acr(value: str, **more: object) -> LabResult:
    return lab(A.URINE_ACR, value, **more)


def test_coded_diabetic_kidney_disease() -> None:
    coded = diagnosis(C.DIABETIC_KIDNEY_DISEASE)
    assert assess(coded).answer is Answer.YES
    assert assess(coded).diagnoses == (coded,)
    assert assess(diagnosis(C.DIABETIC_KIDNEY_DISEASE, status=ClinicalStatus.RESOLVED)).answer is Answer.NO


@pytest.mark.parametrize(
    ("value", "answer"),
    [
        ("300", Answer.YES),
        ("299.9", Answer.NO),
        (">300", Answer.YES),
        (">=300", Answer.YES),
        ("<300", Answer.NO),
        (">200", Answer.UNKNOWN),
        ("<400", Answer.UNKNOWN),
    ],
)
def test_diabetes_with_one_value_in_date(value: str, answer: Answer) -> None:
    assert assess(DIABETES, acr(value)).answer is answer


def test_any_value_in_date_is_enough() -> None:
    assert assess(DIABETES, acr("100", days_ago=5), acr("400", days_ago=200)).answer is Answer.YES


def test_the_newest_old_value_counts_if_still_high() -> None:
    limit, after = date(2025, 11, 20), date(2025, 11, 19)
    assert assess(DIABETES, acr("300", on=limit)).acr_old is False
    old = assess(DIABETES, acr("300", on=after))
    assert (old.answer, old.acr_old) == (Answer.YES, True)
    assert assess(DIABETES, acr("100", days_ago=400), acr("900", days_ago=800)).answer is Answer.UNKNOWN


def test_an_old_low_value_is_not_relied_on() -> None:
    assert assess(DIABETES, acr("10", on=date(2025, 11, 19))).answer is Answer.UNKNOWN


def test_diabetes_without_a_value_is_unknown_not_no() -> None:
    assert assess(DIABETES).answer is Answer.UNKNOWN
    assert assess(DIABETES, acr("10"), unreadable(A.URINE_ACR)).answer is Answer.UNKNOWN
    incomplete = {ResourceKind.RESULTS: Availability.INCOMPLETE}
    assert assess(DIABETES, acr("10"), availability=incomplete).answer is Answer.UNKNOWN
    assert assess(DIABETES, acr("300"), availability=incomplete).answer is Answer.YES


def test_no_diabetes_is_no_only_where_diagnoses_were_told() -> None:
    assert assess(acr("900")).answer is Answer.NO
    assert assess(acr("900"), availability={ResourceKind.CONDITIONS: Availability.FAILED}).answer is Answer.UNKNOWN


def test_a_result_of_today_counts_and_one_of_the_future_does_not() -> None:
    assert assess(DIABETES, acr("300", days_ago=0)).answer is Answer.YES
    assert assess(DIABETES, acr("300", days_ago=-1)).answer is Answer.UNKNOWN
