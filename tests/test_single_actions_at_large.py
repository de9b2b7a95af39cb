"""Epic's single actions over a sample of the cases of every rule and of the synthetic population (all of them hold)."""

from collections.abc import Iterator

import pytest

from cds_service.hooks.clients import DEFAULT, PROFILES
from tests.answers import Json, applied, topics
from tests.as_fhir import hook_call
from tests.as_fhir_codes import NotInFhir
from tests.by_profile import caller, proposed
from tests.case_language import read
from tests.test_cases import FILES
from tests.test_closed_loop_at_large import _cases, _patients

EVERY = 12


def _requests() -> Iterator[tuple[str, Json]]:
    charts = [
        (f"{stem}: {case['name']}", case["order"], case.get("given", []))
        for stem in FILES
        for case in FILES[stem]["case"]
        if case["order"] == "chart opened"
    ]
    for name, order, sentences in [*_cases(), *_patients(), *charts][::EVERY]:
        situation = read(sentences)
        if situation.unavailable:
            continue
        try:
            yield name, hook_call(situation, order)
        except NotInFhir:
            continue


def _dosing(option: Json) -> list[Json]:
    return [
        action
        for action in option["actions"]
        if action["type"] != "delete" and action["resource"]["resourceType"] == "MedicationRequest"
    ]


@pytest.mark.slow
def test_the_parts_are_the_options_and_each_dose_alone_silences_as_they_do() -> None:
    default, epic = caller(DEFAULT), caller(PROFILES["epic"])
    compared = split = 0
    for name, request in _requests():
        whole, parted = default.ask(request), epic.ask(request)
        for card, other in zip(whole["cards"], parted["cards"], strict=True):
            options, parts = card.get("suggestions", []), other.get("suggestions", [])
            actions = [proposed(action) for part in parts for action in part["actions"]]
            assert len(actions) == len(parts), name
            assert sorted(actions) == sorted({proposed(action) for option in options for action in option["actions"]})
            assert len({part["label"] for part in parts}) == len(parts), name
            compared += len(parts)
            for option in options:
                if len(option["actions"]) > 1 and not _stands(request, card, option):
                    split += 1
                    left = [action for action in _dosing(option) if _stands(request, card, {"actions": [action]})]
                    assert left == [], name
    assert compared > 100
    assert split > 10


def _stands(request: Json, card: Json, suggestion: Json) -> bool:
    """Is the topic of the card still there when the suggestion has been applied?"""
    again = caller(DEFAULT).ask(applied(request, suggestion))
    return card["source"]["topic"]["code"] in topics(again)
