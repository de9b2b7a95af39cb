"""The index behind the pages of the rules: which numbers and doses each rule uses, and its cases. Derived, not written.

A number is a rule's own when a file of knowledge/rules, or a module that works something out for this rule, read it
while one of the rule's cases was asked, and behind it when an assessment did that several rules share; a dose when a
card of the rule offered it; a contradiction when the rule, its file's head or its verdict named it.
`python -m tests.rule_index` writes cds_service/pages/rule_index.json,
since the cases are no part of what is installed.
"""

import inspect
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any, ClassVar

from cds_service.clinical.outcomes import ChangeOrder, CreateOrder, Recommend, Rule
from cds_service.clinical.patient_review import PatientReview
from cds_service.clinical.policy import Thresholds
from cds_service.clinical.review import Review
from cds_service.knowledge.tables import Library, load
from tests.case_language import read
from tests.ledger import answer_to
from tests.test_cases import FILES

TARGET = Path(__file__).parents[1] / "cds_service" / "pages" / "rule_index.json"
_CONTRADICTION = re.compile(r"\bC-\d\d\b")
# Modules of the clinical core that hold what these rules go by.
_WORKED_OUT_IN: dict[str, tuple[str, ...]] = {
    "T-PLT": ("bleeding_risk",),
    "T-ANTICOAG": ("bleeding_risk",),
    "T-K": ("blood_count", "potassium_at_start"),
    "T-MONITOR": ("cause_follow_up", "monitoring", "treatment_follow_up"),
    "T-FOLATE-B12-DEF": ("folate",),
    "T-FOLATE-B12-UNKNOWN": ("folate",),
    "T-FOLATE-DOC": ("folate", "tests_due"),
    "T-STOP": ("stops",),
    "T-DUP": ("duplicates",),
    "T-RECUR": ("maintenance_interval",),
}
Found = dict[str, Any]


class _Watched(Thresholds):
    """Thresholds that note which of them are read, and where; dataclasses.replace reads all of them unasked."""

    __slots__ = ()
    seen: ClassVar[set[tuple[str, str]]] = set()

    def __getattribute__(self, name: str) -> Any:
        frame = inspect.currentframe()
        asking = frame.f_back if frame is not None else None
        where = str(asking.f_globals["__name__"]) if asking is not None else ""
        if where != "dataclasses":
            _Watched.seen.add((name, where))
        return super().__getattribute__(name)


def derive(library: Library) -> dict[str, Found]:
    """Ask every case of every rule."""
    return {rule.id: _of(rule, library) for rule in library.knowledge.rules}


def _of(rule: Rule, library: Library) -> Found:
    _Watched.seen.clear()
    doses: set[str] = set()
    differ = {
        *rule.recommendations,
        *_CONTRADICTION.findall(inspect.getdoc(sys.modules[rule.evaluate.__module__]) or ""),
    }
    cases = list(_cases(rule))
    for _, case in cases:
        outcome = _outcome(rule, case, library)
        if isinstance(outcome, Recommend):
            differ.update(outcome.recommendations)
        doses.update(_doses(rule, case, library))
    numbers = [field.name for field in fields(Thresholds)]
    seen = {name for name, _ in _Watched.seen}
    own = {name for name, where in _Watched.seen if _is_own(rule, where)}
    return {
        "numbers": [name for name in numbers if name in own],
        "behind": [name for name in numbers if name in seen - own],
        "doses": [key for key in library.knowledge.regimens if key in doses],
        "contradictions": sorted(name for name in differ if _CONTRADICTION.fullmatch(name)),
        "cases": [[stem, case["name"], case["order"], case.get("given", []), case["ending"]] for stem, case in cases],
    }


def _is_own(rule: Rule, module: str) -> bool:
    """Does this module speak for the rule alone?"""
    own = (f"cds_service.clinical.{name}" for name in _WORKED_OUT_IN.get(rule.id, ()))
    return module.startswith("cds_service.knowledge.rules.") or module in own


def _cases(rule: Rule) -> Iterator[tuple[str, Found]]:
    for stem, content in FILES.items():
        if content["rule"] == rule.id:
            yield from ((stem, case) for case in content["case"])


def _outcome(rule: Rule, case: Found, library: Library) -> object:
    situation = read(case.get("given", []))
    orders = situation.orders(case["order"])
    drafts = () if orders[0].nothing_ordered else orders
    stock = situation.knowledge(library.knowledge)
    watched = replace(stock, thresholds=_Watched(**asdict(stock.thresholds)))
    patient = PatientReview(situation.snapshot(), drafts, watched, frozenset(situation.ordered))
    return rule.evaluate(Review(orders[0], patient))


def _doses(rule: Rule, case: Found, library: Library) -> Iterator[str]:
    for advice in answer_to(case, library).advice:
        if advice.rule is rule:
            for suggestion in advice.suggestions:
                for action in suggestion.actions:
                    if isinstance(action, ChangeOrder | CreateOrder) and action.proposal.regimen is not None:
                        yield action.proposal.regimen


def text(index: dict[str, Found]) -> str:
    """JSON with a line for each case, so that a change can be read."""
    rules = []
    for name, found in index.items():
        lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in found.items() if key != "cases"]
        cases = ",\n".join(json.dumps(case, ensure_ascii=False) for case in found["cases"])
        rules.append(f'"{name}": {{\n' + ",\n".join(lines) + f',\n"cases": [\n{cases}\n]}}')
    return "{\n" + ",\n".join(rules) + "\n}\n"


def main() -> int:
    """Write the index."""
    TARGET.write_text(text(derive(load())), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
