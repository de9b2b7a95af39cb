"""Diagnoses, findings and operations as closed lists (derivations 1.5, 4.2, 5.1, 6.3, 7.1, 8). Knows no code."""

from enum import StrEnum


class Concept(StrEnum):
    """What a coded Condition, finding Observation, Procedure or reason can mean to a rule."""

    # vitamin B12 deficiency (derivations 4.2)
    PERNICIOUS_ANAEMIA = "pernicious anaemia"
    DIETARY_B12_DEFICIENCY = "dietary vitamin B12 deficiency"
    B12_DEFICIENCY = "vitamin B12 deficiency"
    B12_DEFICIENCY_AMBIGUOUS = "deficiency of other specified B group vitamins"
    B12_DEFICIENCY_VAGUE = "vitamin B deficiency or megaloblastic anaemia, unspecified"
    B12_DEFICIENCY_HISTORY = "history of vitamin B12 deficiency anaemia"
    MACROCYTIC_ANAEMIA = "macrocytic or megaloblastic anaemia"
    FOLATE_DEFICIENCY = "folate deficiency"
    # inherited defects and optic neuropathy (1.5)
    TRANSCOBALAMIN_II_DEFICIENCY = "transcobalamin II deficiency"
    INHERITED_COBALAMIN_DEFECT = "inherited cobalamin defect"
    METHYLMALONIC_ACIDAEMIA = "methylmalonic acidaemia, type not stated"
    HOMOCYSTINURIA_WITHOUT_MMA = "homocystinuria without methylmalonic aciduria"
    HOMOCYSTINURIA = "homocystinuria, type not stated"
    LEBER = "Leber hereditary optic neuropathy"
    TOBACCO_AMBLYOPIA = "tobacco or toxic amblyopia"
    # N1: neurological disease specific to B12 deficiency (5.1)
    SUBACUTE_COMBINED_DEGENERATION = "subacute combined degeneration of the cord"
    B12_OPTIC_NEUROPATHY = "optic neuropathy due to vitamin B12 deficiency"
    B12_DEMENTIA = "dementia due to vitamin B12 deficiency"
    B12_CEREBRAL_DISEASE = "cerebral disease due to vitamin B12 deficiency"
    B12_POLYNEUROPATHY = "polyneuropathy in vitamin B deficiency"
    # N2, compatible with deficiency
    PERIPHERAL_NEUROPATHY = "peripheral neuropathy"
    PARAESTHESIA = "paraesthesia"
    NUMBNESS = "numbness"
    SENSORY_DEFICIT = "sensory deficit"
    MOTOR_DEFICIT = "motor deficit"
    ATAXIA = "ataxia"
    GAIT_DISTURBANCE = "gait disturbance"
    POSITION_SENSE_LOSS = "loss of position or vibration sense"
    COGNITIVE_IMPAIRMENT = "cognitive impairment"
    MEMORY_IMPAIRMENT = "memory impairment"
    NEUROPATHIC_PAIN = "neuropathic pain"
    # N3: compatible, usually otherwise explained
    DEMENTIA = "dementia"
    AGE_RELATED_COGNITIVE_DECLINE = "age-related cognitive decline"
    SKIN_SENSATION_UNSPECIFIED = "disturbance of skin sensation, unspecified"
    CEREBELLAR_ATAXIA = "cerebellar ataxia"
    IDIOPATHIC_NEUROPATHY = "hereditary or idiopathic neuropathy, unspecified"
    NEURALGIA = "neuralgia, unspecified"
    TOXIC_OPTIC_NEUROPATHY = "toxic optic neuropathy"
    # NX: competing causes
    DIABETIC_NEUROPATHY = "diabetic neuropathy"
    ALCOHOLIC_NEUROPATHY = "alcoholic neuropathy"
    DRUG_INDUCED_NEUROPATHY = "drug-induced neuropathy"
    HEREDITARY_NEUROPATHY = "hereditary neuropathy"
    INFLAMMATORY_NEUROPATHY = "inflammatory neuropathy"
    ENTRAPMENT_NEUROPATHY = "entrapment or radicular neuropathy"
    STROKE = "stroke"
    MULTIPLE_SCLEROSIS = "multiple sclerosis"
    PARKINSON_DISEASE = "Parkinson disease"
    ALZHEIMER_OR_VASCULAR_DEMENTIA = "Alzheimer or vascular dementia"
    HYPOTHYROIDISM = "hypothyroidism"
    GLOSSITIS = "glossitis"
    # kidney and diabetes, 6
    CKD_STAGE_3B_TO_5 = "chronic kidney disease stage 3b, 4, 5 or end-stage"
    CKD_STAGE_3_OR_LESS = "chronic kidney disease stage 3 or less, or unspecified"
    DIALYSIS = "dialysis"
    KIDNEY_TRANSPLANT = "kidney transplant"
    ACUTE_KIDNEY_INJURY = "acute kidney injury"
    DIABETES = "diabetes"
    DIABETIC_KIDNEY_DISEASE = "diabetic kidney disease"
    # person
    PREGNANT = "pregnant"
    NOT_PREGNANT = "not pregnant"
    PLANNING_PREGNANCY = "planning pregnancy"
    BREAST_FEEDING = "breast-feeding"
    END_OF_LIFE_CARE = "end-of-life care"
    HEREDITARY_BLEEDING_DISORDER = "hereditary bleeding disorder"
    BLEEDING_DISORDER = "bleeding disorder"
    THROMBOCYTOPENIA = "thrombocytopenia"
    EATING_DISORDER = "eating disorder"
    HAEMOLYTIC_ANAEMIA = "haemolytic anaemia or haemoglobinopathy"
    # causes
    AUTOIMMUNE_GASTRITIS = "autoimmune or atrophic gastritis"
    INTRINSIC_FACTOR_DEFICIENCY = "congenital intrinsic factor deficiency or selective malabsorption"
    GASTRECTOMY = "gastrectomy"
    TOTAL_GASTRECTOMY = "total gastrectomy"
    ILEAL_RESECTION = "ileal resection"
    HEMICOLECTOMY = "right hemicolectomy"
    ILEAL_BYPASS = "ileal bypass"
    GASTRIC_BYPASS = "Roux-en-Y gastric bypass"
    BILIOPANCREATIC_DIVERSION = "biliopancreatic diversion or duodenal switch"
    SLEEVE_GASTRECTOMY = "sleeve gastrectomy"
    BARIATRIC_SURGERY = "bariatric surgery, type not stated"
    CROHN = "Crohn disease"
    CROHN_ILEAL = "Crohn disease of the ileum"
    COELIAC = "coeliac disease"
    MALABSORPTION = "other malabsorption"
    VEGAN_DIET = "vegan diet"
    NITROUS_OXIDE_EXPOSURE = "nitrous oxide exposure"
    # reasons for an order
    CYANIDE_POISONING = "cyanide poisoning, smoke inhalation or vasoplegia"
    # administrations
    B12_ADMINISTRATION = "administration of vitamin B12"
    ILEAL_RESECTION_LENGTH = "length of ileum resected"
    ILEAL_INVOLVEMENT_LENGTH = "length of ileum involved"


