"""Codes for typed facts, looked up backwards in the service's own lists, so that a test needs none by heart."""

from functools import cache
from typing import Any

from cds_service.clinical.concepts import Ingredient
from cds_service.clinical.conditions import Concept
from cds_service.clinical.snapshot import Allergen
from fhir_mappings.code_tables import Row, read_tables
from fhir_mappings.medicine_codes import COLUMNS
from fhir_mappings.systems import RXNORM, SNOMED

Json = dict[str, Any]


class NotInFhir(ValueError):  # noqa: N818 - read as a sentence: raise NotInFhir("a birth date in part")
    """The fact is one that the FHIR of these tests has no words for."""


def _coding(row: Row) -> Json:
    return {"system": row["system"], "code": row["code"].removesuffix("*"), "display": row["label"]}


@cache
def allergen_coding(allergen: Allergen) -> Json:
    rows = read_tables("allergens", ("system", "code", "allergen", "label", "evidence"))
    found = [row for row in rows.values() if row["allergen"] == allergen.name]
    if not found:
        raise NotInFhir(f"allergy to {allergen}")
    return _coding(found[0])


@cache
def coded(concepts: frozenset[Concept], *stems: str) -> Json:
    """A CodeableConcept that means these concepts, and as little more as a code can; SNOMED CT before others."""
    columns = ("system", "code", "concepts", "label", "evidence")
    wanted = {concept.name for concept in concepts}
    rows = [row for stem in stems for row in read_tables(stem, columns).values()]
    found = [row for row in rows if wanted <= set(row["concepts"].split())]
    if not found:
        raise NotInFhir(", ".join(concepts))
    return {"coding": [_coding(min(found, key=lambda row: (len(row["concepts"].split()), row["system"] != SNOMED)))]}


@cache
def medicine(ingredients: frozenset[Ingredient]) -> Json:
    """The plain ingredient's code; a combination is not written, since its dose cannot be sent by mass."""
    if len(ingredients) != 1:
        raise NotInFhir("a combination product")
    wanted = {each.name for each in ingredients}
    rows = [*read_tables("medicines", COLUMNS).values(), *read_tables("products", COLUMNS).values()]
    found = [row for row in rows if set(row["ingredients"].split()) == wanted and row["kind"] == "MEDICINE"]
    if not found:
        raise NotInFhir(", ".join(ingredients))
    row = min(found, key=lambda row: (row["route"] != "-", row["strengths"] != "-", row["system"] != RXNORM))
    return {"coding": [{"system": row["system"], "code": row["code"]}]}
