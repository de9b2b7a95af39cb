"""Every scenario decided for a client of each profile, as it would be sent. Knows what a decision is made with."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from cds_service.audit import Trail
from cds_service.decide import Means, decide
from cds_service.hooks.clients import DEFAULT, PROFILES, Client, Profile
from cds_service.hooks.services import SERVICE_BY_ID
from cds_service.knowledge.tables import load
from cds_service.knowledge.wording import load_wording
from cds_service.outbound.names import Names
from cds_service.patient_data.fhir_servers import FhirServers
from cds_service.settings import read_settings
from cds_service.waiting import Waits
from tests.answers import Json
from tests.scenarios import FOLDERS

OTHERS = [profile for profile in PROFILES.values() if profile is not DEFAULT]
ALL = [DEFAULT, *OTHERS]
_NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
_WRITER = msgspec.json.Encoder(decimal_format="number")


@dataclass(frozen=True, slots=True)
class Caller:
    """A hospital that calls, and what is decided for it."""

    means: Means

    def ask(self, request: Json | str) -> Json:
        """The answer to a hook call, as its JSON is read."""
        body = request if isinstance(request, str) else json.dumps(request)
        service = SERVICE_BY_ID[f"b12-{json.loads(body)['hook']}"]
        answer, *_ = decide(service, body.encode(), "https://cds.example", self.means, Trail("test"))
        found: Json = json.loads(_WRITER.encode(answer))
        return found


@cache
def caller(profile: Profile | None, wanted: tuple[tuple[str, str], ...] = ()) -> Caller:
    """A client with this profile in the clients file. wanted: settings by name."""
    settings = read_settings({f"CDS_{name.upper()}": value for name, value in wanted} | {"CDS_LOG_LEVEL": "error"})
    means = Means(
        library=load(settings.region, settings.unavailable, settings.thresholds, settings.sign_off),
        wording=load_wording(),
        servers=FhirServers(settings, Names(), Waits()),
        pool=ThreadPoolExecutor(1),
        clock=lambda: _NOON,
        client=Client("hospital", profile),
    )
    return Caller(means)


@dataclass(frozen=True, slots=True)
class Answered:
    """One scenario, as one profile was answered."""

    name: str
    caller: Caller
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
    hospital = caller(profile, tuple(sorted(wanted.items())))
    request = json.loads((folder / "request.json").read_text("utf-8"))
    return Answered(folder.name, hospital, request, hospital.ask(request))


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
