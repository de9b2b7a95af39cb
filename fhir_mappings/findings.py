"""Finding Observations: signs present or absent, pregnancy status, lengths of ileum. Knows their spellings in FHIR.

A sign counts as present by true, "present" or no value with the finding as the code; as absent by false or "absent".
Any other answer is UnreadableError: it may have been either, and then nothing may be called absent.
"""

import re
from collections.abc import Container
from datetime import date
from decimal import Decimal

from cds_service.clinical.conditions import Concept
from cds_service.clinical.snapshot import Course, Finding
from fhir_mappings import codes
from fhir_mappings.coded import concepts_of, text_of
from fhir_mappings.parse import UnreadableError
from fhir_mappings.presence import answer_of, has_value
from fhir_mappings.primitives import local_reference
from fhir_mappings.records import Coded, ObservationRecord, Valued, several
from fhir_mappings.units import length_in_cm

_LENGTHS = frozenset({Concept.ILEAL_RESECTION_LENGTH, Concept.ILEAL_INVOLVEMENT_LENGTH})
_ILEUM, _LENGTH, _LENGTH_ALONE = (
    re.compile(words, re.IGNORECASE) for words in (r"\bile(?:um|al)\b", "length", r"\blength\b")
)
_MEANT = (
    (re.compile(r"resect", re.IGNORECASE), re.compile(r"\bresect\w*", re.IGNORECASE), Concept.ILEAL_RESECTION_LENGTH),
    (
        re.compile(r"involve", re.IGNORECASE),
        re.compile(r"\binvolve\w*", re.IGNORECASE),
        Concept.ILEAL_INVOLVEMENT_LENGTH,
    ),
)
_COURSES = {"B": Course.BETTER, "W": Course.WORSE}
# SG-11: the whole trigger where B12 is in range, and social history often has no code for it. Whole texts only, so that
# "no nitrous oxide use" is none of them.
_NITROUS_OXIDE = re.compile(
    r"(?:recreational )?nitrous oxide (?:use|misuse|abuse|exposure|inhalation)"
    r"|(?:recreational )?(?:use|misuse|abuse|inhalation) of nitrous oxide|exposure to nitrous oxide"
)
_LONGEST_ILEUM_CM = Decimal(1000)


def findings_of(
    record: ObservationRecord, reference: str, on: date | None, ileal_operations: Container[str]
) -> list[Finding]:
    """Findings of one final Observation. `ileal_operations`: references of Procedures that removed ileum.

    Raises UnreadableError when the Observation is a finding whose answer is not understood.
    """
    part_of = tuple(ref for each in several(record.part_of) if (ref := local_reference(each.reference)) is not None)
    found: list[Finding] = []
    for valued in (record, *several(record.component)):
        if valued.data_absent_reason is not None:
            continue  # asked and not answered: neither present nor absent
        length = _length_meant(valued, part_of, ileal_operations)
        if length is not None:
            found.append(_length(valued, length, reference, on, part_of))
            continue
        if _is_pregnancy_status(valued.code):
            found += _pregnancy(valued, reference, on)
            continue
        found += _signs(valued, reference, on, part_of)
    return found


def says_length(text: str | None) -> Concept | None:
    """Which length of ileum a text names, if any."""
    if not text:
        return None
    for stem, word, meant in _MEANT:
        orders = ((_LENGTH, _ILEUM, stem), (_LENGTH, word, _ILEUM), (_ILEUM, word, _LENGTH_ALONE))
        if any(_stand_in(text, each) for each in orders):
            return meant
    return None


def names_nitrous_oxide_use(text: str) -> bool:
    """Is the text nothing but the exposure?"""
    return _NITROUS_OXIDE.fullmatch(" ".join(text.lower().split()).rstrip(".")) is not None


def _stand_in(text: str, words: tuple[re.Pattern[str], ...]) -> bool:
    """Do these words stand in the text in this order? Each is sought once: one expression for all of them takes
    minutes where a long text repeats them."""
    place = 0
    for word in words:
        found = word.search(text, place)
        if found is None:
            return False
        place = found.end()
    return True


def _length_meant(valued: Valued, part_of: tuple[str, ...], ileal_operations: Container[str]) -> Concept | None:
    coded = concepts_of(valued.code) & _LENGTHS
    if coded:
        return min(coded)
    for word in valued.code.words if valued.code is not None else ():
        meant = says_length(word)
        if meant is not None:
            return meant
    quantity = valued.value_quantity
    if quantity is None or quantity.value is None or not any(ref in ileal_operations for ref in part_of):
        return None
    is_length = length_in_cm(quantity.value, quantity.code, quantity.unit) is not None
    return Concept.ILEAL_RESECTION_LENGTH if is_length else None


def _length(valued: Valued, concept: Concept, reference: str, on: date | None, part_of: tuple[str, ...]) -> Finding:
    quantity = valued.value_quantity
    if quantity is None or quantity.value is None or quantity.comparator is not None:
        raise UnreadableError
    length = length_in_cm(quantity.value, quantity.code, quantity.unit)
    if length is None or not 0 <= length <= _LONGEST_ILEUM_CM:
        raise UnreadableError
    return Finding(
        concept=concept,
        present=True,
        text=text_of(valued.code),
        reference=reference,
        day=on,
        length_cm=length,
        part_of=part_of,
    )


def _is_pregnancy_status(code: Coded | None) -> bool:
    return code is not None and any(
        codes.is_pregnancy_status(each.system or "", each.code or "") for each in code.codings
    )


def _pregnancy(valued: Valued, reference: str, on: date | None) -> list[Finding]:
    """PREGNANT present or not present. Planning or breast-feeding as the answer is kept as that concept."""
    answer = valued.value_codeable_concept
    said = concepts_of(answer)
    if Concept.PREGNANT in said and Concept.NOT_PREGNANT in said:
        raise UnreadableError
    if Concept.NOT_PREGNANT in said:
        return [Finding(Concept.PREGNANT, present=False, text=text_of(answer), reference=reference, day=on)]
    return [Finding(each, present=True, text=text_of(answer), reference=reference, day=on) for each in sorted(said)]


def _signs(valued: Valued, reference: str, on: date | None, part_of: tuple[str, ...]) -> list[Finding]:
    concepts = concepts_of(valued.code) or _named(valued.code)
    if not concepts:
        return []
    present = answer_of(valued) if has_value(valued) else True
    if present is None:
        raise UnreadableError
    return [
        Finding(each, present, text_of(valued.code), reference, on, course=_course(valued), part_of=part_of)
        for each in sorted(concepts)
    ]


def _named(code: Coded | None) -> frozenset[Concept]:
    """What the words say where no code does."""
    exposed = code is not None and any(map(names_nitrous_oxide_use, code.words))
    return frozenset({Concept.NITROUS_OXIDE_EXPOSURE}) if exposed else frozenset()


def _course(valued: Valued) -> Course | None:
    """B is better, W is worse; both at once say nothing."""
    said = {_COURSES.get(coding.code or "") for coded in several(valued.interpretation) for coding in coded.codings}
    said.discard(None)
    return said.pop() if len(said) == 1 else None
