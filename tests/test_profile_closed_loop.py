"""cards.md 8 in every profile: what silences its topic for the default client silences it for the others too."""

from functools import cache

import pytest

from cds_service.hooks.clients import DEFAULT, Profile
from tests.answers import Json, applied, topics
from tests.by_profile import OTHERS, Answered, proposed, suggested


def _is_dosing(action: Json) -> bool:
    return action["type"] != "delete" and action["resource"]["resourceType"] == "MedicationRequest"


def _left_standing(each: Answered, card: Json, suggestion: Json) -> bool:
    again = each.caller.ask(applied(each.request, suggestion))
    return card["source"]["topic"]["code"] in topics(again)


@cache
def _silenced() -> dict[tuple[str, str, str], bool]:
    """Scenario, topic and proposed order: does every option with this order silence the topic, all of it applied?"""
    found: dict[tuple[str, str, str], bool] = {}
    for each, card, suggestion in suggested(DEFAULT):
        dosing = [action for action in suggestion["actions"] if _is_dosing(action)]
        silent = bool(dosing) and not _left_standing(each, card, suggestion)
        for action in dosing:
            key = (each.name, card["source"]["topic"]["code"], proposed(action))
            found[key] = found.get(key, True) and silent
    return found


@pytest.mark.parametrize("profile", OTHERS, ids=lambda profile: profile.name)
def test_an_applied_suggestion_silences_its_topic(profile: Profile) -> None:
    """Epic's suggestions are single actions: each order alone, without the tests that were meant beside it."""
    asked = 0
    for each, card, suggestion in suggested(profile):
        topic = card["source"]["topic"]["code"]
        orders = [(each.name, topic, proposed(a)) for a in suggestion["actions"] if _is_dosing(a)]
        if orders and all(_silenced()[order] for order in orders):
            asked += 1
            assert not _left_standing(each, card, suggestion), (each.name, suggestion["label"])
    assert asked > 50


def test_the_default_is_silent_nearly_everywhere() -> None:
    """Else the test above would compare little."""
    silent = list(_silenced().values())
    assert len(silent) > 50
    assert sum(silent) / len(silent) > 0.9
