"""Whatever a record says, the derivations answer: no date runs off the calendar and no order raises."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from cds_service.clinical.concepts import Answer, Ingredient, ProductKind, Route
from cds_service.clinical.cover import Cover, cobalamin_cover
from cds_service.clinical.current_order import compare_with_current
from cds_service.clinical.folate import folate_exemption, folic_acid_per_day
from cds_service.clinical.loading import had_alternate_day_course_of_21_days
from cds_service.clinical.orders import DosageStep, Dose, MedicationOrder, OrderStatus, Origin, Product
from cds_service.clinical.phase import PatientState, Purpose, phase_of, presumed_phase
from cds_service.clinical.schedule import planned_course
from cds_service.clinical.scope import scope_of
from cds_service.clinical.timing import Timing, days_after, written_end
from cds_service.clinical.treatment import treatment_of
from tests.clinical.histories import LIMITS, TODAY, days_ago, patient
from tests.clinical.orders import order, record

FORMS = (
    Ingredient.HYDROXOCOBALAMIN,
    Ingredient.CYANOCOBALAMIN,
    Ingredient.COBALAMIN_UNSPECIFIED,
    Ingredient.FOLIC_ACID,
)
maybe_day = st.none() | st.dates()
number = st.decimals(min_value=0, max_value=10**12, allow_nan=False, allow_infinity=False, places=3)
counts = st.none() | st.integers(min_value=0, max_value=10**30)
timings = st.builds(
    Timing,
    frequency=counts,
    frequency_max=counts,
    period=st.none() | number,
    period_max=st.none() | number,
    unit=st.sampled_from((None, "s", "min", "h", "d", "wk", "mo", "a", "x")),
    days_of_week=st.integers(0, 7),
    events=st.lists(st.dates(), max_size=3).map(tuple),
    count=counts,
    bounds_days=st.none() | number,
    starts=maybe_day,
    ends=maybe_day,
    once=st.booleans(),
)


@st.composite
def lines(draw: st.DrawFn) -> MedicationOrder:
    form = draw(st.sampled_from(FORMS))
    dose = draw(st.none() | number)
    step = st.builds(
        DosageStep,
        doses=st.just(() if dose is None else (Dose(form, dose, dose),)),
        route=st.none() | st.sampled_from(Route),
        timing=st.none() | timings,
        as_needed=st.booleans(),
    )
    return MedicationOrder(
        reference=draw(st.sampled_from(("a", "b", "c"))),
        product=Product("x", frozenset({form}), draw(st.sampled_from(ProductKind))),
        status=draw(st.sampled_from(OrderStatus)),
        origin=draw(st.sampled_from((Origin.REQUEST, Origin.STATEMENT))),
        steps=tuple(draw(st.lists(step, max_size=3))),
        authored=draw(maybe_day),
        starts=draw(maybe_day),
        ends=draw(maybe_day),
        supply_ends=draw(maybe_day),
        renews=tuple(draw(st.lists(st.sampled_from(("a", "b")), max_size=2))),
    )


@settings(deadline=None, max_examples=100, phases=(Phase.explicit, Phase.generate))
@given(st.lists(lines(), max_size=4), st.lists(lines(), min_size=1, max_size=3), st.booleans(), st.dates())
def test_every_derivation_answers(
    on_record: list[MedicationOrder], drafts: list[MedicationOrder], neuro: bool, day: date
) -> None:
    snapshot = patient(*on_record)
    treatment = treatment_of(snapshot, LIMITS)
    cobalamin_cover(snapshot, treatment, drafts, LIMITS)
    treatment.on_treatment_at(day)
    treatment.first_dose_on(day)
    had_alternate_day_course_of_21_days(treatment)
    folic_acid_per_day(drafts, snapshot)
    for draft in drafts:
        scope_of(draft, snapshot, LIMITS)
        course = planned_course(draft, drafts)
        presumed_phase(course, LIMITS)
        course.micrograms_in_first(14)
        phase_of(draft, Purpose.TREATMENT, treatment, PatientState(neuro_present=neuro))
        compare_with_current(draft, treatment, LIMITS, tuple(drafts))
        daily = folic_acid_per_day(drafts, snapshot)
        folate_exemption(draft, drafts, snapshot, daily=daily, pregnant=Answer.UNKNOWN, thresholds=LIMITS)
    assert all(r.last_dose is None or r.last_dose <= TODAY for r in treatment.records)
    assert treatment_of(patient(*reversed(on_record)), LIMITS).covered_until == treatment.covered_until


@settings(deadline=None, max_examples=100, phases=(Phase.explicit, Phase.generate))
@given(st.lists(lines(), max_size=4), st.booleans())
def test_the_order_of_the_records_changes_nothing(on_record: list[MedicationOrder], neuro: bool) -> None:
    drafted = order("hydroxocobalamin 1000 ug IM every 3 mo", reference="draft")
    forward, backward = (treatment_of(patient(*lines), LIMITS) for lines in (on_record, on_record[::-1]))
    state = PatientState(neuro_present=neuro, deficiency="confirmed")
    found = [phase_of(drafted, Purpose.TREATMENT, treatment, state) for treatment in (forward, backward)]
    assert (found[0].phase, found[0].row, found[0].partial) == (found[1].phase, found[1].row, found[1].partial)
    assert forward.treatment_began == backward.treatment_began
    covers = [
        cobalamin_cover(patient(*rs), treatment_of(patient(*rs), LIMITS), (), LIMITS).cover
        for rs in (on_record, on_record[::-1])
    ]
    assert covers[0] is covers[1]


@pytest.mark.parametrize("status", ["active", "completed"])
def test_the_last_day_of_the_calendar_is_no_end(status: str) -> None:
    text = "hydroxocobalamin 1000 ug IM every 3 mo"
    endless = record(
        text, status=status, authored=days_ago(300), ends=date(9999, 12, 31), supply_ends=date(9999, 12, 31)
    )
    plain = record(text, status=status, authored=days_ago(300))
    left, right = treatment_of(patient(endless), LIMITS), treatment_of(patient(plain), LIMITS)
    assert left.records[0].last_dose == right.records[0].last_dose
    assert left.records[0].planned_end is None
    assert cobalamin_cover(patient(endless), treatment_of(patient(endless), LIMITS), (), LIMITS).cover is (
        Cover.FULL if status == "active" else Cover.UNKNOWN
    )
    assert Timing(starts=TODAY, ends=date(9999, 12, 31)).open_ended


def test_dates_stop_at_the_ends_of_the_calendar() -> None:
    assert days_after(TODAY, Decimal("0.1")) == days_ago(-1)
    assert days_after(date(9999, 12, 30), 5) == date.max
    assert days_after(date(1, 1, 2), -5) == date.min
    assert days_after(TODAY, Decimal("1e20")) == date.max
    assert written_end(date(9998, 12, 31)) == date(9998, 12, 31)
    assert written_end(None) is None


@pytest.mark.parametrize(("period", "unit"), [("100", "a"), ("1", "min")])
def test_intervals_outside_a_minute_to_a_hundred_years_are_unreadable(period: str, unit: str) -> None:
    beyond = Decimal(period) * Decimal("1.01" if unit == "a" else "0.99")
    assert Timing(frequency=1, period=Decimal(period), unit=unit).longest_interval is not None
    assert Timing(frequency=1, period=beyond, unit=unit).longest_interval is None


def test_a_count_beyond_all_reason_is_no_course_length() -> None:
    assert Timing(frequency=1, period=Decimal(1), unit="d", count=10**30).open_ended
