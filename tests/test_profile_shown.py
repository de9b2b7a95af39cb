"""What a request gives away about its client: names that one product alone writes, in `extension` and nowhere else."""

import json
from pathlib import Path
from typing import Any

import pytest

from cds_service.hooks.clients import PROFILES, profile_shown
from cds_service.hooks.problems import Problem
from cds_service.hooks.request import read_request
from cds_service.hooks.services import SERVICES
from tests.hook_calls import call, draft, read

SAMPLES = Path(__file__).parents[2] / "shared" / "requests"
SERVICE_OF = {service.hook: service for service in SERVICES}
# As Epic's documentation of CDS Hooks has them, those of its own staff apart.
EPIC = {
    "com.epic.cdshooks.request.bpa-trigger-action": "18",
    "com.epic.cdshooks.request.cds-hooks-specification-version": "1.1",
    "com.epic.cdshooks.request.fhir-version": "R4",
    "com.epic.cdshooks.request.criteria-id": "1126",
    "internal.epic.cdshooks.request.epic-emp-id": "14977",
}


@pytest.mark.parametrize(
    ("extension", "expected"),
    [
        (EPIC, "epic"),
        ({"com.epic.cdshooks.request.fhir-version": None}, "epic"),
        ({"davinci-crd.configuration": {"max-cards": 10}}, "crd"),
        ({"davinci-crd.requestedVersion": "2.2"}, "crd"),
        ({"davinci-crd.configuration": {}} | EPIC, "epic"),  # a hospital with Epic may also be a client of CRD
        ({"pddi-configuration-items": {"alert-non-serious": True}}, None),
        ({"org.example": {"com.epic.cdshooks.request.fhir-version": "R4"}}, None),
        ({"myextension-davinci-crd.configuration": {}}, None),
        ({}, None),
        (None, None),
        ([EPIC], None),
        ("com.epic.cdshooks.request.fhir-version", None),
        (5, None),
    ],
)
def test_the_names_in_the_extension_show_the_client(extension: Any, expected: str | None) -> None:
    shown = read(call(draft(), extension=extension)).shown
    assert shown is (PROFILES[expected] if expected else None)


def test_the_long_way_of_reading_shows_the_same() -> None:
    """A number beside the extension takes the request off the quick way of reading."""
    assert read(call(draft(), extension=EPIC, oddity=5)).shown is PROFILES["epic"]


def test_what_stands_in_the_context_or_the_authorization_shows_nothing() -> None:
    """No request at hand has such a name there."""
    authorization = {"access_token": "t", "token_type": "Bearer", "expires_in": 1, "extension": EPIC}
    request = call(draft(), context__extension=EPIC, fhirAuthorization=authorization)
    assert read(request).shown is None


def test_no_name_shows_nothing() -> None:
    assert profile_shown(()) is None


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the sample requests are not at hand")
def test_the_samples_show_what_they_are() -> None:
    shown, read_in_full = {}, 0
    for path in sorted(SAMPLES.glob("*.json")):
        body = path.read_bytes()
        envelope = json.loads(body)
        if path.name == "manifest.json" or envelope.get("hook") not in SERVICE_OF:
            continue
        try:
            request = read_request(SERVICE_OF[envelope["hook"]], body)
        except Problem:
            continue
        read_in_full += 1
        if request.shown is not None:
            shown[path.name] = request.shown.name
    assert read_in_full > 20
    assert shown == {
        "davinci-crd-ig__CRDServiceRequest.json": "crd",
        "inferno-crd__inferno_crd_client_suite-10.json": "crd",
        "inferno-crd__inferno_crd_client_suite-5.json": "crd",
    }
