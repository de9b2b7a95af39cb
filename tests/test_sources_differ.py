"""Where sources disagree a card says so, with who, when and on what evidence; no figure stands without its limits."""

import re
from typing import Any

import pytest

from cds_service.hooks.detail import detail
from cds_service.knowledge.tables import load
from cds_service.knowledge.wording import load_wording
from tests.ledger import answer_to
from tests.test_cases import FILES

LIBRARY = load()
WORDING = load_wording()
GROUP = "sources_differ."
TEXTS = {(key, part): text for key in WORDING.keys for part, text in WORDING._entries[key].items()}
EVIDENCE = (
    r"consensus|opinion|trial|review|label|product information|guideline|experience|series|post-hoc|study|background"
)


def test_every_contradiction_has_its_paragraph() -> None:
    assert {key for key in WORDING.keys if key.startswith(GROUP)} == {
        f"{GROUP}{name}" for name in LIBRARY.catalogue.contradictions
    }


@pytest.mark.parametrize("name", LIBRARY.catalogue.contradictions)
def test_a_paragraph_says_who_and_on_what_evidence(name: str) -> None:
    text = TEXTS[f"{GROUP}{name}", "differ"]
    assert re.search(EVIDENCE, text), "no kind of evidence"
    assert re.search(r"[Ss]eed|NICE|BNF|AAFP|AFP|FDA|ESPEN|NHS", text), "nobody is named"
    assert len(re.findall(r"\.(?= [A-Z]|$)", text)) <= 4, "longer than a short paragraph"
    for who in re.findall(r"\b(?:NG239|AAFP|AFP|BSH|Cochrane|DIVINe|Spence|Wolffenbuttel)\b", text):
        assert re.search(rf"\b{who}\b.{{0,28}}\b20\d\d\b", text), f"{who} without its year"


@pytest.mark.parametrize("stem", FILES)
def test_a_card_that_names_a_contradiction_prints_its_paragraph_once(stem: str) -> None:
    for case in FILES[stem]["case"]:
        for advice in answer_to(case, LIBRARY).advice:
            _, found, rest = detail(advice, LIBRARY, WORDING).partition("**Sources differ**")
            named = {name for name in advice.recommendations if name.startswith("C-")}
            for saying in (advice.say, *advice.paragraphs):
                named |= {name for name in WORDING.carries(saying.key) if name.startswith("C-")}
            for name in named:
                assert found, f"{case['name']}: {name} is not explained"
                assert rest.count(TEXTS[f"{GROUP}{name}", "differ"]) == 1, f"{case['name']}: {name}"
            assert ("seed" in rest.lower()) == (TEXTS["card.seeds", "text"] in rest)


@pytest.mark.parametrize("place", sorted(TEXTS), ids=lambda place: f"{place[0]} {place[1]}")
def test_no_text_prints_a_figure_without_its_limits(place: Any) -> None:
    """C-12, C-23, C-24: no share of patients as prevalence, no ratio without interval, population and risk of bias."""
    text = TEXTS[place]
    assert not re.search(r"\b50 ?%|\b(?:up to |about )?half of\b|up to half", text), "a share as prevalence (C-24)"
    if re.search(r"hazard ratio", text):
        for limit in ("95 % CI", "n = ", "combine", "secondary endpoint"):
            assert limit in text, f"a hazard ratio without: {limit}"
    if re.search(r"\b1\.32\b|\b1\.17\b|\bRR\b|risk ratio|n = 1707", text):
        for limit in ("diabetic or herpetic", "n = 1707", "73 % at high risk of bias"):
            assert limit in text, f"the review of mecobalamin without: {limit} (C-23)"
    for share, limit in (("83 %", "uncontrolled"), ("94.7", "retrospective"), ("40 %", "one study")):
        assert share not in text or limit in text, f"{share} without: {limit}"
    if re.search(r"n = 24\b|1892|1438", text):
        assert "one week" in text, "the 24-patient trial without its length"
        assert re.search(r"serum level", text), "the 24-patient trial without its endpoint"


def test_afp_2025_is_cited_by_its_title() -> None:
    """C-26: it is often mis-titled."""
    source = LIBRARY.sources["S-AAFP25"]
    assert source.label == "AFP 2025, vitamin B12 deficiency: common questions and answers"
    assert "2025;112(3):294-300" in source.where
