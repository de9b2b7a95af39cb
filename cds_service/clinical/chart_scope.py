"""What must be on record before any rule about an opened chart can speak (derivations 4.3, 10). Closed lists only.

Most patients have none of it, and patient-view fires for each of them. Diagnoses are listed by what never starts a card
by itself, so that one that is added to the service is looked at until somebody says otherwise.
"""

from collections.abc import Mapping

from cds_service.clinical.concepts import COBALAMINS, Analyte, Ingredient, ResourceKind
from cds_service.clinical.conditions import (
    BLEEDING,
    COMPATIBLE_WITH_B12,
    EXPLAINS,
    USUALLY_OTHERWISE_EXPLAINED,
    Concept,
)
from cds_service.clinical.snapshot import NOT_TOLD, Availability

# Of these parts of a record one at least must have been told; else a silence would not say that nothing is due.
STARTING_KINDS = (ResourceKind.RESULTS, ResourceKind.CONDITIONS, ResourceKind.MEDICATIONS)
STARTING_ANALYTES = frozenset({Analyte.B12, Analyte.HOLOTRANSCOBALAMIN, Analyte.MMA, Analyte.INTRINSIC_FACTOR_ANTIBODY})
# With metformin a sign is enough (M14); with nitrous oxide too (SG-11).
STARTING_INGREDIENTS = COBALAMINS | {Ingredient.METFORMIN, Ingredient.NITROUS_OXIDE}
NEVER_ALONE = (
    COMPATIBLE_WITH_B12
    | USUALLY_OTHERWISE_EXPLAINED
    | EXPLAINS.keys()
    | BLEEDING
    | {
        Concept.GLOSSITIS,
        Concept.MACROCYTIC_ANAEMIA,
        Concept.FOLATE_DEFICIENCY,
        Concept.B12_DEFICIENCY_HISTORY,
        Concept.CKD_STAGE_3B_TO_5,
        Concept.CKD_STAGE_3_OR_LESS,
        Concept.DIALYSIS,
        Concept.KIDNEY_TRANSPLANT,
        Concept.ACUTE_KIDNEY_INJURY,
        Concept.DIABETES,
        Concept.DIABETIC_KIDNEY_DISEASE,
        Concept.PREGNANT,
        Concept.NOT_PREGNANT,
        Concept.PLANNING_PREGNANCY,
        Concept.BREAST_FEEDING,
        Concept.END_OF_LIFE_CARE,
        Concept.THROMBOCYTOPENIA,
        Concept.HAEMOLYTIC_ANAEMIA,
        Concept.LEBER,
        Concept.TOBACCO_AMBLYOPIA,
        Concept.CYANIDE_POISONING,
    }
)


def nothing_told(availability: Mapping[ResourceKind, Availability]) -> bool:
    """Was none of STARTING_KINDS told, not even in part? What is not named was not supplied."""
    return all(availability.get(kind, Availability.NOT_SUPPLIED) in NOT_TOLD for kind in STARTING_KINDS)


def starts(concept: Concept) -> bool:
    """May this diagnosis, operation or finding start a card by itself?"""
    return concept not in NEVER_ALONE
