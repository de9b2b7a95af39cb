"""Codes to clinical concepts. Allowed to know: codelists/*.csv and the clinical enums; no FHIR resource, no rule."""

from dataclasses import dataclass

from cds_service.clinical.concepts import COBALAMINS, Analyte, EgfrMethod, Ingredient, ProductKind, Route
from cds_service.clinical.conditions import Concept
from cds_service.clinical.snapshot import Allergen
from fhir_mappings.code_tables import Key, Row, read_tables
from fhir_mappings.medicine_codes import Medicine, Strength, medicine
from fhir_mappings.medicine_text import allergen_from_text, medicine_from_text, names_amount, names_b12
from fhir_mappings.sent_codes import ingredient_codings, medication_concept, route_concept, test_concept
from fhir_mappings.systems import LOINC, PREFIXED, normal_code, normal_system

__all__ = [
    "LabCode",
    "Medicine",
    "Strength",
    "allergen",
    "allergen_from_text",
    "code_search_list",
    "concepts",
    "ingredient_codings",
    "is_gluteal",
    "is_pregnancy_status",
    "lab",
    "medication_concept",
    "medicine",
    "medicine_from_text",
    "names_amount",
    "names_b12",
    "normal_system",
    "route",
    "route_concept",
    "test_concept",
]

CONCEPT_COLUMNS = ("system", "code", "concepts", "label", "evidence")
LAB_COLUMNS = ("system", "code", "analyte", "specimen", "method", "property", "usable", "label", "evidence")
_MOLAR = {"moles": True, "mass": False, "either": None, "other": None}


@dataclass(frozen=True, slots=True)
class LabCode:
    """A laboratory code. specimen: short name of what was sampled. method: eGFR and clearance only.

    unit_required: a value without a unit is not used, whatever the code's name promises. molar: amount of substance
    (True), mass (False), or not fixed by the code (None); a hint, the sent unit decides.
    """

    analyte: Analyte
    specimen: str
    method: EgfrMethod | None
    unit_required: bool
    usable: bool
    molar: bool | None


def _read_lab(row: Row) -> LabCode:
    if row["property"] not in _MOLAR:
        raise row.refuse("property is none of moles, mass, either, other")
    return LabCode(
        analyte=row.member(Analyte, row["analyte"]),
        specimen=row["specimen"],
        method=row.optional(EgfrMethod, "method"),
        unit_required=True,
        usable=row.flag("usable"),
        molar=_MOLAR[row["property"]],
    )


def _load_concepts() -> dict[Key, frozenset[Concept]]:
    table: dict[Key, Row] = {}
    for stem in ("conditions", "findings", "procedures", "reasons"):
        for key, row in read_tables(stem, CONCEPT_COLUMNS).items():
            if key in table:
                raise row.refuse(f"{row['code']} is already in {table[key].place}")
            table[key] = row
    return {key: row.members(Concept, "concepts") for key, row in table.items()}


_CONCEPTS = _load_concepts()
_PREFIXES = tuple((key[0], key[1][:-1], found) for key, found in _CONCEPTS.items() if key[1].endswith("*"))
_LABS = {key: _read_lab(row) for key, row in read_tables("analytes", LAB_COLUMNS).items()}
_ROUTES = {
    key: row.member(Route, row["route"])
    for key, row in read_tables("routes", ("system", "code", "route", "label", "evidence")).items()
}
_GLUTEAL = {
    key: row.flag("gluteal")
    for key, row in read_tables("sites", ("system", "code", "gluteal", "label", "evidence")).items()
}
_ALLERGENS = {
    key: row.member(Allergen, row["allergen"])
    for key, row in read_tables("allergens", ("system", "code", "allergen", "label", "evidence")).items()
}
_ALLERGEN_OF_FORM = {
    Ingredient.HYDROXOCOBALAMIN: Allergen.HYDROXOCOBALAMIN,
    Ingredient.CYANOCOBALAMIN: Allergen.CYANOCOBALAMIN,
    Ingredient.MECOBALAMIN: Allergen.MECOBALAMIN,
    Ingredient.COBAMAMIDE: Allergen.COBAMAMIDE,
    Ingredient.COBALAMIN_UNSPECIFIED: Allergen.COBALAMINS,
}


def _key(system: str, code: str) -> Key:
    uri = normal_system(system)
    return uri, normal_code(uri, code)


def concepts(system: str, code: str) -> frozenset[Concept]:
    """All that a diagnosis, finding, procedure, reason or answer code means; empty for a code in no list.

    In ICD-10 an exact row replaces what its prefixes say; without one, all prefixes that fit add up.
    """
    uri, text = _key(system, code)
    exact = _CONCEPTS.get((uri, text))
    if exact is not None:
        return exact if not text.endswith("*") else frozenset()
    if uri not in PREFIXED:
        return frozenset()
    return frozenset[Concept]().union(*(f for s, prefix, f in _PREFIXES if s == uri and text.startswith(prefix)))


def lab(system: str, code: str) -> LabCode | None:
    """The analyte behind a laboratory code, or None for a code in no list (look-alikes are in none on purpose)."""
    return _LABS.get(_key(system, code))


def is_pregnancy_status(system: str, code: str) -> bool:
    """Is this the question "pregnancy status" (LOINC 82810-3)? Its answer is read with concepts()."""
    return _key(system, code) == (LOINC, "82810-3")


def route(system: str, code: str) -> Route | None:
    """The route of administration, or None for a code in no list."""
    return _ROUTES.get(_key(system, code))


def is_gluteal(system: str, code: str) -> bool:
    """Is this body site the buttock, where the sciatic nerve is at risk? Ventrogluteal is not."""
    return _GLUTEAL.get(_key(system, code), False)


def allergen(system: str, code: str) -> Allergen | None:
    """What an allergy code is to; a product of one cobalamin counts as that form. None: nothing that matters here."""
    found = _ALLERGENS.get(_key(system, code))
    if found is not None:
        return found
    product = medicine(system, code)
    if product is None or len(product.ingredients) != 1 or product.kind is ProductKind.RADIODIAGNOSTIC:
        return None
    (ingredient,) = product.ingredients
    return _ALLERGEN_OF_FORM[ingredient] if ingredient in COBALAMINS else None


def code_search_list() -> tuple[str, ...]:
    """Sorted distinct laboratory codes without their systems, for the Observation prefetch template."""
    return tuple(sorted({code for _, code in _LABS}))
