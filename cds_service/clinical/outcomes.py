"""How a rule ends, and what a card is made of. Knows topics, ranks by name and typed facts; knows no wording."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING

from cds_service.clinical.concepts import Ingredient, Route
from cds_service.clinical.orders import NeurologicalStatement

if TYPE_CHECKING:
    from datetime import date

    from cds_service.clinical.review import Review


class Topic(StrEnum):
    """Label of rules.md section 4 -> source.topic.code of cards.md. Order here means nothing."""

    CYANO_LEBER = "CyanocobalaminLeber"
    CYANO_IEM = "CyanocobalaminInheritedDefect"
    ALLERGY = "CobalaminAllergy"
    CYANO_RENAL = "CyanocobalaminRenal"
    CYANO_DN = "CyanocobalaminDiabeticNephropathy"
    RENAL_UNKNOWN = "RenalFunctionUnknown"
    AKI = "RenalFunctionUnstable"
    FOLATE_B12_DEF = "FolateInB12Deficiency"
    FOLATE_B12_UNKNOWN = "FolateB12Unknown"
    FOLATE_DOC = "FolateUndocumented"
    REGIMEN_NEURO = "RegimenNeurological"
    REGIMEN_NONEURO = "RegimenNonNeurological"
    UNDERDOSE = "Underdose"
    UNIT_ERROR = "DoseUnitError"
    ROUTE_IV = "RouteIntravenous"
    ROUTE_ORAL_NEURO = "RouteOralNeurological"
    ROUTE_ORAL_PA = "RouteOralPerniciousAnaemia"
    DATA = "DataGap"


class Family(StrEnum):
    """Derivations 2.2: at most one card of a family (F1 to F5), housekeeping apart."""

    FORM = "F1 form"
    ALLERGY = "F2 allergy"
    UNIT = "F3 unit"
    SCHEDULE = "F4 schedule and route"
    FOLATE = "F5 folate"
    HOUSEKEEPING = "F10 housekeeping"


class Indicator(IntEnum):
    """Urgency; a larger number is more urgent."""

    INFO = 1
    WARNING = 2
    CRITICAL = 3


class ClientText(str):
    """Words that came from the client: escaped wherever they are printed."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Saying:
    """A key of knowledge/wording and the values it names. Values are text ready to print, ClientText apart."""

    key: str
    values: Mapping[str, str] = field(default_factory=dict)

    def __hash__(self) -> int:
        return hash((self.key, *self.values.items()))


@dataclass(frozen=True, slots=True)
class Input:
    """One fact that a card rests on (cards.md 7). value and unit as sent; derived: computed by this service;
    converted: the same in the unit that the threshold speaks."""

    name: str
    value: str
    unit: str = ""
    day: "date | None" = None
    reference: str = ""
    derived: bool = False
    converted: str = ""


class Offer(StrEnum):
    """What a rule wants its card to offer; evaluate.py settles who carries it."""

    CORRECTION = "the target order of this draft"
    ADD_COBALAMIN = "a cobalamin beside this draft"
    NOTHING = "text only"


class LabTest(StrEnum):
    """Orderable tests of derivations 9.3."""

    B12 = "serum_b12"
    HOLOTRANSCOBALAMIN = "holotc"
    MMA = "mma"
    HOMOCYSTEINE = "homocysteine"
    CREATININE_EGFR = "creatinine_egfr"


class Referral(StrEnum):
    NEUROLOGY = "neurology"
    HAEMATOLOGY = "haematology"
    METABOLIC = "metabolic medicine"


@dataclass(frozen=True, slots=True)
class Recommend:
    """The rule fires. recommendations: ids of rules.md that carry it (R-, C-, SG-). settled: the target order is
    built without this fault. both_options: neurological status is unknown, offer both regimens."""

    indicator: Indicator
    say: Saying
    recommendations: tuple[str, ...]
    found: tuple[Input, ...] = ()
    offer: Offer = Offer.CORRECTION
    tests: tuple[LabTest, ...] = ()
    referrals: tuple[Referral, ...] = ()
    both_options: bool = False
    missing: tuple[str, ...] = ()
    paragraphs: tuple[Saying, ...] = ()


@dataclass(frozen=True, slots=True)
class NotApplicable:
    """The rule has nothing to say, and why."""

    because: str


@dataclass(frozen=True, slots=True)
class CannotTell:
    """The rule could have fired on data that we do not have. missing: names for the clinician."""

    missing: tuple[str, ...]


Outcome = Recommend | NotApplicable | CannotTell


@dataclass(frozen=True, slots=True)
class Rule:
    """One recommendation. id: the label of rules.md (T-...); recommendations: every id that this file implements."""

    id: str
    topic: Topic
    family: Family
    title: str
    source: str
    recommendations: tuple[str, ...]
    evaluate: "Callable[[Review], Outcome]"


@dataclass(frozen=True, slots=True)
class Proposal:
    """One dosing option. form None never occurs; dose_ug None only for an inherited defect; regimen None keeps the
    timing of the draft. states: what choosing this option says about neurological signs (cards.md 8)."""

    form: Ingredient
    route: Route
    dose_ug: Decimal | None
    regimen: str | None
    states: NeurologicalStatement | None = None


@dataclass(frozen=True, slots=True)
class ChangeOrder:
    index: int
    proposal: Proposal


@dataclass(frozen=True, slots=True)
class CreateOrder:
    proposal: Proposal


@dataclass(frozen=True, slots=True)
class DeleteOrder:
    index: int


@dataclass(frozen=True, slots=True)
class OrderTest:
    test: LabTest


@dataclass(frozen=True, slots=True)
class Refer:
    referral: Referral


Action = ChangeOrder | CreateOrder | DeleteOrder | OrderTest | Refer


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A choice on a card. say: its label; all of its actions belong together."""

    say: Saying
    actions: tuple[Action, ...]
    recommended: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one rule made of one draft order: the audit trail."""

    rule: Rule
    order: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Advice:
    """One card before it is worded. orders: the drafts it is about. paragraphs: what merged cards add.
    carrier: named when another card settles this point. missing: what could not be checked."""

    rule: Rule
    indicator: Indicator
    orders: tuple[str, ...]
    say: Saying
    trace_rules: tuple[str, ...]
    found: tuple[Input, ...] = ()
    paragraphs: tuple[Saying, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    missing: tuple[str, ...] = ()
    settled_by: Topic | None = None
    also: tuple[Saying, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """The whole answer: cards in order, every verdict, and why nothing was said where that matters."""

    advice: tuple[Advice, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
