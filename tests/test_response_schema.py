"""Every answer on record and every answer of each profile keeps to the published schema, and the schema can refuse."""

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from cds_service.hooks.clients import Profile
from cds_service.hooks.schema_files import SCHEMAS
from cds_service.hooks.services import discovery_document
from tests.answers import Json
from tests.by_profile import ALL, answered
from tests.scenarios import FOLDERS

EVERY = pytest.mark.parametrize("profile", ALL, ids=lambda profile: profile.name)


def rules(name: str) -> Draft202012Validator:
    return Draft202012Validator(SCHEMAS[name], format_checker=Draft202012Validator.FORMAT_CHECKER)


def faults(answer: Json) -> list[str]:
    return [f"{error.json_path}: {error.validator}" for error in rules("response").iter_errors(answer)]


def test_the_answers_on_record_keep_to_the_schema() -> None:
    for folder in FOLDERS:
        assert faults(json.loads((folder / "response.json").read_text("utf-8"))) == [], folder.name


@EVERY
def test_the_answers_of_each_profile_keep_to_the_schema(profile: Profile) -> None:
    assert len(answered(profile)) == len(FOLDERS)
    for each in answered(profile):
        assert faults(each.answer) == [], each.name


@EVERY
def test_discovery_keeps_to_its_schema(profile: Profile) -> None:
    assert list(rules("discovery").iter_errors(discovery_document(profile))) == []


def _card(change: Callable[[Json], Any]) -> Callable[[Json], Any]:
    return lambda answer: change(answer["cards"][0])


def _action(change: Callable[[Json], Any]) -> Callable[[Json], Any]:
    return lambda answer: change(answer["cards"][0]["suggestions"][0]["actions"][0])


def _created(change: Callable[[Json], Any]) -> Callable[[Json], Any]:
    return _action(lambda action: (action.update(type="create"), change(action["resource"])))


BREAKS: dict[str, Callable[[Json], Any]] = {
    "no cards": lambda answer: answer.pop("cards"),
    "null cards": lambda answer: answer.update(cards=None),
    "four cards": lambda answer: answer.update(cards=[answer["cards"][0]] * 4),
    "a system action": lambda answer: answer.update(systemActions=[{}]),
    "an unknown member": lambda answer: answer.update(decisions=[]),
    "140 characters": _card(lambda card: card.update(summary="x" * 140)),
    "two lines": _card(lambda card: card.update(summary="a\nb")),
    "nothing said": _card(lambda card: card.update(summary=" ")),
    "an empty detail": _card(lambda card: card.update(detail="")),
    "a null link": _card(lambda card: card.update(links=None)),
    "hard-stop": _card(lambda card: card.update(indicator="hard-stop")),
    "no uuid": _card(lambda card: card.pop("uuid")),
    "a prefixed uuid": _card(lambda card: card.update(uuid="urn:uuid:" + card["uuid"])),
    "no topic": _card(lambda card: card["source"].pop("topic")),
    "no behaviour": _card(lambda card: card.pop("selectionBehavior")),
    "odd behaviour": _card(lambda card: card.update(selectionBehavior="all")),
    "no suggestions": _card(lambda card: card.update(suggestions=[])),
    "no reasons": _card(lambda card: card.pop("overrideReasons")),
    "a reason without words": _card(lambda card: card["overrideReasons"][0].pop("display")),
    "no trace": _card(lambda card: card["extension"].clear()),
    "an empty trace": _card(lambda card: card["extension"]["org.cobalamin-cds.trace"].update(missing=[])),
    "two recommended": _card(
        lambda card: card.update(suggestions=[s | {"isRecommended": True} for s in card["suggestions"]] * 2)
    ),
    "not recommended": _card(lambda card: card["suggestions"][0].update(isRecommended=False)),
    "no actions": _card(lambda card: card["suggestions"][0].update(actions=[])),
    "CREATE": _action(lambda action: action.update(type="CREATE")),
    "no description": _action(lambda action: action.pop("description")),
    "no resource": _action(lambda action: action.pop("resource")),
    "a resource as text": _action(lambda action: action.update(resource=json.dumps(action["resource"]))),
    "a null in a new order": _action(
        lambda action: action.update(type="create") or action["resource"].update(note=None)
    ),
    "an empty list deep in a new order": _action(
        lambda action: action.update(type="create") or action["resource"].update(dosageInstruction=[{"timing": []}])
    ),
    "a signed order": _action(
        lambda action: action.update(type="create") or action["resource"].update(status="active")
    ),
    "delete without naming": _action(lambda action: (action.pop("resource"), action.update(type="delete"))),
    "delete in both ways": _action(lambda action: action.update(type="delete", resource="a/b", resourceId="a/b")),
}


def with_all_members() -> Json:
    """A recorded answer whose first card is a warning with an update that is recommended."""
    for folder in FOLDERS:
        answer: Json = json.loads((folder / "response.json").read_text("utf-8"))
        card = answer["cards"][0] if answer["cards"] else {}
        if "suggestions" in card and "overrideReasons" in card:
            action = card["suggestions"][0]["actions"][0]
            if action["type"] == "update" and "subject" in action["resource"]:
                return answer
    raise AssertionError


@pytest.mark.parametrize("change", BREAKS.values(), ids=BREAKS)
def test_the_schema_refuses(change: Callable[[Json], Any]) -> None:
    answer = deepcopy(with_all_members())
    assert faults(answer) == []
    change(answer)
    assert faults(answer) != []


def test_an_update_as_a_new_order_would_be_a_draft_too() -> None:
    """What makes the changes to a new order above mean something: the same order unchanged is taken."""
    answer = deepcopy(with_all_members())
    answer["cards"][0]["suggestions"][0]["actions"][0]["type"] = "create"
    assert faults(answer) == []
