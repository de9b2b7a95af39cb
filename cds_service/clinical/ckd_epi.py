"""The CKD-EPI 2021 creatinine equation. Knows creatinine in mg/dL, completed years and sex; nothing else.

Source: Inker and others, N Engl J Med 2021;385:1737 (rules.md section 0, S-CKDEPI). The figures below are the
equation itself, not settings. Race is not an input.
"""

from decimal import Decimal

from cds_service.clinical.snapshot import Sex

# eGFR = 142 x min(Scr/k,1)^a x max(Scr/k,1)^-1.200 x 0.9938^age x 1.012 [female]
_SCALE = 142
_EXPONENT_ABOVE = -1.200
_PER_YEAR = 0.9938
_K = {Sex.FEMALE: Decimal("0.7"), Sex.MALE: Decimal("0.9")}
_EXPONENT_BELOW = {Sex.FEMALE: -0.241, Sex.MALE: -0.302}
_SEX_FACTOR = {Sex.FEMALE: 1.012, Sex.MALE: 1.0}
_TWELVE_DIGITS = ".12g"


def ckd_epi_2021(creatinine_mg_dl: Decimal, age_years: int, sex: Sex) -> Decimal:
    """eGFR in mL/min/1.73 m2, to twelve digits. Creatinine must be above 0 and sex female or male.

    Decimal powers cost a hundred times as much. Binary ones are exact to fifteen digits, so that twelve are the same on
    every machine; the laboratory knows three.
    """
    ratio = float(creatinine_mg_dl / _K[sex])
    # One of min(ratio, 1) and max(ratio, 1) is 1, so only one power is ever worth taking.
    exponent = _EXPONENT_BELOW[sex] if ratio < 1 else _EXPONENT_ABOVE
    return Decimal(format(_SCALE * ratio**exponent * _PER_YEAR**age_years * _SEX_FACTOR[sex], _TWELVE_DIGITS))
