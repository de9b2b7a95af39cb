"""The CKD-EPI 2021 creatinine equation. Knows creatinine in mg/dL, completed years and sex; nothing else.

Source: Inker and others, N Engl J Med 2021;385:1737 (rules.md section 0, S-CKDEPI). The figures below are the
equation itself, not settings. Race is not an input.
"""

from decimal import Decimal

from cds_service.clinical.snapshot import Sex

# eGFR = 142 x min(Scr/k,1)^a x max(Scr/k,1)^-1.200 x 0.9938^age x 1.012 [female]
_SCALE = Decimal(142)
_EXPONENT_ABOVE = Decimal("-1.200")
_PER_YEAR = Decimal("0.9938")
_K = {Sex.FEMALE: Decimal("0.7"), Sex.MALE: Decimal("0.9")}
_EXPONENT_BELOW = {Sex.FEMALE: Decimal("-0.241"), Sex.MALE: Decimal("-0.302")}
_SEX_FACTOR = {Sex.FEMALE: Decimal("1.012"), Sex.MALE: Decimal(1)}


def ckd_epi_2021(creatinine_mg_dl: Decimal, age_years: int, sex: Sex) -> Decimal:
    """eGFR in mL/min/1.73 m2, unrounded. Creatinine must be above 0 and sex female or male.

    Decimal powers, not binary ones: the same digits on every machine, so that a value at a limit never flickers.
    """
    ratio = creatinine_mg_dl / _K[sex]
    # One of min(ratio, 1) and max(ratio, 1) is 1, so only one power is ever worth taking.
    exponent = _EXPONENT_BELOW[sex] if ratio < 1 else _EXPONENT_ABOVE
    return _SCALE * ratio**exponent * _PER_YEAR**age_years * _SEX_FACTOR[sex]
