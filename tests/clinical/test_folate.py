"""Derivations 7.1: folic acid a day, and the standing reasons for it."""

from decimal import Decimal
from typing import Any

import pytest

from cds_service.clinical.concepts import Answer, Ingredient
from cds_service.clinical.conditions import Concept
from cds_service.clinical.folate import Exemption, ExemptionKind, FolateDose, folate_exemption, folic_acid_per_day
from cds_service.clinical.orders import MedicationOrder
from cds_service.clinical.snapshot import Operation
from tests.clinical.histories import LIMITS, days_ago, has, patient
from tests.clinical.orders import order, record, statement


def taking(text: str, *medications: MedicationOrder, **fields: Any) -> FolateDose:
    return folic_acid_per_day((order(text, **fields),), patient(*medications))


@pytest.mark.parametrize(
    ("text", "ug"),
    [
        ("folic acid 400 ug oral daily", "400"),
        ("folic acid 5 mg oral daily", "5000"),
        ("folic acid 400 ug oral twice daily", "800"),
        ("folic acid 5 mg oral weekly", "714.29"),
        ("folic acid 5 mg oral daily on Mon Tue Wed Thu Fri Sat", "4285.71"),
        ("folic acid 5 mg oral on Mon", "714.29"),
        ("folic acid 1-5 mg oral daily", "5000"),
        ("folic acid 5 mg oral 1-2 per d", "10000"),
        ("folic acid 5 mg oral once", "5000"),
        ("folic acid 5 mg oral daily for 4 wk then 400 ug oral daily", "5000"),
        ("folic acid 5 mg oral daily then 400 ug oral daily", "5400"),
        ("levomefolate 400 ug oral daily", "400"),
        ("folinic acid 15 mg oral daily", "0"),
        ("levomefolate 451 ug + combined contraceptive oral daily", "0"),
        ("cyanocobalamin 5 ug + folic acid 400 ug + another vitamin oral daily", "400"),
    ],
)
def test_the_daily_amount(text: str, ug: str) -> None:
    found = taking(text)
    assert not found.unreadable
    assert found.total_ug_day is not None
    assert found.total_ug_day.quantize(Decimal("0.01")) == Decimal(ug).quantize(Decimal("0.01"))


@pytest.mark.parametrize(
    "text",
    [
        "folic acid",
        "folic acid 5 mg oral",
        "folic acid oral daily",
        "folic acid ? oral daily",
        "folic acid 5 mg oral as needed",
    ],
)
def test_an_amount_that_cannot_be_read(text: str) -> None:
    found = taking(text)
    assert (found.total_ug_day, found.unreadable) == (None, True)
    beside = taking(text, record("folic acid 400 ug oral daily"))
    assert (beside.total_ug_day, beside.unreadable) == (400, True)


def test_active_products_are_added_unless_the_draft_replaces_them() -> None:
    active = record("folic acid 400 ug oral daily")
    assert taking("folic acid 400 ug oral daily", active).total_ug_day == 800
    assert taking("folic acid 400 ug oral daily", active, renews=("MedicationRequest/record",)).total_ug_day == 400
    assert taking("folic acid 400 ug oral daily", active, reference="MedicationRequest/record").total_ug_day == 400
    assert taking("hydroxocobalamin 1000 ug IM monthly", active).total_ug_day == 400
    for status in ("completed", "stopped", "on-hold", "draft"):
        other = record("folic acid 400 ug oral daily", status=status)
        assert taking("folic acid 400 ug oral daily", other).total_ug_day == 400
    over = record("folic acid 400 ug oral daily for 4 wk", authored=days_ago(28))
    assert taking("folic acid 400 ug oral daily", over).total_ug_day == 400
    last_day = record("folic acid 400 ug oral daily for 4 wk", authored=days_ago(27))
    assert taking("folic acid 400 ug oral daily", last_day).total_ug_day == 800


def test_a_stop_of_folic_acid_takes_it_off() -> None:
    stop = order("folic acid 5 mg oral daily", status="stopped", reference="MedicationRequest/record")
    found = folic_acid_per_day((stop,), patient(record("folic acid 5 mg oral daily")))
    assert (found.total_ug_day, found.lines) == (0, ())


def test_a_statement_of_the_same_amount_is_the_same_medicine_told_twice() -> None:
    asked, told = record("folic acid 400 ug oral daily"), statement("folic acid 400 ug oral daily")
    assert folic_acid_per_day((), patient(asked, told)).total_ug_day == 400
    other = statement("folic acid 5 mg oral daily")
    assert folic_acid_per_day((), patient(asked, other)).total_ug_day == 5400


