"""Every sentence of knowledge/wording: short enough when filled, complete, and said by some rule."""

import re
from pathlib import Path
from typing import Any

import pytest

from cds_service.clinical import deficiency
from cds_service.clinical.outcomes import Recommend, Saying
from cds_service.knowledge.rules import RULES
from cds_service.knowledge.wording import SUMMARY_LIMIT, load_wording
from tests.test_cases import CASES, FILES, RULE_OF, outcome_of

WORDING = load_wording()
RULE_FILES = Path(__file__).parent.parent / "cds_service" / "knowledge" / "rules"
SUMMARIES = sorted(key for key in WORDING.keys if WORDING.has(key, "summary"))

# The longest that a record gives in earnest. A name that is not here stops the test: add it with its worst case.
LONGEST = {
    "drug": "Vitamin B12 (form not stated)",
    "other": "hydroxocobalamin",
    "dose": "250 to 1000 micrograms",
    "usual": "1000 micrograms",
    "daily": "1000 micrograms",
    "route": "under the tongue",
    "schedule": "on alternate days for 14 days",
    "egfr": "49.96 mL/min/1.73 m2",
    "high": "50.04",
    "date": "2026-11-20",
    "ended": "2026-11-20",
    "starts": "2026-11-20",
    "last": "2026-11-20",
    "standing": "completed",
    "done": "put on hold",
    "one": "Vitamin B12 (form not stated)",
    "resected": "45.5 cm",
    "involved": "60.5 cm",
    "potassium": "3.49 mmol/L",
    "platelets": "24.5 x 10^9/L",
    "inr": "12.5",
    "sampled": "2026-11-20",
    "when": "overdue since 2026-11-20",
    "more": ", and 3 more",
}
# Where the rule itself leaves less room: the order that the sentence can be said of.
_SPECIALIST = {"drug": "Hydroxocobalamin", "dose": "1000 mg (1000000 micrograms)"}
_UNIT = {"dose": "1000 mg (1000000 micrograms)"}
_MAINTENANCE = {"schedule": "every 2 to 3 months"}
_NO_FORM = {
    "one": "Vitamin B12 (form not stated)",
    "other": "vitamin B12 (form not stated)",
}
_FOLIC_ACID = {"drug": "Folic acid 1000 micrograms a day"}
CONFINED: dict[str, dict[str, str]] = {
    "dose_unit_error.antidote_in_child": _SPECIALIST,
    "dose_unit_error.inherited_defect": _SPECIALIST,
    "dose_unit_error.high": _UNIT,
    "dose_unit_error.high_check": _UNIT,
    "route_intravenous.found": {"route": "intramuscular"},
    "data_gap.maintenance_interval": _MAINTENANCE,
    **dict.fromkeys((f"duplicate_cobalamin.{key}" for key in ("active", "drafted", "untimed")), _NO_FORM),
    **dict.fromkeys((f"duplicate_cobalamin.{key}" for key in ("by_mouth", "nasal")), _NO_FORM),
    "regimen_neurological.confirm_plateau": _MAINTENANCE,
    "regimen_neurological.fixed_course": {"schedule": "3 times a week, 6 doses"},
    "regimen_neurological.interval_other_cause": _MAINTENANCE,
    "regimen_neurological.stable_interval": _MAINTENANCE,
    "regimen_neurological.weekly": {"schedule": "every week for 28 days"},
    "underdose.form_not_stated": _MAINTENANCE,
    "underdose.twice_yearly": {"drug": "Hydroxocobalamin", "schedule": "every 6 months"},
    "underdose.nasal": {"drug": "Cyanocobalamin", "dose": "250 micrograms", "route": "into the nose"}
    | {"schedule": "every 2 weeks"},
    "underdose.oral_dietary": {"drug": "Cyanocobalamin", "daily": "150 micrograms"},
}


def longest(key: str) -> dict[str, str]:
    group = _FOLIC_ACID if key.startswith("folate_") else {}
    if key.startswith("untreated."):
        group = {"date": "2026-11-20 (assumed)"}
    return LONGEST | group | CONFINED.get(key, {})


