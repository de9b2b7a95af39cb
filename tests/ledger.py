"""The ledger: every id of the rule base, what carries it out and what proves it, derived from the cases.

A case proves an id when its rule names it, in what it says or in why it is silent; when the answer prints words that
carry it or proposes a dose that stands for it; or when the case, which ends in silence, says so itself (`proves`).
`python -m tests.ledger` writes docs/ledger.md.
"""

import re
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cds_service.clinical.evaluate import evaluate, evaluate_chart
from cds_service.clinical.outcomes import ChangeOrder, CreateOrder, Decision, NotApplicable, Recommend, Rule
from cds_service.hooks.detail import contradictions
from cds_service.knowledge.recommendations import Entry
from cds_service.knowledge.rules import RULES
from cds_service.knowledge.tables import Library, file_of, load
from cds_service.knowledge.wording import Wording, load_wording
from tests.case_language import read
from tests.test_cases import FILES, RULE_OF, outcome_of

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "docs" / "ledger.md"
PROOFS: dict[str, list[str]] = tomllib.loads((Path(__file__).parent / "proofs.toml").read_text("utf-8"))
_SHOWN = 2
_IDS = re.compile(r"\b(?:R-[A-Z0-9-]+|C-\d\d|SG-\d\d)\b")


@dataclass
class Ledger:
    """By id: what carries it out, the cases that prove it with their files, and the tests that do."""

    carried: dict[str, dict[str, None]] = field(default_factory=lambda: defaultdict(dict))
    cases: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    tests: dict[str, list[str]] = field(default_factory=lambda: dict(PROOFS))

    def proofs(self, name: str) -> list[str]:
        """The cases of the rules that list the id stand first, those of a rule's own file; then others; then tests."""
        cases = self.cases.get(name, {})
        listing = {file_of(rule) for rule in RULES if name in rule.recommendations}
        own = [case for case, stem in cases.items() if stem in listing]
        return [*dict.fromkeys((*own, *cases)), *(f"`{test}`" for test in self.tests.get(name, ()))]

    def proven(self, name: str) -> bool:
        return bool(self.cases.get(name) or self.tests.get(name))


def derive(library: Library, wording: Wording) -> Ledger:
    """Ask every case, and read every table."""
    ledger = Ledger()
    for rule in RULES:
        _carry(ledger, rule.recommendations, _link(rule))
    for proofs in (_named, _answered):
        for stem, content in FILES.items():
            for case in content["case"]:
                for name, carrier in proofs(RULE_OF[content["rule"]], case, library, wording):
                    ledger.carried[name].setdefault(carrier)
                    ledger.cases[name].setdefault(f"{stem}: {case['name']}", stem)
    for key in sorted(wording.keys):
        _carry(ledger, wording.carries(key), f"words `{key}`")
    for regimen in library.knowledge.regimens.values():
        _carry(ledger, [regimen.recommendation, *dict(regimen.by_form).values()], f"dose `{regimen.key}`")
    for row in library.provenance:
        _carry(ledger, _IDS.findall(row.place), f"number `{row.row}`")
    for entry in library.catalogue.recommendations.values():
        if entry.superseded_by:
            _carry(ledger, [entry.id], f"superseded by {entry.superseded_by}: {entry.why}")
            for case, stem in ledger.cases.get(entry.superseded_by, {}).items():
                ledger.cases[entry.id].setdefault(case, stem)
    return ledger


def _carry(ledger: Ledger, names: Iterable[str], carrier: str) -> None:
    for name in names:
        ledger.carried[name].setdefault(carrier)


def _link(rule: Rule) -> str:
    file = rule.evaluate.__module__.replace(".", "/")
    return f"[{rule.id}](../{file}.py)"


def _named(rule: Rule, case: dict[str, Any], _library: Library, _wording: Wording) -> Iterator[tuple[str, str]]:
    """Pairs of an id and what carries it out: what the rule of the case says of itself."""
    outcome = outcome_of(rule, case)
    if isinstance(outcome, Recommend):
        yield from ((name, _link(rule)) for name in outcome.recommendations)
    elif isinstance(outcome, NotApplicable):
        yield from ((name, _link(rule)) for name in _IDS.findall(outcome.because))
    yield from ((name, _link(rule)) for name in case.get("proves", []))


def _answered(_rule: Rule, case: dict[str, Any], library: Library, wording: Wording) -> Iterator[tuple[str, str]]:
    """The same for the whole answer: the words that it prints and the doses that it proposes."""
    for advice in answer_to(case, library).advice:
        for saying in (advice.say, *advice.paragraphs, *contradictions(advice, wording)):
            yield from ((name, f"words `{saying.key}`") for name in wording.carries(saying.key))
        for suggestion in advice.suggestions:
            for action in suggestion.actions:
                if isinstance(action, ChangeOrder | CreateOrder) and action.proposal.regimen is not None:
                    regimen = library.knowledge.regimens[action.proposal.regimen]
                    yield regimen.carries_out(action.proposal.form), f"dose `{regimen.key}`"


def answer_to(case: dict[str, Any], library: Library) -> Decision:
    """The whole answer to the case: all rules, not only its own."""
    situation = read(case.get("given", []))
    orders = situation.orders(case["order"])
    knowledge = situation.knowledge(library.knowledge)
    if orders[0].nothing_ordered:
        return evaluate_chart(situation.snapshot(), knowledge)
    return evaluate(orders, situation.snapshot(), knowledge)


def markdown(ledger: Ledger, library: Library) -> str:
    """The three tables, with what is open named at the head."""
    catalogue = library.catalogue
    parts = [
        "# Ledger of the rule base",
        "Made by `python -m tests.ledger`; a test keeps it fresh. Each id of the rule base has a line: what carries it "
        "out, and the first cases (file: name, in `tests/cases`) or tests that prove it.",
    ]
    for title, entries in (
        ("Recommendations", catalogue.recommendations),
        ("Contradictions between sources", catalogue.contradictions),
        ("Safety gaps of the seeds", catalogue.gaps),
    ):
        open_ids = [name for name in entries if not ledger.proven(name)]
        count = f"{len(entries) - len(open_ids)} of {len(entries)} proven."
        parts.append(f"## {title}\n\n{count}" + (f" Open: {', '.join(open_ids)}." if open_ids else ""))
        lines = ["| id | what it says | carried out by | proven by |", "|---|---|---|---|"]
        lines += [_line(entry, ledger) for entry in entries.values()]
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def _line(entry: Entry, ledger: Ledger) -> str:
    says = f"{entry.title}: {entry.resolution}" if entry.resolution else entry.title
    proofs = ledger.proofs(entry.id)
    carriers = list(ledger.carried.get(entry.id, ()))
    cells = (entry.id, says, _short(carriers, "; "), _short(proofs, "; ") or "**open**")
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _short(items: list[str], separator: str) -> str:
    more = f" and {len(items) - _SHOWN} more" if len(items) > _SHOWN else ""
    return separator.join(items[:_SHOWN]) + more


def main() -> int:
    """Write docs/ledger.md."""
    library = load()
    TARGET.write_text(markdown(derive(library, load_wording()), library), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
