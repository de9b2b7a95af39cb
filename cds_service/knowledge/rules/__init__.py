"""Every recommendation that is evaluated, in the order of families (derivations 2.2). Add a rule: one file, one line.

Each rule sees one draft order and the patient; none sees another's result. What silences what is in
clinical/precedence.py. T-DATA stands last because it is about what the others could not be told.
"""

from cds_service.clinical.outcomes import Rule
from cds_service.knowledge.rules import (
    cobalamin_allergy,
    cyanocobalamin_diabetic_nephropathy,
    cyanocobalamin_inherited_defect,
    cyanocobalamin_leber,
    cyanocobalamin_renal,
    data_gap,
    dose_unit_error,
    folate_b12_unknown,
    folate_in_b12_deficiency,
    folate_undocumented,
    ileal_resection_prophylaxis,
    recurrence,
    regimen_neurological,
    regimen_non_neurological,
    renal_function_unknown,
    renal_function_unstable,
    route_intravenous,
    route_oral_bypass,
    route_oral_malabsorption,
    route_oral_neurological,
    route_oral_pernicious_anaemia,
    titration_on_labs,
    underdose,
)

RULES: tuple[Rule, ...] = (
    cyanocobalamin_leber.RULE,
    cyanocobalamin_inherited_defect.RULE,
    renal_function_unstable.RULE,
    cyanocobalamin_renal.RULE,
    cyanocobalamin_diabetic_nephropathy.RULE,
    renal_function_unknown.RULE,
    cobalamin_allergy.RULE,
    dose_unit_error.RULE,
    recurrence.RULE,
    route_oral_neurological.RULE,
    regimen_neurological.RULE,
    route_intravenous.RULE,
    regimen_non_neurological.RULE,
    route_oral_pernicious_anaemia.RULE,
    route_oral_malabsorption.RULE,
    underdose.RULE,
    route_oral_bypass.RULE,
    ileal_resection_prophylaxis.RULE,
    titration_on_labs.RULE,
    folate_in_b12_deficiency.RULE,
    folate_b12_unknown.RULE,
    folate_undocumented.RULE,
    data_gap.RULE,
)
