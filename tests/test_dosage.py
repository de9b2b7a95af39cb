"""Doses and schedules as clients write them: read exactly, or marked as not readable."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from cds_service.clinical.concepts import Ingredient, Route
from cds_service.clinical.orders import DosageStep
from cds_service.clinical.timing import Timing
from fhir_mappings.codes import Strength
from fhir_mappings.dosage import steps_of
from fhir_mappings.products import Drug, drug_in
from fhir_mappings.records import Coded
from fhir_mappings.schedule import timing_of
from tests.fhir_examples import SNOMED, coded, dosage, quantity, raw, repeat

HYDROXO = Ingredient.HYDROXOCOBALAMIN


def drug(*strengths: tuple[str, str], text: str = "hydroxocobalamin", route: Route | None = None) -> Drug:
    known = tuple(Strength(HYDROXO, Decimal(ug), per) for ug, per in strengths)
    return Drug(drug_in(Coded(text=text)).product, known, route)


def steps(*instructions: dict[str, Any], of: Drug | None = None) -> tuple[DosageStep, ...]:
    return steps_of(raw(list(instructions)), of or drug())  # type: ignore[arg-type]


def step(instruction: dict[str, Any], of: Drug | None = None) -> DosageStep:
    (only,) = steps(instruction, of=of)
    return only


def dose(instruction: dict[str, Any], of: Drug | None = None) -> tuple[Decimal, Decimal] | None:
    found = step(instruction, of).dose_of(HYDROXO)
    return None if found is None else (found.low_ug, found.high_ug)


def timing(sent: dict[str, Any]) -> Timing:
    found = timing_of(raw(sent))  # type: ignore[arg-type]
    assert found is not None
    return found


@pytest.mark.parametrize(("value", "unit"), [("1000", "ug"), ("1", "mg"), ("1000", "mcg"), ("0.001", "g")])
def test_a_dose_by_mass(value: str, unit: str) -> None:
    assert dose(dosage(value, unit)) == (1000, 1000)


@pytest.mark.parametrize(
    "instruction",
    [
        {"doseAndRate": {"doseQuantity": quantity("1000", "ug")}},
        {"doseQuantity": quantity("1000", "ug")},
        {"doseAndRate": [{"doseQuantity": {"value": 1000, "unit": "micrograms"}}]},
    ],
)
def test_the_shapes_that_real_clients_send(instruction: dict[str, Any]) -> None:
    assert dose(instruction) == (1000, 1000)


def test_a_range_keeps_both_ends() -> None:
    span = {"low": quantity("500", "ug"), "high": quantity("1", "mg")}
    assert dose({"doseAndRate": [{"doseRange": span}]}) == (500, 1000)
    half = step({"doseAndRate": [{"doseRange": {"high": quantity("1", "mg")}}]})
    assert half.doses == ()
    assert half.dose_unreadable


@pytest.mark.parametrize(
    ("value", "unit", "strength", "ug"),
    [
        ("1", "mL", ("1000", "mL"), 1000),
        ("0.5", "mL", ("1000", "mL"), 500),
        ("2", "{tbl}", ("500", "unit"), 1000),
        ("2", "tablets", ("500", "unit"), 1000),
        ("1", "ampoule", ("1000", "unit"), 1000),
        ("1", "{actuat}", ("500", "actuation"), 500),
    ],
)
def test_a_dose_in_units_of_the_product_uses_its_strength(
    value: str, unit: str, strength: tuple[str, str], ug: int
) -> None:
    assert dose(dosage(value, unit), drug(strength)) == (ug, ug)


@pytest.mark.parametrize(
    ("value", "unit", "strengths"),
    [
        ("1", "mL", []),
        ("1", "mL", [("1000", "unit")]),
        ("1", "ampoule", [("1000", "mL")]),
        ("1", "mL", [("1000", "mL"), ("500", "mL")]),
        ("1", "drop", [("1000", "mL")]),
        ("1000", "[IU]", [("1000", "mL")]),
        ("0", "ug", []),
    ],
)
def test_a_dose_that_cannot_be_counted_is_unreadable(value: str, unit: str, strengths: list[tuple[str, str]]) -> None:
    found = step(dosage(value, unit), drug(*strengths))
    assert found.doses == ()
    assert found.dose_unreadable


def test_a_missing_unit_is_unreadable_and_a_missing_dose_is_not() -> None:
    assert step({"doseAndRate": [{"doseQuantity": {"value": 1000}}]}).dose_unreadable
    assert not step({"text": "1 mg every three months"}).dose_unreadable


def test_of_several_doses_the_ordered_one_counts() -> None:
    rates = [
        {"type": coded("calculated", "x"), "doseQuantity": quantity("900", "ug")},
        {"type": coded("ordered", "x"), "doseQuantity": quantity("1", "mg")},
    ]
    assert dose({"doseAndRate": rates}) == (1000, 1000)


def test_several_doses_that_disagree_are_unreadable_and_those_that_agree_are_one() -> None:
    same = [{"doseQuantity": quantity("1", "mg")}, {"doseQuantity": quantity("1000", "ug")}]
    other = [{"doseQuantity": quantity("1", "mg")}, {"doseQuantity": quantity("500", "ug")}]
    assert dose({"doseAndRate": same}) == (1000, 1000)
    assert step({"doseAndRate": other}).dose_unreadable


def test_a_dose_in_the_place_of_two_versions_must_be_one() -> None:
    """Nobody can say which of 1 mg and 1000 mg the prescriber saw."""
    beside = {"doseAndRate": [{"doseQuantity": quantity("1", "mg")}]}
    assert dose(beside | {"doseQuantity": quantity("1000", "ug")}) == (1000, 1000)
    assert step(beside | {"doseQuantity": quantity("1000", "mg")}).dose_unreadable


def test_a_unit_of_time_in_the_words_of_two_versions_must_be_one() -> None:
    every = {"frequency": 1, "period": 1, "periodUnit": "wk"}
    assert timing({"repeat": every | {"periodUnits": "wk"}}).longest_interval == 7
    assert timing({"repeat": every | {"periodUnits": "mo"}}).longest_interval is None


def test_the_mass_of_a_combination_belongs_to_nobody() -> None:
    both = drug(text="gabapentin 300 mg + mecobalamin 500 mcg")
    found = step(dosage("300", "mg"), both)
    assert found.doses == ()
    assert found.dose_unreadable


B_COMPLEX = "Vitamin C and B-complex with cyanocobalamin tablet"
THREE_TO_A_THOUSAND = {"low": quantity("3", "ug"), "high": quantity("1000", "ug")}
SIX_OR_A_THOUSAND = {"doseQuantity": quantity("6", "ug"), "doseRange": THREE_TO_A_THOUSAND}


@pytest.mark.parametrize(
    ("instruction", "text", "most"),
    [
        (dosage("6", "ug"), B_COMPLEX, 6),
        ({"doseAndRate": [{"doseRange": {"low": quantity("3", "ug"), "high": quantity("6", "ug")}}]}, B_COMPLEX, 6),
        ({"doseQuantity": quantity("6", "ug"), **dosage("1", "mg")}, B_COMPLEX, 1000),
        ({"doseQuantity": quantity("6", "ug"), **dosage("1", "{tbl}")}, B_COMPLEX, None),
        ({"doseAndRate": [SIX_OR_A_THOUSAND]}, B_COMPLEX, 1000),
        (dosage("1", "{tbl}"), B_COMPLEX, None),
        ({"doseQuantity": quantity("6", "ug", comparator=">")}, B_COMPLEX, None),
        ({"doseAndRate": [{"doseRange": {"low": quantity("6", "ug")}}]}, B_COMPLEX, None),
        (dosage("0", "ug"), "cyanocobalamin", None),
        ({"text": "one a day"}, B_COMPLEX, None),
    ],
)
def test_no_ingredient_of_a_combination_is_more_than_the_whole(
    instruction: dict[str, Any], text: str, most: int | None
) -> None:
    assert step(instruction, drug(text=text)).most_ug == most


@pytest.mark.parametrize(
    ("instruction", "text", "counted"),
    [
        (dosage("1", "{tbl}"), B_COMPLEX, True),
        (dosage("1", "mL"), B_COMPLEX, False),
        (dosage("6", "ug"), B_COMPLEX, False),
        ({"doseAndRate": [SIX_OR_A_THOUSAND | {"doseQuantity": quantity("1", "{tbl}")}]}, B_COMPLEX, False),
        ({"doseAndRate": [{"doseQuantity": {"value": 1}}]}, B_COMPLEX, False),
        (dosage("1", "{tbl}"), f"{B_COMPLEX} 1000 mcg B12", False),
        (dosage("1", "{tbl}"), "Mega B 1000 with cyanocobalamin and thiamine", False),
        ({"text": "one a day"}, B_COMPLEX, False),
    ],
)
def test_tablets_that_are_only_counted(instruction: dict[str, Any], text: str, counted: bool) -> None:
    """A text that names an amount of anything may name that of the cobalamin: then the dose is not read, any amount."""
    assert step(instruction, drug_in(Coded(text=text))).only_counted is counted


def test_routes_and_sites() -> None:
    assert step(dosage(route=coded("78421000", SNOMED))).route is Route.INTRAMUSCULAR
    assert step(dosage(route={"text": "Intramuscular"})).route is Route.INTRAMUSCULAR
    assert step(dosage(), drug(route=Route.INTRAMUSCULAR)).route is Route.INTRAMUSCULAR
    # A route that was sent and is not understood is not replaced by the usual one.
    assert step(dosage(route=coded("999", "local")), drug(route=Route.INTRAMUSCULAR)).route is None
    assert step(dosage(site=coded("46862004", SNOMED))).gluteal_site
    assert not step(dosage(site=coded("35259002", SNOMED))).gluteal_site


def test_as_needed() -> None:
    assert step(dosage(asNeededBoolean=True)).as_needed
    assert step(dosage(asNeededCodeableConcept={"text": "tiredness"})).as_needed
    assert not step(dosage()).as_needed


def test_one_bad_element_does_not_hide_the_others() -> None:
    found = step(dosage(timing={"repeat": {"frequency": "often"}}))
    assert found.dose_of(HYDROXO) is not None
    assert found.timing == Timing()
    (hidden,) = steps({"route": 5})
    assert hidden.dose_unreadable
    assert hidden.timing == Timing()


@pytest.mark.parametrize(
    ("sent", "days"),
    [
        (repeat(1, 1, "d"), "1"), (repeat(1, 2, "d"), "2"), (repeat(1, 48, "h"), "2"), (repeat(2, 1, "wk"), "3.5"),
        (repeat(1, 3, "d"), "3"), (repeat(1, 1, "wk"), "7"), (repeat(1, 8, "wk"), "56"), (repeat(1, 1, "mo"), "30.44"),
        (repeat(1, 3, "mo"), "91.32"), (repeat(1, 1, "a"), "365.25"),
        ({"code": coded("QD", "x")}, "1"), ({"code": coded("QOD", "x")}, "2"), ({"code": coded("BID", "x")}, "0.5"),
        ({"code": coded("WK", "x")}, "7"), ({"code": coded("MO", "x")}, "30.44"), ({"code": coded("Q48H", "x")}, "2"),
        ({"repeat": {"boundsPeriod": {"start": "2026-01-01"}}, "code": coded("QD", "x")}, "1"),
        ({"repeat": {"frequency": 1, "period": 2, "periodUnits": "d"}}, "2"),
        ({"repeat": {"timeOfDay": ["08:00:00", "20:00:00"]}}, "0.5"),
        ({"event": ["2026-01-01", "2026-01-08", "2026-01-11"]}, "7"),
    ],
)  # fmt: skip
def test_intervals_in_days(sent: dict[str, Any], days: str) -> None:
    found = timing(sent).longest_interval
    assert found is not None
    assert abs(found - Decimal(days)) < Decimal("0.001")


def test_named_weekdays_are_doses_in_a_week() -> None:
    three = timing({"repeat": {"frequency": 1, "period": 1, "periodUnit": "wk", "dayOfWeek": ["mon", "wed", "fri"]}})
    six = timing(repeat(1, 1, "d", dayOfWeek=["mon", "tue", "wed", "thu", "fri", "sat"]))
    bare = timing({"repeat": {"dayOfWeek": ["mon"]}})
    assert [each.longest_interval for each in (three, six, bare)] == [Decimal(7) / 3, Decimal(7) / 6, Decimal(7)]


def test_ranges_and_bounds() -> None:
    found = timing(repeat(1, 8, "wk", periodMax=12, boundsDuration={"value": 2, "code": "mo", "unit": "months"}))
    assert (found.shortest_interval, found.longest_interval) == (56, 84)
    assert found.bounds_days == Decimal("60.88")
    longest = {"low": {"value": 1, "code": "wk"}, "high": {"value": 2, "code": "wk"}}
    assert timing(repeat(1, 2, "d", boundsRange=longest)).bounds_days == 14
    period = timing(repeat(1, 2, "d", boundsPeriod={"start": "2026-01-01", "end": "2026-01"}))
    assert (period.starts, period.ends) == (date(2026, 1, 1), date(2026, 1, 31))
    assert timing(repeat(1, 2, "d", count=6, countMax=8)).count == 8


@pytest.mark.parametrize(
    "sent",
    [{"repeat": {"count": 1}}, repeat(1, 1, "d", count=1), {"event": ["2026-01-01"]}, {"code": coded("ONCE", "x")}],
)
def test_a_single_dose(sent: dict[str, Any]) -> None:
    assert timing(sent).once


@pytest.mark.parametrize(
    "sent",
    [
        repeat(0, 1, "d"), repeat(1, 0, "d"), repeat(1, -1, "d"), repeat(1, 1, "fortnight"), {"repeat": {"period": 1}},
        repeat(1, 1, "d", dayOfWeek=["someday"]), {"code": {"text": "every 3 months"}}, {"event": ["soon"]},
        {"event": ["2026-01-01", "soon"]}, {"code": {"coding": [{"code": "QD"}, {"code": "WK"}]}},
        repeat(1, 1, "d", boundsDuration={"value": 3, "unit": "moons"}),
        repeat(1, 1, "d", boundsPeriod={"start": "2026-02-01", "end": "2026-01-01"}), {"repeat": 5},
        repeat(1, 1, "d", count=0),
    ],
)  # fmt: skip
def test_a_schedule_that_is_none_has_no_interval(sent: dict[str, Any]) -> None:
    found = timing(sent)
    assert found.longest_interval is None
    assert not found.once


def test_no_timing_is_none() -> None:
    assert step(dosage()).timing is None
    assert step(dosage(timing={})).timing is None
