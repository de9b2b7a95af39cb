"""What is taken from a chart's card settles it: as a draft it is accepted, as an active order the card is gone."""

import json
from copy import deepcopy

import pytest

from tests.answers import Json, ask, suggestions, topics
from tests.scenarios import FOLDERS, client_of

FOLDERS_OF_CHARTS = [
    folder for folder in FOLDERS if json.loads((folder / "request.json").read_text("utf-8"))["hook"] == "patient-view"
]
SCHEDULE = {
    "RegimenNeurological",
    "RegimenNonNeurological",
    "Underdose",
    "Recurrence",
    "RouteOralNeurological",
    "RouteOralPerniciousAnaemia",
    "RouteOralMalabsorption",
    "IlealResectionProphylaxis",
    "CrohnsIlealInvolvement",
}
CASES = [
    pytest.param(folder, place, id=f"{folder.name}: {suggestion['label']}")
    for folder in FOLDERS_OF_CHARTS
    for place, (_, suggestion) in enumerate(suggestions(json.loads((folder / "response.json").read_text("utf-8"))))
]


def _taken(folder, place: int) -> tuple[Json, list[Json], str]:  # type: ignore[no-untyped-def]
    """The request, the resources of one suggestion with ids of the EHR, and the topic of its card."""
    request = json.loads((folder / "request.json").read_text("utf-8"))
    card, suggestion = list(suggestions(ask(client_of(folder), request)))[place]
    created = [action["resource"] | {"id": f"created-{number}"} for number, action in enumerate(suggestion["actions"])]
    return request, created, card["source"]["topic"]["code"]


def test_there_are_suggestions_to_take() -> None:
    assert len(CASES) >= 8


@pytest.mark.parametrize(("folder", "place"), CASES)
def test_what_is_taken_is_accepted_as_a_draft(folder, place: int) -> None:  # type: ignore[no-untyped-def]
    """A proposal of this service is never challenged by it."""
    request, created, _ = _taken(folder, place)
    request["hook"] = "order-sign"
    entries = [{"resource": resource} for resource in created]
    request["context"]["draftOrders"] = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    answer = ask(client_of(folder), request)
    assert not SCHEDULE & set(topics(answer)), answer
    assert {card["indicator"] for card in answer["cards"]} <= {"info"}


@pytest.mark.parametrize(("folder", "place"), CASES)
def test_what_is_taken_and_signed_settles_the_card(folder, place: int) -> None:  # type: ignore[no-untyped-def]
    request, created, topic = _taken(folder, place)
    for resource in created:
        key = "medications" if resource["resourceType"] == "MedicationRequest" else "ordered"
        bundle = deepcopy(request["prefetch"].get(key) or {"resourceType": "Bundle", "type": "searchset"})
        active = resource | {"status": "active", "authoredOn": "2026-11-20"}
        bundle["entry"] = [*bundle.get("entry", []), {"resource": active}]
        bundle.pop("total", None)
        request["prefetch"][key] = bundle
    assert topic not in topics(ask(client_of(folder), request))
