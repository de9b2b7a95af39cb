"""Second tables of derivations 1.4 to 2.7 and 6.3 to 9.4, written without a look at the rules, against the core.

tests/independent/tables.toml, persons.toml and proposals.toml share no code and no number with the service. Where
they and the service differ, the document decides. CKD-EPI 2021 once more, from its published form, over a grid.
"""

import math
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from cds_service.clinical.ckd_epi import ckd_epi_2021
from cds_service.clinical.evaluate import evaluate
from cds_service.clinical.outcomes import ChangeOrder, CreateOrder, Decision, Proposal, Refer
from cds_service.clinical.snapshot import Sex
from cds_service.clinical.topics import Family
from cds_service.knowledge.tables import load
from tests.case_language import read

FOLDER = Path(__file__).parent / "independent"
KNOWLEDGE = load().knowledge
TABLES: dict[str, Any] = {
    name: table
    for file in ("tables.toml", "persons.toml")
    for name, table in tomllib.loads((FOLDER / file).read_text(encoding="utf-8")).items()
}
CELLS = [
    pytest.param(table["family"], column, [*table["always"], *row[0]], verdict, id=f"{name}: {column} | {row[0]}")
    for name, table in TABLES.items()
    for row in table["rows"]
    for column, verdict in zip(table["columns"], row[1:], strict=True)
]
PROPOSALS = tomllib.loads((FOLDER / "proposals.toml").read_text(encoding="utf-8"))["row"]


def _decide(order: str, given: list[str]) -> Decision:
    situation = read(given)
    return evaluate(situation.orders(order), situation.snapshot(), situation.knowledge(KNOWLEDGE))


@pytest.mark.parametrize(("family", "column", "given", "verdict"), CELLS)
def test_a_cell_of_a_decision_table(family: str, column: str, given: list[str], verdict: str) -> None:
    order, *more = column.split(" | ")
    decision = _decide(order, [*more, *given])
    cards = [
        f"{advice.rule.topic.name} {advice.indicator.name.lower()}"
        for advice in decision.advice
        if advice.rule.family is Family[family]
    ]
    assert cards == ([] if verdict == "silent" else [verdict])


@pytest.mark.parametrize("row", PROPOSALS, ids=lambda row: f"9.2 row {row['number']}: {row['order']}, {row['given']}")
def test_a_situation_of_9_2(row: dict[str, Any]) -> None:
    decision = _decide(row["order"], row["given"])
    actions = [action for advice in decision.advice for option in advice.suggestions for action in option.actions]
    proposed = [_in_words(action.proposal) for action in actions if isinstance(action, ChangeOrder | CreateOrder)]
    # Once more with the folic acid held is the same dosing proposal (7.2).
    assert list(dict.fromkeys(proposed)) == row["options"]
    referrals = {action.referral.name for action in actions if isinstance(action, Refer)}
    assert set(row.get("with", [])) <= referrals


def _in_words(proposal: Proposal) -> str:
    if proposal.dose_ug is None:
        return f"{proposal.form.value} no dose {proposal.route.value} no timing"
    start = f"{proposal.form.value} {proposal.dose_ug} {proposal.route.value}"
    if proposal.regimen is None:
        return f"{start} as drafted"
    regimen = KNOWLEDGE.regimens[proposal.regimen]
    period = f"{regimen.period}" if regimen.period_max is None else f"{regimen.period}-{regimen.period_max}"
    count = "" if regimen.count is None else f" x{regimen.count}"
    ends = "" if regimen.bounds_weeks is None else f" for {7 * regimen.bounds_weeks} d"
    return f"{start} {regimen.frequency}/{period} {regimen.unit}{count}{ends}"


def _second_ckd_epi_2021(milligrams_per_dl: float, age: int, *, woman: bool) -> float:
    """142 x min(Scr/k, 1)^a x max(Scr/k, 1)^-1.200 x 0.9938^age x 1.012 in women, by way of logarithms."""
    scaled = math.log(milligrams_per_dl / (0.7 if woman else 0.9))
    slope = (-0.241 if woman else -0.302) if scaled < 0 else -1.200
    return math.exp(math.log(142) + slope * scaled + age * math.log(0.9938) + (math.log(1.012) if woman else 0.0))


@pytest.mark.parametrize("sex", [Sex.FEMALE, Sex.MALE])
def test_ckd_epi_2021_over_a_grid(sex: Sex) -> None:
    for hundredths in (30, 50, 69, 70, 71, 89, 90, 91, 100, 120, 150, 200, 300, 500, 900, 1500):
        creatinine = Decimal(hundredths) / 100
        for age in (18, 19, 30, 45, 60, 75, 90, 105):
            second = _second_ckd_epi_2021(float(creatinine), age, woman=sex is Sex.FEMALE)
            assert float(ckd_epi_2021(creatinine, age, sex)) == pytest.approx(second, rel=1e-9), (creatinine, age)
