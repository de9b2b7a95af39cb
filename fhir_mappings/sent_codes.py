"""Codings that we send. Allowed to know: a dozen codes and their displays; FHIR only as CodeableConcept dicts."""

from typing import Any

from cds_service.clinical.concepts import Ingredient, Route
from fhir_mappings.systems import LOINC, RXNORM, RXNORM_OID, SNOMED

Coding = dict[str, str]
CodeableConcept = dict[str, Any]

_RXNORM = {
    Ingredient.HYDROXOCOBALAMIN: ("5514", "hydroxocobalamin"),
    # RxNorm has no ingredient called cyanocobalamin: 11248 is it, under the name vitamin B12 (terminology.md 2).
    Ingredient.CYANOCOBALAMIN: ("11248", "vitamin B12"),
    Ingredient.MECOBALAMIN: ("29421", "mecobalamin"),
}
_DMD = {
    Ingredient.HYDROXOCOBALAMIN: ("327529002", "Hydroxocobalamin"),
    Ingredient.CYANOCOBALAMIN: ("30010009", "Cyanocobalamin"),
    Ingredient.MECOBALAMIN: ("18132411000001100", "Mecobalamin"),
}
_US_INJECTION = {
    Ingredient.HYDROXOCOBALAMIN: ("317106", "hydroxocobalamin 1 MG/ML Injectable Solution"),
    Ingredient.CYANOCOBALAMIN: ("309594", "vitamin B12 1 MG/ML Injectable Solution"),
}
_ROUTES = {
    Route.INTRAMUSCULAR: ("78421000", "Intramuscular route"),
    Route.SUBCUTANEOUS: ("34206005", "Subcutaneous route"),
    Route.INTRAVENOUS: ("47625008", "Intravenous route"),
    Route.ORAL: ("26643006", "Oral route"),
    Route.SUBLINGUAL: ("37839007", "Sublingual route"),
    Route.BUCCAL: ("54471007", "Buccal route"),
    Route.NASAL: ("46713006", "Nasal route"),
}
_TESTS = {
    "serum_b12": ("2132-9", "Cobalamin (Vitamin B12) [Mass/volume] in Serum or Plasma", "Serum vitamin B12"),
    "holotc": ("72160-5", "Holo-transcobalamin II [Moles/volume] in Serum", "Holotranscobalamin (active B12)"),
    "mma": ("13964-2", "Methylmalonate [Moles/volume] in Serum or Plasma", "Methylmalonic acid, serum"),
    "homocysteine": ("13965-9", "Homocysteine [Moles/volume] in Serum or Plasma", "Homocysteine, plasma"),
    "creatinine_egfr": ("45066-8", "Creatinine + eGFR Pnl SerPl", "Creatinine with eGFR"),
    "potassium": ("2823-3", "Potassium [Moles/volume] in Serum or Plasma", "Potassium"),
    "cbc": ("58410-2", "CBC panel - Blood by Automated count", "Full blood count"),
    "reticulocytes": ("17849-1", "Reticulocytes/Erythrocytes in Blood by Automated count", "Reticulocytes"),
    "vitamin_d": ("62292-8", "25(OH)D SerPl-mCnc", "Vitamin D (25-hydroxy)"),
    "calcium": ("17861-6", "Calcium [Mass/volume] in Serum or Plasma", "Calcium"),
}


def _coding(system: str, pair: tuple[str, str]) -> Coding:
    return {"system": system, "code": pair[0], "display": pair[1]}


def ingredient_codings(ingredient: Ingredient, region: str) -> list[Coding]:
    """RxNorm first, so that every client finds it; in `uk` the dm+d VTM under the SNOMED CT URI as well.

    Raises ValueError for an ingredient that the service never proposes.
    """
    if ingredient not in _RXNORM:
        raise ValueError(f"no coding to send for {ingredient.name}")
    found = [_coding(RXNORM, _RXNORM[ingredient])]
    return [*found, _coding(SNOMED, _DMD[ingredient])] if region == "uk" else found


def medication_concept(ingredient: Ingredient, route: Route, region: str) -> CodeableConcept:
    """CodeableConcept of a proposed medicine; in `us` an injection also names its 1 mg/mL product.

    Raises ValueError for an ingredient that the service never proposes.
    """
    codings = ingredient_codings(ingredient, region)
    if region == "us" and route.parenteral and ingredient in _US_INJECTION:
        codings.append(_coding(RXNORM, _US_INJECTION[ingredient]))
    form = "injection" if route.parenteral else str(route.value)
    return {"coding": codings, "text": f"{ingredient.value.capitalize()}, {form}"}


def also_by_oid(concept: CodeableConcept) -> CodeableConcept:
    """The concept with each RxNorm coding a second time, for a client that knows the system only by its OID."""
    codings = concept["coding"]
    return concept | {
        "coding": [*codings, *(each | {"system": RXNORM_OID} for each in codings if each["system"] == RXNORM)]
    }


def route_concept(route: Route) -> CodeableConcept:
    """CodeableConcept of a route; raises ValueError for Route.OTHER, which has no code."""
    if route not in _ROUTES:
        raise ValueError(f"no coding to send for {route.name}")
    return {"coding": [_coding(SNOMED, _ROUTES[route])], "text": str(route.value).capitalize()}


def test_concept(name: str) -> CodeableConcept:
    """CodeableConcept of an orderable test by our own short name; raises KeyError for any other name."""
    code, display, text = _TESTS[name]
    return {"coding": [_coding(LOINC, (code, display))], "text": text}
