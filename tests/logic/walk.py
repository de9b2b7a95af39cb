"""Walks a grid: every combination of its facts once, and what becomes of an answer when one fact is unknown."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from math import prod

from cds_service.clinical.evaluate import evaluate, evaluate_chart
from cds_service.clinical.outcomes import CannotTell, Decision, NotApplicable, Recommend
from cds_service.clinical.topics import Family, Indicator
from cds_service.knowledge.tables import load
from tests.case_language import read
from tests.logic.facts import FACTS, HIDDEN, Fact, Value
from tests.logic.grids import Grid

KNOWLEDGE = load().knowledge
FAMILY_OF = {rule.id: rule.family for rule in KNOWLEDGE.rules}
Combination = tuple[Value, ...]
_LOW_ON_TREATMENT = "3.3 rows 8 and 12: in treatment only a low result changes the phase, and none is asked for (M5)"
# Where the decision tables themselves call silence right although a result that nobody took could have warned.
BY_THE_TABLES: dict[tuple[str, str], str] = {
    ("T-AKI", "creatinine"): "6.2 row 6: without two creatinines nothing is unstable",
    ("T-CYANO-RENAL", "creatinine"): "6.1 step 2: a reported eGFR is enough",
    ("T-RENAL-UNKNOWN", "creatinine"): "6.1 step 2: a reported eGFR is enough",
    ("T-REGIMEN-NONEURO", "B12"): _LOW_ON_TREATMENT,
    ("T-UNDERDOSE", "B12"): _LOW_ON_TREATMENT,
    ("T-ROUTE-ORAL-PA", "B12"): _LOW_ON_TREATMENT,
    ("T-ROUTE-ORAL-MALABS", "B12"): _LOW_ON_TREATMENT,
    ("T-PLT", "platelets"): "2.7: none on record is silent",
    ("T-ANTICOAG", "INR"): "2.7: none on record is silent",
    ("T-K", "potassium"): "9.4: where haemoglobin is not low, a potassium that is missing is silent",
    ("T-K", "haemoglobin"): "9.4: missing haemoglobin and potassium stand under what could not be checked",
    ("T-FOLATE-B12-UNKNOWN", "MMA"): "4.2 row 17: a B12 above 350 makes deficiency unlikely without an MMA",
    ("T-FOLATE-B12-DEF", "MMA"): "4.2 row 17, and 7.2: with an exemption an indeterminate B12 is silent",
}


@dataclass(frozen=True)
class Answered:
    """What remains of one answer: strength by family, urgency by rule, and every gap that is named."""

    families: dict[Family, int]
    rules: dict[str, int]
    silent: frozenset[str]
    named: str


def decide(order: str, sentences: list[str]) -> Decision:
    situation = read(sentences)
    knowledge = situation.knowledge(KNOWLEDGE)
    if order == "chart opened":
        return evaluate_chart(situation.snapshot(), knowledge)
    return evaluate(situation.orders(order), situation.snapshot(), knowledge)


def answered(decision: Decision) -> Answered:
    families: dict[Family, int] = {}
    rules: dict[str, int] = {}
    silent: set[str] = set()
    named: list[str] = []
    for verdict in decision.verdicts:
        match verdict.outcome:
            case Recommend(indicator=indicator, missing=missing):
                families[verdict.rule.family] = max(indicator, families.get(verdict.rule.family, 0))
                rules[verdict.rule.id] = indicator
                named += missing
            case CannotTell(missing=missing):
                named += missing
            case NotApplicable():
                silent.add(verdict.rule.id)
    return Answered(families, rules, frozenset(silent), " ".join(named))


def combinations(grid: Grid) -> Iterator[Combination]:
    """Every value of every fact with every other, known and unknown."""
    facts = [FACTS[name] for name in grid.facts]
    return product(*(tuple(dict.fromkeys((*fact.known, *fact.unknown))) for fact in facts))


def steps(grid: Grid) -> int:
    """How many answers a whole walk compares with that of one unknown value."""
    others = 0
    for name in grid.facts:
        sizes = [len({*FACTS[each].known, *FACTS[each].unknown}) for each in grid.facts if each != name]
        others += prod(sizes) * len(FACTS[name].known)
    return others * len(grid.orders)


def faults(grid: Grid, *, every: int = 1) -> Iterator[str]:
    """What breaks the three-valued logic, in sentences. every: of the combinations of the other facts, each n-th."""
    for order in grid.orders:
        found: dict[Combination, Answered] = {}

        def ask(combination: Combination, order: str = order, found: dict[Combination, Answered] = found) -> Answered:
            if combination not in found:
                sentences = [sentence for value in combination for sentence in value]
                found[combination] = answered(decide(order, [*grid.always, *sentences]))
            return found[combination]

        for place, name in enumerate(grid.facts):
            fact = FACTS[name]
            rest = dict.fromkeys((*each[:place], *each[place + 1 :]) for each in combinations(grid))
            for number, others in enumerate(rest):
                if number % every:
                    continue
                known = [ask((*others[:place], value, *others[place:])) for value in fact.known]
                for value in fact.unknown:
                    if value in fact.known:
                        continue
                    untold = ask((*others[:place], value, *others[place:]))
                    hidden = [ask((*others[:place], each, *others[place:])) for each in HIDDEN.get(value, ())]
                    for fault in (*_stronger(untold, [*known, *hidden]), *_unnamed(fact, untold, known)):
                        yield f"{order} | {value or 'nothing'} of {name} | {others}: {fault}"


def _stronger(untold: Answered, known: list[Answered]) -> Iterator[str]:
    """An act on what is unknown that no value could call for. Information that something is unknown is no act."""
    for family, strength in untold.families.items():
        strongest = max(each.families.get(family, 0) for each in known)
        if strength > max(strongest, Indicator.INFO):
            yield f"{family.value} says {Indicator(strength).name}, and {strongest} at most with any value"


def _unnamed(fact: Fact, untold: Answered, known: list[Answered]) -> Iterator[str]:
    """A rule that calls itself not applicable, would warn for some value, and nothing names the gap.

    Nothing is hidden where another rule of the family warns already, or where T-FOLATE-B12-UNKNOWN, whose one subject
    is the gap, has a card.
    """
    for rule in untold.silent:
        strongest = max(each.rules.get(rule, 0) for each in known)
        family = FAMILY_OF[rule]
        enough = Indicator.INFO if family is Family.FOLATE else Indicator.WARNING
        spoken = untold.families.get(family, 0) >= enough
        named = any(word in untold.named for word in fact.words)
        if strongest >= Indicator.WARNING and not spoken and not named and (rule, fact.name) not in BY_THE_TABLES:
            yield f"{rule} is silent, would say {Indicator(strongest).name} for some value, and nothing names the gap"
