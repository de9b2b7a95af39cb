"""Numbers with units to the one canonical unit of each analyte. Knows UCUM and molar masses; knows no resource.

Direction of error: a unit that is missing, unreadable or of another dimension makes the value unknown. A guessed unit
could be wrong by a factor of a thousand (methylmalonic acid in nmol/L or umol/L), and nobody would see it.
"""

from decimal import Context, Decimal
from functools import cache, lru_cache

from ucumvert import PintUcumRegistry

from cds_service.clinical.concepts import CANONICAL_UNITS, Analyte
from fhir_mappings.unit_spellings import ucum_of

UNIT_MISSING = "unit missing"
UNIT_NOT_UNDERSTOOD = "unit not understood"
OTHER_DIMENSION = "unit of another dimension"
UNITS_DISAGREE = "unit and unit code disagree"
NOT_A_NUMBER = "value not a usable number"

# Dimensions as ucumvert reports them, and the SI unit in which it then gives the size of one unit.
_MASS_CONCENTRATION = "g/L"
_AMOUNT_CONCENTRATION = "mmol/L"
_NUMBER_CONCENTRATION = "1/m3"
_MASS_PER_AMOUNT = "kg/mol"
_RATIO = "1"
_FLOW = "m3/s"
_VOLUME = "m3"
_MASS = "kg"
_LENGTH = "m"
_DIMENSIONS = {
    (("[length]", -3), ("[mass]", 1)): _MASS_CONCENTRATION,
    (("[length]", -3), ("[substance]", 1)): _AMOUNT_CONCENTRATION,
    (("[length]", -3),): _NUMBER_CONCENTRATION,
    (("[mass]", 1), ("[substance]", -1)): _MASS_PER_AMOUNT,
    (): _RATIO,
    (("[length]", 3), ("[time]", -1)): _FLOW,
    (("[length]", 3),): _VOLUME,
    (("[mass]", 1),): _MASS,
    (("[length]", 1),): _LENGTH,
}

# Molar masses in g/mol and agreed factors, with their origin.
_B12_PG_PER_PMOL = Decimal("1.355")  # derivations 1.1 K-03 (molar mass 1355.38 g/mol, rounded there on purpose)
_MMA = Decimal("118.09")  # the acid, C4H6O4; terminology.md section 5
_HOMOCYSTEINE = Decimal("135.18")  # C4H9NO2S; terminology.md section 5
_FOLIC_ACID = Decimal("441.40")  # C19H19N7O6; terminology.md section 5
_HAEMOGLOBIN_MONOMER = Decimal("16114.5")  # one haem; IFCC convention, terminology.md section 5
_CREATININE_UMOL_PER_MG_DL = Decimal("88.42")  # 10 000 / 113.1 g/mol; KDIGO uses 88.4
_ACR_MG_G_PER_MG_MMOL = Decimal("8.84")  # terminology.md section 5, from the creatinine factor

