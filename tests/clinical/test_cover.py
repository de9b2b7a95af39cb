"""Derivations 1.4: full, trace, none and unknown cover."""

from datetime import date
from typing import Any

import pytest

from cds_service.clinical.concepts import ResourceKind
from cds_service.clinical.conditions import Concept
from cds_service.clinical.cover import Cover, CoverAssessment, CoverSource, cobalamin_cover
from cds_service.clinical.orders import MedicationOrder
from cds_service.clinical.snapshot import Availability
from cds_service.clinical.treatment import treatment_of
from tests.clinical.histories import LIMITS, TODAY, days_ago, has, injections_in_clinic, patient
from tests.clinical.orders import order, record, statement


def covered(
    *medications: MedicationOrder,
    drafts: tuple[MedicationOrder, ...] = (),
    critical: frozenset[str] = frozenset(),
    bariatric: bool = False,
    **values: Any,
) -> CoverAssessment:
    snapshot = patient(*medications, **values)
    return cobalamin_cover(
        snapshot,
        treatment_of(snapshot, LIMITS),
        drafts,
        LIMITS,
        critical_drafts=critical,
        bariatric_without_deficiency=bariatric,
    )


@pytest.mark.parametrize(
    ("text", "cover"),
    [
        ("hydroxocobalamin 1000 ug IM every 3 mo", Cover.FULL),
        ("hydroxocobalamin 1000 ug IM every 93 d", Cover.FULL),
        ("hydroxocobalamin 1000 ug IM every 94 d", Cover.TRACE),
        ("hydroxocobalamin 1000 ug IM every 2-4 mo", Cover.TRACE),
        ("hydroxocobalamin 100 ug IM monthly", Cover.FULL),
        ("hydroxocobalamin 99 ug IM monthly", Cover.TRACE),
        ("hydroxocobalamin 99-100 ug IM monthly", Cover.TRACE),
        ("hydroxocobalamin 1000 ug IM once", Cover.FULL),
        ("cyanocobalamin 1000 ug oral daily", Cover.FULL),
        ("cyanocobalamin 1000-2000 ug oral daily", Cover.FULL),
        ("cyanocobalamin 999 ug oral daily", Cover.TRACE),
        ("cyanocobalamin 500 ug sublingual twice daily", Cover.FULL),
        ("cyanocobalamin 500 ug nasal weekly", Cover.FULL),
        ("cyanocobalamin 499 ug nasal weekly", Cover.TRACE),
        ("cyanocobalamin 50 ug oral daily", Cover.TRACE),
        ("multivitamin 25 ug oral daily", Cover.TRACE),
        ("hydroxocobalamin IM monthly", Cover.UNKNOWN),
        ("hydroxocobalamin 1000 ug IM", Cover.UNKNOWN),
        ("cyanocobalamin 1000 ug oral daily as needed", Cover.UNKNOWN),
        ("folic acid 5 mg oral daily", Cover.NONE),
    ],
)
def test_the_amounts_on_record_and_in_a_draft(text: str, cover: Cover) -> None:
    assert covered(record(text, authored=days_ago(20))).cover is cover
    assert covered(drafts=(order(text),)).cover is cover


def test_nothing_found_on_a_whole_list_is_none() -> None:
    assert covered().cover is Cover.NONE


@pytest.mark.parametrize(
    "told", [Availability.REFUSED, Availability.FAILED, Availability.NOT_SUPPLIED, Availability.INCOMPLETE]
)
def test_a_list_that_was_not_told_is_unknown_and_never_none(told: Availability) -> None:
    untold = {ResourceKind.MEDICATIONS: told}
    assert covered(availability=untold).cover is Cover.UNKNOWN
    assert covered(record("multivitamin 25 ug oral daily"), availability=untold).cover is Cover.UNKNOWN
    injected = record("hydroxocobalamin 1000 ug IM monthly", authored=days_ago(20))
    assert covered(injected, availability=untold).cover is Cover.FULL


def test_a_medicine_that_was_not_recognised_makes_none_unknown() -> None:
    assert covered(unknown_medications=("MedicationRequest/x",)).cover is Cover.UNKNOWN
    assert covered(record("cyanocobalamin 1000 ug daily", authored=days_ago(3))).cover is Cover.UNKNOWN


def test_twice_yearly_covers_with_a_dietary_cause_only() -> None:
    twice = record("hydroxocobalamin 1000 ug IM every 6 mo", authored=days_ago(20))
    assert covered(twice).cover is Cover.TRACE
    assert covered(twice, diagnoses=(has(Concept.DIETARY_B12_DEFICIENCY),)).cover is Cover.FULL
    thrice = record("hydroxocobalamin 1000 ug IM every 187 d", authored=days_ago(20))
    assert covered(thrice, diagnoses=(has(Concept.DIETARY_B12_DEFICIENCY),)).cover is Cover.TRACE


