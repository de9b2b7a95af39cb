"""Derivations 1.2: which orders are judged, and with what reserve."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from cds_service.clinical.concepts import Analyte, Answer, Ingredient, ProductKind
from cds_service.clinical.conditions import Concept
from cds_service.clinical.orders import MedicationOrder, Product
from cds_service.clinical.quantities import Measured, PartialDate
from cds_service.clinical.scope import Scope, UnitError, inherited_defect, reasons_of, scope_of
from cds_service.clinical.snapshot import LabResult, Person, Snapshot, Verification
from tests.clinical.histories import LIMITS, TODAY, has, patient
from tests.clinical.orders import order

ADULT = Person(birth=PartialDate(date(1970, 1, 1), date(1970, 1, 1)))
CHILD = Person(birth=PartialDate(date(2020, 1, 1), date(2020, 1, 1)))


def judged(drafted: MedicationOrder, snapshot: Snapshot | None = None) -> Scope:
    return scope_of(drafted, patient(person=ADULT) if snapshot is None else snapshot, LIMITS)


def weighing(kg: str) -> Snapshot:
    taken = datetime(2026, 6, 1, 9, 0)  # noqa: DTZ001 - snapshots hold UTC times without a zone
    weight = LabResult(Analyte.BODY_WEIGHT, Measured(Decimal(kg)), taken, "Observation/w", f"{kg} kg")
    return patient(person=ADULT, results=(weight,))


def test_row_2_a_radiodiagnostic_is_ignored() -> None:
    product = Product("Co-57", frozenset({Ingredient.CYANOCOBALAMIN}), ProductKind.RADIODIAGNOSTIC)
    scope = judged(order("cyanocobalamin 1 ug oral once", product=product))
    assert scope.ignored
    assert "row 2" in scope.why


@pytest.mark.parametrize(
    ("text", "fields", "antidote"),
    [
        ("cyanokit 70 mg IV once", {}, True),
        ("hydroxocobalamin 2.5 g IV once", {}, True),
        ("hydroxocobalamin 2499 mg IV once", {}, False),
        ("hydroxocobalamin 5 g IV x1", {}, True),
        ("hydroxocobalamin 5 g IV", {}, True),
        ("hydroxocobalamin 1 g IV", {}, False),
        ("hydroxocobalamin 5 g IM once", {}, False),
        ("hydroxocobalamin 5 g once", {}, False),
        ("hydroxocobalamin 5 g IV daily", {}, False),
        ("cyanocobalamin 5 g IV once", {}, False),
        ("hydroxocobalamin 1 g IV once", {"reasons": {Concept.CYANIDE_POISONING}}, True),
        ("hydroxocobalamin 1 g IV daily", {"reasons": {Concept.CYANIDE_POISONING}}, False),
        ("hydroxocobalamin 1 g IM once", {"reasons": {Concept.CYANIDE_POISONING}}, False),
    ],
)
def test_row_3_the_antidote_is_known_by_product_reason_or_dose(
    text: str, fields: dict[str, object], antidote: bool
) -> None:
    assert judged(order(text, **fields)).ignored is antidote


def test_row_3_the_reason_may_be_a_diagnosis_that_is_pointed_at() -> None:
    poisoned = patient(person=ADULT, diagnoses=(has(Concept.CYANIDE_POISONING),))
    drafted = order("hydroxocobalamin 1 g IV once", reason_references=("Condition/1",))
    assert judged(drafted, poisoned).ignored


@pytest.mark.parametrize(("kg", "antidote"), [("20", True), ("20.1", False), ("0", False)])
def test_row_3_fifty_milligrams_a_kilogram_by_vein_and_once(kg: str, antidote: bool) -> None:
    assert judged(order("hydroxocobalamin 1000 mg IV once"), weighing(kg)).ignored is antidote


@pytest.mark.parametrize("status", ["stopped", "on-hold", "cancelled"])
def test_row_4_a_stop_is_for_the_stop_rule_only(status: str) -> None:
    scope = judged(order("hydroxocobalamin 1000 ug IM every 3 mo", status=status))
    assert scope.stop
    assert not scope.ignored
    assert not scope.judged


@pytest.mark.parametrize("status", ["completed", "entered-in-error"])
def test_row_5_completed_and_erroneous_orders_are_skipped(status: str) -> None:
    assert judged(order("hydroxocobalamin 1000 ug IM every 3 mo", status=status)).ignored


@pytest.mark.parametrize(
    ("dose", "error"),
    [
        ("10 mg", UnitError.NONE),
        ("10001 ug", UnitError.SPECIALIST_DOSE),
        ("100 mg", UnitError.SPECIALIST_DOSE),
        ("100001 ug", UnitError.BEYOND_SPECIALIST_DOSE),
    ],
)
@pytest.mark.parametrize("defect", [Concept.INHERITED_COBALAMIN_DEFECT, Concept.METHYLMALONIC_ACIDAEMIA])
def test_row_6_specialist_doses_in_an_inherited_defect(dose: str, error: UnitError, defect: Concept) -> None:
    scope = judged(order(f"hydroxocobalamin {dose} IM daily"), patient(person=ADULT, diagnoses=(has(defect),)))
    assert scope.specialist
    assert scope.unit_error is error


def test_row_6_is_for_hydroxocobalamin_only() -> None:
    defect = patient(person=ADULT, diagnoses=(has(Concept.INHERITED_COBALAMIN_DEFECT),))
    scope = judged(order("cyanocobalamin 20 mg IM daily"), defect)
    assert not scope.specialist
    assert scope.unit_error is UnitError.THOUSANDFOLD


@pytest.mark.parametrize("person", [CHILD, Person()])
def test_row_7_a_large_single_dose_by_vein_may_be_a_childs_antidote(person: Person) -> None:
    assert (
        judged(order("hydroxocobalamin 700 mg IV once"), patient(person=person)).unit_error
        is UnitError.PERHAPS_ANTIDOTE
    )
    assert (
        judged(order("hydroxocobalamin 700 mg IV daily"), patient(person=person)).unit_error is UnitError.THOUSANDFOLD
    )


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("hydroxocobalamin 1 g IV once", UnitError.THOUSANDFOLD),
        ("cyanocobalamin 10001 ug oral daily", UnitError.THOUSANDFOLD),
        ("cyanocobalamin 10000 ug oral daily", UnitError.NONE),
        ("hydroxocobalamin 1000 mg IM every 3 mo", UnitError.THOUSANDFOLD),
        ("folic acid 400 mg oral daily", UnitError.NONE),
        ("hydroxocobalamin IM daily", UnitError.NONE),
    ],
)
def test_row_8_in_an_adult_a_dose_above_ten_milligrams_is_a_unit_error(text: str, error: UnitError) -> None:
    assert judged(order(text)).unit_error is error


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("mecobalamin 500 ug + gabapentin oral daily", True),
        ("cyanocobalamin 1000 ug + folic acid 5 mg oral daily", True),
        ("cyanocobalamin 1000 ug + another vitamin IM monthly", True),
        ("hydroxocobalamin 1000 ug IM monthly", False),
        ("gabapentin oral daily", False),
    ],
)
def test_row_9_a_product_with_another_medicine(text: str, other: bool) -> None:
    assert judged(order(text)).another_medicine is other


@pytest.mark.parametrize(
    ("text", "nutritional"),
    [
        ("multivitamin 99 ug oral daily", True),
        ("multivitamin 100 ug oral daily", False),
        ("multivitamin oral daily", True),
        ("multivitamin", True),
        ("multivitamin ? oral daily", False),
        ("multivitamin 5 ug IV daily", True),
        ("multivitamin 5 ug IM daily", False),
        ("cyanocobalamin 49 ug oral daily", True),
        ("cyanocobalamin 50 ug oral daily", False),
        ("cyanocobalamin 25 ug oral twice daily", False),
        ("cyanocobalamin 100 ug oral every 2-3 d", False),
        ("cyanocobalamin 90 ug oral every 2-3 d", True),
        ("cyanocobalamin oral daily", False),
        ("cyanocobalamin 10 ug IM daily", False),
        ("mecobalamin 25 ug + gabapentin oral twice daily", False),
        ("folic acid 400 ug oral daily", False),
    ],
)
def test_row_10_nutritional_products(text: str, nutritional: bool) -> None:
    assert judged(order(text)).nutritional is nutritional


@pytest.mark.parametrize(
    ("product", "read", "nutritional"),
    [
        ("multivitamin", {"most_ug": Decimal(99)}, True),
        ("multivitamin", {"most_ug": Decimal(100)}, False),
        ("multivitamin", {"only_counted": True}, True),
        ("cyanocobalamin + folic acid", {"most_ug": Decimal(6)}, True),
        ("cyanocobalamin + folic acid", {"only_counted": True}, False),
        ("cyanocobalamin", {"only_counted": True}, False),
        ("mecobalamin + gabapentin", {"most_ug": Decimal(6)}, False),
    ],
)
def test_row_10_a_whole_product_that_weighs_too_little_or_whose_tablets_are_only_counted(
    product: str, read: dict[str, Any], nutritional: bool
) -> None:
    drafted = order(f"{product} ? oral daily")
    drafted = replace(drafted, steps=tuple(replace(step, **read) for step in drafted.steps))
    assert judged(drafted).nutritional is nutritional


def test_row_10_one_instruction_that_cannot_be_read_may_be_any_amount() -> None:
    drafted = order("multivitamin oral 5 ug daily for 1 wk then ? oral daily")
    assert not judged(drafted).nutritional


@pytest.mark.parametrize(
    ("earliest", "latest", "child"),
    [
        (date(2008, 6, 15), date(2008, 6, 15), Answer.NO),
        (date(2008, 6, 16), date(2008, 6, 16), Answer.YES),
        (date(2008, 1, 1), date(2008, 12, 31), Answer.UNKNOWN),
        (date(2008, 6, 1), date(2008, 6, 15), Answer.NO),
        (date(2008, 6, 16), date(2008, 6, 30), Answer.YES),
    ],
)
def test_row_13_under_18_by_calendar_day(earliest: date, latest: date, child: Answer) -> None:
    assert date(2026, 6, 15) == TODAY
    born = patient(person=Person(birth=PartialDate(earliest, latest)))
    assert judged(order("hydroxocobalamin 1000 ug IM daily"), born).child is child


def test_row_13_without_a_birth_date_nobody_knows() -> None:
    assert judged(order("hydroxocobalamin 1000 ug IM daily"), patient()).child is Answer.UNKNOWN


@pytest.mark.parametrize(
    ("concepts", "answer"),
    [
        ((Concept.TRANSCOBALAMIN_II_DEFICIENCY,), Answer.YES),
        ((Concept.METHYLMALONIC_ACIDAEMIA, Concept.HOMOCYSTINURIA), Answer.YES),
        ((Concept.METHYLMALONIC_ACIDAEMIA,), Answer.UNKNOWN),
        ((Concept.HOMOCYSTINURIA_WITHOUT_MMA,), Answer.UNKNOWN),
        ((Concept.HOMOCYSTINURIA,), Answer.NO),
        ((Concept.PERNICIOUS_ANAEMIA,), Answer.NO),
    ],
)
def test_inherited_defects(concepts: tuple[Concept, ...], answer: Answer) -> None:
    assert inherited_defect(patient(diagnoses=tuple(has(concept) for concept in concepts))) is answer


@pytest.mark.parametrize("concept", [Concept.TRANSCOBALAMIN_II_DEFICIENCY, Concept.METHYLMALONIC_ACIDAEMIA])
def test_an_inherited_defect_that_the_order_names_counts(concept: Concept) -> None:
    expected = Answer.UNKNOWN if concept is Concept.METHYLMALONIC_ACIDAEMIA else Answer.YES
    assert inherited_defect(patient(), frozenset({concept})) is expected


def test_a_refuted_diagnosis_is_no_reason_for_an_order() -> None:
    drafted = order("hydroxocobalamin 1000 ug IM daily", reason_references=("Condition/l",))
    leber = replace(has(Concept.LEBER), reference="Condition/l")
    assert reasons_of(drafted, patient(diagnoses=(leber,))) == {Concept.LEBER}
    refuted = replace(leber, verification=Verification.REFUTED)
    assert reasons_of(drafted, patient(diagnoses=(refuted,))) == frozenset()