def exempt(
    text: str,
    *medications: MedicationOrder,
    drafts: tuple[MedicationOrder, ...] = (),
    pregnant: Answer = Answer.NO,
    **values: Any,
) -> Exemption:
    drafted = order(text)
    bundle, snapshot = (drafted, *drafts), patient(*medications, **values)
    daily = folic_acid_per_day(bundle, snapshot)
    return folate_exemption(drafted, bundle, snapshot, daily=daily, pregnant=pregnant, thresholds=LIMITS)


@pytest.mark.parametrize("drug", ["methotrexate", "pemetrexed", "pralatrexate"])
def test_e1_an_antifolate_active_or_drafted(drug: str) -> None:
    assert exempt("folic acid 5 mg oral daily", record(drug)).kind is ExemptionKind.ANTIFOLATE
    assert exempt("folic acid 5 mg oral daily", drafts=(order(drug, reference="x"),)).kind is ExemptionKind.ANTIFOLATE
    assert exempt("folic acid 5 mg oral daily", record(drug, status="stopped")).kind is ExemptionKind.NONE
    stop = order(drug, status="stopped", reference="MedicationRequest/record")
    assert exempt("folic acid 5 mg oral daily", record(drug), drafts=(stop,)).kind is ExemptionKind.NONE
    assert not exempt("folic acid 5 mg oral weekly", record(drug)).presumed_methotrexate


@pytest.mark.parametrize(
    ("text", "presumed"),
    [
        ("folic acid 5 mg oral weekly", True),
        ("folic acid 10 mg oral every 7 d", True),
        ("folic acid 10 mg oral on Fri", True),
        ("folic acid 10.001 mg oral weekly", False),
        ("folic acid 5 mg oral every 2 wk", False),
        ("folic acid 5 mg oral 1-2 per wk", False),
        ("folic acid 5 mg oral daily", False),
        ("folic acid oral weekly", False),
    ],
)
def test_e1_once_weekly_up_to_10_mg_presumes_methotrexate(text: str, presumed: bool) -> None:
    found = exempt(text)
    assert found.presumed_methotrexate is presumed
    assert (found.kind is ExemptionKind.ANTIFOLATE) is presumed


@pytest.mark.parametrize(("dose", "kind"), [("5 mg", ExemptionKind.PREGNANCY), ("5.001 mg", ExemptionKind.NONE)])
def test_e2_pregnancy_and_planning_up_to_5_mg_a_day(dose: str, kind: ExemptionKind) -> None:
    text = f"folic acid {dose} oral daily"
    assert exempt(text, pregnant=Answer.YES).kind is kind
    assert exempt(text, diagnoses=(has(Concept.PLANNING_PREGNANCY),)).kind is kind
    assert exempt(text, pregnant=Answer.UNKNOWN).kind is ExemptionKind.NONE


def test_e2_breast_feeding_up_to_400_ug_a_day() -> None:
    nursing = (has(Concept.BREAST_FEEDING),)
    assert exempt("folic acid 400 ug oral daily", diagnoses=nursing).kind is ExemptionKind.PREGNANCY
    assert exempt("folic acid 401 ug oral daily", diagnoses=nursing).kind is ExemptionKind.NONE


@pytest.mark.parametrize("drug", ["phenytoin", "valproate", "sulfasalazine", "pyrimethamine"])
def test_e3_medicines_that_need_folic_acid(drug: str) -> None:
    assert exempt("folic acid 5 mg oral daily", record(drug)).kind is ExemptionKind.STANDING


@pytest.mark.parametrize(("ago", "kind"), [(90, ExemptionKind.STANDING), (91, ExemptionKind.NONE)])
def test_e3_diseases_that_need_folic_acid(ago: int, kind: ExemptionKind) -> None:
    for concept in (Concept.HAEMOLYTIC_ANAEMIA, Concept.DIALYSIS):
        assert exempt("folic acid 5 mg oral daily", diagnoses=(has(concept),)).kind is ExemptionKind.STANDING
    session = Operation(frozenset({Concept.DIALYSIS}), "dialysis", "Procedure/1", days_ago(ago))
    assert exempt("folic acid 5 mg oral daily", operations=(session,)).kind is kind


def test_e0_none_of_these() -> None:
    assert exempt("folic acid 5 mg oral daily", record("metformin")).kind is ExemptionKind.NONE
    assert Ingredient.METFORMIN in record("metformin").product.ingredients
