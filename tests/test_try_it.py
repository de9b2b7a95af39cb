"""The try-it page: every shipped example, what is applied and what is changed, as the hooks themselves answer it."""

import html
import json
import re
from functools import cache
from typing import Any
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient

from cds_service.examples import Example, examples
from cds_service.pages import trial
from cds_service.pages.applied import applied
from cds_service.pages.markdown import as_html
from tests import answers
from tests.answers import TODAY, Json
from tests.signing import Serve

EXAMPLES = {example.id: example for example in examples(TODAY)}
EVERY = pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
RENAL, UNTREATED = "01-cyanocobalamin-renal", "13-chart-untreated-deficiency"


@cache
def client() -> FlaskClient:
    return answers.service()


def shown(identity: str, http: FlaskClient | None = None, **query: Any) -> str:
    """The page of one example, as text. query: what is changed; applied: uuids."""
    address = "/?" + urlencode({"example": identity, **query}, doseq=True)
    answer = (http or client()).get(address)
    assert answer.status_code == 200
    assert answer.content_type == "text/html; charset=utf-8"
    return answer.text


def on_the_wire(page: str) -> tuple[Json, Json]:
    """Request and answer, as the page prints them."""
    request, answer = (json.loads(html.unescape(text)) for text in re.findall(r"<code>(\{.*?)</code>", page, re.DOTALL))
    return request, answer


def cards(page: str) -> list[tuple[str, str]]:
    """(indicator, summary) of each card, as a reader sees them."""
    found = re.findall(r'<article class="card" data-indicator="(\w+)".*?<h3[^>]*>(.*?)</h3>', page, re.DOTALL)
    return [(indicator, html.unescape(summary)) for indicator, summary in found]


def told(answer: Json) -> list[tuple[str, str]]:
    return [(card["indicator"], card["summary"]) for card in answer["cards"]]


def topics(page: str) -> list[str]:
    return answers.topics(on_the_wire(page)[1])


def verdicts(page: str) -> dict[str, int]:
    return {kind: int(count) for kind, count in re.findall(r"<summary>(\w[\w ]+): (\d+) rules?</summary>", page)}


def test_the_list_names_every_example_under_what_it_shows() -> None:
    page = client().get("/").text
    assert sorted(re.findall(r'href="/\?example=([^"]+)"', page)) == list(EXAMPLES)
    headings = re.findall(r"<h2>(.*?)</h2>", page)
    assert headings == ["Critical", "Warning", "Info", "Could not tell", "Silence: nothing to say"]
    silent = page.partition("Silence: nothing to say")[2]
    assert "11-right-order" in silent
    assert RENAL not in silent
    unknown = page.partition("Could not tell</h2>")[2].partition("Silence")[0]
    assert "Not known: neurological examination" in unknown
    assert "Not known: eGFR" in unknown
    assert "refused by the server" in unknown
    assert "Not known" not in page.partition("Could not tell</h2>")[0]
    assert "04-folic-acid" in page.partition("Critical</h2>")[2].partition("Warning</h2>")[0]


@EVERY
def test_an_example_is_shown_with_the_cards_of_the_hook(example: Example) -> None:
    page = shown(example.id)
    answer = answers.ask(client(), example.body)
    assert cards(page) == told(answer)
    assert on_the_wire(page) == (example.body, answer)
    assert html.escape(example.title, quote=False) in page.replace("&#34;", '"')
    for card in answer["cards"]:
        assert f'href="/rules/{card["source"]["url"].rpartition("/")[2]}"' in page
        for suggestion in card.get("suggestions", ()):
            assert html.escape(suggestion["label"], quote=False) in page
    assert "Not yet signed by a clinician" in page


@EVERY
def test_every_suggestion_can_be_applied_and_its_topic_is_gone(example: Example) -> None:
    """But for tests and advice, which change no order: that card may stay until the result is back."""
    for card, suggestion in answers.suggestions(answers.ask(client(), example.body)):
        page = shown(example.id, applied=suggestion["uuid"])
        assert html.escape(suggestion["label"], quote=False) in page.partition("Applied, and the hook was fired")[2]
        assert "could be applied" not in page
        kinds = {each.get("resource", {}).get("resourceType") for each in suggestion["actions"]}
        if kinds != {"ServiceRequest"}:
            assert card["source"]["topic"]["code"] not in topics(page)
        if "MedicationRequest" in kinds:
            assert '<span class="badge">' in page.partition("The patient</h2>")[2].partition("What the service")[0]


def test_where_no_card_is_left_it_is_said_how_many_rules_could_not_tell() -> None:
    """What could not be told is not to be read as if all were well."""
    seen = 0
    for example in EXAMPLES.values():
        for _, suggestion in answers.suggestions(answers.ask(client(), example.body)):
            page = shown(example.id, applied=suggestion["uuid"])
            count = verdicts(page).get("Could not tell", 0)
            if not cards(page):
                assert (f"{count} could not tell" in page) == (count > 0)
                seen += count > 0
    assert seen > 0


@EVERY
def test_what_is_applied_is_applied_as_an_ehr_does_it(example: Example) -> None:
    """Against the reading of CDS Hooks that the closed loop is tested with; only names that the EHR gives differ."""
    for _, suggestion in answers.suggestions(answers.ask(client(), example.body)):
        ours = applied(example.body, suggestion, TODAY)
        theirs = answers.applied(example.body, suggestion)
        assert ours["hookInstance"] != example.body["hookInstance"]
        if "draftOrders" in ours["context"]:  # on a chart the other reading leaves tests out
            assert told(answers.ask(client(), ours)) == told(answers.ask(client(), theirs))
        assert _orders(ours) == _orders(theirs)


