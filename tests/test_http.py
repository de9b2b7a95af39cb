"""The service over HTTP, through Flask's test client: methods, headers, sizes, encodings, and the sample requests."""

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from cds_service import decide
from cds_service.app import create_app
from cds_service.hooks.own_url import base_url
from cds_service.hooks.services import SERVICES
from cds_service.settings import Settings
from tests.hook_calls import PATIENT, PATIENT_RESOURCE, call, draft

SAMPLES = Path(__file__).parents[2] / "shared" / "requests"
SELECT = "/cds-services/b12-order-select"
ORIGIN = "https://sandbox.example"


@pytest.fixture(scope="module")
def app() -> Flask:
    return create_app(Settings(max_body=1024 * 1024))


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def post(client: FlaskClient, envelope: Any, path: str = SELECT, **more: Any) -> Any:
    body = envelope if isinstance(envelope, bytes) else json.dumps(envelope).encode()
    return client.post(path, data=body, **{"content_type": "application/json"} | more)


def assert_outcome(response: Any, status: int) -> dict[str, Any]:
    assert response.status_code == status
    assert response.content_type == "application/json"
    body = response.get_json()
    assert body["resourceType"] == "OperationOutcome"
    assert "Traceback" not in response.text
    return body["issue"][0]


# discovery


def test_discovery_lists_the_services_without_empty_members(client: FlaskClient) -> None:
    body = client.get("/cds-services").get_json()
    assert [(each["id"], each["hook"]) for each in body["services"]] == [
        ("b12-order-select", "order-select"),
        ("b12-order-sign", "order-sign"),
        ("b12-patient-view", "patient-view"),
    ]
    for service in body["services"]:
        assert all(service[name].strip() for name in ("title", "description", "usageRequirements"))
        assert set(service["prefetch"]) == {key.name for key in SERVICES[0].prefetch}


def test_templates_keep_to_the_widely_supported_subset(client: FlaskClient) -> None:
    for service in client.get("/cds-services").get_json()["services"]:
        for template in service["prefetch"].values():
            path, _, query = template.partition("?")
            names = [part.partition("=")[0] for part in query.split("&")] if query else []
            assert len(set(names)) == len(names)
            assert set(names) <= {"patient", "code", "category", "status", "_sort", "_count"}
            assert template.count("{{") == template.count("{{context.patientId}}") == 1
            assert not path.startswith("/")
            assert re.fullmatch(r"[A-Za-z]+[/?][A-Za-z0-9=&{}.,_-]+", template)
            assert not template.startswith("Observation") or {"code", "category"} & set(names)


