"""What recorded allergies mean for one cobalamin product (derivations 1.5). Knows no rule and no FHIR."""

from collections.abc import Iterable
from dataclasses import dataclass

from cds_service.clinical.concepts import COBALAMINS, Ingredient
from cds_service.clinical.snapshot import Allergen, Allergy, AllergySeverity

# What each allergen may be, form by form: a class may be any of them. RxNorm 11248 means cyanocobalamin.
_FORMS: dict[Allergen, frozenset[Ingredient]] = {
    Allergen.HYDROXOCOBALAMIN: frozenset({Ingredient.HYDROXOCOBALAMIN}),
    Allergen.CYANOCOBALAMIN: frozenset({Ingredient.CYANOCOBALAMIN}),
    Allergen.MECOBALAMIN: frozenset({Ingredient.MECOBALAMIN}),
    Allergen.COBAMAMIDE: frozenset({Ingredient.COBAMAMIDE}),
    Allergen.COBALAMINS: COBALAMINS,
    Allergen.VITAMIN_B12: frozenset({Ingredient.CYANOCOBALAMIN}),
}


@dataclass(frozen=True, slots=True)
class Reactions:
    """Rows of the allergy table of 1.5, for one product; each allergy stands in one of them.

    same: severe, to what is drafted, or to what may be drafted where no form is stated. other: severe, to another
    form. unclear: mild or not recorded, to what is or may be drafted. cobalt: of any severity. excipients: severe.
    aside: said beside another card, and never a card alone.
    """

    same: tuple[Allergy, ...] = ()
    other: tuple[Allergy, ...] = ()
    unclear: tuple[Allergy, ...] = ()
    cobalt: tuple[Allergy, ...] = ()
    excipients: tuple[Allergy, ...] = ()
    aside: tuple[Allergy, ...] = ()


def reactions(allergies: Iterable[Allergy], drafted: frozenset[Ingredient]) -> Reactions:
    """drafted: the cobalamins of one product. A severe reaction stays severe where it is called an intolerance."""
    rows: dict[str, list[Allergy]] = {}
    for allergy in sorted(allergies, key=lambda each: (each.allergen, each.reference)):
        row = _row(allergy, drafted)
        if row:
            rows.setdefault(row, []).append(allergy)
    return Reactions(**{row: tuple(found) for row, found in rows.items()})


def _row(allergy: Allergy, drafted: frozenset[Ingredient]) -> str:
    severe = allergy.severity is AllergySeverity.SEVERE
    if severe and allergy.allergen in _FORMS:
        return "same" if concerns(allergy, drafted) else "other"
    if severe and allergy.allergen is Allergen.EXCIPIENT:
        return "excipients"
    if allergy.allergen is Allergen.EXCIPIENT:
        return "aside" if allergy.intolerance else ""
    if allergy.intolerance:
        return "aside"
    if allergy.allergen is Allergen.COBALT:
        return "cobalt"
    return "unclear" if concerns(allergy, drafted) else "aside"


def concerns(allergy: Allergy, drafted: frozenset[Ingredient]) -> bool:
    """May the product hold what the allergy is to? A form that is not stated may be any."""
    forms = _FORMS.get(allergy.allergen, frozenset[Ingredient]())
    return bool(forms) and (Ingredient.COBALAMIN_UNSPECIFIED in drafted or not drafted.isdisjoint(forms))
