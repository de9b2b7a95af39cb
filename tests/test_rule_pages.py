"""The pages of the rules: every card leads to one, nothing is left out of it, and its index is fresh."""

import html
import json
import re
from collections.abc import Iterator
from functools import cache

import pytest
from flask.testing import FlaskClient

from cds_service.examples import examples
from cds_service.knowledge.rules import RULES
from cds_service.knowledge.tables import load
from cds_service.knowledge.wording import load_wording
from cds_service.pages.clauses import head_of
from cds_service.pages.index import ENDINGS, load_index
from cds_service.pages.rules import FAMILIES, _head, amount
from tests import rule_index
from tests.answers import TODAY, ask, service
from tests.ledger import answer_to
from tests.scenarios import FOLDERS
from tests.test_cases import FILES
from tests.test_every_route import BROWSER

LIBRARY = load()
INDEX = load_index()
ROWS = {row.row: row for row in LIBRARY.provenance}
RULE = {rule.id: rule for rule in RULES}
EVERY_RULE = pytest.mark.parametrize("name", RULE)


@cache
def client() -> FlaskClient:
    return service()


@cache
def page(path: str) -> str:
    answer = client().get(path, headers=BROWSER)
    assert answer.status_code == 200
    return answer.text


def plain(path: str) -> str:
    """What can be read on a page: without mark-up, blanks as one."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page(path))).split())


def test_the_index_is_fresh() -> None:
    fresh = rule_index.text(rule_index.derive(LIBRARY))
    assert rule_index.TARGET.read_text("utf-8") == fresh, "run: python -m tests.rule_index"


def test_the_index_knows_every_rule_and_what_is_in_the_tables() -> None:
    assert list(INDEX) == list(RULE)
    for known in INDEX.values():
        assert set(known.numbers).isdisjoint(known.behind)
        assert {*known.numbers, *known.behind} <= ROWS.keys()
        assert set(known.doses) <= LIBRARY.knowledge.regimens.keys()
        assert {case.ending for case in known.cases} <= set(ENDINGS)
    renal = INDEX["T-CYANO-RENAL"]
    assert "egfr_cyanocobalamin_ml_min" in renal.numbers
    assert "renal_valid_months" in renal.behind
    assert "loading_neurological" in renal.doses
    assert renal.contradictions == ("C-12", "C-13")
    assert sum(len(known.cases) for known in INDEX.values()) == sum(len(file["case"]) for file in FILES.values())


@cache
def asked(**settings: str) -> FlaskClient:
    return service(**settings)


def source_urls(**settings: str) -> Iterator[tuple[str, str]]:
    """Of every card of every shipped request and scenario, asked now: topic and address."""
    found = [ask(asked(**settings), example.body) for example in examples(TODAY)]
    for folder in FOLDERS:
        own = folder / "settings.json"
        chosen = json.loads(own.read_text("utf-8")) if own.exists() else {}
        found.append(ask(asked(**chosen, **settings), json.loads((folder / "request.json").read_text("utf-8"))))
    for answer in found:
        for card in answer["cards"]:
            yield card["source"]["topic"]["code"], card["source"]["url"]


@pytest.mark.parametrize("public", [None, "https://cds.example", "https://ehr.example/cds/b12"])
def test_every_source_of_a_card_leads_to_the_page_of_its_rule(public: str | None) -> None:
    """Also where a proxy serves all of it under a path, which it cuts off."""
    topics = {rule.topic.value: rule for rule in RULES}
    settings = {} if public is None else {"public_url": public}
    seen = set(source_urls(**settings))
    assert {topic for topic, _ in seen} == topics.keys()
    base = public or "http://localhost"
    for topic, url in seen:
        assert url.startswith(f"{base}/")
        answer = asked(**settings).get(url.removeprefix(base), headers=BROWSER)
        assert answer.status_code == 200, url
        assert f"<h1>{html.escape(topics[topic].title)}</h1>" in answer.text


def test_under_a_path_every_address_of_a_page_leads_there() -> None:
    """Style, icon, navigation and the pages that are linked: a browser asks for them under the path too."""
    behind = asked(public_url="https://ehr.example/cds/b12")
    for path in ("/", "/?example=01-cyanocobalamin-renal", "/rules", "/rules/T-CYANO-RENAL", "/source-attributes"):
        text = behind.get(path, headers=BROWSER).text
        addresses = {html.unescape(found) for found in re.findall(r'\b(?:href|src|action)="(/[^"#]*)', text)}
        assert len(addresses) > 5
        for address in addresses:
            assert address.startswith("/cds/b12/"), address
            cut = address.removeprefix("/cds/b12")
            with behind.get(cut, headers=BROWSER) as answer:
                assert answer.status_code in {200, 405}, address  # 405: what is only sent to


def test_so_does_every_card_of_every_case() -> None:
    shown = {
        advice.rule.id for file in FILES.values() for case in file["case"] for advice in answer_to(case, LIBRARY).advice
    }
    assert shown == RULE.keys()
    for name in shown:
        assert f"<h1>{html.escape(RULE[name].title)}</h1>" in page(f"/rules/{name}")


@EVERY_RULE
def test_a_page_holds_all_that_a_reviewer_reads(name: str) -> None:
    known, text = INDEX[name], plain(f"/rules/{name}")
    assert "Not yet signed by a clinician." in text
    assert "When" in {clause.word for clause in head_of(_head(RULE[name])).clauses}
    source = LIBRARY.sources[RULE[name].source]
    assert source.label in text
    assert LIBRARY.knowledge.version in text
    for key in (*known.numbers, *known.behind):
        row = ROWS[key]
        assert f"{amount(row)} {row.means} {row.row} " in text
        assert f"{LIBRARY.sources[row.source].label}: {row.place}" in text
    for key in known.doses:
        assert LIBRARY.knowledge.regimens[key].text in text
    wording = load_wording()
    for contradiction in known.contradictions:
        assert LIBRARY.catalogue.contradictions[contradiction].resolution in text
        if f"sources_differ.{contradiction}" in wording.keys:
            assert "Where sources differ" in text
    for case in known.cases:
        assert " ".join(f"{case.name} {case.order} {'; '.join(case.given)}".replace(" {INR}", "").split()) in text
    assert f"tests/cases/{known.cases[0].file}.toml" in text


@pytest.mark.parametrize("path", ["/rules", *(f"/rules/{name}" for name in RULE)])
def test_a_page_is_small_and_its_addresses_are_its_own(path: str) -> None:
    assert len(page(path).encode()) < 90_000
    ids = re.findall(r'\bid="([^"]*)"', page(path))
    assert len(ids) == len(set(ids))
    for target in re.findall(r'href="#([^"]*)"', page(path)):
        assert target in ids


def test_a_number_is_written_as_people_write_it() -> None:
    written = {name: amount(row) for name, row in ROWS.items()}
    assert written["egfr_cyanocobalamin_ml_min"] == "50 mL/min/1.73 m2"
    assert written["inr_no_im"] == "4.0"
    assert written["infant_years"] == "1 year"
    assert written["b12_valid_months"] == "12 months"
    assert written["loaded_administrations"] == "5"
    assert written["platelets_no_im"] == "25 x 10^9/L"
    assert [each for each in written.values() if set(each) & set("{}*") or each.split()[-1] in {"d", "a", "mo"}] == []


@EVERY_RULE
def test_no_word_of_the_head_is_lost(name: str) -> None:
    text = _head(RULE[name])
    head = head_of(text)
    said = [head.summary]
    for title, rest in head.about:
        said += [f"{title}:", rest]
    for clause in head.clauses:
        said += [clause.word, clause.text, *clause.parts]
    assert " ".join(said).split() == text.split()


def test_when_and_then_stand_apart_with_their_parts() -> None:
    when, then, form = head_of(_head(RULE["T-CYANO-RENAL"])).clauses
    assert [clause.word for clause in (when, then, form)] == ["When", "Then", "If"]
    assert [part.split()[0] for part in when.parts] == ["and", "or", "or"]
    assert [part.split()[-1] for part in then.parts] == ["inform;", "nothing."]
    milestones = head_of(_head(RULE["T-MONITOR"])).clauses[0].parts
    assert [part.split()[0] for part in milestones] == [*(f"M{n}" for n in (1, 2, 3, 4, 6, 7, 8, 9, 12, 14, 17)), "B12"]
    assert milestones[4].endswith("persist at 3 months; once per relapse")


def found(asked: str) -> list[str]:
    return re.findall(r'<a href="/rules/([^"]*)">', page(f"/rules?q={asked}"))


def test_rules_are_grouped_and_found_without_a_script() -> None:
    assert sorted(found("")) == sorted(RULE)
    for family, title in FAMILIES.items():
        assert f'<h2 id="{family.name.lower()}">{title}</h2>' in page("/rules")
    assert found("Diabetic++NEPHROPATHY") == ["T-CYANO-DN"]
    assert found("r-iem") == ["T-CYANO-IEM"]
    assert found("T-REGIMEN-NEURO") == ["T-REGIMEN-NEURO"]
    assert found("nephropathy+potassium") == []
    assert "0 of 37 rules, 0 of the numbers. Every word" in plain("/rules?q=xyzzy")
    assert "No number with these words." in plain("/rules?q=xyzzy")


def test_what_is_asked_for_is_bounded_and_is_text() -> None:
    hostile = page("/rules?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
    assert "<script" not in hostile
    assert "&lt;script&gt;" in hostile
    long = page(f"/rules?q={'a' * 5000}")
    assert "a" * 81 not in long
    assert 'maxlength="80"' in long
    for odd in ("%00", "%ff%fe", "+", "%E2%80%AE", "q=1&q=2"):
        assert client().get(f"/rules?q={odd}", headers=BROWSER).status_code == 200


def test_which_tables_await_review_is_listed_and_references_are_explained() -> None:
    text = page("/rules/T-ANTICOAG")
    (listed,) = re.findall(r"tables that it rests on are not signed</summary>\s*<ul>(.*?)</ul>", text, re.DOTALL)
    assert "<code>rules/anticoagulation</code>" in listed
    assert "{INR}" not in text
    assert 'href="/rules#references"' in text
    assert {"inr_no_im", "blood_count_valid_days"} <= set(INDEX["T-ANTICOAG"].numbers)
    explained = plain("/rules")
    assert all(word in explained for word in ("Seeds 000 to 004", "K-06 how long", "E1, E2, E3", "derivations 2.7"))