@pytest.mark.parametrize("key", SUMMARIES)
def test_a_summary_fits_with_long_values(key: str) -> None:
    """cards.md 2. A summary that is cut may lose its reason, which stands last."""
    values = longest(key) | dict.fromkeys(WORDING.names(key) - LONGEST.keys(), "")
    text = WORDING.part(Saying(key, values), "summary")
    assert len(text) <= SUMMARY_LIMIT, text
    missing = set(re.findall(r"{(\w+)}", WORDING._entries[key]["summary"])) - LONGEST.keys()
    assert not missing, f"no worst case for {missing}"


def test_confined_values_belong_to_entries_that_exist() -> None:
    assert CONFINED.keys() <= WORDING.keys


@pytest.mark.parametrize("key", sorted(WORDING.keys))
def test_an_entry_has_what_its_place_on_a_card_needs(key: str) -> None:
    """A card has a summary and says why; a paragraph is a text; a suggestion has a label or an action."""
    parts = WORDING._entries[key].keys()
    if key.startswith("sources_differ."):
        assert parts == {"differ"}
        return
    assert ("summary" in parts) == ("because" in parts)
    assert "summary" in parts or parts & {"text", "label", "action"}


@pytest.mark.parametrize("rule", [rule.evaluate.__module__.rpartition(".")[2] for rule in RULES])
def test_every_key_that_a_rule_names_exists(rule: str) -> None:
    """Keys written out in a rule file; those put together are said by its cases, below."""
    text = (RULE_FILES / f"{rule}.py").read_text(encoding="utf-8")
    groups = {key.partition(".")[0] for key in WORDING.keys}
    named = {key for key in re.findall(r'"([a-z_]+\.[a-z_]+)"', text) if key.partition(".")[0] in groups}
    assert named <= WORDING.keys


@pytest.mark.parametrize(("rule", "case"), CASES)
def test_every_saying_of_every_case_can_be_printed(rule: str, case: dict[str, Any]) -> None:
    outcome = outcome_of(RULE_OF[rule], case)
    if not isinstance(outcome, Recommend):
        return
    for saying in (outcome.say, *outcome.paragraphs):
        for part in WORDING._entries[saying.key].keys() & {"summary", "because", "differ", "text"}:
            text = WORDING.part(saying, part)
            assert text.strip()
            assert "  " not in text, "a value that is empty"
    assert len(WORDING.part(outcome.say, "summary")) <= SUMMARY_LIMIT


@pytest.mark.parametrize(
    "stem",
    [
        "cyanocobalamin_renal",
        "cyanocobalamin_diabetic_nephropathy",
        "renal_function_unstable",
        "renal_function_unknown",
        "dose_unit_error",
        "route_intravenous",
        "cobalamin_allergy",
        "cyanocobalamin_leber",
        "cyanocobalamin_inherited_defect",
    ],
)
def test_every_sentence_of_a_rule_is_said_by_one_of_its_cases(stem: str) -> None:
    """What no case can bring the rule to say is dead wording, or a missing case."""
    said = {case["says"] for case in FILES[stem]["case"] if "says" in case}
    assert {key for key in SUMMARIES if key.startswith(f"{stem}.")} == said


def test_every_remark_on_a_result_has_its_words() -> None:
    folder = Path(deficiency.__file__).parent
    sources = [(folder / name).read_text("utf-8") for name in ("deficiency.py", "deficiency_notes.py")]
    keys = set(re.findall(r'notes\.append\("(\w+)"\)', "".join(sources))) | {"treatment_since_unknown"}
    assert len(keys) == 12
    assert {f"note.{key}" for key in keys} == {key for key in load_wording().keys if key.startswith("note.")}


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ('carries = ["R-NOWHERE"]', "R-NOWHERE"),
        ('carries = ["R-PLATEAU", "R-PLATEAU"]', "each once"),
        ('carries = "R-PLATEAU"', "a list of ids"),
        ("text = 5", "empty text"),
        ('text = " "', "empty text"),
        ('sentence = "x"', "unknown"),
    ],
)
def test_a_fault_in_an_entry_stops_the_start(tmp_path: Path, line: str, fault: str) -> None:
    (tmp_path / "note.toml").write_text(f"[note.x]\n{line}\n", "utf-8")
    with pytest.raises(ValueError, match=fault):
        load_wording(tmp_path)
