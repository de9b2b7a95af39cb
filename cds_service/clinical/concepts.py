"""The words of the field as closed lists. Knows no code system: codes live in fhir_mappings/codelists."""

from enum import StrEnum


class Answer(StrEnum):
    """A three-valued answer: unknown is a value, never a kind of no."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Ingredient(StrEnum):
    """Active ingredients that a rule asks about."""

    HYDROXOCOBALAMIN = "hydroxocobalamin"
    CYANOCOBALAMIN = "cyanocobalamin"
    MECOBALAMIN = "mecobalamin"
    COBAMAMIDE = "cobamamide"
    COBALAMIN_UNSPECIFIED = "vitamin B12, form not stated"
    FOLIC_ACID = "folic acid"
    LEVOMEFOLATE = "levomefolate"
    FOLINIC_ACID = "folinic acid"
    METHOTREXATE = "methotrexate"
    PEMETREXED = "pemetrexed"
    PRALATREXATE = "pralatrexate"
    METFORMIN = "metformin"
    PROTON_PUMP_INHIBITOR = "proton-pump inhibitor"
    H2_BLOCKER = "H2 blocker"
    COLCHICINE = "colchicine"
    NITROUS_OXIDE = "nitrous oxide"
    PHENYTOIN = "phenytoin"
    VALPROATE = "valproate"
    SULFASALAZINE = "sulfasalazine"
    PYRIMETHAMINE = "pyrimethamine"
    ANTICOAGULANT = "anticoagulant"
    DIGOXIN = "digoxin"
    POTASSIUM_LOSING_DIURETIC = "loop or thiazide diuretic"
    COMBINED_CONTRACEPTIVE = "combined contraceptive"
    OTHER_MEDICINE = "another medicine"
    OTHER_VITAMIN = "another vitamin"


COBALAMINS = frozenset(
    {
        Ingredient.HYDROXOCOBALAMIN,
        Ingredient.CYANOCOBALAMIN,
        Ingredient.MECOBALAMIN,
        Ingredient.COBAMAMIDE,
        Ingredient.COBALAMIN_UNSPECIFIED,
    }
)
# Without a route these are read as injections, which they are.
INJECTED_BY_NATURE = frozenset({Ingredient.HYDROXOCOBALAMIN, Ingredient.MECOBALAMIN})
FOLATES = frozenset({Ingredient.FOLIC_ACID, Ingredient.LEVOMEFOLATE})


class ProductKind(StrEnum):
    """What a cobalamin product is for (derivations 1.2 rows 2 and 3)."""

    MEDICINE = "medicine"
    RADIODIAGNOSTIC = "radiodiagnostic"
    CYANIDE_ANTIDOTE = "cyanide antidote"


class Route(StrEnum):
    INTRAMUSCULAR = "intramuscular"
    SUBCUTANEOUS = "subcutaneous"
    INTRAVENOUS = "intravenous"
    ORAL = "oral"
    SUBLINGUAL = "sublingual"
    BUCCAL = "buccal"
    NASAL = "nasal"
    OTHER = "other"

    @property
    def parenteral(self) -> bool:
        return self in _PARENTERAL

    @property
    def swallowed_or_absorbed_in_mouth(self) -> bool:
        return self in _ORAL


_PARENTERAL = frozenset({Route.INTRAMUSCULAR, Route.SUBCUTANEOUS, Route.INTRAVENOUS})
_ORAL = frozenset({Route.ORAL, Route.SUBLINGUAL, Route.BUCCAL})


class Analyte(StrEnum):
    """Laboratory quantities, each with one canonical unit (CANONICAL_UNITS)."""

    B12 = "total vitamin B12"
    HOLOTRANSCOBALAMIN = "holotranscobalamin"
    MMA = "methylmalonic acid"
    HOMOCYSTEINE = "homocysteine"
    EGFR = "eGFR"
    CREATININE = "creatinine"
    CREATININE_CLEARANCE = "creatinine clearance"
    URINE_ACR = "urine albumin-creatinine ratio"
    PLATELETS = "platelets"
    HAEMOGLOBIN = "haemoglobin"
    MCV = "MCV"
    POTASSIUM = "potassium"
    INR = "INR"
    SERUM_FOLATE = "serum folate"
    RED_CELL_FOLATE = "red-cell folate"
    INTRINSIC_FACTOR_ANTIBODY = "intrinsic factor antibody"
    BODY_WEIGHT = "body weight"


CANONICAL_UNITS: dict[Analyte, str] = {
    Analyte.B12: "pg/mL",
    Analyte.HOLOTRANSCOBALAMIN: "pmol/L",
    Analyte.MMA: "nmol/L",
    Analyte.HOMOCYSTEINE: "umol/L",
    Analyte.EGFR: "mL/min/{1.73_m2}",
    Analyte.CREATININE: "mg/dL",
    Analyte.CREATININE_CLEARANCE: "mL/min",
    Analyte.URINE_ACR: "mg/g",
    Analyte.PLATELETS: "10*9/L",
    Analyte.HAEMOGLOBIN: "g/L",
    Analyte.MCV: "fL",
    Analyte.POTASSIUM: "mmol/L",
    Analyte.INR: "{INR}",
    Analyte.SERUM_FOLATE: "ng/mL",
    Analyte.RED_CELL_FOLATE: "ng/mL",
    Analyte.INTRINSIC_FACTOR_ANTIBODY: "{qualitative}",
    Analyte.BODY_WEIGHT: "kg",
}


class EgfrMethod(StrEnum):
    """Equation behind a reported eGFR, in order of preference on one date (derivations 6.1 step 4)."""

    CREATININE_CYSTATIN_C = "creatinine and cystatin C"
    CYSTATIN_C = "cystatin C"
    CKD_EPI_2021 = "CKD-EPI 2021"
    OTHER = "equation other than CKD-EPI 2021"
    AMONG_BLACKS = "among blacks"
    CALCULATED = "calculated, CKD-EPI 2021"
    CLEARANCE = "creatinine clearance, not indexed"


class ResourceKind(StrEnum):
    """One kind per prefetch key; availability is known per kind."""

    PATIENT = "Patient"
    RESULTS = "Observation (laboratory)"
    FINDINGS = "Observation (findings)"
    CONDITIONS = "Condition"
    MEDICATIONS = "MedicationRequest"
    STATEMENTS = "MedicationStatement"
    PROCEDURES = "Procedure"
    ALLERGIES = "AllergyIntolerance"
    ORDERED = "ServiceRequest"