@pytest.mark.parametrize("path", ["/cds-services", "/cds-services/"])
def test_discovery_answers_with_and_without_a_trailing_slash(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 200
    assert client.head(path).status_code == 200


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health_is_json(client: FlaskClient, path: str) -> None:
    assert client.get(path).get_json()["status"] in {"alive", "ready"}


# hook calls


@pytest.mark.parametrize("path", [SELECT, f"{SELECT}/"])
def test_an_unrelated_order_gets_exactly_no_cards(client: FlaskClient, path: str) -> None:
    response = post(client, call(draft()), path)
    assert response.status_code == 200
    assert response.data == b'{"cards":[]}'
    assert response.content_type == "application/json"
    assert response.headers["Cache-Control"] == "no-store"


def test_an_order_in_scope_without_a_patient_is_412_naming_the_key(client: FlaskClient) -> None:
    issue = assert_outcome(post(client, call(draft(text="cyanocobalamin 1 mg tablet"))), 412)
    assert issue["diagnostics"] == "prefetch key: patient"


def test_another_patient_in_prefetch_is_412(client: FlaskClient) -> None:
    prefetch = {"patient": PATIENT_RESOURCE | {"id": "somebody-else"}}
    response = post(client, call(draft(text="cyanocobalamin 1 mg tablet"), prefetch=prefetch))
    assert_outcome(response, 412)
    assert "somebody-else" not in response.text


def test_an_order_in_scope_is_evaluated(client: FlaskClient) -> None:
    order = draft(text="cyanocobalamin 1 mg tablet")
    response = post(client, call(order, prefetch={"patient": PATIENT_RESOURCE}))
    assert response.status_code == 200
    assert isinstance(response.get_json()["cards"], list)


def test_the_same_request_gets_the_same_bytes(client: FlaskClient) -> None:
    envelope = call(draft(text="cyanocobalamin 1 mg tablet"), prefetch={"patient": PATIENT_RESOURCE})
    assert len({post(client, envelope).data for _ in range(20)}) == 1


def test_a_bad_body_is_400_and_shows_no_value(client: FlaskClient) -> None:
    issue = assert_outcome(post(client, call(draft(), context__patientId={"x": PATIENT})), 400)
    assert issue["expression"] == ["context.patientId"]
    assert PATIENT not in json.dumps(issue)
    assert_outcome(post(client, b"{not json"), 400)
    assert_outcome(post(client, b""), 400)
    assert_outcome(post(client, call(draft(), hook="order-sign")), 400)


def test_an_unknown_service_or_path_is_404(client: FlaskClient) -> None:
    assert_outcome(post(client, call(draft()), "/cds-services/unknown"), 404)
    assert_outcome(client.get("/nowhere"), 404)
    assert_outcome(post(client, call(draft()), "/cds-services//b12-order-select"), 404)  # and no redirect


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_a_wrong_method_is_405_with_allow(client: FlaskClient, method: str) -> None:
    response = client.open(SELECT, method=method)
    assert_outcome(response, 405)
    assert "POST" in response.headers["Allow"]


@pytest.mark.parametrize(
    "content_type", ["application/json; charset=utf-8", "application/fhir+json", "Application/JSON", None]
)
def test_json_media_types_are_accepted(client: FlaskClient, content_type: str | None) -> None:
    assert post(client, call(draft()), content_type=content_type).status_code == 200


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "application/x-www-form-urlencoded"])
def test_other_media_types_are_415(client: FlaskClient, content_type: str) -> None:
    assert_outcome(post(client, call(draft()), content_type=content_type), 415)


def test_a_body_above_the_limit_is_413(client: FlaskClient) -> None:
    assert_outcome(post(client, b" " * (1024 * 1024 + 1)), 413)


def test_gzip_is_read_within_the_limit(client: FlaskClient) -> None:
    def packed(body: bytes) -> Any:
        return post(client, body, headers={"Content-Encoding": "gzip"})

    body = json.dumps(call(draft())).encode()
    assert packed(gzip.compress(body)).data == b'{"cards":[]}'
    assert_outcome(packed(gzip.compress(b" " * (1024 * 1024 + 1))), 413)
    assert_outcome(packed(body), 400)
    assert_outcome(packed(gzip.compress(body)[:-4]), 400)
    assert_outcome(packed(gzip.compress(body) + b"x"), 400)
    assert_outcome(post(client, body, headers={"Content-Encoding": "br"}), 415)


