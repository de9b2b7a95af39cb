"""Laboratory Observations: used, refused with a name, or ignored."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from cds_service.clinical.concepts import Analyte
from cds_service.clinical.quantities import Comparator
from tests.fhir_examples import LOINC, SNOMED, coded, observation, quantity, snapshot

B12 = coded("2132-9")
NORMAL = {"type": coded("normal", "http://terminology.hl7.org/CodeSystem/referencerange-meaning")}


def b12(**elements: Any) -> dict[str, Any]:
    return observation(B12, **({"valueQuantity": quantity("150", "pg/mL")} | elements))


def why(resource: dict[str, Any]) -> str:
    found = snapshot(resource)
    assert found.results == ()
    (gap,) = found.unreadable
    assert gap.analyte is Analyte.B12
    return gap.why


def test_a_result_is_read_with_its_digits_date_and_source() -> None:
    (result,) = snapshot(observation(coded("2160-0"), valueQuantity=quantity("1.30", "mg/dL"))).results
    assert result.analyte is Analyte.CREATININE
    assert result.measured.value == Decimal("1.3")
    assert result.as_sent == "1.30 mg/dL"
    assert result.taken == datetime(2026, 11, 10, tzinfo=UTC)
    assert result.reference == "Observation/o1"
    assert result.specimen


def test_another_unit_is_converted_and_printed_as_sent() -> None:
    (result,) = snapshot(observation(coded("14685-2"), valueQuantity=quantity("115", "pmol/L"))).results
    assert result.measured.value == Decimal("155.825")
    assert result.as_sent == "115 pmol/L"


@pytest.mark.parametrize("status", ["final", "amended", "corrected"])
def test_final_results_are_used(status: str) -> None:
    assert len(snapshot(b12(status=status)).results) == 1


@pytest.mark.parametrize("status", ["registered", "preliminary", "cancelled", "entered-in-error", "unknown"])
def test_other_results_are_ignored(status: str) -> None:
    found = snapshot(b12(status=status))
    assert found.results == found.unreadable == ()


def test_a_status_that_fhir_does_not_know_is_named() -> None:
    assert why(b12(status="done")) == "status not understood"
    assert why(b12(status=None)) == "status not understood"


@pytest.mark.parametrize(("text", "comparator"), [(each.value, each) for each in Comparator])
def test_comparators_are_kept(text: str, comparator: Comparator) -> None:
    (result,) = snapshot(b12(valueQuantity=quantity("150", "pg/mL", comparator=text))).results
    assert result.measured.comparator is comparator
    assert result.as_sent == f"{text}150 pg/mL"


def test_an_unknown_comparator_is_not_dropped() -> None:
    assert why(b12(valueQuantity=quantity("150", "pg/mL", comparator="ad"))) == "comparator not understood"


def test_a_missing_unit_is_named() -> None:
    assert why(b12(valueQuantity=quantity("150", None))) == "unit missing"


def test_a_unit_text_without_a_code_is_read() -> None:
    (result,) = snapshot(b12(valueQuantity={"value": 150, "unit": "pg/ml"})).results
    assert result.measured.value == 150


@pytest.mark.parametrize(
    ("elements", "reason"),
    [
        ({"valueQuantity": None}, "no numeric value"),
        ({"valueQuantity": None, "valueString": "150 pg/mL"}, "no numeric value"),
        ({"dataAbsentReason": coded("unknown", "x")}, "the laboratory sent no value"),
        ({"valueQuantity": quantity("-1", "pg/mL")}, "value below zero"),
        ({"effectiveDateTime": "last week"}, "date missing or not understood"),
        ({"effectiveDateTime": "last week", "issued": "2026-11-11T10:00:00Z"}, "date missing or not understood"),
        ({"effectiveDateTime": None}, "date missing or not understood"),
        ({"valueQuantity": {"value": "many"}}, "entry could not be read"),
        ({"meta": {"tag": [{"code": "SUBSETTED"}]}}, "entry could not be read"),
        (
            {"_status": {"extension": [{"url": "x/data-absent-reason", "valueCode": "masked"}]}},
            "entry could not be read",
        ),
    ],
)
def test_what_cannot_be_used_is_named(elements: dict[str, Any], reason: str) -> None:
    assert why(b12(**elements)) == reason


@pytest.mark.parametrize(
    ("elements", "day"),
    [
        ({"effectivePeriod": {"start": "2026-10-01", "end": "2026-10-02"}}, date(2026, 10, 1)),
        ({"effectivePeriod": {"end": "2026-10-02"}}, date(2026, 10, 2)),
        ({"effectiveInstant": "2026-10-03T23:30:00-05:00"}, date(2026, 10, 4)),
        ({"issued": "2026-10-05T08:00:00Z"}, date(2026, 10, 5)),
    ],
)
def test_the_date_comes_from_effective_else_issued(elements: dict[str, Any], day: date) -> None:
    (result,) = snapshot(b12(effectiveDateTime=None, **elements)).results
    assert result.day == day


def test_today_counts_and_tomorrow_does_not() -> None:
    assert len(snapshot(b12(effectiveDateTime="2026-11-20T23:59:59Z")).results) == 1
    found = snapshot(b12(effectiveDateTime="2026-11-21"))
    assert found.results == found.unreadable == ()


def test_the_reports_own_limits_are_converted() -> None:
    high = [{"high": quantity("0.4", "umol/L"), "low": quantity("0.1", "umol/L"), **NORMAL}]
    mma = observation(coded("13964-2"), valueQuantity=quantity("300", "nmol/L"), referenceRange=high)
    (result,) = snapshot(mma).results
    assert (result.lower_limit, result.upper_limit) == (100, 400)


def test_a_limit_without_a_unit_is_in_the_values_unit() -> None:
    sent = observation(
        coded("13964-2"), valueQuantity=quantity("0.3", "umol/L"), referenceRange=[{"high": {"value": Decimal("0.4")}}]
    )
    assert snapshot(sent).results[0].upper_limit == 400


@pytest.mark.parametrize(
    "ranges",
    [
        [{"high": quantity("0", "nmol/L"), "low": quantity("0", "nmol/L")}],
        [{"high": quantity("300", "nmol/L")}, {"high": quantity("400", "nmol/L")}],
        [{"high": quantity("300", "mg")}],
        [{"text": "0-271"}],
        [{"high": quantity("300", "nmol/L"), "type": coded("critical", "x")}],
    ],
)
def test_a_range_that_is_no_range_is_unknown(ranges: list[dict[str, Any]]) -> None:
    sent = observation(coded("13964-2"), valueQuantity=quantity("300", "nmol/L"), referenceRange=ranges)
    assert snapshot(sent).results[0].upper_limit is None


def test_values_in_components_are_read_with_the_panels_date() -> None:
    panel = observation(
        coded("58410-2"),
        component=[
            {"code": coded("777-3"), "valueQuantity": quantity("90", "10*3/uL")},
            {"code": coded("718-7"), "valueQuantity": quantity("7.9", "g/dL")},
            {"code": coded("9999-9"), "valueQuantity": quantity("1", "g/dL")},
        ],
    )
    found = snapshot(panel)
    assert {each.analyte: each.measured.value for each in found.results} == {
        Analyte.PLATELETS: Decimal(90),
        Analyte.HAEMOGLOBIN: Decimal(79),
    }
    assert found.unreadable == ()


def test_contained_members_of_a_panel_are_read() -> None:
    member = {"resourceType": "Observation", "id": "m", "status": "final", "code": B12}
    panel = observation(
        coded("0000-0"),
        hasMember=[{"reference": "#m"}],
        contained=[member | {"valueQuantity": quantity("150", "pg/mL")}],
    )
    (result,) = snapshot(panel).results
    assert result.measured.value == 150
    assert result.day == date(2026, 11, 10)


def test_members_beside_their_panel_are_read_once() -> None:
    panel = observation(coded("58410-2"), id="panel", hasMember=[{"reference": "Observation/o1"}])
    found = snapshot(panel, b12(), b12())
    assert len(found.results) == 1


def test_a_look_alike_code_is_no_result() -> None:
    found = snapshot(observation(coded("32341-0"), valueQuantity=quantity("20", "pmol/L")))
    assert found.results == found.unreadable == ()


@pytest.mark.parametrize(
    ("elements", "positive"),
    [
        ({"valueCodeableConcept": coded("10828004", SNOMED)}, True),
        ({"valueCodeableConcept": coded("LA6577-6", LOINC)}, False),
        ({"valueString": "Negative"}, False),
        ({"valueQuantity": quantity("5", "U/mL"), "interpretation": [coded("POS", "v3")]}, True),
        ({"valueQuantity": quantity("5", "U/mL"), "referenceRange": [{"high": quantity("1.2", "U/mL")}]}, True),
        ({"valueQuantity": quantity("1", "U/mL"), "referenceRange": [{"high": quantity("1.2", "U/mL")}]}, False),
    ],
)
def test_antibodies_are_positive_or_negative(elements: dict[str, Any], positive: bool) -> None:
    (result,) = snapshot(observation(coded("31444-3"), **elements)).results
    assert result.positive is positive


def test_an_antibody_that_is_neither_is_named() -> None:
    (gap,) = snapshot(observation(coded("31444-3"), valueString="equivocal")).unreadable
    assert gap.why == "neither positive nor negative"
