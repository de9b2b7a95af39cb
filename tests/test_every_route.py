"""What holds at every address, whatever is asked in whichever way: JSON, methods, slashes, statuses, nothing empty."""

import gzip
import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator

from cds_service.app import create_app
from cds_service.hooks import routes
from cds_service.hooks.edge import ASKED_BY_MACHINES
from cds_service.hooks.problems import Fault
from cds_service.hooks.schema_files import SCHEMAS
from cds_service.knowledge.tables import load
from cds_service.settings import Settings, read_settings
from cds_service.trust.shared_state import SharedStateError
from cds_service.trust.sqlite_state import SqliteState
from tests.hook_calls import PATIENT_RESOURCE, call, draft
from tests.signing import BASE, NOW, Serve, token

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")
FILLED = {
    "<service_id>": ("b12-order-select", "b12-order-sign", "b12-patient-view", "unknown"),
    "<rule_id>": ("T-CYANO-RENAL", "unknown"),
    "<regimen_id>": ("loading_neurological", "unknown"),
    "<path:filename>": ("pages.css", "unknown.css"),
}
MISSING = ("/rules/unknown", "/schedule/unknown", "/schedule/unknown.ics", "/static/unknown.css")
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
SELECT = "/cds-services/b12-order-select"
ORDER = draft(text="cyanocobalamin 1 mg tablet")
FEEDBACK = {"feedback": [{"card": "c", "outcome": "overridden", "outcomeTimestamp": "2026-11-20T11:00:00Z"}]}
VERSION = load().knowledge.version
EMPTY: tuple[Any, ...] = (None, "", [], {})


@cache
def app() -> Flask:
    return create_app(Settings(log_level="error", max_body=2**20), clock=lambda: NOW)


@pytest.fixture
def client() -> FlaskClient:
    return app().test_client()


def addresses() -> list[str]:
    """Asked for while tests are collected, of an app that answers nothing: records have their folder only later."""
    found = ["/nowhere", "/cds-services/b12-order-select/unknown", "/cds-services//b12-order-select"]
    for rule in create_app(Settings()).url_map.iter_rules():
        wild = re.search("<.*>", rule.rule)
        found += [rule.rule.replace(wild[0], each) for each in FILLED[wild[0]]] if wild else [rule.rule]
    return sorted(set(found))


PROTOCOL = [path for path in addresses() if path.startswith("/cds-services")]
EVERY = pytest.mark.parametrize("path", addresses())


def strict(text: str) -> Any:
    """JSON as RFC 8259 has it: json.loads reads NaN and repeated keys too."""

    def refuse(constant: str) -> NoReturn:
        raise ValueError(constant)

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len(dict(pairs)) == len(pairs)
        return dict(pairs)

    return json.loads(text, parse_constant=refuse, object_pairs_hook=once)


def empties(node: Any, path: str = "$") -> Iterator[str]:
    """Where a tree holds what REQ-4 forbids; the two lists that may be empty are passed over."""
    if node in EMPTY and not (node == [] and path in {"$.cards", "$.services", "$.systemActions"}):
        yield path
    if isinstance(node, str) and node.strip() == "":
        yield path
    for name, each in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        yield from empties(each, f"{path}.{name}")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("path", PROTOCOL)
def test_below_cds_services_everything_is_json_whatever_is_asked_for(
    client: FlaskClient, path: str, method: str
) -> None:
    for headers in ({}, BROWSER, {"Accept": "text/html"}, {"Accept": "application/xml"}):
        answer = client.open(path, buffered=True, method=method, headers=headers)
        assert answer.status_code in {200, 400, 404, 405}
        if answer.data:
            assert answer.content_type == "application/json"
            assert list(empties(strict(answer.text))) == []
        else:
            assert method == "HEAD" or (method, answer.status_code) == ("OPTIONS", 200)


@EVERY
def test_elsewhere_an_error_is_a_page_only_for_who_asked_for_one(client: FlaskClient, path: str) -> None:
    for method in METHODS:
        for headers in (
            {},
            {"Accept": "*/*"},
            {"Accept": "application/json"},
            {"Accept": "application/json,text/html"},
        ):
            answer = client.open(path, buffered=True, method=method, headers=headers)
            if answer.status_code >= 400 and method != "HEAD":
                assert answer.content_type == "application/json"
                assert strict(answer.text)["resourceType"] == "OperationOutcome"
        answer = client.open(path, buffered=True, method=method, headers=BROWSER)
        if answer.status_code >= 400 and path not in PROTOCOL:
            assert answer.content_type == "text/html; charset=utf-8"
            assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
            assert method == "HEAD" or "<h1>" in answer.text
            assert (answer.status_code == 405) is ("Allow" in answer.headers)


