"""Every case of tests/cases, one test each. The cases are the specification of the rules."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from cds_service.clinical.outcomes import CannotTell, NotApplicable, Outcome, Recommend, Rule
from cds_service.clinical.patient_review import PatientReview
from cds_service.clinical.review import Review
from cds_service.knowledge.rules import RULES
from cds_service.knowledge.tables import load
from tests.case_language import read

FOLDER = Path(__file__).parent / "cases"
KNOWLEDGE = load().knowledge
RULE_OF = {rule.id: rule for rule in RULES}
_KEYS = {
    "name",
    "order",
    "given",
    "ending",
    "says",
    "missing",
    "offers",
    "because",
    "proves",
    "prints",
    "prints not",
    "standing",
}


def _files() -> dict[str, dict[str, Any]]:
    found = {}
    for path in sorted(FOLDER.glob("*.toml")):
        with path.open("rb") as file:
            found[path.stem] = tomllib.load(file)
    return found


FILES = _files()
CASES = [
    pytest.param(content["rule"], case, id=f"{stem}: {case['name']}")
    for stem, content in FILES.items()
    for case in content["case"]
]


def outcome_of(rule: Rule, case: dict[str, Any]) -> Outcome:
    situation = read(case.get("given", []))
    orders = situation.orders(case["order"])
    drafts = () if orders[0].nothing_ordered else orders
    patient = PatientReview(situation.snapshot(), drafts, situation.knowledge(KNOWLEDGE), frozenset(situation.ordered))
    return rule.evaluate(Review(orders[0], patient))


def _ending(outcome: Outcome) -> str:
    match outcome:
        case Recommend(indicator=indicator):
            return indicator.name.lower()
        case NotApplicable():
            return "not applicable"
        case CannotTell():
            return "cannot tell"


@pytest.mark.parametrize(("rule", "case"), CASES)
def test_case(rule: str, case: dict[str, Any]) -> None:
    assert case.keys() <= _KEYS, "a key that means nothing"
    outcome = outcome_of(RULE_OF[rule], case)
    assert _ending(outcome) == case["ending"], outcome
    if isinstance(outcome, Recommend):
        assert outcome.say.key == case.get("says", outcome.say.key)
        assert outcome.offer.name.lower() == case.get("offers", outcome.offer.name.lower())
        assert outcome.standing.name.lower() == case.get("standing", outcome.standing.name.lower())
    if "prints" in case or "prints not" in case:
        assert isinstance(outcome, Recommend)
        printed = {saying.key for saying in outcome.paragraphs}
        assert printed.issuperset(case.get("prints", ()))
        assert printed.isdisjoint(case.get("prints not", ()))
    if "missing" in case:
        assert isinstance(outcome, Recommend | CannotTell)
        assert any(case["missing"] in name for name in outcome.missing)
    if "because" in case:
        assert isinstance(outcome, NotApplicable)
        assert case["because"] in outcome.because


def test_every_rule_has_a_case_file_with_all_endings_it_can_reach() -> None:
    """Fires and does not apply, for every rule; cannot tell, for every rule that can end so."""
    by_rule: dict[str, set[str]] = {}
    for content in FILES.values():
        by_rule.setdefault(content["rule"], set()).update(case["ending"] for case in content["case"])
    assert by_rule.keys() == RULE_OF.keys()
    for rule, endings in by_rule.items():
        assert endings & {"info", "warning", "critical"}, f"{rule} never fires"
        assert "not applicable" in endings, f"{rule} always applies"


def test_every_case_has_a_name_of_its_own() -> None:
    for content in FILES.values():
        names = [case["name"] for case in content["case"]]
        assert len(names) == len(set(names))
