"""HTTP in and out of the hooks. Knows headers, methods and encodings; no medicine and no FHIR."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

import msgspec
from flask import Blueprint, Flask, Response, request

from cds_service.audit import Trail
from cds_service.decide import Means, decide
from cds_service.hooks.body import JSON, read_body
from cds_service.hooks.clients import PROFILES
from cds_service.hooks.edge import TRAIL
from cds_service.hooks.own_url import base_url
from cds_service.hooks.problems import Fault, Problem
from cds_service.hooks.services import SERVICE_BY_ID, Service, discovery_document
from cds_service.hooks.shown import shown_cards
from cds_service.recording.recorder import Recorder
from cds_service.records.shown_cards import ShownCards
from cds_service.settings import Settings
from cds_service.trust.door import Door

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")
_DISCOVERY: Final = {profile: msgspec.json.encode(discovery_document(profile)) for profile in PROFILES.values()}
_SERVICE_AT: Final = {f"/cds-services/{service.id}": service for service in SERVICE_BY_ID.values()}

# A call's service and environ -> its answer in JSON
Call = Callable[[Service, dict[str, Any]], bytes]


def hook_call(settings: Settings, door: Door[Means], shown: ShownCards, recorder: Recorder | None = None) -> Call:
    """What answers hook calls; which cards were shown is noted for the figures. recorder: where a site records."""

    def call(service: Service, environ: dict[str, Any]) -> bytes:
        trail: Trail = environ[TRAIL]
        trail.service = service.id
        means = door.admit(environ, f"/cds-services/{service.id}")
        body = read_body(environ, settings.max_body)
        trail.step("admit")
        decided = decide(service, body, base_url(environ, settings), means, trail)
        answer = decided.answer
        if recorder is not None:
            recorder.note(decided, means.library, means.client.name)
        if answer["cards"]:
            shown.note(shown_cards(answer, service=service.id, client=means.client, at=means.clock()))
        if means.client.shadow:  # evaluated and counted, and nobody sees it
            trail.shadow, answer = True, answer | {"cards": []}
        return _ENCODER.encode(answer)

    return call


def hook_routes(door: Door[Means], answered: Call) -> Blueprint:
    """Discovery and the hook calls."""
    routes = Blueprint("hooks", __name__)

    @routes.get("/cds-services")
    def discovery() -> Response:
        means = door.greet(request.environ, "/cds-services")
        return Response(_DISCOVERY[means.client.answered_as()], content_type=JSON)

    @routes.post("/cds-services/<service_id>")
    def call(service_id: str) -> Response:
        service = SERVICE_BY_ID.get(service_id)
        if service is None:
            raise Problem(Fault.UNKNOWN_SERVICE)
        return Response(answered(service, request.environ), content_type=JSON)

    return routes


class ShortWay:
    """WSGI middleware: a hook call at the very address of a service does not go through Flask, which would take a
    third of an answer that is out of scope. What fails here becomes an answer in Flask, as on the long way."""

    def __init__(self, app: Flask, answered: Call) -> None:
        self._app = app
        self._long_way = app.wsgi_app
        self._answered = answered

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        service = _SERVICE_AT.get(environ["PATH_INFO"]) if environ["REQUEST_METHOD"] == "POST" else None
        if service is None:
            return self._long_way(environ, start_response)
        try:
            answer = self._answered(service, environ)
        except Exception as error:  # noqa: BLE001  # each has its answer, the unexpected too
            # Without routing, which may have a reason of its own to refuse, and would hide this one
            with self._app.request_context(environ):
                failure = self._app.make_response(self._app.handle_user_exception(error))
            return failure(environ, start_response)
        start_response("200 OK", [("Content-Type", JSON), ("Content-Length", str(len(answer)))])
        return (answer,)
