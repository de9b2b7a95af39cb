"""HTTP in and out of the hooks. Knows headers, methods and encodings; no medicine and no FHIR."""

from typing import Final

import msgspec
from flask import Blueprint, Response, request

from cds_service.audit import Trail
from cds_service.decide import Means, decide
from cds_service.hooks.body import JSON, read_body
from cds_service.hooks.clients import PROFILES
from cds_service.hooks.edge import TRAIL
from cds_service.hooks.own_url import base_url
from cds_service.hooks.problems import Fault, Problem
from cds_service.hooks.services import SERVICE_BY_ID, discovery_document
from cds_service.hooks.shown import shown_cards
from cds_service.records.shown_cards import ShownCards
from cds_service.settings import Settings
from cds_service.trust.door import Door

_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")
_DISCOVERY: Final = {profile: msgspec.json.encode(discovery_document(profile)) for profile in PROFILES.values()}


def hook_routes(settings: Settings, door: Door[Means], shown: ShownCards) -> Blueprint:
    """Discovery and the hook calls; which cards were shown is noted for the figures."""
    routes = Blueprint("hooks", __name__)

    @routes.get("/cds-services")
    def discovery() -> Response:
        means = door.greet(request.environ, "/cds-services")
        return Response(_DISCOVERY[means.client.answered_as()], content_type=JSON)

    @routes.post("/cds-services/<service_id>")
    def call(service_id: str) -> Response:
        environ = request.environ
        service = SERVICE_BY_ID.get(service_id)
        if service is None:
            raise Problem(Fault.UNKNOWN_SERVICE)
        trail: Trail = environ[TRAIL]
        trail.service = service.id
        means = door.admit(environ, f"/cds-services/{service.id}")
        body = read_body(environ, settings.max_body)
        trail.step("admit")
        answer, _ = decide(service, body, base_url(environ, settings), means, trail)
        if answer["cards"]:
            shown.note(shown_cards(answer, service=service.id, client=means.client, at=means.clock()))
        if means.client.shadow:  # evaluated and counted, and nobody sees it
            trail.shadow, answer = True, answer | {"cards": []}
        return Response(_ENCODER.encode(answer), content_type=JSON)

    return routes