def _orders(request: Json) -> list[str]:
    """Drafts and medicines on record, whatever they are called."""
    entries = request["context"].get("draftOrders", {}).get("entry", [])
    entries = [*entries, *request["prefetch"]["medications"].get("entry", [])]
    return sorted(json.dumps(each["resource"] | {"id": "-"}, sort_keys=True) for each in entries)


def test_a_draft_can_be_taken_away() -> None:
    request = EXAMPLES[RENAL].body
    gone = {"uuid": "u", "actions": [{"type": "delete", "resourceId": "MedicationRequest/draft-1"}]}
    context = applied(request, gone, TODAY)["context"]
    assert (context["draftOrders"]["entry"], context["selections"]) == ([], [])
    assert len(request["context"]["draftOrders"]["entry"]) == 1


def test_what_is_applied_twice_is_named_differently() -> None:
    folate = EXAMPLES["04-folic-acid-untreated-deficiency"].body
    _, suggestion = next(answers.suggestions(answers.ask(client(), folate)))
    twice = applied(applied(folate, suggestion, TODAY), suggestion, TODAY)
    names = [each["resource"]["id"] for each in twice["context"]["draftOrders"]["entry"]]
    assert len(set(names)) == len(names) > 2


def test_a_suggestion_that_is_not_there_is_named() -> None:
    for steps in (["00000000-0000-4000-8000-000000000000"], ["x" * 5000], ["1"] * 200):
        page = shown(RENAL, applied=steps)
        assert "Not every suggestion could be applied" in page
        assert topics(page) == ["CyanocobalaminRenal"]


def test_nothing_of_the_query_comes_out_unescaped() -> None:
    evil = "\"'><script>x</script>"
    for name in ("egfr", "b12", "platelets", "age", "signs", "stock", "region", "applied", "other"):
        page = shown(RENAL, **{name: evil})
        assert evil not in page
        assert "<script>" not in page
    answer = client().get("/", query_string={"example": evil}, headers={"Accept": "text/html"})
    assert answer.status_code == 404
    assert "<script>" not in answer.text


def test_only_shipped_examples_are_evaluated(monkeypatch: pytest.MonkeyPatch) -> None:
    """And no more hooks are fired than the address can ask for."""
    asked = []
    own = trial.decide

    def noted(service: Any, body: bytes, *rest: Any) -> Any:
        asked.append(json.loads(body))
        return own(service, body, *rest)

    monkeypatch.setattr(trial, "decide", noted)
    first = next(answers.suggestions(answers.ask(client(), EXAMPLES[RENAL].body)))[1]["uuid"]
    shown(RENAL, applied=[first] * 50, egfr="30", request="{}", body="{}", hook="patient-view")
    assert 1 < len(asked) <= trial.MOST_STEPS + 2
    assert {each["hook"] for each in asked} == {"order-select"}
    assert all("fhirServer" not in each for each in asked)


def test_a_chain_of_suggestions_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "_suggestion", lambda _answer, uuid: {"uuid": uuid, "label": "Once more", "actions": []})
    page = shown(RENAL, applied=["x"] * 50)
    assert page.count("<li>Once more</li>") == trial.MOST_STEPS
    assert f"No more than {trial.MOST_STEPS} can be applied" in page


def test_the_detail_of_a_card_brings_no_markup_of_its_own() -> None:
    evil = "<b>x</b>\n\n<script>x</script>\n\n![x](https://evil.example/x.png) [x](javascript:x) **bold**"
    found = as_html(evil)
    assert re.findall(r"<(\w+)", found) == ["p", "p", "p", "a", "strong"]
    assert 'href="https://evil.example/x.png"' in found  # a picture is a link: nothing is fetched


def test_every_rule_that_was_asked_is_told() -> None:
    counted = verdicts(shown(RENAL))
    assert list(counted) == ["Fired", "Could not tell", "Not applicable"]
    assert sum(counted.values()) > 25
    page = shown(RENAL)
    assert "Not known: neurological examination" in page
    assert "<li>eGFR: 44 mL/min/1.73 m2 (" in page
    assert verdicts(shown("18-chart-nothing-due")) == {}


def test_what_was_not_told_is_not_called_absent() -> None:
    page = shown("12-could-not-be-judged")
    assert "<dt>Problems</dt><dd>not shown to the service: the EHR refused</dd>" in page
    nothing = re.search(r"<dt>Nothing on record</dt><dd>(.*?)</dd>", page)
    assert nothing is not None
    assert "problems" not in nothing[1]


def test_a_program_is_told_where_to_go() -> None:
    answer = client().get("/", headers={"Accept": "application/json"})
    assert (answer.content_type, answer.headers["Vary"]) == ("application/json", "Accept")
    assert client().get(answer.get_json()["discovery"]).status_code == 200
    assert client().get(answer.get_json()["openapi"]).status_code == 200


def test_it_is_open_with_a_clients_file_and_kept_by_nobody(guarded: Serve) -> None:
    http = guarded({}).http
    page = shown(RENAL, http)
    assert cards(page)[0][0] == "warning"
    answer = http.get("/", query_string={"example": RENAL})
    assert answer.headers["Cache-Control"] == "no-store"
    assert "form-action 'self'" in answer.headers["Content-Security-Policy"]


def test_an_order_more_is_no_flip_of_every_rule() -> None:
    folate = "04-folic-acid-untreated-deficiency"
    _, suggestion = next(answers.suggestions(answers.ask(client(), EXAMPLES[folate].body)))
    different = (
        shown(folate, applied=suggestion["uuid"]).partition("Different from the example")[2].partition("Why:")[0]
    )
    assert "fired before, <strong>not applicable now" in different
    assert "not asked before, <strong>not applicable now" not in different
    assert 1 <= different.count("not asked before") <= 3
