"""What no card may say or do: call a patient not deficient, hold vitamin B12 back, remove it with nothing instead."""

import re
from typing import Any

import pytest

from cds_service.clinical.outcomes import ChangeOrder, CreateOrder, DeleteOrder, Refer
from cds_service.knowledge.tables import load
from cds_service.knowledge.wording import load_wording
from tests.case_language import read
from tests.ledger import answer_to
from tests.test_cases import FILES

LIBRARY = load()
WORDING = load_wording()
TEXTS = [
    pytest.param(text, id=f"{key} {part}")
    for key in sorted(WORDING.keys)
    for part, text in WORDING._entries[key].items()
]


@pytest.mark.parametrize("text", TEXTS)
def test_no_text_says_that_a_patient_is_not_deficient(text: str) -> None:
    """SG-10: with B12 in range a deficiency may still be there."""
    assert not re.search(
        r"not deficient|deficiency (?:is|was|has been) (?:excluded|ruled out)|rules? out deficiency",
        text,
        re.IGNORECASE,
    )


@pytest.mark.parametrize("text", TEXTS)
def test_no_text_holds_vitamin_b12_back(text: str) -> None:
    """SG-35. "Do not give it" stands only beside whom to ask."""
    said = re.sub(r"\b(?:not|no reason)(?: \w+){0,3} withhold", "", text)
    assert not re.search(r"\bwithhold|do not treat|\b(?:hold|stop) (?:the )?(?:vitamin )?B12\b", said)
    if re.search(r"[Dd]o not give", text):
        assert re.search(r"advice|ask urgently", text)


@pytest.mark.parametrize("stem", FILES)
def test_a_cobalamin_is_never_removed_with_nothing_instead(stem: str) -> None:
    """SG-35: a suggestion that takes a cobalamin away brings another, or an urgent referral with it."""
    for case in FILES[stem]["case"]:
        drafts = {draft.index: draft for draft in _drafts(case)}
        for advice in answer_to(case, LIBRARY).advice:
            for suggestion in advice.suggestions:
                removed = [
                    action.index
                    for action in suggestion.actions
                    if isinstance(action, DeleteOrder) and drafts[action.index].cobalamin is not None
                ]
                instead = [each for each in suggestion.actions if isinstance(each, ChangeOrder | CreateOrder | Refer)]
                assert instead or not removed, case["name"]


def _drafts(case: dict[str, Any]) -> Any:
    return read(case.get("given", [])).orders(case["order"])


def test_only_what_may_be_the_antidote_is_called_so() -> None:
    """1.2 rows 3, 7 and 8: said of any other order, "give it now" would ask for the thousandfold dose."""
    said = {key for key in WORDING.keys for text in WORDING._entries[key].values() if "give it now" in str(text)}
    assert said == {"dose_unit_error.antidote"}
