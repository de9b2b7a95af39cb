"""How a rule ends, and what a card is made of. Knows topics and typed facts; knows no wording."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from cds_service.clinical.concepts import Ingredient, Route
from cds_service.clinical.errands import LabTest, Referral
from cds_service.clinical.orders import NeurologicalStatement
from cds_service.clinical.topics import Family, Indicator, Occasion, Standing, Topic

if TYPE_CHECKING:
    from datetime import date

    from cds_service.clinical.review import Review


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
    REMOVAL = "this draft taken away, with all that is asked for beside it"
    NOTHING = "text only"


@dataclass(frozen=True, slots=True)
class Recommend:
    """The rule fires. recommendations: ids of rules.md that carry it (R-, C-, SG-). settled: the target order is
    built without this fault. both_options: neurological status is unknown, offer both regimens. standing: which of
    the two places that a topic may have at one indicator (derivations 2.2). referrals_with_first: they ride on the
    first option only. undecided: it is for the clinician whether a change is needed, so that none is marked as
    recommended."""

    indicator: Indicator
    say: Saying
    recommendations: tuple[str, ...]
    found: tuple[Input, ...] = ()
    offer: Offer = Offer.CORRECTION
    tests: tuple[LabTest, ...] = ()
    referrals: tuple[Referral, ...] = ()
    referrals_with_first: tuple[Referral, ...] = ()
    undecided: bool = False
    both_options: bool = False
    standing: Standing = Standing.USUAL
    missing: tuple[str, ...] = ()
    paragraphs: tuple[Saying, ...] = ()


@dataclass(frozen=True, slots=True)
class NotApplicable:
    """The rule has nothing to say, and why."""

    because: str


@dataclass(frozen=True, slots=True)
class CannotTell:
    """The rule could have fired on data that we do not have. missing: names for the clinician.

    beside: to be listed under what could not be checked, on a card that is shown for this draft anyway; of itself it
    is no reason for a card.
    """

    missing: tuple[str, ...]
    beside: bool = False


Outcome = Recommend | NotApplicable | CannotTell


@dataclass(frozen=True, slots=True)
class Rule:
    """One recommendation. id: the label of rules.md (T-...); recommendations: every id that this file implements.

    asked_about: what it is evaluated for; a rule never sees anything else.
    """

    id: str
    topic: Topic
    family: Family
    title: str
    source: str
    recommendations: tuple[str, ...]
    evaluate: "Callable[[Review], Outcome]"
    asked_about: frozenset[Occasion] = frozenset({Occasion.DRAFT})


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
    carrier: named when another card settles this point. missing: what could not be checked. recommendations: ids of
    rules.md that its own words, and those of the cards it speaks for, carry out."""

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
    recommendations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """The whole answer: cards in order, every verdict, and why nothing was said where that matters."""

    advice: tuple[Advice, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
