"""Derivations 3.1 and K-08: which records are treatment, how long they cover, and when a sample was on treatment."""

from datetime import date
from typing import Any

import pytest

from cds_service.clinical.concepts import Answer, ResourceKind
from cds_service.clinical.orders import MedicationOrder, OrderStatus
from cds_service.clinical.snapshot import Availability
from cds_service.clinical.treatment import Treatment, TreatmentRecord, therapeutic_records, treatment_of
from tests.clinical.histories import LIMITS, TODAY, days_ago, injections_in_clinic, patient
from tests.clinical.orders import record, statement


def treated(*medications: MedicationOrder, **values: Any) -> Treatment:
    return treatment_of(patient(*medications, **values), LIMITS)


def only(*medications: MedicationOrder, **values: Any) -> TreatmentRecord:
    (found,) = therapeutic_records(patient(*medications, **values), LIMITS)
    return found


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("hydroxocobalamin 100 ug IM every 3 mo", True),
        ("hydroxocobalamin 99 ug IM every 3 mo", False),
        ("hydroxocobalamin 50-100 ug IM every 3 mo", True),
        ("hydroxocobalamin IM every 3 mo", True),
        ("hydroxocobalamin 1000 ug every 3 mo", True),
        ("cyanocobalamin 1000 ug monthly", True),
        ("cyanocobalamin 500 ug oral daily", True),
        ("cyanocobalamin 499 ug oral daily", False),
        ("mecobalamin 250 ug sublingual twice daily", True),
        ("cyanocobalamin 1000 ug oral once", False),
        ("cyanocobalamin 500 ug nasal weekly", True),
        ("cyanocobalamin 499 ug nasal weekly", False),
        ("multivitamin 25 ug oral daily", False),
        ("cyanokit 5 g IV once", False),
        ("folic acid 5 mg oral daily", False),
    ],
)
def test_the_amounts_that_count(text: str, counts: bool) -> None:
    assert bool(treated(record(text)).records) is counts


@pytest.mark.parametrize(
    "text", ["cyanocobalamin 1000 ug daily", "cyanocobalamin oral daily", "cyanocobalamin 1000 ug oral"]
)
def test_a_line_that_may_be_treatment_makes_the_list_unreadable(text: str) -> None:
    found = treated(record(text))
    assert (found.records, found.unclear, found.list_readable) == ((), ("MedicationRequest/record",), False)


@pytest.mark.parametrize(
    ("line", "counts"),
    [
        *(
            (record("hydroxocobalamin 1000 ug IM monthly", status=s), True)
            for s in ("active", "completed", "stopped", "on-hold")
        ),
        *(
            (record("hydroxocobalamin 1000 ug IM monthly", status=s), False)
            for s in ("draft", "cancelled", "entered-in-error")
        ),
        *((statement("hydroxocobalamin 1000 ug IM monthly", status=s), True) for s in ("active", "completed")),
        *((statement("hydroxocobalamin 1000 ug IM monthly", status=s), False) for s in ("stopped", "on-hold")),
    ],
)
def test_the_statuses_that_count(line: MedicationOrder, counts: bool) -> None:
    assert bool(treated(line).records) is counts


def test_a_status_that_nobody_knows_leaves_the_list_unreadable() -> None:
    found = treated(record("hydroxocobalamin 1000 ug IM monthly", status="unknown"))
    assert found.records == ()
    assert not found.list_readable


def test_the_start_is_the_bounds_then_the_first_event_then_the_day_it_was_written() -> None:
    written, begins = date(2026, 1, 10), date(2026, 1, 20)
    assert only(record("hydroxocobalamin 1000 ug IM monthly", authored=written)).start == written
    assert only(record("hydroxocobalamin 1000 ug IM monthly", authored=written, starts=begins)).start == begins
    dated = record("hydroxocobalamin 1000 ug IM on 2026-02-03 2026-02-01", authored=written)
    assert only(dated).start == date(2026, 2, 1)
    assert only(record("hydroxocobalamin 1000 ug IM monthly")).start is None


@pytest.mark.parametrize(
    ("text", "fields", "last", "uncertain"),
    [
        ("hydroxocobalamin 1000 ug IM monthly", {"ends": date(2026, 3, 1)}, date(2026, 3, 1), False),
        ("hydroxocobalamin 1000 ug IM monthly", {"ends": date(2027, 3, 1)}, TODAY, False),
        ("hydroxocobalamin 1000 ug IM 3 per wk for 2 wk", {}, date(2026, 1, 15), False),
        ("hydroxocobalamin 1000 ug IM 3 per wk x6", {}, date(2026, 1, 13), False),
        ("hydroxocobalamin 1000 ug IM once", {}, date(2026, 1, 1), False),
        ("hydroxocobalamin 1000 ug IM monthly", {"supply_ends": date(2026, 4, 1)}, date(2026, 4, 1), False),
        ("hydroxocobalamin 1000 ug IM monthly", {}, TODAY, False),
        ("hydroxocobalamin 1000 ug IM monthly", {"status": "completed"}, date(2026, 2, 1), True),
        ("hydroxocobalamin 1000 ug IM monthly", {"status": "stopped"}, date(2026, 2, 1), True),
        (
            "hydroxocobalamin 1000 ug IM monthly",
            {"status": "stopped", "ends": date(2026, 5, 1)},
            date(2026, 5, 1),
            True,
        ),
    ],
)
def test_the_last_dose(text: str, fields: dict[str, Any], last: date, uncertain: bool) -> None:
    found = only(record(text, authored=date(2026, 1, 1), **fields))
    assert (found.last_dose, found.uncertain) == (last, uncertain)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("hydroxocobalamin 1000 ug IM monthly", 93),
        ("hydroxocobalamin 1000 ug IM every 6 mo", 183),
        ("cyanocobalamin 1000 ug IM weekly", 35),
        ("cyanocobalamin 1000 ug IM every 2 mo", 61),
        ("mecobalamin 1000 ug IM weekly", 35),
        ("cyanocobalamin 1000 ug oral daily", 30),
    ],
)
def test_covered_until(text: str, days: int) -> None:
    found = only(record(text, authored=days_ago(100), ends=TODAY))
    assert found.covered_until is not None
    assert (found.covered_until - TODAY).days == days


