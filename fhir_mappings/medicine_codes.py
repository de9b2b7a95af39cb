"""What a medicine code contains. Allowed to know: codelists/medicines*.csv and products*.csv; no rule, no text."""

import re
from dataclasses import dataclass
from decimal import Decimal

from cds_service.clinical.concepts import Ingredient, ProductKind, Route
from fhir_mappings.code_tables import ABSENT, Key, Row, read_tables
from fhir_mappings.systems import DMD, RXNORM, SNOMED, normal_code, normal_system

PER_ML, PER_UNIT, PER_ACTUATION = "mL", "unit", "actuation"
COLUMNS = ("system", "code", "ingredients", "kind", "route", "strengths", "label", "evidence")
_STRENGTH = re.compile(r"([A-Z0-9_]+):(\d+(?:\.\d+)?)/(mL|unit|actuation)")


@dataclass(frozen=True, slots=True)
class Strength:
    """Micrograms of one ingredient per mL, per unit (tablet, capsule, ampoule, vial) or per actuation."""

    ingredient: Ingredient
    ug: Decimal
    per: str


@dataclass(frozen=True, slots=True)
class Medicine:
    """Ingredients and, where the code states them, kind, usual route and strengths.

    named_vitamin_b12: the code is cyanocobalamin but its RxNorm name says "vitamin B12" (derivations 1.3).
    """

    ingredients: frozenset[Ingredient]
    kind: ProductKind = ProductKind.MEDICINE
    usual_route: Route | None = None
    strengths: tuple[Strength, ...] = ()
    named_vitamin_b12: bool = False


def read_strengths(row: Row) -> tuple[Strength, ...]:
    """Parse "FOLIC_ACID:400/mL CYANOCOBALAMIN:100/mL"; CodelistError when it is written otherwise."""
    if row["strengths"] == ABSENT:
        return ()
    found = []
    for part in row["strengths"].split(" "):
        match = _STRENGTH.fullmatch(part)
        if match is None:
            raise row.refuse(f"{part!r} is no strength")
        found.append(Strength(row.member(Ingredient, match[1]), Decimal(match[2]), match[3]))
    return tuple(found)


def read_medicine(row: Row) -> Medicine:
    ingredients = row.members(Ingredient, "ingredients")
    strengths = read_strengths(row)
    if not {strength.ingredient for strength in strengths} <= ingredients:
        raise row.refuse("a strength of something that is no ingredient")
    return Medicine(
        ingredients=ingredients,
        kind=row.member(ProductKind, row["kind"]),
        usual_route=row.optional(Route, "route"),
        strengths=strengths,
        named_vitamin_b12=row["system"] == RXNORM
        and Ingredient.CYANOCOBALAMIN in ingredients
        and "vitamin b12" in row["label"].lower(),
    )


def _load() -> dict[Key, Medicine]:
    rows = read_tables("medicines", COLUMNS)
    for key, row in read_tables("products", COLUMNS).items():
        if key in rows:
            raise row.refuse(f"{row['code']} is already in {rows[key].place}")
        rows[key] = row
    return {key: read_medicine(row) for key, row in rows.items()}


_MEDICINES = _load()
# dm+d identifiers are SNOMED CT identifiers: UK systems send them under either URI (terminology.md 2).
_TWIN = {SNOMED: DMD, DMD: SNOMED}


def medicine(system: str, code: str) -> Medicine | None:
    """What this code contains, or None for a code that no list holds. Any alias of the system will do."""
    uri = normal_system(system)
    text = normal_code(uri, code)
    found = _MEDICINES.get((uri, text))
    if found is None and uri in _TWIN:
        found = _MEDICINES.get((_TWIN[uri], text))
    return found
