"""Where a token is asked for, and for which address it must be made out."""

import pytest

from cds_service.app import create_app
from cds_service.settings import Settings
from cds_service.trust.shared_state import SharedStateError
from cds_service.trust.sqlite_state import SqliteState
from tests.hook_calls import call, draft
from tests.signing import BASE, NOW, SERVICE, Serve, token


def test_discovery_is_open_and_a_token_shown_there_must_be_good(guarded: Serve) -> None:
    http = guarded().http
    address = f"{BASE}/cds-services"
    assert http.get("/cds-services").status_code == 200
    for aud, status in ((address, 200), ([address], 200), (SERVICE, 401)):
        answer = http.get("/cds-services", headers={"Authorization": f"Bearer {token(aud=aud)}"})
        assert answer.status_code == status
    for other in ("Basic eDp5", "Bearer", ""):
        assert http.get("/cds-services", headers={"Authorization": other}).status_code == 401
    for open_to_all in ("/healthz", "/readyz", "/rules"):
        assert http.get(open_to_all).status_code == 200


def test_feedback_takes_a_token_for_itself_or_its_service(guarded: Serve) -> None:
    service = guarded()
    path = "/cds-services/b12-order-select/feedback"
    body = {"feedback": [{"card": "c1", "outcome": "overridden", "outcomeTimestamp": "2026-11-20T11:00:00Z"}]}
    for aud in (f"{SERVICE}/feedback", SERVICE):
        assert service.ask(token(aud=aud), path, body=body).status_code == 200
        assert service.line["client"] == "general"
    for aud in (f"{BASE}/cds-services/b12-order-sign/feedback", f"{BASE}/cds-services"):
        assert service.ask(token(aud=aud), path, body=body).status_code == 401
    assert service.ask(None, path, body=body).status_code == 401


def test_a_preflight_needs_no_token(guarded: Serve) -> None:
    http = guarded().http
    for path in ("/cds-services", "/cds-services/b12-order-select", "/cds-services/b12-order-select/feedback"):
        answer = http.options(path, headers={"Origin": "https://app.example", "Access-Control-Request-Method": "POST"})
        assert answer.status_code in {200, 204}
        assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]


def test_the_body_is_not_read_before_the_token(guarded: Serve) -> None:
    service = guarded(max_body=10)
    assert service.ask(None).status_code == 401
    assert service.ask(token()).status_code == 413


def test_an_unknown_service_is_unknown_with_and_without_a_token(guarded: Serve) -> None:
    service = guarded()
    assert [service.ask(bearer, "/cds-services/x").status_code for bearer in (None, token())] == [404, 404]


def test_without_a_public_url_the_audience_is_where_the_call_went_on_this_machine(guarded: Serve) -> None:
    service = guarded(public_url=None, insecure=True)
    here, there = "http://127.0.0.1:8000", "http://cds.evil.example"
    path = "/cds-services/b12-order-select"
    assert service.ask(token(aud=here + path), headers={"Host": "127.0.0.1:8000"}).status_code == 200
    assert service.ask(token(aud=there + path), headers={"Host": "cds.evil.example"}).status_code == 401


def test_without_a_clients_file_no_token_is_looked_at() -> None:
    http = create_app(Settings(), clock=lambda: NOW).test_client()
    headers = {"Authorization": "Bearer abc"}
    assert http.post("/cds-services/b12-order-select", json=call(draft()), headers=headers).status_code == 200


def test_where_nothing_can_be_remembered_nobody_comes_in_and_the_service_is_not_ready(
    guarded: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = guarded()

    def broken(*_: object) -> None:
        raise SharedStateError("the shared state cannot be used")

    monkeypatch.setattr(SqliteState, "admit", broken)
    monkeypatch.setattr(SqliteState, "check", broken)
    answer = service.ask(token())
    assert (answer.status_code, answer.get_json()["issue"][0]["code"]) == (503, "transient")
    assert (service.line["problem"], service.line["note"]) == ("not-ready", "the shared state cannot be used")
    assert service.http.get("/readyz").status_code == 503
    assert service.http.get("/healthz").status_code == 200