def test_parts_of_one_record_follow_one_another() -> None:
    text = "cyanocobalamin 1000 ug IM daily for 1 wk then IM weekly for 4 wk then IM monthly"
    daily, weekly, monthly = treated(record(text, authored=days_ago(20))).records
    assert (daily.start, weekly.start, monthly.start) == (days_ago(20), days_ago(13), days_ago(-15))
    assert [part.runs_on(TODAY) for part in (daily, weekly, monthly)] == [False, True, True]
    assert monthly.last_dose is None


def test_an_injection_given_in_clinic_is_one_dose_of_unknown_form() -> None:
    (found,) = treated(operations=injections_in_clinic(10, -3)).records
    assert (found.form, found.start, found.last_dose) == (None, days_ago(10), days_ago(10))
    assert found.administered


@pytest.mark.parametrize(("ago", "answer"), [(180, Answer.YES), (181, Answer.NO), (1, Answer.YES), (0, Answer.NO)])
def test_a_sample_within_180_days_of_an_injection_is_on_treatment(ago: int, answer: Answer) -> None:
    given = record("hydroxocobalamin 1000 ug IM once", status="completed", authored=days_ago(ago))
    assert treated(given).on_treatment_at(TODAY) is answer


@pytest.mark.parametrize(("ago", "answer"), [(60, Answer.YES), (61, Answer.NO)])
def test_a_sample_within_60_days_of_tablets_is_on_treatment(ago: int, answer: Answer) -> None:
    taken = record("cyanocobalamin 1000 ug oral daily", status="completed", authored=days_ago(300), ends=days_ago(ago))
    assert treated(taken).on_treatment_at(TODAY) is answer


def test_a_sample_on_the_day_of_the_first_dose() -> None:
    given = treated(record("hydroxocobalamin 1000 ug IM monthly", authored=days_ago(50)))
    assert given.on_treatment_at(days_ago(50)) is Answer.NO
    assert given.first_dose_on(days_ago(50))
    assert not given.first_dose_on(days_ago(49))
    assert given.on_treatment_at(days_ago(49)) is Answer.YES
    again = treated(
        record("hydroxocobalamin 1000 ug IM monthly", authored=days_ago(50)),
        record("hydroxocobalamin 1000 ug IM once", authored=days_ago(90), reference="MedicationRequest/2"),
    )
    assert not again.first_dose_on(days_ago(50))


def test_no_treatment_is_said_only_of_a_whole_list() -> None:
    assert treated().on_treatment_at(TODAY) is Answer.NO
    assert treated(unknown_medications=("MedicationRequest/x",)).on_treatment_at(TODAY) is Answer.UNKNOWN
    assert treated(availability={}).on_treatment_at(TODAY) is Answer.UNKNOWN
    refused = {
        ResourceKind.MEDICATIONS: Availability.COMPLETE,
        ResourceKind.STATEMENTS: Availability.REFUSED,
    }
    assert treated(availability=refused).on_treatment_at(TODAY) is Answer.UNKNOWN
    injected = record("hydroxocobalamin 1000 ug IM monthly", authored=days_ago(50))
    assert treated(injected, availability={}).on_treatment_at(TODAY) is Answer.YES


def test_dates_that_are_missing_leave_the_answer_open() -> None:
    undated = treated(record("hydroxocobalamin 1000 ug IM monthly"))
    assert undated.on_treatment_at(days_ago(10)) is Answer.UNKNOWN
    without_end = record("hydroxocobalamin 1000 ug IM monthly", status="completed", authored=days_ago(300))
    assert treated(without_end).on_treatment_at(TODAY) is Answer.UNKNOWN
    long_ago = record("hydroxocobalamin 1000 ug IM monthly", status="completed", authored=days_ago(3000))
    assert treated(long_ago).on_treatment_at(TODAY) is Answer.NO


def test_treatment_began_with_the_first_of_the_records_that_follow_one_another() -> None:
    loading = record(
        "hydroxocobalamin 1000 ug IM 3 per wk x6", status="completed", authored=days_ago(400), reference="a"
    )
    first = record(
        "hydroxocobalamin 1000 ug IM every 3 mo",
        status="completed",
        authored=days_ago(386),
        ends=days_ago(200),
        reference="b",
    )
    second = record("hydroxocobalamin 1000 ug IM every 3 mo", authored=days_ago(100), reference="c")
    old = record("hydroxocobalamin 1000 ug IM once", status="completed", authored=days_ago(2000), reference="d")
    found = treated(second, first, old, loading)
    assert found.treatment_began == days_ago(400)
    assert found.maintenance_began == days_ago(386)
    assert treated().treatment_began is None
    assert treated(record("hydroxocobalamin 1000 ug IM every 3 mo")).treatment_began is None


def test_a_course_still_runs_until_its_next_dose_would_be_due() -> None:
    (finished,) = treated(
        record("hydroxocobalamin 1000 ug IM daily for 1 wk", authored=days_ago(8), status=OrderStatus.COMPLETED)
    ).records
    assert finished.runs_on(TODAY)
    assert not finished.runs_on(days_ago(-1))
    (held,) = treated(record("hydroxocobalamin 1000 ug IM monthly", authored=days_ago(8), status="on-hold")).records
    assert not held.runs_on(TODAY)