C = Concept

SPECIFIC_TO_B12 = frozenset(
    {
        C.SUBACUTE_COMBINED_DEGENERATION,
        C.B12_OPTIC_NEUROPATHY,
        C.B12_DEMENTIA,
        C.B12_CEREBRAL_DISEASE,
        C.B12_POLYNEUROPATHY,
    }
)
COMPATIBLE_WITH_B12 = frozenset(
    {
        C.PERIPHERAL_NEUROPATHY,
        C.PARAESTHESIA,
        C.NUMBNESS,
        C.SENSORY_DEFICIT,
        C.MOTOR_DEFICIT,
        C.ATAXIA,
        C.GAIT_DISTURBANCE,
        C.POSITION_SENSE_LOSS,
        C.COGNITIVE_IMPAIRMENT,
        C.MEMORY_IMPAIRMENT,
        C.NEUROPATHIC_PAIN,
    }
)
USUALLY_OTHERWISE_EXPLAINED = frozenset(
    {
        C.DEMENTIA,
        C.AGE_RELATED_COGNITIVE_DECLINE,
        C.SKIN_SENSATION_UNSPECIFIED,
        C.CEREBELLAR_ATAXIA,
        C.IDIOPATHIC_NEUROPATHY,
        C.NEURALGIA,
        C.TOXIC_OPTIC_NEUROPATHY,
    }
)
_NERVE = frozenset(
    {
        C.PERIPHERAL_NEUROPATHY,
        C.PARAESTHESIA,
        C.NUMBNESS,
        C.SENSORY_DEFICIT,
        C.POSITION_SENSE_LOSS,
        C.NEUROPATHIC_PAIN,
        C.SKIN_SENSATION_UNSPECIFIED,
        C.IDIOPATHIC_NEUROPATHY,
        C.NEURALGIA,
    }
)
_MIND = frozenset({C.COGNITIVE_IMPAIRMENT, C.MEMORY_IMPAIRMENT, C.DEMENTIA, C.AGE_RELATED_COGNITIVE_DECLINE})
_MOVEMENT = frozenset({C.MOTOR_DEFICIT, C.ATAXIA, C.GAIT_DISTURBANCE, C.CEREBELLAR_ATAXIA})

