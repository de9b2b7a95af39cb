"""The schedule tables of derivations 8, written a second time without a look at the rules, against the service's core.

The table is tests/independent/schedules.toml. It and the rules were written from the same document by different hands;
where they differ, the document decides.
"""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from cds_service.clinical.evaluate import evaluate
from cds_service.clinical.topics import Family, Topic
from cds_service.knowledge.tables import load
from tests.case_language import read

KNOWLEDGE = load().knowledge
TABLE: dict[str, Any] = tomllib.loads(
    (Path(__file__).parent / "independent" / "schedules.toml").read_text(encoding="utf-8")
)
ROWS = [
    pytest.param(row["draft"], TABLE["histories"][history], verdict, id=f"{row['draft']} | {history}")
    for row in TABLE["row"]
    for history, verdict in row.items()
    if history != "draft"
]


def _judged(topic: Topic, family: Family) -> bool:
    return family in (Family.SCHEDULE, Family.UNIT) or topic is Topic.DATA


@pytest.mark.parametrize(("draft", "history", "verdict"), ROWS)
def test_the_second_table_agrees(draft: str, history: list[str], verdict: str) -> None:
    situation = read(history)
    decision = evaluate(situation.orders(draft), situation.snapshot(), situation.knowledge(KNOWLEDGE))
    cards = [
        f"{advice.rule.topic.name} {advice.indicator.name.lower()}"
        for advice in decision.advice
        if _judged(advice.rule.topic, advice.rule.family)
    ]
    assert cards == ([] if verdict == "silent" else [verdict])


def test_the_table_speaks_of_every_history() -> None:
    asked = {history for row in TABLE["row"] for history in row if history != "draft"}
    assert asked == set(TABLE["histories"])
