"""CKD-EPI 2021 against the nine check values of the rule base (rules.md section 0)."""

from decimal import Decimal

import pytest

from cds_service.clinical.ckd_epi import ckd_epi_2021
from cds_service.clinical.snapshot import Sex

F, M = Sex.FEMALE, Sex.MALE
UMOL_PER_MG = Decimal("88.42")


@pytest.mark.parametrize(
    ("sex", "age", "creatinine", "expected"),
    [
        (F, 55, Decimal("0.90"), "75.50"),
        (F, 70, Decimal("1.30"), "44.24"),
        (F, 70, Decimal(115) / UMOL_PER_MG, "44.21"),
        (F, 70, Decimal("1.17"), "50.20"),
        (F, 70, Decimal("1.18"), "49.69"),
        (M, 60, Decimal("1.00"), "86.16"),
        (M, 60, Decimal("1.55"), "50.92"),
        (M, 60, Decimal("1.60"), "49.02"),
        (F, 30, Decimal("0.60"), "123.76"),
    ],
)
def test_check_value(sex: Sex, age: int, creatinine: Decimal, expected: str) -> None:
    assert ckd_epi_2021(creatinine, age, sex).quantize(Decimal("0.01")) == Decimal(expected)


def test_result_is_not_rounded() -> None:
    result = ckd_epi_2021(Decimal("1.18"), 70, F)
    assert result != result.quantize(Decimal("0.000001"))


def test_more_creatinine_is_less_filtration_across_the_kink() -> None:
    values = [ckd_epi_2021(Decimal(c), 60, M) for c in ("0.5", "0.89", "0.9", "0.91", "2")]
    assert values == sorted(values, reverse=True)
