"""Unknown is never "deficiency unlikely" (SG-25, SG-26), and the remarks that go with a status (SG-09, SG-38)."""

from decimal import Decimal

import pytest

from cds_service.clinical.concepts import Analyte, Answer, Ingredient, ResourceKind
from cds_service.clinical.conditions import Concept
from cds_service.clinical.deficiency import DeficiencyStatus
from cds_service.clinical.snapshot import Availability
from tests.clinical.builders import diagnosis, lab, medicine, unreadable
from tests.clinical.deficiency_cases import NOTHING, ROW_1, ROW_17, assess, b12, holotc, mma, seen

A = Analyte
C = Concept

RESULTS, CONDITIONS = ResourceKind.RESULTS, ResourceKind.CONDITIONS


@pytest.mark.parametrize("state", [Availability.REFUSED, Availability.FAILED, Availability.NOT_SUPPLIED])
@pytest.mark.parametrize("kind", [RESULTS, CONDITIONS])
def test_refused_results_or_diagnoses_leave_a_normal_result_unknown(kind: ResourceKind, state: Availability) -> None:
    told = {kind: state}
    assert seen(b12("600"), availability=told) == NOTHING
    assert seen(b12("250"), mma("200"), availability=told) == NOTHING
    assert str(kind) in assess(availability=told).missing
    assert seen(b12("120"), availability=told) == ROW_1


def test_incomplete_results_are_labelled() -> None:
    found = assess(b12("600"), availability={RESULTS: Availability.INCOMPLETE})
    assert (found.status, found.of_results_received) == (DeficiencyStatus.UNLIKELY, True)
    assert assess(b12("600"), unreadable_kinds=frozenset({RESULTS})).of_results_received is True
    assert seen(availability={RESULTS: Availability.INCOMPLETE}) == NOTHING


@pytest.mark.parametrize("analyte", [A.B12, A.HOLOTRANSCOBALAMIN, A.MMA])
@pytest.mark.parametrize("days_ago", [3, None])
def test_a_newer_or_undated_unread_result_leaves_a_normal_one_unknown(analyte: A, days_ago: int | None) -> None:
    gap = unreadable(analyte, days_ago=days_ago)
    assert seen(b12("600"), gap) == NOTHING
    assert assess(b12("600"), gap).unreadable == (gap,)
    assert seen(b12("120"), gap) == ROW_1


def test_an_older_unread_result_takes_nothing_away() -> None:
    assert seen(b12("600"), unreadable(A.B12, days_ago=7)) == ROW_17
    assert seen(b12("600"), unreadable(A.MMA, days_ago=400)) == ROW_17


def test_an_mma_whose_comparator_spans_the_limit_is_not_not_high() -> None:
    assert seen(b12("600"), mma("<400")) == NOTHING
    assert assess(b12("250"), mma("<400")).row == 14


def test_a_b12_comparator_that_spans_classes_is_unknown() -> None:
    assert seen(b12(">300")) == NOTHING
    assert "comparator_spans_classes" in assess(b12(">300")).notes


def test_an_empty_record_is_unknown() -> None:
    assert seen() == NOTHING


@pytest.mark.parametrize(
    ("facts", "treated", "note"),
    [
        ((b12("120", days_ago=5), b12("600", days_ago=9)), Answer.NO, "two_results_disagree"),
        ((b12("600"), holotc("20")), Answer.NO, "b12_and_holotranscobalamin_disagree"),
        ((b12("120"),), Answer.UNKNOWN, "treatment_at_sample_unknown"),
        ((b12("600"),), Answer.YES, "result_on_treatment_not_relied_on"),
        ((b12("600"), mma("400")), Answer.NO, "mma_not_interpretable"),
        (
            (b12("600"), medicine(Ingredient.CYANOCOBALAMIN)),
            Answer.NO,
            "cobalamin_below_treatment_dose_or_later",
        ),
        ((b12("120"), medicine(Ingredient.COMBINED_CONTRACEPTIVE)), Answer.NO, "combined_contraceptive"),
        (
            (b12("600"), lab(A.INTRINSIC_FACTOR_ANTIBODY, "1", positive=True)),
            Answer.NO,
            "intrinsic_factor_antibodies",
        ),
        ((b12("190", lower_limit=Decimal(200)),), Answer.NO, "below_the_laboratory_range_only"),
        ((b12("1001", days_ago=5), b12("1001", days_ago=36)), Answer.NO, "b12_very_high_off_treatment_twice"),
    ],
)
def test_note(facts: tuple[object, ...], treated: Answer, note: str) -> None:
    assert note in assess(*facts, treated=treated).notes


@pytest.mark.parametrize(
    ("facts", "treated"),
    [
        ((b12("1001", days_ago=5), b12("1001", days_ago=35)), Answer.NO),
        ((b12("1000", days_ago=5), b12("1001", days_ago=36)), Answer.NO),
        ((b12("1001", days_ago=5), b12("1001", days_ago=36)), Answer.YES),
    ],
)
def test_very_high_needs_two_more_than_30_days_apart_off_treatment(facts: tuple[object, ...], treated: Answer) -> None:
    assert "b12_very_high_off_treatment_twice" not in assess(*facts, treated=treated).notes


def test_a_plain_result_carries_no_note() -> None:
    assert assess(b12("120")).notes == ()


def test_a_coded_diagnosis_stands_where_results_were_refused() -> None:
    assert assess(diagnosis(C.PERNICIOUS_ANAEMIA), availability={RESULTS: Availability.REFUSED}).row == 6


def test_the_order_of_entries_changes_nothing() -> None:
    facts = (b12("120", days_ago=5), holotc("80"), b12("600", days_ago=9), mma("400"))
    assert assess(*facts) == assess(*reversed(facts))
