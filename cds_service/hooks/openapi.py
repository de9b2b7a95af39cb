"""GET /openapi.json: what this service answers, for people and programs that connect a client.

Made from the schemas that requests are checked with, the catalogue of failures and the table of services, so that it
cannot say something else than they do. The words are in openapi.toml.
"""

import tomllib
from collections.abc import Iterable, Sequence
from importlib.resources import files
from typing import Any, Final

import msgspec
from flask import Blueprint, Response

from cds_service.examples import Example
from cds_service.hooks.body import JSON
from cds_service.hooks.edge import KNOWLEDGE_VERSION
from cds_service.hooks.problems import Fault
from cds_service.hooks.schema_files import SCHEMAS
from cds_service.hooks.services import SERVICES, Service
from cds_service.hooks.strict_json import DEEPEST
from cds_service.release import installed_version
from cds_service.settings import Settings
from fhir_mappings.drafts import MOST_IN_SCOPE

Json = dict[str, Any]

_WORDS: Final = tomllib.loads(files(__package__).joinpath("openapi.toml").read_text("utf-8"))
_MEBIBYTE: Final = 1024 * 1024
_TOKEN: Final[list[Json]] = [{"jwt": []}]
_OPEN: Final[list[Json]] = [{}, *_TOKEN]
_SHOWN: Final = 2
_KINDS: Final = ("application/json", "application/*+json")

# The failures that a request can meet, by what it does. Every row of the catalogue stands under one of them.
_EVERY: Final = frozenset({405, 408, 414, 431, 500, 503})
_PLAIN: Final = frozenset({403})
_CALLER: Final = frozenset({401, 429}) | _PLAIN
_BODY: Final = frozenset({400, 404, 413, 415})
_DATA: Final = frozenset({412})

_PARAMETERS: Final[Json] = {
    "request-id": {
        "name": "X-Request-Id",
        "in": "header",
        "description": "A UUID or 32 hexadecimal digits. Comes back in the answer and stands in the log.",
        "schema": {"type": "string"},
    },
    "encoding": {
        "name": "Content-Encoding",
        "in": "header",
        "description": "How the body is packed.",
        "schema": {"enum": ["gzip", "x-gzip", "identity", ""]},
    },
    "exclude": {
        "name": "exclude",
        "in": "query",
        "description": "`database`: it is not asked, and calls need none. Any other value leaves nothing out.",
        "schema": {},
    },
}
_HEADERS: Final[Json] = {
    "knowledge-version": {
        "description": "The rules and tables that this process speaks from, as in the trace of a card.",
        "required": True,
        "schema": {"type": "string", "minLength": 1},
    },
    "request-id": {
        "description": "The request's own X-Request-Id, or a new one.",
        "required": True,
        "schema": {
            "type": "string",
            "pattern": "^([0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9a-fA-F]{32})$",
        },
    },
    "no-store": {"description": "It is about a patient.", "required": True, "schema": {"const": "no-store"}},
    "allow": {"description": "The methods answered here.", "required": True, "schema": {"type": "string"}},
    "challenge": {"description": "What is wanted.", "required": True, "schema": {"type": "string"}},
    "retry": {
        "description": "Seconds after which the same may be tried again.",
        "schema": {"type": "integer", "minimum": 0},
    },
}
_SENT_WITH: Final = {
    401: {"WWW-Authenticate": "challenge"},
    405: {"Allow": "allow"},
    429: {"Retry-After": "retry"},
    503: {"Retry-After": "retry"},
}


def openapi_route(settings: Settings, examples: Sequence[Example], *, guarded: bool) -> Blueprint:
    """GET /openapi.json, written once. guarded: there is a clients file."""
    routes = Blueprint("openapi", __name__)
    document = msgspec.json.encode(openapi_document(settings, examples, guarded=guarded))

    @routes.get("/openapi.json")
    def openapi() -> Response:
        return Response(document, content_type=JSON)

    return routes