# Which signs each competing cause (NX) explains (derivations 5.2 row 3, "that same sign"). Our judgement, unsigned.
EXPLAINS: dict[Concept, frozenset[Concept]] = {
    C.DIABETIC_NEUROPATHY: _NERVE,
    C.ALCOHOLIC_NEUROPATHY: _NERVE,
    C.DRUG_INDUCED_NEUROPATHY: _NERVE,
    C.HEREDITARY_NEUROPATHY: _NERVE | {C.MOTOR_DEFICIT, C.GAIT_DISTURBANCE},
    C.INFLAMMATORY_NEUROPATHY: _NERVE | {C.MOTOR_DEFICIT, C.GAIT_DISTURBANCE},
    C.ENTRAPMENT_NEUROPATHY: _NERVE | {C.MOTOR_DEFICIT},
    C.STROKE: _MOVEMENT | _MIND | {C.NUMBNESS, C.SENSORY_DEFICIT, C.PARAESTHESIA},
    C.MULTIPLE_SCLEROSIS: _MOVEMENT | _NERVE | _MIND,
    C.PARKINSON_DISEASE: _MIND | {C.GAIT_DISTURBANCE, C.MOTOR_DEFICIT},
    C.ALZHEIMER_OR_VASCULAR_DEMENTIA: _MIND,
    C.HYPOTHYROIDISM: _MIND,
}
COMPETING_NEUROPATHIES = frozenset(
    {
        C.DIABETIC_NEUROPATHY,
        C.ALCOHOLIC_NEUROPATHY,
        C.DRUG_INDUCED_NEUROPATHY,
        C.HEREDITARY_NEUROPATHY,
        C.INFLAMMATORY_NEUROPATHY,
        C.ENTRAPMENT_NEUROPATHY,
    }
)
# Diagnoses that name B12 deficiency itself (derivations 4.2 row 6); N1 diseases name it too.
SPECIFIC_DEFICIENCY = frozenset({C.PERNICIOUS_ANAEMIA, C.DIETARY_B12_DEFICIENCY, C.B12_DEFICIENCY}) | SPECIFIC_TO_B12
PERMANENT_CAUSE = frozenset(
    {
        C.PERNICIOUS_ANAEMIA,
        C.TOTAL_GASTRECTOMY,
        C.GASTRECTOMY,
        C.ILEAL_RESECTION,
        C.ILEAL_BYPASS,
        C.GASTRIC_BYPASS,
        C.BILIOPANCREATIC_DIVERSION,
        C.SLEEVE_GASTRECTOMY,
        C.BARIATRIC_SURGERY,
        C.INTRINSIC_FACTOR_DEFICIENCY,
        C.TRANSCOBALAMIN_II_DEFICIENCY,
        C.INHERITED_COBALAMIN_DEFECT,
    }
)
# Optic neuropathies in which cyanocobalamin is excluded, and hydroxocobalamin is licensed (1.5, 9.2 row 11).
OPTIC = frozenset({C.LEBER, C.TOBACCO_AMBLYOPIA})
# Genetic, named by type: recorded as resolved or inactive they are still there. Ours; facts-in-fhir.md counts only
# current diagnoses. Acidaemia and homocystinuria of no stated type may come from deficiency itself, and pass.
LIFELONG = frozenset(
    {C.LEBER, C.TRANSCOBALAMIN_II_DEFICIENCY, C.INHERITED_COBALAMIN_DEFECT, C.HEREDITARY_BLEEDING_DISORDER}
)
# One code may name inherited and acquired disease (D69.1, SNOMED CT 128105004): it stands among the hereditary ones.
BLEEDING = frozenset({C.HEREDITARY_BLEEDING_DISORDER, C.BLEEDING_DISORDER})
BARIATRIC = frozenset({C.GASTRIC_BYPASS, C.BILIOPANCREATIC_DIVERSION, C.SLEEVE_GASTRECTOMY, C.BARIATRIC_SURGERY})
# Operations after which a length of ileum resected may be on record.
REMOVES_ILEUM = frozenset({C.ILEAL_RESECTION, C.HEMICOLECTOMY})
