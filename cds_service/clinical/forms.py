"""Which form of cobalamin may be proposed to this patient (derivations 1.5, 2.3a, 9.1). Knows stock and region."""

from cds_service.clinical.concepts import Answer, Ingredient
from cds_service.clinical.conditions import Concept
from cds_service.clinical.policy import Formulary, Knowledge
from cds_service.clinical.scope import inherited_defect
from cds_service.clinical.snapshot import Allergen, AllergySeverity, Snapshot

PROPOSABLE = (Ingredient.HYDROXOCOBALAMIN, Ingredient.CYANOCOBALAMIN, Ingredient.MECOBALAMIN)
_NO_CYANOCOBALAMIN = (
    Concept.LEBER,
    Concept.TOBACCO_AMBLYOPIA,
    Concept.INHERITED_COBALAMIN_DEFECT,
    Concept.TRANSCOBALAMIN_II_DEFICIENCY,
    Concept.METHYLMALONIC_ACIDAEMIA,
    Concept.HOMOCYSTINURIA_WITHOUT_MMA,
)
_COBALAMIN_ALLERGENS = frozenset(Allergen) - {Allergen.COBALT, Allergen.EXCIPIENT}


def barred_forms(snapshot: Snapshot) -> frozenset[Ingredient]:
    """Forms that are never proposed to this patient, whatever the stock.

    A severe allergy to one form bars all: another form is not proposed until an allergy plan exists (2.3a).
    """
    if any(
        allergy.allergen in _COBALAMIN_ALLERGENS and allergy.severity is AllergySeverity.SEVERE
        for allergy in snapshot.allergies
    ):
        return frozenset(PROPOSABLE)
    return excluded_by_diagnosis(snapshot)


def excluded_by_diagnosis(snapshot: Snapshot) -> frozenset[Ingredient]:
    """Forms that a recorded disease excludes, allergies apart."""
    excluded: set[Ingredient] = set()
    if snapshot.current(*_NO_CYANOCOBALAMIN):
        excluded.add(Ingredient.CYANOCOBALAMIN)
    if inherited_defect(snapshot) is not Answer.NO:
        excluded.add(Ingredient.MECOBALAMIN)
    return frozenset(excluded)


def last_resort_forms(formulary: Formulary, *, renal_risk: bool) -> frozenset[Ingredient]:
    """Forms proposed only when nothing else is left."""
    return formulary.last_resort | ({Ingredient.CYANOCOBALAMIN} if renal_risk else frozenset())


def permitted_form(
    knowledge: Knowledge,
    barred: frozenset[Ingredient],
    *,
    drafted: Ingredient | None,
    renal_risk: bool,
    renal_unknown: bool,
) -> Ingredient | None:
    """The form to propose: the drafted one if permitted, else the first permitted of 9.1, else None.

    drafted None: there is no form to keep (no cobalamin, or an oral draft that becomes an injection).
    """
    closed = barred | knowledge.unavailable
    last = last_resort_forms(knowledge.formulary, renal_risk=renal_risk)
    # "Last resort" bars proposing mecobalamin, not keeping a drafted one; cyanocobalamin in renal risk is replaced.
    if drafted in PROPOSABLE and drafted not in closed and not (drafted is Ingredient.CYANOCOBALAMIN and renal_risk):
        return drafted
    preference = knowledge.formulary.preference
    if renal_risk:
        preference = knowledge.formulary.preference_renal
    elif renal_unknown:
        preference = knowledge.formulary.preference_renal_unknown
    open_forms = [form for form in preference if form not in closed]
    for form in open_forms:
        if form not in last:
            return form
    return open_forms[0] if open_forms else None
