"""/openapi.json is true: it is valid itself, and no request that is made from it finds the service doing otherwise."""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any

import pytest
from flask import Flask
from jsonschema import Draft202012Validator
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

from cds_service.app import create_app
from cds_service.hooks.problems import Fault
from cds_service.hooks.services import SERVICES
from cds_service.settings import Settings
from tests.openapi_run import WSGI, run
from tests.signing import BASE, Serve, token

LOOKED = ("not_a_server_error", "status_code_conformance", "response_schema_conformance", "negative_data_rejection")
VIEW = "/cds-services/b12-patient-view"


@cache
def app() -> Flask:
    return create_app(Settings(log_level="error"))


@cache
def document() -> dict[str, Any]:
    found: dict[str, Any] = app().test_client().get("/openapi.json").get_json()
    return found


def nodes(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from nodes(each)


def at(reference: str) -> Any:
    found: Any = document()
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return found


# the document


def test_the_document_is_openapi_3_1() -> None:
    assert [error.message for error in OPENAPI_31_VALIDATOR.iter_errors(document())] == []
    broken = document() | {"paths": {"cds-services": {}}}
    assert not OPENAPI_31_VALIDATOR.is_valid(broken)


def test_its_schemas_are_json_schema_and_its_references_lead_somewhere() -> None:
    references = [node["$ref"] for node in nodes(document()) if isinstance(node.get("$ref"), str)]
    assert len(references) > 100
    for reference in references:
        assert at(reference) is not None
    for schema in document()["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_every_route_of_the_protocol_is_described_and_no_other() -> None:
    rules = {
        (rule.rule.replace("<service_id>", service.id), method.lower())
        for rule in app().url_map.iter_rules()
        if app().view_functions[rule.endpoint].__module__.startswith("cds_service.hooks.")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        for service in SERVICES
    }
    assert rules == {(path, method) for path, item in document()["paths"].items() for method in item}


def test_every_failure_is_described() -> None:
    described = {
        (status, code)
        for status, answer in document()["components"]["responses"].items()
        for code in answer["description"].split("`")[1::2]
    }
    assert described == {(str(fault.status), fault.code) for fault in Fault}
    named = {status for item in document()["paths"].values() for op in item.values() for status in op["responses"]}
    assert named == {"200"} | {str(fault.status) for fault in Fault}


def test_the_examples_keep_to_their_schemas_and_are_answered() -> None:
    client = app().test_client()
    for service in SERVICES:
        content = document()["paths"][f"/cds-services/{service.id}"]["post"]["requestBody"]["content"]
        assert set(content) == {"application/json", "application/*+json"}
        examples = content["application/json"]["examples"].values()
        assert len(examples) == 2
        for example in examples:
            assert client.post(f"/cds-services/{service.id}", json=example["value"]).status_code == 200


def test_addresses_are_relative_unless_a_public_url_is_configured() -> None:
    assert document()["servers"] == [{"url": "/"}]
    public = create_app(Settings(public_url="https://cds.example/b12", max_body=3 * 2**20)).test_client()
    found = public.get("/openapi.json").get_json()
    assert found["servers"] == [{"url": "https://cds.example/b12"}]
    assert "at most 3 MiB" in found["info"]["description"]


# the service


# Path -> examples of each operation, and if each limit of its schema is tried
RUNS = {
    "/(?!cds-services/).*": (25, True),
    "/cds-services/[^/]+": (25, True),
    "/cds-services/b12-order-select/feedback": (10, True),
    # The same code and the same schema at two more addresses: its limit of ten thousand items is tried once
    "/cds-services/(?!b12-order-select)[^/]+/feedback": (10, False),
}


@pytest.mark.parametrize("path", RUNS)
def test_no_generated_request_finds_the_service_doing_otherwise(path: str) -> None:
    examples, each_limit = RUNS[path]
    found = run(app(), examples=examples, path=path, each_limit=each_limit)
    assert found.wrong == []
    for name, item in document()["paths"].items():
        for method in item if re.fullmatch(path, name) else ():
            looked = {check: found.looked[f"{method.upper()} {name}", check] for check in LOOKED}
            assert min(looked.values()) > 3
            assert looked["negative_data_rejection"] > (10 if method == "post" else 3)


def test_together_they_are_every_operation() -> None:
    for name in document()["paths"]:
        assert sum(re.fullmatch(path, name) is not None for path in RUNS) == 1


def test_hook_calls_and_feedback_need_a_token_where_there_is_a_clients_file(guarded: Serve) -> None:
    described = guarded().http.get("/openapi.json").get_json()["paths"]
    for name, item in document()["paths"].items():
        open_to_all = [{}, {"jwt": []}] if name.startswith("/cds-services") else []
        for method, operation in item.items():
            assert operation["security"] == open_to_all
            assert described[name][method]["security"] == ([{"jwt": []}] if method == "post" else open_to_all)


def test_a_good_token_changes_nothing_else(guarded: Serve) -> None:
    inner = guarded().http.application

    def signing(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        """A token is for one call: the word `good` is replaced by a new one."""
        if environ.get("HTTP_AUTHORIZATION") == "Bearer good":
            environ["HTTP_AUTHORIZATION"] = f"Bearer {token(aud=BASE + environ['PATH_INFO'])}"
        return inner(environ, start)

    found = run(signing, examples=10, path=VIEW, token="good")
    assert found.wrong == []
    assert found.looked[f"POST {VIEW}", "positive_data_acceptance"] > 20


def test_no_generated_token_comes_in(guarded: Serve) -> None:
    inner = guarded().http.application
    found = run(inner, examples=10, path=VIEW, token="")
    assert found.wrong == []
    assert found.looked[f"POST {VIEW}", "ignored_auth"] > 20
    careless = run(altered(inner, lambda a: (200, a[1], GOOD) if a[0] == 401 else a), examples=5, path=VIEW, token="")
    assert "ignored_auth" in {name for _, name, _ in careless.wrong}


Answer = tuple[int, dict[str, str], bytes]
GOOD = b'{"cards":[]}'
BREAKS: dict[str, tuple[str, Callable[[Answer], Answer]]] = {
    "no cards": ("response_schema_conformance", lambda a: (a[0], a[1], b"{}") if a[0] == 200 else a),
    "null cards": ("response_schema_conformance", lambda a: (a[0], a[1], b'{"cards":null}') if a[0] == 200 else a),
    "bare error": ("response_schema_conformance", lambda a: (a[0], a[1], b'{"error":1}') if a[0] == 400 else a),
    "html": ("content_type_conformance", lambda a: (a[0], a[1] | {"Content-Type": "text/html"}, a[2])),
    "no id": ("response_headers_conformance", lambda a: (a[0], a[1] | {"X-Request-Id": "a b"}, a[2])),
    "cached": ("response_headers_conformance", lambda a: (a[0], a[1] | {"Cache-Control": "public"}, a[2])),
    "teapot": ("status_code_conformance", lambda a: (418, *a[1:]) if a[0] == 400 else a),
    "failure": ("not_a_server_error", lambda a: (500, *a[1:]) if a[0] == 400 else a),
    "takes all": ("negative_data_rejection", lambda a: (200, a[1], GOOD) if a[0] == 400 else a),
    "takes none": ("positive_data_acceptance", lambda a: (400, *a[1:]) if a[0] in {200, 412} else a),
    "any method": ("unsupported_method", lambda a: (404, *a[1:]) if a[0] == 405 else a),
    "no allow": ("unsupported_method", lambda a: (a[0], a[1] | {"Allow": ""}, a[2])),
    "wrong allow": ("allow_header_conformance", lambda a: (a[0], a[1] | {"Allow": "PUT"}, a[2])),
}


def altered(inner: WSGI, change: Callable[[Answer], Answer]) -> WSGI:
    """The service with answers that were changed on the way out; its description stays as it is."""

    def called(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/openapi.json":
            return inner(environ, start)
        sent: list[Any] = []
        body = b"".join(inner(environ, lambda *line: sent.append(line)))
        status, headers = sent[-1][:2]
        code, fields, body = change((int(status[:3]), dict(headers), body))
        fields["Content-Length"] = str(len(body))
        start(f"{code} As changed", [(name, value) for name, value in fields.items() if value != ""])
        return [body]

    return called


@pytest.mark.parametrize(("check", "change"), BREAKS.values(), ids=BREAKS)
def test_a_broken_service_is_found_out(check: str, change: Callable[[Answer], Answer]) -> None:
    found = run(altered(app(), change), examples=5, path=VIEW)
    assert check in {name for _, name, _ in found.wrong}
