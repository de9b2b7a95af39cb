"""The scenarios in the versions and forms of other clients: what was advised is advised again (issue 4, odd clients).

An order that is not FHIR R4 gets the same cards in words: no suggestion, no action (cards.md 5).
"""

import importlib
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.odd_envelopes import ALIKE, LONG, SAME, sent_as
from tests.other_versions import VERSIONS, Json, in_version
from tests.scenarios import FOLDERS, client_of, normal

# Has no place in STU3's Observation, where an extension would hold it.
_NOT_IN_STU3 = "partOf"
MODELS = {"R5": "fhir.resources", "STU3": "fhir.resources.STU3"}


@cache
def _text(folder: Path, name: str) -> str:
    return (folder / name).read_text("utf-8")


def scenarios() -> Iterator[tuple[Path, Json, Json]]:
    """Folder, call and answer, fresh for every use."""
    for folder in FOLDERS:
        yield folder, json.loads(_text(folder, "request.json")), json.loads(_text(folder, "response.json"))


def answer_to(folder: Path, call: Json) -> Json:
    response = client_of(folder).post(f"/cds-services/b12-{call['hook']}", json=call)
    assert response.status_code == 200, (folder.name, response.text)
    answer: Json = response.get_json()
    return answer


def said(answer: Json) -> list[tuple[str, str, str]]:
    return [(card["source"]["topic"]["code"], card["indicator"], card["summary"]) for card in answer["cards"]]


def drafts(call: Json) -> list[Json]:
    return [entry["resource"] for entry in call["context"].get("draftOrders", {}).get("entry", [])]


@pytest.mark.parametrize("version", VERSIONS)
def test_another_version_gets_the_same_cards_in_words(version: str) -> None:
    rewrite, shown = VERSIONS[version], 0
    for folder, call, expected in scenarios():
        rewritten = in_version(call, rewrite)
        answer = answer_to(folder, rewritten)
        assert said(answer) == said(expected), folder.name
        tells = [order for order, new in zip(drafts(call), drafts(rewritten), strict=True) if new != order]
        if len(tells) == len(drafts(call)) > 0:
            assert not any("suggestions" in card for card in answer["cards"]), folder.name
            shown += len(answer["cards"])
    assert shown > 60


@pytest.mark.parametrize("version", VERSIONS)
def test_what_would_be_offered_stands_in_the_text(version: str) -> None:
    """All that a suggestion would do, with dose and times, is named in the detail of its card: "use hydroxocobalamin"
    without a schedule is no advice that somebody can follow."""
    counted = changed = 0
    for folder, call, expected in scenarios():
        rewritten = in_version(call, VERSIONS[version])
        if not drafts(call) or any(new == old for old, new in zip(drafts(call), drafts(rewritten), strict=True)):
            continue
        for before, after in zip(expected["cards"], answer_to(folder, rewritten)["cards"], strict=True):
            for suggestion in before.get("suggestions", []):
                assert suggestion["label"].partition(": ")[0] in after["detail"], folder.name
                for action in suggestion["actions"]:
                    counted += 1
                    changed += action["type"] == "update"
                    assert _named(action) in after["detail"], (folder.name, _named(action))
    assert counted > 5
    assert changed > 5 or version == "STU3"  # which names few of the elements otherwise


def _named(action: Json) -> str:
    """What is done, as the text has it."""
    said = str(action["description"])
    if action["type"] == "delete":
        return "emove th"  # "Remove the draft", or "and remove this draft"
    for verb in ("Change the order to ", "Order ", "Ask for ", "Add "):
        said = said.removeprefix(verb)
    return said.partition(" to Hydroxocobalamin")[0]


def test_a_draft_of_another_version_is_told_its_form_dose_and_times() -> None:
    folder = next(folder for folder in FOLDERS if folder.name == "cyanocobalamin-renal")
    call = json.loads(_text(folder, "request.json"))
    (card,) = answer_to(folder, in_version(call, VERSIONS["R5"]))["cards"]
    assert "suggestions" not in card
    assert (
        "By hand: Change the order of Cyanocobalamin to "
        "Hydroxocobalamin 1000 micrograms by intramuscular injection every month."
    ) in card["detail"]
    assert "the forms are not interchangeable" in card["detail"]


