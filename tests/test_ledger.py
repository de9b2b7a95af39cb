"""Every id of the rule base has a line in the ledger, and a case or a test that proves it."""

import ast
import re
from pathlib import Path

import pytest

from cds_service.clinical.outcomes import Recommend
from cds_service.knowledge.recommendations import load_catalogue
from cds_service.knowledge.tables import load
from cds_service.knowledge.wording import load_wording
from tests.ledger import PROOFS, ROOT, TARGET, derive, markdown
from tests.test_cases import FILES, RULE_OF, outcome_of

LIBRARY = load()
LEDGER = derive(LIBRARY, load_wording())
CATALOGUE = LIBRARY.catalogue
EVERYTHING = list(CATALOGUE.everything)


def test_the_rule_base_has_97_recommendations_26_contradictions_and_40_gaps() -> None:
    counts = [len(entries) for entries in (CATALOGUE.recommendations, CATALOGUE.contradictions, CATALOGUE.gaps)]
    assert counts == [97, 26, 40]


@pytest.mark.parametrize("name", EVERYTHING)
def test_every_id_is_carried_out_and_proven(name: str) -> None:
    assert LEDGER.proven(name), f"no case of tests/cases proves {name}"
    assert LEDGER.carried[name] or LEDGER.tests.get(name), f"nothing carries out {name}"


def test_a_recommendation_is_proven_by_a_case() -> None:
    """A test of the service shows a gap or how sources are cited; what a clinician is told is shown by a case."""
    assert [name for name in CATALOGUE.recommendations if not LEDGER.cases.get(name)] == []


def test_the_page_is_fresh() -> None:
    assert TARGET.read_text("utf-8") == markdown(LEDGER, LIBRARY), "run: cobalamin-cds docs"


@pytest.mark.parametrize("name", PROOFS)
def test_every_test_that_is_named_as_proof_exists(name: str) -> None:
    assert name in EVERYTHING
    for node in PROOFS[name]:
        file, _, function = node.partition("::")
        assert function in _functions(ROOT / file), node


def _functions(file: Path) -> set[str]:
    tree = ast.parse(file.read_text("utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_a_case_names_ids_that_exist() -> None:
    for content in FILES.values():
        for case in content["case"]:
            outcome = outcome_of(RULE_OF[content["rule"]], case)
            said = outcome.recommendations if isinstance(outcome, Recommend) else ()
            named = [*case.get("proves", []), *(name for name in said if not name.startswith("K-"))]
            assert [name for name in named if name not in EVERYTHING] == [], case["name"]


def test_every_id_in_the_rule_files_exists() -> None:
    """Also those that no case reaches: a card cannot print the paragraph of a contradiction that there is not."""
    folder = ROOT / "cds_service" / "knowledge" / "rules"
    text = "".join(path.read_text("utf-8") for path in folder.glob("*.py"))
    named = set(re.findall(r"\b(?:R-[A-Z][A-Z0-9-]+[A-Z0-9]|C-\d\d|SG-\d\d)\b", text))
    assert named <= set(EVERYTHING)


def test_a_rule_lists_every_recommendation_that_it_names() -> None:
    """Its page shows the list; what it says on a card must be on it."""
    for content in FILES.values():
        rule = RULE_OF[content["rule"]]
        for case in content["case"]:
            outcome = outcome_of(rule, case)
            said = outcome.recommendations if isinstance(outcome, Recommend) else ()
            missing = [name for name in said if name.startswith("R-") and name not in rule.recommendations]
            assert missing == [], f"{rule.id}: {case['name']}"


def test_only_silence_says_itself_what_it_proves() -> None:
    """A recommendation that is spoken is named by its rule; `proves` is for what is carried out by saying nothing."""
    for content in FILES.values():
        for case in content["case"]:
            if any(name.startswith("R-") for name in case.get("proves", [])):
                assert case["ending"] in ("not applicable", "cannot tell"), case["name"]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("[gaps]", "[holes]", "the tables are"),
        ("R-PLATEAU =", "PLATEAU =", "are no ids"),
        ('R-PLATEAU = "Change', 'R-PLATEAU = " " # "Change', "R-PLATEAU has no text"),
        ('by = "C-07"', 'by = "C-77"', "R-LIFELONG-ALL"),
        ('C-26 = ["The seeds cite AFP 2025 by a wrong title and pages", ', "C-26 = [", "C-26 is what it is about"),
    ],
)
def test_a_fault_in_the_catalogue_stops_the_start(tmp_path: Path, old: str, new: str, fault: str) -> None:
    text = (ROOT / "cds_service" / "knowledge" / "recommendations.toml").read_text("utf-8")
    assert old in text
    file = tmp_path / "recommendations.toml"
    file.write_text(text.replace(old, new), "utf-8")
    with pytest.raises(ValueError, match=fault):
        load_catalogue(file)
