"""HTTP in and out of the hooks. Knows headers, methods and encodings; no medicine and no FHIR."""

import re
import zlib
from typing import Any, Final

import msgspec
from flask import Blueprint, Response, request
from werkzeug.exceptions import ClientDisconnected

from cds_service.audit import Trail
from cds_service.decide import Means, decide
from cds_service.hooks.clients import PROFILES
from cds_service.hooks.edge import TRAIL
from cds_service.hooks.problems import Fault, Problem
from cds_service.hooks.services import SERVICE_BY_ID, discovery_document
from cds_service.settings import Settings
from cds_service.trust.door import Door

_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")
_DISCOVERY: Final = {profile: msgspec.json.encode(discovery_document(profile)) for profile in PROFILES.values()}
_JSON: Final = "application/json"
_NO_STORE: Final = [("Cache-Control", "no-store")]
_GZIP_WINDOW: Final = 31  # zlib's way to ask for a gzip header and checksum
_LENGTH: Final = re.compile(r"[0-9]{1,12}")
_LOOPBACK_HOST: Final = re.compile(r"(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?", re.IGNORECASE)
_ANY_HOST: Final = re.compile(r"(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?", re.IGNORECASE)


def hook_routes(settings: Settings, door: Door[Means]) -> Blueprint:
    """Discovery, the hook calls and the two health checks."""
    routes = Blueprint("hooks", __name__)

    @routes.get("/cds-services")
    def discovery() -> Response:
        means = door.greet(request.environ, "/cds-services")
        return Response(_DISCOVERY[means.client.answered_as()], content_type=_JSON)

    @routes.post("/cds-services/<service_id>")
    def call(service_id: str) -> Response:
        environ = request.environ
        service = SERVICE_BY_ID.get(service_id)
        if service is None:
            raise Problem(Fault.UNKNOWN_SERVICE)
        trail: Trail = environ[TRAIL]
        trail.service = service.id
        means = door.admit(environ, f"/cds-services/{service.id}")
        answer = decide(service, _body(environ, settings.max_body), _base_url(environ, settings), means, trail)
        return Response(_ENCODER.encode(answer), headers=_NO_STORE, content_type=_JSON)

    @routes.get("/healthz")
    def alive() -> Response:
        return Response(b'{"status":"alive"}', content_type=_JSON)

    @routes.get("/readyz")
    def ready() -> Response:
        # The knowledge is loaded before the first request is taken, or the start has stopped
        return Response(b'{"status":"ready"}', content_type=_JSON)

    return routes


def _body(environ: dict[str, Any], limit: int) -> bytes:
    """The body in plain bytes. Problem: 415 for another media type or encoding, 413 above the limit, 400 bad gzip."""
    kind = environ.get("CONTENT_TYPE", "")
    if kind not in {_JSON, ""}:
        kind = kind.partition(";")[0].strip().lower()
        if kind not in {_JSON, ""} and not kind.endswith("+json"):
            raise Problem(Fault.NOT_SUPPORTED_TYPE)
    encoding = environ.get("HTTP_CONTENT_ENCODING", "").strip().lower()
    if encoding not in {"", "identity", "gzip", "x-gzip"}:
        raise Problem(Fault.NOT_SUPPORTED_TYPE)
    body = _received(environ, limit)
    return _unzipped(body, limit) if encoding.endswith("gzip") else body


def _received(environ: dict[str, Any], limit: int) -> bytes:
    """The body as it came, read directly: Werkzeug would copy it three times, which for an order out of scope is a
    tenth of the whole call. A chunked body tells no length; the server ends it, and one byte too many is enough."""
    told = environ.get("CONTENT_LENGTH", "")
    if environ.get("wsgi.input_terminated") and "HTTP_TRANSFER_ENCODING" in environ:
        length = limit + 1
    else:
        length = int(told) if _LENGTH.fullmatch(told) else 0
        if length > limit:
            raise Problem(Fault.TOO_LARGE)
    try:
        body: bytes = environ["wsgi.input"].read(length)
    except (OSError, ValueError):
        raise ClientDisconnected from None
    if len(body) > limit:
        raise Problem(Fault.TOO_LARGE)
    return body


def _unzipped(body: bytes, limit: int) -> bytes:
    """One gzip member, its size bounded while it is unpacked."""
    unpacker = zlib.decompressobj(_GZIP_WINDOW)
    try:
        plain = unpacker.decompress(body, limit + 1)
    except zlib.error:
        raise Problem(Fault.BAD_GZIP) from None
    if len(plain) > limit:
        raise Problem(Fault.TOO_LARGE)
    if not unpacker.eof or unpacker.unused_data != b"":
        raise Problem(Fault.BAD_GZIP)
    return plain


def _base_url(environ: dict[str, Any], settings: Settings) -> str:
    """Base of the absolute URLs in cards: the configured one, else the Host asked for where that is this machine.

    Another Host is believed only with CDS_INSECURE=1; a client could else plant its own address in a card.
    """
    if settings.public_url is not None:
        return settings.public_url
    host = environ.get("HTTP_HOST", "")
    accepted = _ANY_HOST if settings.insecure else _LOOPBACK_HOST
    if accepted.fullmatch(host):
        return f"{environ['wsgi.url_scheme']}://{host}"
    return f"http://127.0.0.1:{environ['SERVER_PORT']}"