def test_beside_a_draft_of_another_version_no_action_touches_it() -> None:
    """An option that changes two drafts, one of them R5's: none of it can be applied, and the text says all of it."""
    folder = next(folder for folder in FOLDERS if folder.name == "cyanocobalamin-renal")
    call = json.loads(_text(folder, "request.json"))
    entries = call["context"]["draftOrders"]["entry"]
    second = json.loads(json.dumps(entries[0]))
    second["resource"]["id"] = "another"
    entries.append({"resource": VERSIONS["R5"](second["resource"])})
    call["context"]["selections"] = []
    found = answer_to(folder, call)["cards"]
    touched = [a for card in found for s in card.get("suggestions", []) for a in s["actions"] if a["type"] != "create"]
    assert touched == []
    assert any(card["detail"].count("Change the order of Cyanocobalamin") == 2 for card in found)


def _resources(call: Json) -> Iterator[Json]:
    yield from drafts(call)
    for value in call["prefetch"].values():
        yield from [entry["resource"] for entry in value.get("entry", [])] if value is not None else []


@pytest.mark.parametrize("version", MODELS)
def test_what_is_sent_as_another_version_is_one(version: str) -> None:
    """One of each shape is held against the model of its version, so that the tests above mean what they say."""
    seen: dict[tuple[str, ...], Json] = {}
    for _, call, _ in scenarios():
        for resource in _resources(in_version(call, VERSIONS[version])):
            shape = (resource["resourceType"], *sorted(resource), *sorted(resource.get("dosageInstruction", [{}])[0]))
            seen.setdefault(shape, resource)
    kinds = {shape[0] for shape in seen} - {"OperationOutcome"}
    assert {"MedicationRequest", "Condition", "Observation", "Procedure", "AllergyIntolerance"} <= kinds
    for resource in seen.values():
        kind = resource["resourceType"]
        model = getattr(importlib.import_module(f"{MODELS[version]}.{kind.lower()}"), kind)
        model.model_validate({n: v for n, v in resource.items() if n not in ("resourceType", _NOT_IN_STU3)})


@pytest.mark.parametrize("form", SAME)
def test_another_form_gets_the_same_answer_to_the_letter(form: str) -> None:
    for folder, call, expected in scenarios():
        assert normal(answer_to(folder, sent_as(call, SAME[form]))) == expected, folder.name


@pytest.mark.parametrize("form", ALIKE)
def test_orders_under_another_name_or_in_another_place_get_the_same_cards(form: str) -> None:
    for folder, call, expected in scenarios():
        answer = answer_to(folder, sent_as(call, ALIKE[form]))
        assert said(answer) == said(expected), folder.name
        made = [[kinds(s) for s in card.get("suggestions", [])] for card in answer["cards"]]
        assert made == [[kinds(s) for s in card.get("suggestions", [])] for card in expected["cards"]], folder.name


def kinds(suggestion: Json) -> list[tuple[str, Any]]:
    return [(action["type"], action.get("resource", {}).get("resourceType")) for action in suggestion["actions"]]


def test_a_long_id_comes_back_whole() -> None:
    folder = next(folder for folder in FOLDERS if folder.name == "cyanocobalamin-renal")
    call = sent_as(json.loads(_text(folder, "request.json")), ALIKE["long_ids"])
    (card,) = answer_to(folder, call)["cards"]
    changed = card["suggestions"][0]["actions"][0]["resource"]
    assert (changed["id"], len(changed["id"])) == (f"{LONG[:-2]}00", 200)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("form", [*SAME, *ALIKE])
def test_another_form_of_another_version_gets_the_same_cards(form: str, version: str) -> None:
    """Both at once, on every tenth scenario. The forms that move a drug know R4's elements, and come first."""
    change, rewrite = (SAME | ALIKE)[form], VERSIONS[version]
    moves_the_drug = form in ("medications_beside", "contained_medications", "many_codings")
    for folder, call, expected in list(scenarios())[::10]:
        sent = (
            in_version(sent_as(call, change), rewrite) if moves_the_drug else sent_as(in_version(call, rewrite), change)
        )
        assert said(answer_to(folder, sent)) == said(expected), folder.name