@pytest.mark.parametrize(("ug", "cover"), [(350, Cover.FULL), (349, Cover.TRACE)])
def test_after_bariatric_surgery_without_deficiency_less_is_enough(ug: int, cover: Cover) -> None:
    taken = record(f"cyanocobalamin {ug} ug oral daily", authored=days_ago(20))
    assert covered(drafts=(order(f"cyanocobalamin {ug} ug oral daily"),), bariatric=True).cover is cover
    assert covered(taken).cover is Cover.TRACE
    assert covered(taken, bariatric=True).cover is cover


@pytest.mark.parametrize(
    ("authored", "cover"),
    [(date(2025, 6, 15), Cover.FULL), (date(2025, 6, 14), Cover.UNKNOWN), (None, Cover.UNKNOWN)],
)
def test_an_open_order_counts_for_12_months_from_the_day_it_was_written(authored: date | None, cover: Cover) -> None:
    found = covered(record("hydroxocobalamin 1000 ug IM every 3 mo", authored=authored))
    assert found.cover is cover
    assert found.source is CoverSource.RECORD


@pytest.mark.parametrize(("days", "cover"), [(92, Cover.FULL), (93, Cover.UNKNOWN)])
def test_an_open_order_counts_until_its_supply_and_one_interval_have_passed(days: int, cover: Cover) -> None:
    found = record("hydroxocobalamin 1000 ug IM every 3 mo", authored=days_ago(2000), supply_ends=days_ago(days))
    assert covered(found).cover is cover


def test_a_statement_counts_until_its_own_period_ends() -> None:
    told = statement("hydroxocobalamin 1000 ug IM every 3 mo", authored=days_ago(3000))
    assert covered(told).cover is Cover.FULL
    ended = statement("hydroxocobalamin 1000 ug IM every 3 mo", authored=days_ago(3000), ends=days_ago(94))
    assert covered(ended).cover is Cover.NONE


@pytest.mark.parametrize(("ago", "cover"), [(93, Cover.FULL), (94, Cover.NONE)])
def test_treatment_that_ended_covers_until_the_ceiling_of_its_form(ago: int, cover: Cover) -> None:
    ended = record(
        "hydroxocobalamin 1000 ug IM monthly", status="completed", authored=days_ago(900), ends=days_ago(ago)
    )
    assert covered(ended).cover is cover


def test_an_order_completed_without_an_end_may_have_gone_on_but_not_for_ever() -> None:
    recent = record("hydroxocobalamin 1000 ug IM monthly", status="completed", authored=days_ago(300))
    assert covered(recent).cover is Cover.UNKNOWN
    old = record("hydroxocobalamin 1000 ug IM monthly", status="completed", authored=days_ago(800))
    assert covered(old).cover is Cover.NONE


@pytest.mark.parametrize(("ago", "cover"), [(93, Cover.FULL), (94, Cover.NONE)])
def test_an_injection_given_in_clinic_counts_for_93_days(ago: int, cover: Cover) -> None:
    found = covered(operations=injections_in_clinic(ago))
    assert found.cover is cover
    if cover is Cover.FULL:
        assert (found.source, found.until) == (CoverSource.ADMINISTRATION, TODAY)


@pytest.mark.parametrize(("ahead", "cover"), [(7, Cover.FULL), (8, Cover.NONE)])
def test_a_draft_or_record_that_starts_within_7_days_covers(ahead: int, cover: Cover) -> None:
    text, starts = "hydroxocobalamin 1000 ug IM every 3 mo", days_ago(-ahead)
    assert covered(record(text, starts=starts)).cover is cover
    assert covered(drafts=(order(text, starts=starts),)).cover is cover


def test_a_draft_with_a_critical_card_does_not_cover() -> None:
    drafted = order("cyanocobalamin 1000 ug IM monthly")
    assert covered(drafts=(drafted,)).source is CoverSource.DRAFT
    assert covered(drafts=(drafted,), critical=frozenset({drafted.reference})).cover is Cover.NONE


@pytest.mark.parametrize("status", ["stopped", "cancelled", "entered-in-error", "completed"])
def test_a_draft_that_is_not_an_order_does_not_cover(status: str) -> None:
    assert covered(drafts=(order("hydroxocobalamin 1000 ug IM monthly", status=status),)).cover is Cover.NONE


def test_an_antidote_does_not_cover() -> None:
    assert covered(drafts=(order("cyanokit 5 g IV once"),)).cover is Cover.NONE


def test_a_record_is_named_before_a_draft() -> None:
    found = covered(
        record("hydroxocobalamin 1000 ug IM monthly", authored=days_ago(20)),
        drafts=(order("cyanocobalamin 1000 ug IM monthly"),),
    )
    assert (found.source, found.reference) == (CoverSource.RECORD, "MedicationRequest/record")