def openapi_document(settings: Settings, examples: Sequence[Example], *, guarded: bool) -> Json:
    """The description as JSON values. examples: requests to show, the first few of each hook.

    Where no public URL is configured, addresses are relative to that of the document.
    """
    words: str = _WORDS["description"]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": _WORDS["title"],
            "version": installed_version(),
            "summary": _WORDS["summary"],
            "description": words.format(megabytes=settings.max_body // _MEBIBYTE, depth=DEEPEST).strip(),
            "license": {"name": "Apache 2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": settings.public_url or "/"}],
        "paths": _paths(examples, _TOKEN if guarded else _OPEN) | (_counts() if settings.metrics else {}),
        "components": {
            "schemas": {name: _component(name, schema) for name, schema in SCHEMAS.items()},
            "responses": {str(status): _problem(status) for status in sorted({fault.status for fault in Fault})},
            "headers": _HEADERS,
            "parameters": _PARAMETERS,
            "securitySchemes": {"jwt": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def _paths(examples: Sequence[Example], security: list[Json]) -> Json:
    paths: Json = {"/cds-services": {"get": _get("discovery", _ref("schemas", "discovery"), _CALLER)}}
    for service in SERVICES:
        shown = [example for example in examples if example.body["hook"] == service.hook]
        paths[f"/cds-services/{service.id}"] = {"post": _call(service, shown[:_SHOWN]) | {"security": security}}
        paths[f"/cds-services/{service.id}/feedback"] = {"post": _feedback(service) | {"security": security}}
    paths["/healthz"] = {"get": _get("alive", {"const": {"status": "alive"}})}
    paths["/readyz"] = {"get": _get("ready", {"const": {"status": "ready"}})}
    paths["/readyz"]["get"]["parameters"].append(_ref("parameters", "exclude"))
    paths["/openapi.json"] = {"get": _get("self", {"type": "object", "required": ["openapi", "info", "paths"]}, _PLAIN)}
    return paths


def _counts() -> Json:
    answer = _get("counts", {"type": "string"}, _PLAIN | {404})  # for who does not ask from inside
    content = answer["responses"]["200"]["content"]
    content["text/plain"] = content.pop("application/json")
    return {"/metrics": {"get": answer}}


def _get(name: str, schema: Json, failures: Iterable[int] = ()) -> Json:
    words = _WORDS[name]
    return {
        "operationId": name,
        "summary": words["summary"],
        "description": words["description"].strip(),
        "security": _OPEN if name == "discovery" else [],
        "parameters": [_ref("parameters", "request-id")],
        "responses": {"200": _good("As described.", schema)} | _problems(failures),
    }


def _call(service: Service, examples: Sequence[Example]) -> Json:
    sent = {f"{place}": {"summary": each.title, "value": each.body} for place, each in enumerate(examples, 1)}
    about: str = _WORDS["chart" if service.opens_chart else "hook"]["description"]
    operation = _post(service.id, service.hook, sent)
    answer = _good("Cards, or none: nothing to say.", _ref("schemas", "response"))
    answer["headers"]["Cache-Control"] = _ref("headers", "no-store")
    answer["content"]["application/json"]["examples"] = {"nothing-to-say": {"value": {"cards": []}}}
    return operation | {
        "summary": service.title,
        "description": about.format(about=service.description, orders=MOST_IN_SCOPE).strip(),
        "responses": {"200": answer} | _problems(_CALLER | _BODY | _DATA),
    }


def _feedback(service: Service) -> Json:
    words = _WORDS["feedback"]
    sent = {"1": {"summary": "Two cards: one taken, one overridden", "value": words["example"]}}
    received = {"type": "integer", "minimum": 1, "description": "How many items were taken."}
    answer = {
        "type": "object",
        "required": ["received"],
        "additionalProperties": False,
        "properties": {"received": received},
    }
    return _post(f"{service.id}-feedback", "feedback", sent) | {
        "summary": words["summary"].format(id=service.id),
        "description": words["description"].strip(),
        "responses": {"200": _good("All of it is kept.", answer)} | _problems(_CALLER | _BODY),
    }


def _post(name: str, schema: str, examples: Json) -> Json:
    """The part of an operation that says what is sent."""
    content = {"schema": _ref("schemas", schema)} | ({"examples": examples} if examples else {})
    return {
        "operationId": name,
        "parameters": [_ref("parameters", "request-id"), _ref("parameters", "encoding")],
        "requestBody": {"required": True, "content": dict.fromkeys(_KINDS, content)},
    }


def _good(description: str, schema: Json) -> Json:
    return {
        "description": description,
        "headers": {
            "X-Request-Id": _ref("headers", "request-id"),
            KNOWLEDGE_VERSION: _ref("headers", "knowledge-version"),
        },
        "content": {"application/json": {"schema": schema}},
    }


def _problems(statuses: Iterable[int]) -> Json:
    known = {fault.status for fault in Fault}
    return {str(status): _ref("responses", str(status)) for status in sorted({*statuses, *_EVERY} & known)}


def _problem(status: int) -> Json:
    """One answer for all failures of a status, in the words of the catalogue."""
    rows = [f"`{fault.code}`: {fault.for_client or 'no reason is given.'}" for fault in Fault if fault.status == status]
    found = _good("  \n".join(rows), _ref("schemas", "refusal" if status == 401 else "problem"))
    for header, name in _SENT_WITH.get(status, {}).items():
        found["headers"][header] = _ref("headers", name)
    return found


def _ref(kind: str, name: str) -> Json:
    return {"$ref": f"#/components/{kind}/{name}"}


def _component(name: str, schema: Any) -> Any:
    """A schema file as a component: only its references are written anew, call.json#/a as .../schemas/call/a."""
    if isinstance(schema, list):
        return [_component(name, each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: _component(name, value) for key, value in schema.items() if key != "$schema"}
    if isinstance(found.get("$ref"), str):
        file, _, place = found["$ref"].partition("#")
        found["$ref"] = f"#/components/schemas/{file.removesuffix('.json') or name}{place}"
    return found
