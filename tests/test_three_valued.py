"""Unknown is a value of its own, rule by rule, over every fact a rule asks about and both sides of its limits.

The grids are in tests/logic; here samples are walked that are spread evenly over each, `python -m tests.logic` walks
them whole. Of each unknown value of each fact, whatever the others are: no act that no true value could call for, and
no silence that nobody explains where a true value would warn. Of pairs of rules, their facts crossed: what holds of
every answer (tests/test_invariants.py).
"""

from itertools import combinations
from random import Random

import pytest

from cds_service.clinical.topics import Topic
from cds_service.knowledge.rules import RULES
from tests.logic.facts import FACTS
from tests.logic.grids import GRIDS
from tests.logic.walk import BY_THE_TABLES, faults, steps
from tests.test_invariants import holds

ANSWERS = 600
PAIRED = 3


def test_every_rule_has_a_grid_of_its_own_facts() -> None:
    assert {rule.topic for rule in RULES} <= GRIDS.keys()
    assert {name for grid in GRIDS.values() for name in grid.facts} <= FACTS.keys()


def test_what_the_tables_call_right_names_rules_that_exist() -> None:
    assert {rule for rule, _ in BY_THE_TABLES} <= {rule.id for rule in RULES}


@pytest.mark.slow
@pytest.mark.parametrize("topic", GRIDS, ids=lambda topic: topic.name)
def test_unknown_is_neither_normal_nor_absent_nor_worse_than_the_worst(topic: Topic) -> None:
    grid = GRIDS[topic]
    assert list(faults(grid, every=max(1, steps(grid) // ANSWERS))) == []


@pytest.mark.slow
def test_the_facts_of_two_rules_together_keep_what_holds_of_every_answer() -> None:
    draw = Random(1)  # noqa: S311 - not for secrets
    for one, other in combinations(GRIDS, 2):
        names = tuple(dict.fromkeys((*GRIDS[one].facts, *GRIDS[other].facts)))
        orders = [order for topic in (one, other) for order in GRIDS[topic].orders if order != "chart opened"]
        for _ in range(PAIRED if orders else 0):
            values = [draw.choice((*FACTS[name].known, *FACTS[name].unknown)) for name in names]
            always = draw.choice((GRIDS[one].always, GRIDS[other].always))
            holds(draw.choice(orders), [*always, *dict.fromkeys(sentence for value in values for sentence in value)])