@EVERY
def test_a_slash_at_the_end_changes_nothing_and_nothing_is_redirected(client: FlaskClient, path: str) -> None:
    for method in METHODS:
        answer, slashed = (
            client.open(path, buffered=True, method=method),
            client.open(f"{path}/", buffered=True, method=method),
        )
        assert not 300 <= answer.status_code < 400
        if path in ASKED_BY_MACHINES:
            assert slashed.status_code == (404 if answer.status_code == 200 else 405)
        elif not path.startswith("/static/") and path != "/":
            assert (answer.status_code, answer.data) == (slashed.status_code, slashed.data)


@EVERY
def test_allow_names_the_methods_that_are_answered(client: FlaskClient, path: str) -> None:
    answers = {method: client.open(path, buffered=True, method=method) for method in METHODS}
    known = {method for method, answer in answers.items() if answer.status_code != 405}
    for method, answer in answers.items():
        if answer.status_code == 405 or (method == "OPTIONS" and answer.status_code == 200):
            assert {each.strip() for each in answer.headers["Allow"].split(",")} == known
    assert answers["OPTIONS"].status_code in {200, 404}


@EVERY
def test_head_is_get_without_the_body(client: FlaskClient, path: str) -> None:
    got, head = client.get(path, buffered=True), client.head(path, buffered=True)
    assert head.data == b""
    assert head.status_code == got.status_code
    assert [head.headers[name] for name in ("Content-Type", "Content-Length")] == [
        got.headers[name] for name in ("Content-Type", "Content-Length")
    ]


@EVERY
def test_cors_the_id_and_the_knowledge_version_stand_on_every_answer(client: FlaskClient, path: str) -> None:
    for method in METHODS:
        headers = client.open(path, buffered=True, method=method, headers={"Origin": "https://a.example"}).headers
        assert headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in headers
        assert len(headers.getlist("X-Request-Id")) == 1
        assert headers.getlist("Knowledge-Version") == [VERSION]
        assert "Knowledge-Version" in headers["Access-Control-Expose-Headers"]


def test_each_kind_of_address_is_there_and_missing(client: FlaskClient) -> None:
    """Else what holds for a page would have been seen on a 404 only."""
    pages = {path: client.get(path, buffered=True).status_code for path in addresses() if path not in PROTOCOL}
    assert {path for path, status in pages.items() if status == 404} == {"/nowhere", *MISSING}
    assert {status for path, status in pages.items() if path not in {"/nowhere", *MISSING}} == {200}


# every status, provoked


def _post(body: Any, path: str = SELECT, **more: Any) -> Callable[[FlaskClient], Any]:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return lambda client: client.post(path, data=data, **{"content_type": "application/json"} | more)


FOREIGN = draft(text="cyanocobalamin 1 mg", subject={"reference": "Patient/somebody-else"})
OTHER_PATIENT = {"patient": PATIENT_RESOURCE | {"id": "somebody-else"}}
PROVOKED: dict[Fault, Callable[[FlaskClient], Any]] = {
    Fault.NOT_JSON: _post(b"{not json"),
    Fault.TOO_DEEP: _post(b"[" * 100 + b"]" * 100),
    Fault.BAD_GZIP: _post(b"{}", headers={"Content-Encoding": "gzip"}),
    Fault.BAD_REQUEST: _post({}),
    Fault.BAD_FEEDBACK: _post({}, f"{SELECT}/feedback"),
    Fault.FOREIGN_ORDER: _post(call(FOREIGN)),
    Fault.UNKNOWN_SERVICE: _post({}, "/cds-services/unknown"),
    Fault.NO_PAGE: _post({}, "/nowhere"),
    Fault.WRONG_METHOD: lambda client: client.get(SELECT),
    Fault.DATA_MISSING: _post(call(ORDER)),
    Fault.WRONG_PATIENT: _post(call(ORDER, prefetch=OTHER_PATIENT)),
    Fault.TOO_LARGE: _post(gzip.compress(b" " * (2**20 + 1)), headers={"Content-Encoding": "gzip"}),
    Fault.NOT_SUPPORTED_TYPE: _post({}, content_type="text/plain"),
    Fault.OTHER: lambda client: client.get("/static/pages.css", headers={"Range": "bytes=999999-"}),
}
# Provoked below, since the service must be another one or must fail
ELSEWHERE = {
    Fault.NOT_ENCRYPTED,
    Fault.NOT_AUTHENTICATED,
    Fault.TOO_MANY,
    Fault.NOT_READY,
    Fault.DATABASE_AWAY,
    Fault.INTERNAL,
}
# Provoked in test_limits, since no route gives them but the server that runs the service
BEFORE_ANY_ROUTE = {Fault.NOT_HTTP, Fault.TOO_SLOW, Fault.LINE_TOO_LONG, Fault.HEAD_TOO_LARGE, Fault.BUSY}


