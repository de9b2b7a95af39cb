"""Units: what is read, what is refused, and that restating a result changes no side of a threshold."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.clinical.concepts import CANONICAL_UNITS, Analyte
from fhir_mappings.units import UnitUnreadable, dose_in_micrograms, length_in_cm, to_canonical, volume_in_ml

A = Analyte


@pytest.mark.parametrize(
    ("analyte", "value", "unit", "canonical"),
    [
        (A.B12, "180", "pg/mL", "180"),
        (A.B12, "180", "PG/ML", "180"),
        (A.B12, "180", "pg/ml", "180"),
        (A.B12, "180", "ng/L", "180"),
        (A.B12, "0.18", "ng/mL", "180"),
        (A.B12, "100", "pmol/L", "135.5"),
        (A.MMA, "271", "nmol/L", "271"),
        (A.MMA, "0.271", "umol/L", "271"),
        (A.MMA, "0.271", "µmol/L", "271"),
        (A.MMA, "0.271", "μmol/L", "271"),
        (A.MMA, "118.09", "ug/L", "1000"),
        (A.HOMOCYSTEINE, "135.18", "mg/L", "1000"),
        (A.SERUM_FOLATE, "10", "nmol/L", "4.414"),
        (A.CREATININE, "88.42", "umol/L", "1"),
        (A.CREATININE, "1.30", "MG/DL", "1.30"),
        (A.CREATININE, "1.30", "mg%", "1.30"),
        (A.EGFR, "49.9", "mL/min/{1.73_m2}", "49.9"),
        (A.EGFR, "49.9", "mL/min/1.73.m2", "49.9"),
        (A.EGFR, "49.9", "mL/min/1.73m2", "49.9"),
        (A.EGFR, "49.9", "mL/min/1.73 m²", "49.9"),
        (A.EGFR, "49.9", "mL/min", "49.9"),
        (A.PLATELETS, "150", "10*3/uL", "150"),
        (A.PLATELETS, "150", "K/uL", "150"),
        (A.PLATELETS, "150", "x10E3/uL", "150"),
        (A.PLATELETS, "150", "10^3/uL", "150"),
        (A.PLATELETS, "150", "thou/uL", "150"),
        (A.PLATELETS, "150", "10*9/L", "150"),
        (A.PLATELETS, "150000", "/uL", "150"),
        (A.HAEMOGLOBIN, "8", "g/dL", "80"),
        (A.HAEMOGLOBIN, "10", "mmol/L", "161.145"),
        (A.POTASSIUM, "3.5", "mEq/L", "3.5"),
        (A.URINE_ACR, "3", "mg/mmol{creat}", "26.52"),
        (A.URINE_ACR, "30", "mg/g", "30"),
        (A.MCV, "101", "fL", "101"),
        (A.MCV, "101", "um3", "101"),
        (A.INR, "2.1", None, "2.1"),
        (A.INR, "2.1", "{INR}", "2.1"),
        (A.BODY_WEIGHT, "100", "[lb_av]", "45.359237"),
        (A.BODY_WEIGHT, "100", "lbs", "45.359237"),
    ],
)
def test_a_spelling_that_laboratories_send_is_read(
    analyte: Analyte, value: str, unit: str | None, canonical: str
) -> None:
    assert to_canonical(analyte, Decimal(value), unit, None) == Decimal(canonical)
    assert to_canonical(analyte, Decimal(value), None, unit) == Decimal(canonical)


@pytest.mark.parametrize(
    ("analyte", "unit", "text", "why"),
    [
        (A.B12, None, None, "unit missing"),
        (A.MMA, None, " ", "unit missing"),
        (A.B12, "mg", None, "unit of another dimension"),
        (A.HOLOTRANSCOBALAMIN, "pg/mL", None, "unit of another dimension"),
        (A.EGFR, "mL/min/m2", None, "unit of another dimension"),
        (A.PLATELETS, "[IU]/mL", None, "unit of another dimension"),
        (A.URINE_ACR, "mmol/mol", None, "unit of another dimension"),
        (A.URINE_ACR, "%", None, "unit of another dimension"),
        (A.INR, "%", None, "unit of another dimension"),
        (A.B12, "{tbl}", None, "unit not understood"),
        (A.B12, "10*99999999", None, "unit not understood"),
        (A.B12, "pg/mL" * 20, None, "unit not understood"),
        (A.MMA, "nmol/L", "umol/L", "unit and unit code disagree"),
    ],
)
def test_a_unit_that_could_be_wrong_is_refused(analyte: Analyte, unit: str | None, text: str | None, why: str) -> None:
    with pytest.raises(UnitUnreadable) as refused:
        to_canonical(analyte, Decimal(271), unit, text)
    assert refused.value.why == why
    assert "271" not in str(refused.value)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1E+400", "1E-400"])
def test_a_number_that_measures_nothing_is_refused(value: str) -> None:
    with pytest.raises(UnitUnreadable):
        to_canonical(A.B12, Decimal(value), "pg/mL", None)


def test_every_analyte_with_a_number_reads_its_own_canonical_unit() -> None:
    for analyte, unit in CANONICAL_UNITS.items():
        if analyte is not A.INTRINSIC_FACTOR_ANTIBODY:
            assert to_canonical(analyte, Decimal("12.50"), unit, unit) == Decimal("12.5"), analyte


@pytest.mark.parametrize(
    ("pmol", "low", "above"), [(132, True, False), (133, False, False), (258, False, False), (259, False, True)]
)
def test_total_b12_in_pmol_falls_on_the_side_that_the_table_gives(pmol: int, low: bool, above: bool) -> None:
    canonical = to_canonical(A.B12, Decimal(pmol), "pmol/L", None)
    assert (canonical < 180, canonical > 350) == (low, above)


_RESTATED = [
    (A.B12, "pg/mL", [("ng/L", "1"), ("ng/mL", "0.001"), ("pg/dL", "100"), ("ug/L", "0.001")]),
    (A.MMA, "nmol/L", [("umol/L", "0.001"), ("pmol/mL", "1"), ("mmol/L", "0.000001")]),
    (A.CREATININE, "mg/dL", [("umol/L", "88.42"), ("mg/L", "10"), ("g/L", "0.01")]),
    (A.HAEMOGLOBIN, "g/L", [("g/dL", "0.1"), ("mg/mL", "1")]),
    (A.PLATELETS, "10*9/L", [("10*3/uL", "1"), ("/uL", "1000"), ("10*12/L", "0.001")]),
    (A.URINE_ACR, "mg/g", [("ug/mg", "1"), ("g/g", "0.001")]),
]


@given(
    row=st.sampled_from(_RESTATED),
    value=st.decimals(min_value="0.01", max_value="2000", places=2) | st.sampled_from([Decimal(180), Decimal(350)]),
)
def test_restating_a_result_changes_nothing(row: tuple[Analyte, str, list[tuple[str, str]]], value: Decimal) -> None:
    analyte, canonical_unit, others = row
    canonical = to_canonical(analyte, value, canonical_unit, None)
    for unit, factor in others:
        assert to_canonical(analyte, value * Decimal(factor), unit, None) == canonical


@pytest.mark.parametrize(
    ("value", "unit", "ug"),
    [("1", "mg", "1000"), ("1000", "mcg", "1000"), ("1000", "MCG", "1000"), ("1000", "micrograms", "1000"),
     ("1000", "µg", "1000"), ("5", "g", "5000000"), ("1", "mL", None), ("1", "{tbl}", None), ("1", None, None)],
)  # fmt: skip
def test_doses_by_mass_are_micrograms(value: str, unit: str | None, ug: str | None) -> None:
    expected = None if ug is None else Decimal(ug)
    assert dose_in_micrograms(Decimal(value), unit, None) == expected


def test_lengths_and_volumes() -> None:
    assert length_in_cm(Decimal(200), "mm", None) == 20
    assert length_in_cm(Decimal(10), "[in_i]", "inches") == Decimal("25.4")
    assert length_in_cm(Decimal(10), "kg", None) is None
    assert volume_in_ml(Decimal("0.5"), None, "mL") == Decimal("0.5")


def test_a_whole_number_is_not_written_with_an_exponent() -> None:
    assert str(dose_in_micrograms(Decimal(1), "mg", None)) == "1000"
