"""Every answer of every profile against the rules that validators hold a CDS service to (sheet 1.U, 1.V)."""

import re
from collections.abc import Iterator
from copy import deepcopy
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from fhir.resources.R4B.medicationrequest import MedicationRequest
from fhir.resources.R4B.servicerequest import ServiceRequest

from cds_service.hooks.clients import Profile
from tests.answers import Json
from tests.by_profile import ALL, answered, cards, suggested

EVERY = pytest.mark.parametrize("profile", ALL, ids=lambda profile: profile.name)
MODELS = {"MedicationRequest": MedicationRequest, "ServiceRequest": ServiceRequest}
MAY_BE_EMPTY = {("cards",), ("systemActions",)}


def _walk(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    yield path, value
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, member in inside:
        yield from _walk(member, (*path, name))


@EVERY
def test_nothing_is_null_or_empty(profile: Profile) -> None:
    """REQ-4, REQ-5; whitespace alone is empty too."""
    for each in answered(profile):
        for path, value in _walk(each.answer):
            blank = value is None or value in ([], {}) or (isinstance(value, str) and not value.strip())
            assert not blank or path in MAY_BE_EMPTY, (each.name, path)


@EVERY
def test_a_card_has_its_members_in_their_types(profile: Profile) -> None:
    for each, card in cards(profile):
        summary = card["summary"]
        assert 0 < len(summary) < 140
        assert "\n" not in summary
        assert card["indicator"] in {"info", "warning", "critical"}
        assert isinstance(card["detail"], str)
        assert "<" not in re.sub(r"\\<", "", card["detail"]), each.name
        source = card["source"]
        assert source["label"].strip()
        assert urlsplit(source["url"]).scheme in {"http", "https"}
        assert isinstance(card["extension"], dict)
        assert str(UUID(card["uuid"])) == card["uuid"]
        for suggestion in card.get("suggestions", ()):
            assert str(UUID(suggestion["uuid"])) == suggestion["uuid"]
            assert suggestion["label"].strip() == suggestion["label"]
            assert suggestion.get("isRecommended", True) is True
            assert isinstance(suggestion["actions"], list)


@EVERY
def test_no_uuid_is_given_twice_and_the_next_call_gives_the_same(profile: Profile) -> None:
    for each in answered(profile):
        mine = [card["uuid"] for card in each.answer["cards"]]
        mine += [s["uuid"] for card in each.answer["cards"] for s in card.get("suggestions", ())]
        assert len(set(mine)) == len(mine), each.name
    again = answered(profile)[0]
    assert again.caller.ask(again.request) == again.answer


@EVERY
def test_topic_codes_are_short_alphanumeric_and_have_a_system(profile: Profile) -> None:
    """Epic reads nothing else, so nobody gets anything else."""
    seen = set()
    for _, card in cards(profile):
        topic = card["source"]["topic"]
        assert re.fullmatch(r"[A-Za-z0-9]{1,100}", topic["code"])
        assert topic["system"] == "https://cobalamin-cds.org/fhir/CodeSystem/topic"
        assert topic["display"].strip()
        seen.add(topic["code"])
    assert len(seen) > 30


@EVERY
def test_the_invariants_of_hl7(profile: Profile) -> None:
    """cds-resp-1 to -7, by number."""
    for each, card in cards(profile):
        found = card.get("suggestions", [])
        if card.get("selectionBehavior") == "at-most-one":
            assert sum(s.get("isRecommended", False) for s in found) <= 1  # 1
        actions = [action for suggestion in found for action in suggestion["actions"]]
        for action in actions:
            removed = {"resource", "resourceId"} & action.keys()
            old = profile.delete_names == "resource"
            assert action["type"] != "delete" or removed == ({"resource"} if old else {"resourceId"})  # 2
            assert action["description"].strip()  # 5
        assert "links" not in card  # 3: no link, so no appContext
        reasons = card.get("overrideReasons", [])
        assert all(reason[name].strip() for reason in reasons for name in ("code", "system", "display"))  # 4
        assert bool(reasons) is (card["indicator"] != "info")
        assert not found or card["selectionBehavior"] in {"at-most-one", "any"}  # 6
        assert not any("actionSelectionBehavior" in suggestion for suggestion in found), each.name  # 7, REQ-53


@EVERY
def test_every_resource_is_r4_and_whole(profile: Profile) -> None:
    """Assertions 36 to 39."""
    seen = set()
    for each, _, suggestion in suggested(profile):
        patient = each.request["context"]["patientId"]
        for action in suggestion["actions"]:
            assert action["type"] in {"create", "update", "delete"}
            seen.add(action["type"])
            if action["type"] == "delete":
                assert re.fullmatch(r"[A-Za-z]+/[^/\s]+", action[profile.delete_names])
                continue
            resource = action["resource"]
            MODELS[resource["resourceType"]].model_validate(deepcopy(resource))
            assert resource["subject"]["reference"] == f"Patient/{patient}"
            assert resource["intent"] in {"order", "proposal"}
            if action["type"] == "update":
                _keeps_its_draft(resource, each.request)
            else:
                assert "id" not in resource
                assert resource["status"] == "draft"
    assert seen == {"create", "update", "delete"}


REWRITTEN = {"medicationCodeableConcept", "medicationReference", "dosageInstruction", "text", "substitution"}
REWRITTEN |= {"dispenseRequest", "contained", "extension"}


def _keeps_its_draft(resource: Json, request: Json) -> None:
    entries = request["context"]["draftOrders"]["entry"]
    (draft,) = [e["resource"] for e in entries if e["resource"].get("id") == resource["id"]]
    kept = {name: value for name, value in draft.items() if name not in REWRITTEN}
    assert {name: value for name, value in resource.items() if name not in REWRITTEN} == kept
