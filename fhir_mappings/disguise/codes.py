"""Codes, code words and units -> those of our own lists, or "-" and "?" in their place. Knows lists; no resource.

A code says what a rule asks about, or it is not written: what else a patient has is nobody's business here. That there
was another code is kept, and for medicines whether its system is one in which ours would stand.
"""

import re
from typing import Final

from cds_service.clinical.orders import NeurologicalStatement
from cds_service.clinical.timing import DAYS_PER
from fhir_mappings import codes
from fhir_mappings.disguise.person import NOT_SAID
from fhir_mappings.disguise.words import NOTHING, STATUS_WORDS
from fhir_mappings.ordered import TEST_CODES
from fhir_mappings.presence import ANSWER_CODES, FLAGS
from fhir_mappings.products import ACTUATION_WORDS, UNIT_WORDS
from fhir_mappings.reactions import is_reaction_code
from fhir_mappings.schedule import ABBREVIATIONS, EVERY_HOURS, ONCE, TIME_WORDS, WEEKDAYS
from fhir_mappings.stop_reasons import is_stop_code
from fhir_mappings.systems import MEDICINE_SYSTEMS, PREFIXED, normal_code, normal_system
from fhir_mappings.unit_spellings import known_unit
from fhir_mappings.units import INR_SPELLINGS

# What stands as a code without its system being looked at
_FREE: Final = (
    STATUS_WORDS
    | {each.lower() for each in (*ANSWER_CODES, *FLAGS, *TEST_CODES)}
    | {each.value for each in NeurologicalStatement}
    | WEEKDAYS
    | {each.lower() for each in (*ABBREVIATIONS, *ONCE)}
)
_COUNTS: Final = UNIT_WORDS | ACTUATION_WORDS
# As these systems write a code
_ICD: Final = re.compile(r"[A-Z]\d[0-9A-Z](?:\.(?=.{1,4}\Z)[0-9X]{0,3}[0-9A-Z]?)?")
# Every so many hours, as orders are written; any other number may be one of something else
_HOURS: Final = frozenset({*range(1, 13), 16, 18, 24, 36, 48, 72, 96, 120, 144, 168, 336, 504, 672, 720})
_MORE_UNITS: Final = frozenset({"%", "U/mL", "U/L", "[IU]/mL", "mm[Hg]"})


def coding(system: str | None, code: str) -> tuple[str | None, str]:
    """System and code as our lists have them; of another code, its system where medicines are looked for in it."""
    uri = normal_system(system or "")
    plain = normal_code(uri, code)
    if is_known(uri, plain):
        return uri, _shortest(uri, plain) if uri in PREFIXED else plain
    word = code_word(code)
    if word != NOT_SAID:
        return None, word
    return (uri if uri in MEDICINE_SYSTEMS else None), NOTHING


def is_known(uri: str, code: str) -> bool:
    """Does any of our lists hold this code? uri, code: in their normal spelling."""
    if uri in PREFIXED:
        return bool(_ICD.fullmatch(code)) and (bool(codes.concepts(uri, code)) or is_reaction_code(uri, code))
    return (
        bool(codes.concepts(uri, code))
        or codes.lab(uri, code) is not None
        or codes.medicine(uri, code) is not None
        or codes.allergen(uri, code) is not None
        or codes.route(uri, code) is not None
        or codes.is_gluteal(uri, code)
        or codes.is_pregnancy_status(uri, code)
        or is_reaction_code(uri, code)
        or is_stop_code(uri, code)
    )


def _shortest(uri: str, code: str) -> str:
    """The category in ICD-10 that says the same to the rules; what it goes on with may be anything."""

    def meaning(text: str) -> tuple[object, bool]:
        return codes.concepts(uri, text), is_reaction_code(uri, text)

    shorter = (code[:length].rstrip(".") for length in range(3, len(code)))
    return next((each for each in shorter if meaning(each) == meaning(code)), code)


def code_word(text: str) -> str:
    """A word of a value set, as it was written; NOT_SAID for any other."""
    plain = text.strip()
    lower = plain.lower()
    if lower in _FREE:
        return plain
    every = EVERY_HOURS.fullmatch(plain.upper())
    return plain if every and int(every[1]) in _HOURS and not every[1].startswith("0") else NOT_SAID


def unit(text: str) -> str:
    """A unit that is known, in its UCUM spelling where it has one; NOT_SAID for any other."""
    plain = text.strip()
    lower = "".join(plain.lower().split())
    if plain == "" or plain in DAYS_PER or plain in _MORE_UNITS:
        return plain
    counted = lower.strip("{}[]()")
    if counted in _COUNTS and lower in {counted, f"{{{counted}}}", f"[{counted}]", f"({counted})"}:
        return lower
    if lower in TIME_WORDS or lower in INR_SPELLINGS:
        return lower
    return known_unit(plain) or NOT_SAID
