"""What differs between the client profiles: every field of the table, over every profile and every scenario."""

from dataclasses import fields
from io import StringIO
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from cds_service.audit import AuditLog
from cds_service.hooks.clients import DEFAULT, PROFILES, Profile
from cds_service.hooks.edge import Edge
from cds_service.hooks.problems import register_problems
from cds_service.hooks.routes import ShortWay, hook_call, hook_routes
from cds_service.records.database import Database
from cds_service.records.shown_cards import ShownCards
from cds_service.settings import read_settings
from cds_service.trust.door import OpenDoor
from tests.answers import Json
from tests.by_profile import ALL, OTHERS, answered, caller, cards, proposed, suggested
from tests.hook_calls import PATIENT_RESOURCE, call, draft

EVERY = pytest.mark.parametrize("profile", ALL, ids=lambda profile: profile.name)
RXNORM, OID = "http://www.nlm.nih.gov/research/umls/rxnorm", "urn:oid:2.16.840.1.113883.6.88"


def test_the_profiles_of_the_clients_file_are_there() -> None:
    """configuration.md fixes the names."""
    assert set(PROFILES) == {"cds-hooks-1.0", "cds-hooks-2.0", "cds-hooks-3.0", "crd", "epic"}
    assert DEFAULT.name == "cds-hooks-2.0"
    assert all(name == profile.name for name, profile in PROFILES.items())


@pytest.mark.parametrize("field", [field.name for field in fields(Profile)])
def test_no_field_is_the_same_for_all(field: str) -> None:
    assert len({getattr(profile, field) for profile in ALL}) > 1


@EVERY
def test_selection_behavior_stands_beside_suggestions_and_nowhere_else(profile: Profile) -> None:
    wanted = "any" if profile.name == "epic" else "at-most-one"
    found = {card.get("selectionBehavior") for _, card in cards(profile) if "suggestions" in card}
    assert found == {wanted}
    assert all("selectionBehavior" not in card for _, card in cards(profile) if "suggestions" not in card)


@EVERY
def test_a_delete_names_its_order_in_one_member(profile: Profile) -> None:
    name, other = ("resource", "resourceId") if profile.name == "cds-hooks-1.0" else ("resourceId", "resource")
    found = [(each, a) for each, _, s in suggested(profile) for a in s["actions"] if a["type"] == "delete"]
    assert len(found) >= 6
    for each, action in found:
        assert action[name] in each.drafts
        assert other not in action


@EVERY
def test_system_actions_are_an_empty_list_for_crd_at_order_sign_and_absent_elsewhere(profile: Profile) -> None:
    hooks = set()
    for each in answered(profile):
        hooks.add(each.request["hook"])
        if profile.name == "crd" and each.request["hook"] == "order-sign":
            assert each.answer["systemActions"] == []
        else:
            assert each.answer.keys() == {"cards"}
    assert hooks == {"order-select", "order-sign", "patient-view"}


@EVERY
@pytest.mark.parametrize("hook", ["order-select", "order-sign"])
@pytest.mark.parametrize("text", ["amoxicillin 500 mg capsule", "hydroxocobalamin 1000 micrograms"])
def test_where_nothing_is_said_the_envelope_is_the_same(profile: Profile, hook: str, text: str) -> None:
    """Out of scope; and in scope, for somebody who gets no prescribing advice."""
    request = call(draft(text=text), hook=hook, prefetch={"patient": PATIENT_RESOURCE}, context__userId="Patient/p")
    empty = {"cards": [], "systemActions": []} if (profile.name, hook) == ("crd", "order-sign") else {"cards": []}
    assert caller(profile).ask(request) == empty


@EVERY
def test_discovery_states_its_versions_to_clients_of_3_0_only(profile: Profile, tmp_path: Path) -> None:
    services = _discovered(profile, tmp_path)
    plain = _discovered(DEFAULT, tmp_path)
    versions = {"version": "3.0.0", "hookVersion": "1.0"} if profile.name == "cds-hooks-3.0" else {}
    assert services == [service | versions for service in plain]
    assert all("version" not in service and "hookVersion" not in service for service in plain)


def test_who_shows_no_token_at_discovery_reads_the_default(tmp_path: Path) -> None:
    assert _discovered(None, tmp_path) == _discovered(DEFAULT, tmp_path)


def _discovered(profile: Profile | None, folder: Path) -> list[Json]:
    services: list[Json] = _over_http(profile, folder).get("/cds-services").get_json()["services"]
    return services


def _over_http(profile: Profile | None, folder: Path) -> FlaskClient:
    """The hooks behind a door that takes everybody for this client."""
    shown = ShownCards(Database(f"sqlite:///{folder / 'records.sqlite3'}"))
    app = Flask("cds_service", static_folder=None)
    register_problems(app)
    door = OpenDoor(caller(profile).means)
    answered = hook_call(read_settings({}), door, shown)
    app.register_blueprint(hook_routes(door, answered))
    app.wsgi_app = ShortWay(app, answered)  # type: ignore[method-assign]
    app.wsgi_app = Edge(app.wsgi_app, ("*",), "1+0", AuditLog(StringIO()).write)  # type: ignore[method-assign]
    return app.test_client()


@EVERY
@pytest.mark.parametrize(("status", "changed"), [(400, {"context": None}), (412, {"prefetch": {}})])
def test_a_failure_is_an_operation_outcome_for_all(
    profile: Profile, tmp_path: Path, status: int, changed: Json
) -> None:
    """Decision 22, whatever the version."""
    request = call(draft(text="cyanocobalamin 1 mg tablet")) | changed
    response = _over_http(profile, tmp_path).post("/cds-services/b12-order-select", json=request)
    assert response.status_code == status
    assert response.get_json()["resourceType"] == "OperationOutcome"
    plain = _over_http(DEFAULT, tmp_path).post("/cds-services/b12-order-select", json=request)
    assert response.data == plain.data