_ONE = Decimal(1)
_NOUGHT = Decimal(0)
# Analyte -> dimension -> (numerator, denominator) that takes the SI unit above to the canonical unit. A fraction, not
# its decimal value: 88.42 umol/L of creatinine must be exactly 1 mg/dL.
_FACTORS: dict[Analyte, dict[str, tuple[Decimal, Decimal]]] = {
    Analyte.B12: {
        _MASS_CONCENTRATION: (Decimal("1e9"), _ONE),
        _AMOUNT_CONCENTRATION: (_B12_PG_PER_PMOL * Decimal("1e9"), _ONE),
    },
    Analyte.HOLOTRANSCOBALAMIN: {_AMOUNT_CONCENTRATION: (Decimal("1e9"), _ONE)},
    Analyte.MMA: {
        _MASS_CONCENTRATION: (Decimal("1e9"), _MMA),
        _AMOUNT_CONCENTRATION: (Decimal("1e6"), _ONE),
    },
    Analyte.HOMOCYSTEINE: {
        _MASS_CONCENTRATION: (Decimal("1e6"), _HOMOCYSTEINE),
        _AMOUNT_CONCENTRATION: (Decimal("1e3"), _ONE),
    },
    # A code of an eGFR equation is itself the statement that the value is indexed (LOINC "/1.73 sq M"), and real
    # systems send it in plain mL/min. Refusing it would hide a low eGFR, so the code decides, not the unit.
    Analyte.EGFR: {_FLOW: (Decimal("6e7"), _ONE)},
    Analyte.CREATININE_CLEARANCE: {_FLOW: (Decimal("6e7"), _ONE)},
    Analyte.CREATININE: {
        _MASS_CONCENTRATION: (Decimal(100), _ONE),
        _AMOUNT_CONCENTRATION: (Decimal(1000), _CREATININE_UMOL_PER_MG_DL),
    },
    Analyte.URINE_ACR: {
        _RATIO: (Decimal(1000), _ONE),
        _MASS_PER_AMOUNT: (_ACR_MG_G_PER_MG_MMOL * 1000, _ONE),
    },
    Analyte.PLATELETS: {_NUMBER_CONCENTRATION: (Decimal("1e-12"), _ONE)},
    Analyte.HAEMOGLOBIN: {
        _MASS_CONCENTRATION: (_ONE, _ONE),
        _AMOUNT_CONCENTRATION: (_HAEMOGLOBIN_MONOMER / 1000, _ONE),
    },
    Analyte.MCV: {_VOLUME: (Decimal("1e18"), _ONE)},
    Analyte.POTASSIUM: {_AMOUNT_CONCENTRATION: (_ONE, _ONE)},
    Analyte.SERUM_FOLATE: {
        _MASS_CONCENTRATION: (Decimal("1e6"), _ONE),
        _AMOUNT_CONCENTRATION: (_FOLIC_ACID * 1000, _ONE),
    },
    Analyte.RED_CELL_FOLATE: {
        _MASS_CONCENTRATION: (Decimal("1e6"), _ONE),
        _AMOUNT_CONCENTRATION: (_FOLIC_ACID * 1000, _ONE),
    },
    Analyte.BODY_WEIGHT: {_MASS: (_ONE, _ONE)},
}
INR_SPELLINGS = frozenset({"{inr}", "inr", "1", "{ratio}", "ratio", "{inr}{ratio}"})
_LARGEST_EXPONENT = 15
_FLOAT_NOISE = Context(prec=10)
_DIGITS = Context(prec=28)


