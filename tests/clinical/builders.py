"""Snapshots in few words: every kind complete, an adult woman, today fixed, the numbers of the decision tables."""

from dataclasses import fields
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from cds_service.clinical.concepts import Analyte, Ingredient, ResourceKind
from cds_service.clinical.conditions import Concept
from cds_service.clinical.orders import MedicationOrder, OrderStatus, Product
from cds_service.clinical.policy import Thresholds
from cds_service.clinical.quantities import Comparator, Measured, PartialDate
from cds_service.clinical.snapshot import (
    Availability,
    ClinicalStatus,
    Course,
    Diagnosis,
    Finding,
    LabResult,
    Operation,
    Person,
    Sex,
    Snapshot,
    UnreadableResult,
    Verification,
)

TODAY = date(2026, 11, 20)
COMPLETE = dict.fromkeys(ResourceKind, Availability.COMPLETE)
_NUMBERS = {
    "egfr_cyanocobalamin_ml_min": "50",
    "acr_nephropathy_mg_g": "300",
    "aki_rise_48h_mg_dl": "0.3",
    "aki_factor_7d": "1.5",
    "aki_steady_fraction": "0.2",
    "dialysis_procedure_days": 90,
    "antidote_interferes_hours": 48,
    "aki_newest_days": 14,
    "aki_short_window_hours": 48,
    "aki_long_window_days": 7,
    "aki_baseline_days": 365,
    "aki_diagnosis_days": 30,
    "aki_past_months": 12,
    "b12_low_pg_ml": "180",
    "b12_unlikely_pg_ml": "350",
    "holotc_low_pmol_l": "25",
    "holotc_unlikely_pmol_l": "70",
    "mma_high_nmol_l": "271",
    "mma_egfr_ml_min": "60",
    "results_disagree_days": 14,
    "b12_very_high_pg_ml": "1000",
    "b12_very_high_apart_days": 30,
    "b12_valid_months": 12,
    "renal_valid_months": 12,
    "renal_valid_months_at_risk": 3,
    "blood_count_valid_days": 30,
    "neuro_absent_valid_months": 12,
    "neuro_absent_before_b12_days": 90,
    "neuro_observation_valid_months": 24,
    "neuro_recent_months": 6,
    "neuro_vague_recent_months": 24,
    "neuro_history_window_days": 90,
    "antidote_vial_ug": "2500000",
    "antidote_dose_ug": "2500000",
    "antidote_ug_per_kg": "50000",
    "adult_years": 18,
    "pregnancy_observation_valid_months": 10,
}


def _thresholds() -> Thresholds:
    """The numbers above; any other field is not asked here and gets a number that would show."""
    chosen: dict[str, Any] = {}
    for field in fields(Thresholds):
        number = _NUMBERS.get(field.name, -1)
        chosen[field.name] = number if field.type in (int, "int") else Decimal(number)
    return Thresholds(**chosen)


THRESHOLDS = _thresholds()


def day(days_ago: int) -> date:
    return TODAY - timedelta(days=days_ago)


def person(sex: Sex = Sex.FEMALE, birth: date | PartialDate | None = date(1956, 1, 1)) -> Person:
    """A woman of 70 unless told otherwise."""
    exact = PartialDate(birth, birth) if isinstance(birth, date) else birth
    return Person(sex=sex, birth=exact)


def snapshot(*facts: Any, **more: Any) -> Snapshot:
    """Facts sorted by their type; `availability` given as {kind: state} changes COMPLETE for these kinds."""
    availability = COMPLETE | more.pop("availability", {})
    kinds: dict[str, type] = {
        "results": LabResult,
        "unreadable": UnreadableResult,
        "diagnoses": Diagnosis,
        "findings": Finding,
        "operations": Operation,
        "medications": MedicationOrder,
    }
    sorted_facts = {name: tuple(fact for fact in facts if isinstance(fact, kind)) for name, kind in kinds.items()}
    assert sum(map(len, sorted_facts.values())) == len(facts), "a fact of an unknown type"
    return Snapshot(today=TODAY, person=more.pop("person", person()), availability=availability, **sorted_facts, **more)


def lab(analyte: Analyte, value: str, *, days_ago: float = 7, on: date | None = None, **more: Any) -> LabResult:
    """lab(Analyte.B12, "<180"): a comparator before the number is read; days_ago may be a fraction."""
    number = value.lstrip("<>=")
    sign = value[: len(value) - len(number)]
    taken = datetime.combine(on or TODAY, time(12), tzinfo=UTC)
    if on is None:
        taken -= timedelta(days=days_ago)
    measured = Measured(Decimal(number), Comparator(sign) if sign else None)
    reference = more.pop("reference", f"Observation/{analyte.name.lower()}-{value}-{days_ago}")
    return LabResult(analyte, measured, taken, reference, more.pop("as_sent", f"{value} unit"), **more)


def unreadable(analyte: Analyte, *, days_ago: int | None = 7) -> UnreadableResult:
    return UnreadableResult(analyte, "unit missing", "Observation/u", None if days_ago is None else day(days_ago))


def diagnosis(
    *concepts: Concept,
    status: ClinicalStatus = ClinicalStatus.ACTIVE,
    verification: Verification = Verification.CONFIRMED,
    recorded: int | None = 1000,
    onset: int | None = None,
    abated: int | None = None,
    names_b12: bool = False,
) -> Diagnosis:
    """recorded, onset and abated are days ago; None is no date."""
    days = [None if ago is None else day(ago) for ago in (onset, recorded, abated)]
    text = ", ".join(concepts)
    return Diagnosis(frozenset(concepts), status, verification, text, f"Condition/{text}", *days, names_b12=names_b12)


def finding(
    concept: Concept, *, present: bool = True, days_ago: int | None = 7, course: Course | None = None
) -> Finding:
    when = None if days_ago is None else day(days_ago)
    return Finding(concept, present, str(concept), f"Observation/{concept}", when, course)


def operation(*concepts: Concept, days_ago: int | None = 30) -> Operation:
    when = None if days_ago is None else day(days_ago)
    return Operation(frozenset(concepts), ", ".join(concepts), "Procedure/1", when)


def medicine(*ingredients: Ingredient, status: OrderStatus = OrderStatus.ACTIVE, **more: Any) -> MedicationOrder:
    product = Product(", ".join(ingredients), frozenset(ingredients), **more.pop("product", {}))
    return MedicationOrder("MedicationRequest/1", product, status, **more)
