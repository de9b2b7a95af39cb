"""An order that is sent back is R4 and whole, whatever was missing or empty in the draft (REQ-2, REQ-4, REQ-55)."""

from copy import deepcopy
from typing import Any

import pytest
from fhir.resources.R4B.medicationrequest import MedicationRequest

from cds_service.hooks.clients import DEFAULT, PROFILES, Profile
from fhir_mappings.orders import copied
from tests.answers import Json
from tests.by_profile import Answered, answered

RENAL = next(each for each in answered(DEFAULT) if each.name == "cyanocobalamin-renal")
MINE = {"reference": f"Patient/{RENAL.request['context']['patientId']}"}


def _with_draft(each: Answered = RENAL, without: str = "", **members: Any) -> Json:
    request = deepcopy(each.request)
    draft = request["context"]["draftOrders"]["entry"][0]["resource"]
    draft |= members
    draft.pop(without, None)
    return request


def _updated(request: Json) -> Json:
    (card,) = RENAL.caller.ask(request)["cards"]
    (suggestion,) = card["suggestions"]
    (action,) = suggestion["actions"]
    assert action["type"] == "update"
    found: Json = action["resource"]
    return found


def test_what_holds_nothing_is_not_sent_back() -> None:
    nothing = {
        "note": [],
        "encounter": None,
        "category": [{}],
        "reasonCode": [{"text": ""}],
        "priorPrescription": {},
        "_authoredOn": {"extension": []},
        "dispenseRequest": {"performer": {"display": None}, "numberOfRepeatsAllowed": 0},
    }
    updated = _updated(_with_draft(**nothing))
    assert not nothing.keys() & updated.keys() - {"dispenseRequest"}
    assert updated["dispenseRequest"] == {"numberOfRepeatsAllowed": 0}
    MedicationRequest.model_validate(deepcopy(updated))


@pytest.mark.parametrize("false", [False, 0, "0", [0], {"value": False}])
def test_false_and_zero_hold_something(false: Any) -> None:
    assert copied({"x-vendor": false}) == {"x-vendor": false}


@pytest.mark.parametrize(
    ("sent", "back"),
    [
        ({"given": ["a", None], "_given": [None, {"id": "x"}]}, {"given": ["a", None], "_given": [None, {"id": "x"}]}),
        ({"given": [None, None]}, {}),
        ({"a": [{"b": []}, {"c": 1}]}, {"a": [{"c": 1}]}),
        ({"a": {"b": {"c": ""}}}, {}),
    ],
)
def test_a_null_keeps_its_place_beside_others(sent: Json, back: Json) -> None:
    """R4: an array of primitives and its extensions go by position."""
    assert copied(sent) == back


@pytest.mark.parametrize(
    ("subject", "back"),
    [
        (None, MINE),
        ({"display": "Jane"}, MINE | {"display": "Jane"}),
        (MINE | {"display": "Jane"}, MINE | {"display": "Jane"}),
    ],
)
def test_an_order_has_its_subject(subject: Any, back: Json) -> None:
    assert _updated(_with_draft(subject=subject))["subject"] == back
    assert _updated(_with_draft(without="subject"))["subject"] == MINE


@pytest.mark.parametrize("identity", ["", " "])
def test_an_order_without_an_id_gets_no_action(identity: str) -> None:
    """Nobody could say which order the update is of."""
    for card in RENAL.caller.ask(_with_draft(id=identity))["cards"]:
        kinds = {action["type"] for s in card.get("suggestions", ()) for action in s["actions"]}
        assert kinds <= {"create"}


@pytest.mark.parametrize("other", [{"text": "amoxicillin 500 mg capsule"}, {"text": "hydroxocobalamin"}])
def test_an_order_whose_id_another_draft_has_gets_no_action(other: Json) -> None:
    """The update may be applied to the other one."""
    call = _with_draft()
    entries = call["context"]["draftOrders"]["entry"]
    twin = entries[0]["resource"] | {"medicationCodeableConcept": other}
    for call["context"]["draftOrders"]["entry"] in ([*entries, {"resource": twin}], [{"resource": twin}, *entries]):
        cards = RENAL.caller.ask(call)["cards"]
        assert "CyanocobalaminRenal" in {card["source"]["topic"]["code"] for card in cards}
        kinds = {action["type"] for card in cards for s in card.get("suggestions", ()) for action in s["actions"]}
        assert kinds <= {"create"}
    twin["resourceType"] = "ServiceRequest"
    actions = [a for card in RENAL.caller.ask(call)["cards"] for s in card.get("suggestions", ()) for a in s["actions"]]
    assert "update" in {action["type"] for action in actions}


CHART = next(each for each in answered(DEFAULT) if each.name == "chart-untreated-neurological")


@pytest.mark.parametrize("profile", [DEFAULT, PROFILES["epic"]], ids=lambda profile: profile.name)
@pytest.mark.parametrize(
    ("sent", "named"),
    [
        ("e1", "Encounter/e1"),
        ("Encounter/e1", "Encounter/e1"),
        ("https://ehr.example/Encounter/e1", None),
        ("e1 e2", None),
        ("..", None),
        ("", None),
        (None, None),
    ],
)
def test_a_new_order_names_the_encounter_if_there_is_one(profile: Profile, sent: str | None, named: str | None) -> None:
    each = next(each for each in answered(profile) if each.name == CHART.name)
    request = deepcopy(each.request)
    request["context"]["encounterId"] = sent
    (card,) = each.caller.ask(request)["cards"]
    resources = [action["resource"] for s in card["suggestions"] for action in s["actions"]]
    assert len(resources) == 3
    for resource in resources:
        assert resource.get("encounter") == ({"reference": named} if named else None)
        assert ("encounter" in resource) is (named is not None)
