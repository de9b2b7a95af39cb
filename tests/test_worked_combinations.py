"""The worked combinations of derivations 2.8, row by row: the cards in their order, and the one dosing proposal."""

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cds_service.clinical.evaluate import evaluate
from cds_service.clinical.outcomes import Action, ChangeOrder, CreateOrder, Decision, DeleteOrder, OrderTest, Proposal
from cds_service.knowledge.tables import load
from tests.case_language import read

KNOWLEDGE = load().knowledge
with (Path(__file__).parent / "worked_combinations.toml").open("rb") as _file:
    ROWS: list[dict[str, Any]] = tomllib.load(_file)["row"]


def decision_of(row: dict[str, Any]) -> Decision:
    situation = read(row["given"])
    drafts = tuple(replace(draft, selected=True) for draft in situation.orders(row["order"]))
    return evaluate(drafts, situation.snapshot(), situation.knowledge(KNOWLEDGE))


def _options(decision: Decision) -> list[tuple[str, tuple[Action, ...]]]:
    return [(a.rule.topic.value, suggestion.actions) for a in decision.advice for suggestion in a.suggestions]


def _proposal(proposal: Proposal) -> str:
    dose = f"{proposal.dose_ug:f} ug" if proposal.dose_ug is not None else "no dose"
    return f"{proposal.form.value}, {dose}, {proposal.route.value}, {proposal.regimen or 'as drafted'}"


@pytest.mark.parametrize("row", ROWS, ids=[row["name"] for row in ROWS])
def test_row(row: dict[str, Any]) -> None:
    decision = decision_of(row)
    assert [f"{a.rule.topic.value} {a.indicator.name.lower()}" for a in decision.advice] == row["cards"]
    options = _options(decision)
    dosing = [
        (topic, action.proposal)
        for topic, actions in options
        for action in actions
        if isinstance(action, ChangeOrder | CreateOrder)
    ]
    assert [_proposal(proposal) for _, proposal in dosing] == row["proposes"]
    assert {topic for topic, _ in dosing} <= {row.get("on", row["cards"][0].split()[0] if row["cards"] else "")}
    deleting = any(isinstance(action, DeleteOrder) for _, actions in options for action in actions)
    assert deleting is row.get("deletes", False)
    tests = {action.test.value for _, actions in options for action in actions if isinstance(action, OrderTest)}
    assert set(row.get("tests", ())) <= tests


def test_every_row_of_the_table_is_here() -> None:
    """2.8 has 22 rows; one of them, an inherited defect with hydroxocobalamin, is two here, and one stands for two."""
    assert len(ROWS) == 23
    assert len({row["name"] for row in ROWS}) == len(ROWS)
