"""Derivations 8.10 and 3.3 rows 3 to 6: which record a draft renews or changes, and how they compare."""

from typing import Any

import pytest

from cds_service.clinical.concepts import Answer
from cds_service.clinical.current_order import Comparison, IntervalChange, compare_with_current, renewed_record
from cds_service.clinical.orders import MedicationOrder
from cds_service.clinical.treatment import treatment_of
from tests.clinical.histories import LIMITS, TODAY, days_ago, patient
from tests.clinical.orders import order, record


def compared(
    text: str, *medications: MedicationOrder, drafts: tuple[MedicationOrder, ...] = (), **fields: Any
) -> Comparison | None:
    return compare_with_current(order(text, **fields), treatment_of(patient(*medications), LIMITS), LIMITS, drafts)


def change(current: str, drafted: str) -> IntervalChange:
    found = compared(
        f"hydroxocobalamin 1000 ug IM {drafted}",
        record(f"hydroxocobalamin 1000 ug IM {current}", authored=days_ago(400)),
    )
    assert found is not None
    return found.change


@pytest.mark.parametrize(
    ("current", "drafted", "expected"),
    [
        ("every 2 mo", "every 3 mo", IntervalChange.LONGER),
        ("every 3 mo", "every 2 mo", IntervalChange.SHORTER),
        ("every 2 mo", "every 2 mo", IntervalChange.SAME),
        ("every 8 wk", "every 2 mo", IntervalChange.SAME),
        ("monthly", "every 28 d", IntervalChange.SAME),
        ("every 12 wk", "every 3 mo", IntervalChange.SAME),
        ("every 2 mo", "every 10 wk", IntervalChange.LONGER),
        ("monthly", "every 5 wk", IntervalChange.LONGER),
        ("every 2 mo", "every 2-3 mo", IntervalChange.LONGER),
    ],
)
def test_the_change_of_interval(current: str, drafted: str, expected: IntervalChange) -> None:
    assert change(current, drafted) is expected


def test_a_schedule_that_cannot_be_read_is_not_compared() -> None:
    found = compared(
        "hydroxocobalamin 1000 ug IM", record("hydroxocobalamin 1000 ug IM monthly", authored=days_ago(40))
    )
    assert found is not None
    assert found.change is IntervalChange.UNKNOWN


def test_only_the_same_form_and_way_and_only_maintenance_is_compared() -> None:
    text = "hydroxocobalamin 1000 ug IM every 3 mo"
    assert compared(text) is None
    assert compared(text, record("cyanocobalamin 1000 ug IM monthly", authored=days_ago(400))) is None
    assert compared(text, record("hydroxocobalamin 1000 ug IM every 2 d", authored=days_ago(4))) is None
    assert (
        compared("cyanocobalamin 1000 ug oral daily", record("cyanocobalamin 1000 ug IM monthly", authored=days_ago(9)))
        is None
    )
    first, second = (record(text, authored=days_ago(40), reference=name) for name in ("a", "b"))
    assert compared(text, first, second) is None
    other = order(text, reference="other", renews=("MedicationRequest/record",))
    assert compared(text, record(text, authored=days_ago(40)), drafts=(other,)) is None


def test_a_link_is_told_from_a_likeness() -> None:
    current = record("hydroxocobalamin 1000 ug IM every 2 mo", authored=days_ago(400))
    alike = compared("hydroxocobalamin 1000 ug IM every 2 mo", current)
    linked = compared("hydroxocobalamin 1000 ug IM every 2 mo", current, renews=("MedicationRequest/record",))
    assert alike is not None
    assert linked is not None
    assert (alike.linked, linked.linked) == (False, True)


@pytest.mark.parametrize(
    ("drafted", "answer"),
    [
        ("500 ug", Answer.YES),
        ("1000 ug", Answer.NO),
        ("2000 ug", Answer.NO),
        ("500-1000 ug", Answer.YES),
        ("", Answer.UNKNOWN),
    ],
)
def test_a_lower_dose(drafted: str, answer: Answer) -> None:
    found = compared(
        f"hydroxocobalamin {drafted} IM monthly", record("hydroxocobalamin 1000 ug IM monthly", authored=days_ago(40))
    )
    assert found is not None
    assert found.lower_dose is answer


@pytest.mark.parametrize(("ago", "answer"), [(365, Answer.YES), (364, Answer.NO)])
def test_the_same_interval_for_12_months(ago: int, answer: Answer) -> None:
    found = compared(
        "hydroxocobalamin 1000 ug IM every 3 mo",
        record("hydroxocobalamin 1000 ug IM every 3 mo", authored=days_ago(ago)),
    )
    assert found is not None
    assert found.held_for(LIMITS.stable_renewal_months, TODAY) is answer


def test_the_interval_is_held_through_earlier_orders_of_the_same_interval() -> None:
    text = "hydroxocobalamin 1000 ug IM every 3 mo"
    now = record(text, authored=days_ago(100), reference="now")
    before = record(text, status="completed", authored=days_ago(500), ends=days_ago(150), reference="before")
    shorter = record(
        "hydroxocobalamin 1000 ug IM monthly",
        status="completed",
        authored=days_ago(900),
        ends=days_ago(510),
        reference="s",
    )
    found = compared(text, now, before, shorter)
    assert found is not None
    assert found.held_since == days_ago(500)
    undated = compared(text, record(text))
    assert undated is not None
    assert undated.held_for(12, TODAY) is Answer.UNKNOWN


def test_the_record_that_is_renewed() -> None:
    history = record("hydroxocobalamin 1000 ug IM daily for 1 wk then IM every 3 mo", authored=days_ago(100))
    treatment = treatment_of(patient(history), LIMITS)
    found = renewed_record(
        order("hydroxocobalamin 1000 ug IM every 3 mo", renews=("MedicationRequest/record",)), treatment
    )
    assert found is not None
    assert found.start == days_ago(93)
    assert renewed_record(order("hydroxocobalamin 1000 ug IM every 3 mo"), treatment) is None


@pytest.mark.parametrize(("ago", "found"), [(183, True), (184, False)])
def test_what_lapsed_more_than_90_days_ago_is_history_and_not_renewed(ago: int, found: bool) -> None:
    history = record(
        "hydroxocobalamin 1000 ug IM every 3 mo", status="completed", authored=days_ago(900), ends=days_ago(ago)
    )
    drafted = order("hydroxocobalamin 1000 ug IM every 3 mo", renews=("MedicationRequest/record",))
    assert (renewed_record(drafted, treatment_of(patient(history), LIMITS)) is not None) is found
