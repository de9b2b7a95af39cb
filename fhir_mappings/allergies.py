"""AllergyIntolerance resources as Allergies. Knows the resource's elements; what follows from an allergy is a rule's.

Direction of error: an allergy is dropped only when it was plainly refuted, resolved or entered in error. A status that
cannot be read leaves it standing.
"""

from functools import lru_cache

from cds_service.clinical.snapshot import Allergen, Allergy, AllergySeverity
from fhir_mappings import codes
from fhir_mappings.coded import code_of, text_of
from fhir_mappings.primitives import day
from fhir_mappings.reactions import is_anaphylaxis, names_anaphylaxis
from fhir_mappings.records import AllergyRecord, Coded, Reaction, several

_OVER = frozenset({"inactive", "resolved"})
_NOT_TRUE = frozenset({"refuted", "entered-in-error"})
# R4 and DSTU2.
_HIGH, _LOW = ("high", "CRITH"), ("low", "CRITL")
_MILDER = frozenset({"mild", "moderate"})


def allergies_of(record: AllergyRecord) -> list[Allergy]:
    """One Allergy per allergen that a rule asks about; none for an allergy that is over, refuted or to other things."""
    if code_of(record.clinical_status) in _OVER or code_of(record.verification_status) in _NOT_TRUE:
        return []
    if record.status in _OVER | _NOT_TRUE:
        return []
    code = record.code or record.substance
    reactions = several(record.reaction)
    allergens = _allergens(code)
    for reaction in reactions:
        allergens |= _allergens(reaction.substance)
    return [
        Allergy(
            allergen=allergen,
            severity=_severity(record, reactions),
            text=text_of(code),
            reference=f"AllergyIntolerance/{record.id or ''}",
            intolerance=code_of(record.type) == "intolerance" and record.criticality in _LOW,
            recorded=day(record.recorded_date or record.asserted_date),
        )
        for allergen in sorted(allergens)
    ]


def _severity(record: AllergyRecord, reactions: tuple[Reaction, ...]) -> AllergySeverity:
    """1.5: anaphylaxis, severity severe, or criticality high; the gravest statement counts."""
    recorded = {reaction.severity for reaction in reactions}
    if record.criticality in _HIGH or "severe" in recorded or is_anaphylaxis(record.code or record.substance):
        return AllergySeverity.SEVERE
    if any(_anaphylactic(reaction) for reaction in reactions):
        return AllergySeverity.SEVERE
    mild = record.criticality in _LOW or recorded & _MILDER
    return AllergySeverity.MILD if mild else AllergySeverity.NOT_RECORDED


def _anaphylactic(reaction: Reaction) -> bool:
    return names_anaphylaxis(reaction.description) or any(
        is_anaphylaxis(each.said) for each in several(reaction.manifestation)
    )


@lru_cache(maxsize=16384)
def _allergen_at(system: str | None, code: str) -> Allergen | None:
    return codes.allergen(system or "", code)


def _allergens(code: Coded | None) -> set[Allergen]:
    """By codes; by text only when no coding is known, because a display may name more than the code means."""
    if code is None:
        return set()
    coded = {_allergen_at(each.system, each.code) for each in code.codings if each.code} - {None}
    if not coded:
        coded = {codes.allergen_from_text(word) for word in code.words} - {None}
    return {each for each in coded if each is not None}
