"""What cards are about: topics, their families, how urgent they are. Order here means nothing; see precedence.py."""

from enum import IntEnum, StrEnum


class Topic(StrEnum):
    """Label of rules.md section 4 -> source.topic.code of cards.md."""

    CYANO_LEBER = "CyanocobalaminLeber"
    CYANO_IEM = "CyanocobalaminInheritedDefect"
    CYANO_RENAL = "CyanocobalaminRenal"
    CYANO_DN = "CyanocobalaminDiabeticNephropathy"
    RENAL_UNKNOWN = "RenalFunctionUnknown"
    AKI = "RenalFunctionUnstable"
    ALLERGY = "CobalaminAllergy"
    UNIT_ERROR = "DoseUnitError"
    REGIMEN_NEURO = "RegimenNeurological"
    REGIMEN_NONEURO = "RegimenNonNeurological"
    UNDERDOSE = "Underdose"
    ROUTE_IV = "RouteIntravenous"
    ROUTE_ORAL_NEURO = "RouteOralNeurological"
    ROUTE_ORAL_PA = "RouteOralPerniciousAnaemia"
    ROUTE_ORAL_MALABS = "RouteOralMalabsorption"
    ROUTE_RYGB = "RouteOralBypass"
    RECUR = "Recurrence"
    TITRATE = "TitrationOnLabs"
    STOP = "Discontinuation"
    ILEAL_PROPH = "IlealResectionProphylaxis"
    CROHN = "CrohnsIlealInvolvement"
    FOLATE_B12_DEF = "FolateInB12Deficiency"
    FOLATE_B12_UNKNOWN = "FolateB12Unknown"
    FOLATE_DOC = "FolateUndocumented"
    PLT = "Thrombocytopenia"
    ANTICOAG = "Anticoagulation"
    SITE = "InjectionSite"
    POTASSIUM = "Hypokalaemia"
    PEDS = "Paediatric"
    PREG = "Pregnancy"
    BARI_PREG = "BariatricPregnancy"
    FUNCTIONAL = "FunctionalDeficiency"
    MMA_RENAL = "MmaRenal"
    DUP = "DuplicateCobalamin"
    REFER = "UrgentReferral"
    MONITOR = "MonitoringDue"
    DATA = "DataGap"


class Family(StrEnum):
    """Derivations 2.2: at most one card of a family, housekeeping apart."""

    FORM = "F1 form"
    ALLERGY = "F2 allergy"
    UNIT = "F3 unit"
    SCHEDULE = "F4 schedule and route"
    FOLATE = "F5 folate"
    ADMINISTRATION = "F6 administration"
    POTASSIUM = "F7 potassium"
    PERSON = "F8 person"
    INTERPRETATION = "F9 interpretation"
    HOUSEKEEPING = "F10 housekeeping"


class Indicator(IntEnum):
    """Urgency; a larger number is more urgent."""

    INFO = 1
    WARNING = 2
    CRITICAL = 3


class Standing(StrEnum):
    """Where one topic has two places in 2.2 at the same indicator."""

    HIGHER = "platelets below 10 (W2), or treatment that is due and hangs on a question (10.2)"
    USUAL = "the one place of the topic"
    LOWER = "cobalt or an excipient (W23)"


class Occasion(StrEnum):
    """What a rule is asked about."""

    DRAFT = "a draft order"
    STOP = "an order that is stopped, put on hold or cancelled"
    CHART = "a patient whose chart is opened, with no order"