class UnitUnreadable(ValueError):  # noqa: N818 - read as a sentence: raise UnitUnreadable(why)
    """A value whose unit cannot be used. `why` is a short phrase without any value, fit for a card."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def to_canonical(analyte: Analyte, value: Decimal, code: str | None, unit_text: str | None) -> Decimal:
    """`value` in CANONICAL_UNITS[analyte]; code is the UCUM code, unit_text the printed unit. Raises UnitUnreadable."""
    numerator, denominator = _conversion(analyte, code, unit_text)
    return _scaled(value, numerator, denominator)


def dose_in_micrograms(value: Decimal, code: str | None, unit_text: str | None) -> Decimal | None:
    """A dose by mass in micrograms, or None when its unit is not a mass."""
    return _in_unit(value, code, unit_text, _MASS, Decimal("1e9"))


def length_in_cm(value: Decimal, code: str | None, unit_text: str | None) -> Decimal | None:
    """A length in centimetres, or None when its unit is not a length."""
    return _in_unit(value, code, unit_text, _LENGTH, Decimal(100))


def volume_in_ml(value: Decimal, code: str | None, unit_text: str | None) -> Decimal | None:
    """A volume in millilitres, or None when its unit is not a volume."""
    return _in_unit(value, code, unit_text, _VOLUME, Decimal("1e6"))


def _in_unit(
    value: Decimal, code: str | None, unit_text: str | None, dimension: str, per_si_unit: Decimal
) -> Decimal | None:
    factor = _factor(code, unit_text, dimension, per_si_unit)
    if factor is None:
        return None
    try:
        return _scaled(value, factor, _ONE)
    except UnitUnreadable:
        return None


@lru_cache(maxsize=1024)
def _factor(code: str | None, unit_text: str | None, dimension: str, per_si_unit: Decimal) -> Decimal | None:
    """What takes a number in this unit to the wanted one; None when the unit is not of that dimension."""
    try:
        measured = _agreed_size(code, unit_text)
    except UnitUnreadable:
        return None
    if measured is None or measured[0] != dimension:
        return None
    return _FLOAT_NOISE.multiply(measured[1], per_si_unit).normalize(_FLOAT_NOISE)


def _scaled(value: Decimal, numerator: Decimal, denominator: Decimal) -> Decimal:
    # "NaN" and 1E+400 are numbers to a JSON reader. Neither is a measurement.
    if not value.is_finite() or (value and abs(value.adjusted()) > _LARGEST_EXPONENT):
        raise UnitUnreadable(NOT_A_NUMBER)
    scaled = value if numerator is _ONE else _DIGITS.multiply(value, numerator)
    if denominator is not _ONE:
        scaled = _DIGITS.divide(scaled, denominator)
    # Adding nought writes 1E+3 as 1000, which is what a person should read.
    return _DIGITS.add(scaled, _NOUGHT)


@lru_cache(maxsize=2048)
def _conversion(analyte: Analyte, code: str | None, unit_text: str | None) -> tuple[Decimal, Decimal]:
    if analyte is Analyte.INR:
        return _inr(code, unit_text)
    if analyte not in _FACTORS:
        raise UnitUnreadable(UNIT_NOT_UNDERSTOOD)
    canonical = CANONICAL_UNITS[analyte]
    if code == canonical and (unit_text is None or ucum_of(unit_text) == canonical):
        return _ONE, _ONE
    measured = _agreed_size(code, unit_text)
    if measured is None:
        raise UnitUnreadable(UNIT_MISSING)
    dimension, size, ucum = measured
    factor = _FACTORS[analyte].get(dimension)
    if factor is None or not _right_kind(analyte, dimension, ucum):
        raise UnitUnreadable(OTHER_DIMENSION)
    return _FLOAT_NOISE.multiply(size, factor[0]).normalize(_FLOAT_NOISE), factor[1]


def _right_kind(analyte: Analyte, dimension: str, ucum: str) -> bool:
    """Dimensions hide what is counted: [IU]/mL looks like cells per volume, mol/mol and % like a ratio of masses."""
    if dimension == _NUMBER_CONCENTRATION:
        return "[" not in ucum
    if dimension == _RATIO:
        return "g/" in ucum and "mol" not in ucum
    return analyte is not Analyte.POTASSIUM or "osm" not in ucum


def _inr(code: str | None, unit_text: str | None) -> tuple[Decimal, Decimal]:
    """INR has no unit: none, 1 and {INR} are the same. Anything else may be a percentage or seconds."""
    for spelling in (code, unit_text):
        if spelling is not None and "".join(spelling.split()).lower() not in INR_SPELLINGS:
            raise UnitUnreadable(OTHER_DIMENSION)
    return _ONE, _ONE


def _agreed_size(code: str | None, unit_text: str | None) -> tuple[str, Decimal, str] | None:
    """Dimension, size in SI and UCUM of the unit; None without one. The code decides, but not against the text.

    A printed unit that contradicts the code by a factor means that one of them is wrong: nothing is read.
    """
    by_code, by_text = ucum_of(code), ucum_of(unit_text)
    if by_code is None and by_text is None:
        if (code or unit_text or "").strip():
            raise UnitUnreadable(UNIT_NOT_UNDERSTOOD)
        return None
    sizes = [(ucum, _size_of(ucum)) for ucum in dict.fromkeys((by_code, by_text)) if ucum is not None]
    read = [(size[0], size[1], ucum) for ucum, size in sizes if size is not None]
    if not read:
        raise UnitUnreadable(UNIT_NOT_UNDERSTOOD)
    if len(read) == 2 and read[0][:2] != read[1][:2]:
        raise UnitUnreadable(UNITS_DISAGREE)
    return read[0]


@lru_cache(maxsize=1024)
def _size_of(ucum: str) -> tuple[str, Decimal] | None:
    """Dimension and size in SI of one UCUM unit, or None. The parser fails in many ways on other people's text."""
    try:
        quantity = _registry().from_ucum(ucum).to_base_units()
        powers = tuple(sorted((name, int(power)) for name, power in quantity.dimensionality.items() if power))
        size = _FLOAT_NOISE.create_decimal(repr(float(quantity.magnitude)))
    except Exception:  # noqa: BLE001 - lark, pint and attribute errors alike mean: not a unit
        return None
    dimension = _DIMENSIONS.get(powers)
    return (dimension or repr(powers), size) if size > 0 else None


@cache
def _registry() -> PintUcumRegistry:
    return PintUcumRegistry()
