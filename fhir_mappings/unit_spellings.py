"""The ways people write units, and the UCUM each one means. Knows spellings only: no analyte, no number, no FHIR.

UCUM is case-sensitive and unforgiving: to its grammar `K/uL` is kelvin per microlitre and `PG/ML` is petagauss per
megalitre. Both parse. So a spelling that laboratories really send is replaced here before any parser sees it.
"""

import re

_LONGEST = 40

# Units that occur in laboratory reports and orders. Each is found whatever its case: no laboratory reports petagauss.
_PLAIN = (
    "pg/mL", "pg/dL", "ng/L", "ng/mL", "ng/dL", "ug/L", "ug/mL", "ug/dL", "mg/L", "mg/mL", "mg/dL", "g/L", "g/dL",
    "pmol/L", "pmol/mL", "nmol/L", "nmol/mL", "nmol/dL", "umol/L", "umol/dL", "mmol/L", "mol/L", "meq/L",
    "mg/g", "mg/g{creat}", "ug/mg", "ug/mg{creat}", "mg/mmol", "mg/mmol{creat}", "g/g", "g/mol", "mg/mg",
    "mL/min", "mL/s", "L/min", "fL", "um3", "10*3/uL", "10*9/L", "10*6/L", "10*12/L", "/uL", "/mm3", "/L",
    "ng", "ug", "mg", "g", "kg", "mL", "cm", "mm", "m", "[lb_av]", "[oz_av]", "[in_i]", "[ft_i]",
)  # fmt: skip

_ALIASES = {
    "mcg": "ug", "mcgs": "ug", "microgram": "ug", "micrograms": "ug", "microgramme": "ug", "microgrammes": "ug",
    "milligram": "mg", "milligrams": "mg", "mgs": "mg", "gram": "g", "grams": "g", "gm": "g", "nanogram": "ng",
    "nanograms": "ng", "kilogram": "kg", "kilograms": "kg", "kgs": "kg", "lb": "[lb_av]", "lbs": "[lb_av]",
    "pound": "[lb_av]", "pounds": "[lb_av]", "oz": "[oz_av]", "milliliter": "mL", "milliliters": "mL",
    "millilitre": "mL", "millilitres": "mL", "cc": "mL", "mls": "mL", "centimeter": "cm", "centimeters": "cm",
    "centimetre": "cm", "centimetres": "cm", "millimeter": "mm", "millimeters": "mm", "millimetre": "mm",
    "millimetres": "mm", "meter": "m", "metre": "m", "in": "[in_i]", "inch": "[in_i]", "inches": "[in_i]",
    "ft": "[ft_i]", "foot": "[ft_i]", "feet": "[ft_i]",
    "mcg/l": "ug/L", "mcg/ml": "ug/mL", "mcg/dl": "ug/dL", "mcg/g": "ug/g", "mcg/mg": "ug/mg",
    "mcmol/l": "umol/L", "micromol/l": "umol/L", "micromole/l": "umol/L", "nanomol/l": "nmol/L", "picomol/l": "pmol/L",
    "millimol/l": "mmol/L", "mmole/l": "mmol/L", "pg/millilitre": "pg/mL", "meq/liter": "meq/L", "mg/gcr": "mg/g",
    "mg/gcreat": "mg/g", "mg/gcreatinine": "mg/g", "mg/mmolcreat": "mg/mmol", "mg/mmolcreatinine": "mg/mmol",
    "g%": "g/dL", "gm/dl": "g/dL", "gm%": "g/dL", "mg%": "mg/dL", "g/100ml": "g/dL", "mg/100ml": "mg/dL",
    "femtoliter": "fL", "femtoliters": "fL", "femtolitre": "fL", "femtolitres": "fL", "micron3": "um3", "um^3": "um3",
    "iu": "[IU]", "iu/ml": "[IU]/mL", "iu/l": "[IU]/L",
}  # fmt: skip

_KNOWN = {spelling.lower(): spelling for spelling in _PLAIN} | _ALIASES
_INDEXED = "mL/min/{1.73_m2}"
_INDEXED_LETTERS = frozenset({"mlmin173m2", "mlmin173sqm", "mlmin173msq", "mlmin173"})
_THOUSANDS = re.compile(r"(?:x?10[*^e]0?3|k|thou|thousands?|th)/(?:ul|mm3|cumm|mcl|mm\^3)")
_MILLIARDS = re.compile(r"(?:x?10[*^e]0?9|bill|billion)/l")
_DANGEROUS_POWER = re.compile(r"\d{3}")


def ucum_of(spelling: str | None) -> str | None:
    """The UCUM unit that a code or a unit text means; the text itself when it is in no table; None: nothing to read.

    None is also the answer for texts that no unit looks like: very long ones, and powers of three digits, which
    would make a parser compute for minutes (`10*99999999`).
    """
    if spelling is None:
        return None
    text = _plain(spelling)
    if not text or len(text) > _LONGEST:
        return None
    known = _meant(text)
    if known is not None:
        return known
    return None if _DANGEROUS_POWER.search(text) else text


def known_unit(spelling: str) -> str | None:
    """The same for a spelling that is in our tables, and None for every other."""
    text = _plain(spelling)
    return _meant(text) if len(text) <= _LONGEST else None


def _plain(spelling: str) -> str:
    return "".join(spelling.split()).replace("µ", "u").replace("μ", "u").replace("²", "2").replace("³", "3")


def _meant(text: str) -> str | None:
    lower = text.lower()
    known = _KNOWN.get(lower)
    if known is not None:
        return known
    if _THOUSANDS.fullmatch(lower):
        return "10*3/uL"
    if _MILLIARDS.fullmatch(lower):
        return "10*9/L"
    if "".join(letter for letter in lower if letter.isalnum()) in _INDEXED_LETTERS:
        return _INDEXED
    return None