@pytest.mark.parametrize("step", ["read_request", "gather", "map_patient_data", "evaluate", "render"])
def test_an_internal_error_is_500_and_never_looks_like_no_advice(
    step: str, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> Any:
        raise KeyError(PATIENT)

    monkeypatch.setattr(decide, step, broken)
    order = draft(text="cyanocobalamin 1 mg tablet")
    response = post(client, call(order, prefetch={"patient": PATIENT_RESOURCE}))
    issue = assert_outcome(response, 500)
    assert (issue["code"], issue.keys()) == ("exception", {"severity", "code", "details"})
    assert PATIENT not in response.text
    assert "cards" not in response.get_json()


# headers


@pytest.mark.parametrize(("method", "path"), [("GET", "/cds-services"), ("GET", "/nowhere"), ("PUT", SELECT)])
def test_cors_stands_on_every_answer(client: FlaskClient, method: str, path: str) -> None:
    headers = client.open(path, method=method, headers={"Origin": ORIGIN}).headers
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in headers


@pytest.mark.parametrize("path", ["/cds-services", SELECT, f"{SELECT}/feedback", "/nowhere"])
def test_preflight_is_answered(client: FlaskClient, path: str) -> None:
    response = client.options(path, headers={"Origin": ORIGIN, "Access-Control-Request-Method": "POST"})
    assert (response.status_code, response.data) == (204, b"")
    assert "POST" in response.headers["Access-Control-Allow-Methods"]
    for header in ("Authorization", "Content-Type", "Content-Encoding"):
        assert header in response.headers["Access-Control-Allow-Headers"]
    assert "Content-Type" not in response.headers


def test_options_without_an_origin_name_the_methods(client: FlaskClient) -> None:
    response = client.options(SELECT)
    assert (response.status_code, response.data) == (200, b"")
    assert {method.strip() for method in response.headers["Allow"].split(",")} == {"POST", "OPTIONS"}
    assert_outcome(client.options("/nowhere"), 404)


def test_only_a_listed_origin_may_reach_into_a_private_network() -> None:
    asking = {
        "Origin": ORIGIN,
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Private-Network": "true",
    }
    for origins, allowed in (((ORIGIN,), True), (("*",), False), (("https://other.example",), False)):
        headers = create_app(Settings(cors_origins=origins)).test_client().options(SELECT, headers=asking).headers
        assert ("Access-Control-Allow-Private-Network" in headers) is allowed


def test_listed_origins_are_named_and_others_get_nothing() -> None:
    client = create_app(Settings(cors_origins=(ORIGIN,))).test_client()
    known = client.get("/cds-services", headers={"Origin": ORIGIN}).headers
    assert (known["Access-Control-Allow-Origin"], known["Vary"]) == (ORIGIN, "Origin")
    unknown = post(client, b"{", headers={"Origin": "https://evil.example"}).headers
    assert "Access-Control-Allow-Origin" not in unknown
    assert unknown["Vary"] == "Origin"


def test_the_request_id_is_echoed_or_made(client: FlaskClient) -> None:
    for good in ("0b7e91d5-6f0a-4f0e-9b43-2f4b6b1f2a11", "4bf92f3577b34da6a3ce929d0e0e4736"):
        assert client.get("/healthz", headers={"X-Request-Id": good}).headers["X-Request-Id"] == good
    for odd in ("has space", "x" * 32, "a;b", "pat-7f3a", "12724066"):
        assert client.get("/healthz", headers={"X-Request-Id": odd}).headers["X-Request-Id"] != odd


@pytest.mark.parametrize(
    ("settings", "host", "expected"),
    [
        (Settings(), "localhost:8000", "http://localhost:8000"),
        (Settings(), "[::1]:8000", "http://[::1]:8000"),
        (Settings(), "evil.example", "http://127.0.0.1:80"),
        (Settings(), "localhost.evil.example", "http://127.0.0.1:80"),
        (Settings(insecure=True), "cds.internal:8000", "http://cds.internal:8000"),
        (Settings(insecure=True), "evil.example/path", "http://127.0.0.1:80"),
        (Settings(public_url="https://cds.example"), "evil.example", "https://cds.example"),
    ],
)
def test_the_base_of_links_is_not_planted_by_the_host_header(settings: Settings, host: str, expected: str) -> None:
    environ = {"HTTP_HOST": host, "wsgi.url_scheme": "http", "SERVER_PORT": "80"}
    assert base_url(environ, settings) == expected


# sample requests


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the sample requests are not at hand")
@pytest.mark.parametrize("service", ["b12-order-select", "b12-order-sign"])
def test_no_sample_request_crashes_the_service(client: FlaskClient, service: str) -> None:
    samples = sorted(path for path in SAMPLES.glob("*.json") if path.name != "manifest.json")
    assert len(samples) > 50
    for path in samples:
        response = post(client, path.read_bytes(), f"/cds-services/{service}")
        assert response.status_code in {200, 400, 412}, path.name
        assert response.content_type == "application/json"
        assert response.status_code != 200 or isinstance(response.get_json()["cards"], list)


def test_an_order_in_scope_for_another_patient_is_refused_and_not_passed_over(client: FlaskClient) -> None:
    foreign = draft(text="cyanocobalamin 1 mg", subject={"reference": "Patient/somebody-else"})
    issue = assert_outcome(post(client, call(foreign)), 400)
    assert issue["expression"] == ["context.draftOrders.entry[0].resource.subject"]
    assert "somebody-else" not in json.dumps(issue)


def test_an_order_out_of_scope_for_another_patient_is_not_our_business(client: FlaskClient) -> None:
    foreign = draft(text="amoxicillin", subject={"reference": "Patient/somebody-else"})
    assert post(client, call(foreign)).get_json() == {"cards": []}