@EVERY
def test_a_card_lists_the_orders_that_it_is_about_for_crd_only(profile: Profile) -> None:
    listed = 0
    for each, card in cards(profile):
        extension = card["extension"]
        if profile.name != "crd" or "draftOrders" not in each.request["context"]:
            assert extension.keys() == {"org.cobalamin-cds.trace"}
            continue
        about = extension["davinci-crd.associated-resource"]
        assert about == extension["davinci-associated-resource"]
        assert set(about) <= each.drafts
        assert len(set(about)) == len(about) > 0
        listed += len(about)
    assert listed > 60 if profile.name == "crd" else listed == 0


@EVERY
def test_the_detail_names_every_order_that_the_card_is_about(profile: Profile) -> None:
    """Assertion 34: by the name of its drug, and by its reference."""
    compared = 0
    for (_, card), (_, listed) in zip(cards(profile), cards(PROFILES["crd"]), strict=True):
        for order in listed["extension"].get("davinci-crd.associated-resource", ()):
            compared += 1
            named = [line for line in card["detail"].split("\n") if line.startswith("- ") and f"`{order}`" in line]
            assert any(len(line) > len(order) + 20 for line in named), card["summary"]
    assert compared > 60


def test_an_order_without_an_id_is_not_listed() -> None:
    unnamed = draft(text="cyanocobalamin 1 mg tablet") | {"id": None}
    answer = caller(PROFILES["crd"]).ask(call(unnamed, prefetch={"patient": PATIENT_RESOURCE}))
    assert answer["cards"]
    assert all(card["extension"].keys() == {"org.cobalamin-cds.trace"} for card in answer["cards"])


@EVERY
def test_rxnorm_goes_out_under_its_oid_too_for_epic_only(profile: Profile) -> None:
    seen = 0
    for _, _, suggestion in suggested(profile):
        for action in suggestion["actions"]:
            concept = _resource(action).get("medicationCodeableConcept")
            if concept is None:
                continue
            seen += 1
            plain = [each["code"] for each in concept["coding"] if each["system"] == RXNORM]
            by_oid = [each["code"] for each in concept["coding"] if each["system"] == OID]
            assert concept["coding"][0]["system"] == RXNORM
            assert by_oid == (plain if profile.name == "epic" else [])
    assert seen > 30


@EVERY
def test_what_epic_would_leave_out_can_be_put_in_by_hand(profile: Profile) -> None:
    """An order that is added gets Epic's defaults, and no action of Epic's changes a medication order."""
    for _, card in cards(profile):
        actions = [action for suggestion in card.get("suggestions", ()) for action in suggestion["actions"]]
        doses = any(_resource(action).get("resourceType") == "MedicationRequest" for action in actions)
        assert ("put in by hand" in card["detail"]) is (profile.name == "epic" and doses)


def _resource(action: Json) -> Json:
    resource = action.get("resource")
    return resource if isinstance(resource, dict) else {}


@pytest.mark.parametrize("profile", OTHERS, ids=lambda profile: profile.name)
def test_the_advice_is_the_same_for_all(profile: Profile) -> None:
    """Topics, urgency, sentences, sources, reasons, trace, uuids of cards and all that is proposed."""
    compared = 0
    for mine, theirs in zip(answered(profile), answered(DEFAULT), strict=True):
        assert len(mine.answer["cards"]) == len(theirs.answer["cards"])
        for card, other in zip(mine.answer["cards"], theirs.answer["cards"], strict=True):
            compared += 1
            for name in ("uuid", "summary", "indicator", "source", "overrideReasons"):
                assert card.get(name) == other.get(name), (mine.name, name)
            trace = "org.cobalamin-cds.trace"
            assert card["extension"][trace] == other["extension"][trace]
            assert _proposals(card) == _proposals(other), mine.name
            if not profile.by_hand:
                assert _proposals(card, "isRecommended") == _proposals(other, "isRecommended")
            assert profile.one_action or card["detail"] == other["detail"]
    assert compared > 70


def _proposals(card: Json, having: str = "label") -> set[str]:
    """What the suggestions with this member come to."""
    chosen = [suggestion for suggestion in card.get("suggestions", ()) if having in suggestion]
    return {proposed(action) for suggestion in chosen for action in suggestion["actions"]}


EPIC_CALL = {"com.epic.cdshooks.request.epic-version": "10.9"}


@pytest.mark.parametrize(
    ("stated", "shows", "expected"),
    [
        (None, {}, "at-most-one"),
        (None, EPIC_CALL, "any"),
        (None, {"davinci-crd.configuration": {"max-cards": 5}}, "at-most-one"),
        (DEFAULT, EPIC_CALL, "at-most-one"),
        (PROFILES["crd"], EPIC_CALL, "at-most-one"),
        (PROFILES["epic"], {}, "any"),
        (PROFILES["epic"], {"davinci-crd.configuration": {}}, "any"),
    ],
)
def test_what_is_stated_stands_above_what_is_shown(stated: Profile | None, shows: Json, expected: str) -> None:
    request = next(each.request for each in answered(DEFAULT) if each.name == "cyanocobalamin-renal")
    answer = caller(stated).ask(request | {"extension": shows})
    assert {card["selectionBehavior"] for card in answer["cards"]} == {expected}
    crd = stated is PROFILES["crd"] or (stated is None and "davinci-crd.configuration" in shows)
    assert ("davinci-crd.associated-resource" in answer["cards"][0]["extension"]) is crd