def assert_problem(answer: Any, fault: Fault, status: int | None = None) -> None:
    assert (answer.status_code, answer.headers["Knowledge-Version"]) == (status or fault.status, VERSION)
    assert answer.content_type == "application/json"
    outcome = strict(answer.text)
    schema = "refusal" if fault is Fault.NOT_AUTHENTICATED else "problem"
    assert list(Draft202012Validator(SCHEMAS[schema]).iter_errors(outcome)) == []
    if schema == "problem":
        assert outcome["issue"][0]["details"]["coding"][0]["code"] == fault.code
    assert list(empties(outcome)) == []
    assert "somebody-else" not in answer.text


def test_every_failure_of_the_catalogue_is_provoked() -> None:
    assert set(PROVOKED) | ELSEWHERE | BEFORE_ANY_ROUTE == set(Fault)


@pytest.mark.parametrize("fault", PROVOKED, ids=lambda fault: fault.code)
def test_a_failure_has_its_status_and_an_outcome(client: FlaskClient, fault: Fault) -> None:
    assert_problem(PROVOKED[fault](client), fault, 416 if fault is Fault.OTHER else None)


def test_who_is_not_known_or_calls_too_often_is_told_so(guarded: Serve) -> None:
    service = guarded({"requests_per_minute": 1})
    assert_problem(service.ask(None), Fault.NOT_AUTHENTICATED)
    assert service.ask(token()).status_code == 200
    again = service.ask(token())
    assert_problem(again, Fault.TOO_MANY)
    assert int(again.headers["Retry-After"]) > 0
    assert_problem(service.http.get("/cds-services", headers={"Authorization": "x"}), Fault.NOT_AUTHENTICATED)
    assert BASE not in service.ask(None).text


def test_what_the_service_rests_on_is_away(guarded: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> NoReturn:
        raise SharedStateError("away")

    monkeypatch.setattr(SqliteState, "admit", broken)
    assert_problem(guarded().ask(token()), Fault.NOT_READY)
    (tmp_path / "folder").mkdir()
    away = create_app(Settings(log_level="error", database_url=f"sqlite:///{tmp_path}/folder")).test_client()
    answers = [
        away.post(f"{SELECT}/feedback", json=FEEDBACK),
        away.get("/readyz"),
        away.get("/feedback-figures?format=json"),
        away.get("/feedback-figures.csv"),
    ]
    for answer in answers:
        assert_problem(answer, Fault.DATABASE_AWAY)
        assert int(answer.headers["Retry-After"]) > 0
    for path in ("/readyz", "/feedback-figures", "/feedback-figures.csv"):
        page = away.get(path, headers=BROWSER)
        assert (page.status_code, page.mimetype, page.headers["Retry-After"]) == (503, "text/html", "5")
        assert "The database does not answer" in page.text
        assert "Hook calls are answered meanwhile" in page.text


def test_what_did_not_come_by_tls_is_told_so() -> None:
    proxied = create_app(read_settings({"CDS_TRUSTED_PROXIES": "10.2.0.7", "CDS_LOG_LEVEL": "error"})).test_client()
    for method in ("GET", "POST", "PUT"):
        answer = proxied.open(SELECT, method=method, headers=BROWSER, environ_base={"REMOTE_ADDR": "10.2.0.8"})
        assert_problem(answer, Fault.NOT_ENCRYPTED)


def test_a_failure_inside_is_500(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> NoReturn:
        raise KeyError("somebody-else")

    monkeypatch.setattr(routes, "decide", broken)
    assert_problem(client.post(SELECT, json=call(ORDER), headers=BROWSER), Fault.INTERNAL)


def test_a_success_holds_nothing_empty(client: FlaskClient) -> None:
    sent: dict[str, Any] = {
        SELECT: call(ORDER, prefetch={"patient": PATIENT_RESOURCE}),
        f"{SELECT}/feedback": FEEDBACK,
    }
    answers = [client.post(path, json=body) for path, body in sent.items()]
    answers += [client.get(path) for path in ("/cds-services", "/healthz", "/readyz")]
    for answer in answers:
        assert answer.status_code == 200
        assert answer.content_type == "application/json"
        assert list(empties(strict(answer.text))) == []
