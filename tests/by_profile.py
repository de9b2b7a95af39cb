"""The service as a client of each profile meets it, and its answers to every scenario. Knows the wiring of the app."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from cds_service.audit import AuditLog
from cds_service.decide import Means
from cds_service.hooks.clients import DEFAULT, PROFILES, Client, Profile
from cds_service.hooks.edge import Edge
from cds_service.hooks.problems import register_problems
from cds_service.hooks.routes import hook_routes
from cds_service.knowledge.tables import load
from cds_service.knowledge.wording import load_wording
from cds_service.patient_data.fhir_client import FhirServers, new_session
from cds_service.settings import read_settings
from cds_service.trust.door import OpenDoor
from tests.answers import Json, ask
from tests.scenarios import FOLDERS

OTHERS = [profile for profile in PROFILES.values() if profile is not DEFAULT]
ALL = [DEFAULT, *OTHERS]
_NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@cache
def service_for(profile: Profile | None, wanted: tuple[tuple[str, str], ...] = ()) -> FlaskClient:
    """The application with a door that takes everybody for one client of this profile. wanted: settings by name."""
    settings = read_settings({f"CDS_{name.upper()}": value for name, value in wanted} | {"CDS_LOG_LEVEL": "error"})
    means = Means(
        library=load(settings.region, settings.unavailable, settings.thresholds, settings.sign_off),
        wording=load_wording(),
        servers=FhirServers(settings, new_session()),
        pool=ThreadPoolExecutor(1),
        clock=lambda: _NOON,
        client=Client("hospital", profile),
    )
    app = Flask("cds_service", static_folder=None)
    register_problems(app)
    app.register_blueprint(hook_routes(settings, OpenDoor(means)))
    app.wsgi_app = Edge(app.wsgi_app, ("*",), AuditLog(None))  # type: ignore[method-assign]
    return app.test_client()


@dataclass(frozen=True, slots=True)
class Answered:
    """One scenario, as one profile was answered."""

    name: str
    client: FlaskClient
    request: Json
    answer: Json

    @property
    def drafts(self) -> set[str]:
        """ "Type/id" of every draft order."""
        entries = self.request["context"].get("draftOrders", {}).get("entry", ())
        return {f"{entry['resource']['resourceType']}/{entry['resource'].get('id')}" for entry in entries}


@cache
def answered(profile: Profile) -> tuple[Answered, ...]:
    """Every scenario in this profile, in the order of the folders."""
    return tuple(_answered(folder, profile) for folder in FOLDERS)


def _answered(folder: Path, profile: Profile) -> Answered:
    path = folder / "settings.json"
    wanted = json.loads(path.read_text("utf-8")) if path.exists() else {}
    client = service_for(profile, tuple(sorted(wanted.items())))
    request = json.loads((folder / "request.json").read_text("utf-8"))
    return Answered(folder.name, client, request, ask(client, request))


def cards(profile: Profile) -> Iterator[tuple[Answered, Json]]:
    for each in answered(profile):
        for card in each.answer["cards"]:
            yield each, card


def suggested(profile: Profile) -> Iterator[tuple[Answered, Json, Json]]:
    """(scenario, card, suggestion) of every suggestion."""
    for each, card in cards(profile):
        for suggestion in card.get("suggestions", ()):
            yield each, card, suggestion


def proposed(action: Json) -> str:
    """What an action comes to, whatever form the client wants it in: the resource without the OID codings, or the
    order that is removed."""
    if action["type"] == "delete":
        return f"delete {action.get('resourceId', action.get('resource'))}"
    resource: Any = json.loads(json.dumps(action["resource"]))
    concept = resource.get("medicationCodeableConcept", {})
    if "coding" in concept:
        concept["coding"] = [each for each in concept["coding"] if not each["system"].startswith("urn:oid:")]
    return f"{action['type']} {json.dumps(resource, sort_keys=True)}"
