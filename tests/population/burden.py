"""Asks the service's core about every patient of the population and counts the cards: the alert burden."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from cds_service.clinical.evaluate import evaluate, evaluate_chart
from cds_service.clinical.topics import Indicator, Topic
from cds_service.knowledge.tables import load
from tests.case_language import read
from tests.population.cobalamin_orders import cobalamin_patient
from tests.population.draws import Draw
from tests.population.folic_acid_orders import folic_acid_patient, unrelated_patient
from tests.population.people import Group, Patient

KNOWLEDGE = load().knowledge
# Of 100 orders; the two that this service is about are drawn more often than any hospital writes them.
MIXTURE: dict[Callable[[Draw, str], Patient], float] = {
    unrelated_patient: 50,
    cobalamin_patient: 30,
    folic_acid_patient: 20,
}
Card = tuple[Topic, Indicator]


@dataclass
class Counted:
    """Cards of one group of orders, or of charts."""

    asked: int = 0
    silent: int = 0
    cards: Counter[Card] = field(default_factory=Counter)

    def add(self, cards: list[Card]) -> None:
        self.asked += 1
        self.silent += not cards
        self.cards.update(cards)

    def per_100(self, *cards: Card) -> float:
        return 100 * sum(self.cards[card] for card in cards) / self.asked if self.asked else 0.0

    def per_100_of(self, indicator: Indicator) -> float:
        return self.per_100(*(card for card in self.cards if card[1] is indicator))


def population(size: int, seed: int, region: str) -> Iterator[Patient]:
    """`size` patients with one order each; the same seed gives the same patients."""
    draw = Draw(f"{seed} {region}")
    for _ in range(size):
        yield draw.one_of(MIXTURE)(draw, region)


def cards_of(patient: Patient) -> list[Card]:
    """The cards for the patient's order."""
    situation = read(patient.sentences)
    decision = evaluate(situation.orders(patient.order), situation.snapshot(), situation.knowledge(KNOWLEDGE))
    return [(advice.rule.topic, advice.indicator) for advice in decision.advice]


def chart_cards_of(patient: Patient) -> list[Card]:
    """The cards when the patient's chart is opened."""
    situation = read(patient.sentences)
    decision = evaluate_chart(situation.snapshot(), situation.knowledge(KNOWLEDGE))
    return [(advice.rule.topic, advice.indicator) for advice in decision.advice]


CHARTS_TREATED, CHARTS_OTHER = "chart opened, vitamin B12 deficiency treated or found", "chart opened, anybody else"


def burden(size: int, seed: int, region: str) -> dict[str, Counted]:
    """Cards by group of orders, and by kind of chart of the same patients."""
    found = {name: Counted() for name in (*Group, CHARTS_TREATED, CHARTS_OTHER)}
    for patient in population(size, seed, region):
        found[patient.group].add(cards_of(patient))
        found[CHARTS_TREATED if patient.treated else CHARTS_OTHER].add(chart_cards_of(patient))
    return found
