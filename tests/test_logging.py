"""What is written down: one line per request, and no value of any patient, URL or token in it."""

import io
import json
from typing import Any

import pytest

from cds_service.app import create_app
from cds_service.audit import AuditLog, Trail, request_id
from cds_service.hooks import routes
from cds_service.log_lines import log_as_json
from cds_service.settings import Settings
from tests.fhir_server import Reply, serving
from tests.hook_calls import AUTHORIZATION, PATIENT, PATIENT_RESOURCE, bundle, call, draft
from tests.log_lines import requests

REQUEST_ID = "0b7e91d5-6f0a-4f0e-9b43-2f4b6b1f2a11"
VALUES = (PATIENT, "1950-02-03", "tok-abc123", "cyanocobalamin", "Practitioner/p1", "Ms Test", "/fhir")


@pytest.fixture
def everything(logging_as_before: None) -> io.StringIO:
    """All that any logger says, at the lowest level."""
    stream = io.StringIO()
    log_as_json(stream, "debug")
    return stream


def said(capsys: pytest.CaptureFixture[str], everything: io.StringIO) -> str:
    captured = capsys.readouterr()
    text = captured.out + captured.err + everything.getvalue()
    assert text != ""
    assert [value for value in VALUES if value in text] == []
    return text


def post(app: Any, envelope: Any, service: str = "b12-order-select") -> Any:
    headers = {"X-Request-Id": REQUEST_ID}
    body = envelope if isinstance(envelope, bytes) else json.dumps(envelope).encode()
    return app.test_client().post(f"/cds-services/{service}?patient={PATIENT}", data=body, headers=headers)


def test_feedback_is_one_line_with_its_count(capsys: pytest.CaptureFixture[str], everything: io.StringIO) -> None:
    reason = {"reason": {"code": PATIENT, "system": "Ms Test"}, "userComment": "cyanocobalamin, 1950-02-03"}
    item = {"card": PATIENT, "outcome": "overridden", "outcomeTimestamp": "2026-11-20T11:00:00Z"}
    body = {"feedback": [item | {"overrideReason": reason}, item]}
    assert post(create_app(Settings()), body, "b12-order-sign/feedback").get_json() == {"received": 2}
    assert (
        post(create_app(Settings()), {"feedback": [item | {"outcome": PATIENT}]}, "b12-order-sign/feedback").status_code
        == 400
    )
    stored, refused = requests(said(capsys, everything))
    assert (stored["service"], stored["feedback"], stored["status"]) == ("b12-order-sign", 2, 200)
    assert (refused["problem"], refused["status"]) == ("bad-feedback", 400)


def test_one_line_per_request(capsys: pytest.CaptureFixture[str], everything: io.StringIO) -> None:
    app = create_app(Settings())
    post(app, call(draft()))
    (line,) = requests(said(capsys, everything))
    assert line["ms"] > 0
    assert {name: line[name] for name in ("request", "instance", "status", "service", "drafts", "cards")} == {
        "request": REQUEST_ID,
        "instance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",  # REQ-26: the correlation id
        "status": 200,
        "service": "b12-order-select",
        "drafts": 1,
        "cards": 0,
    }


def test_refusals_are_logged_by_code(capsys: pytest.CaptureFixture[str], everything: io.StringIO) -> None:
    app = create_app(Settings())
    post(app, b'{"hook": "' + PATIENT.encode())
    post(app, call(draft()), service=PATIENT)
    post(app, call(draft(), context__patientId=[PATIENT]))
    post(app, call(draft(text="cyanocobalamin")))
    codes = [line["problem"] for line in requests(said(capsys, everything))]
    assert codes == ["not-json", "unknown-service", "bad-request", "data-missing"]


def test_an_unused_token_is_noted_without_identifiers(
    capsys: pytest.CaptureFixture[str], everything: io.StringIO
) -> None:
    foreign = AUTHORIZATION | {"patient": "1950-02-03"}
    post(create_app(Settings()), call(draft(), fhirServer="https://e.example/fhir", fhirAuthorization=foreign))
    (line,) = requests(said(capsys, everything))
    assert line["note"] == "fhirAuthorization is for another patient"


def test_what_is_dropped_as_another_patients_is_counted(
    capsys: pytest.CaptureFixture[str], everything: io.StringIO
) -> None:
    foreign = draft("r1", "cyanocobalamin", status="active", subject={"reference": "Patient/other"})
    prefetch = {"patient": PATIENT_RESOURCE, "medications": bundle(foreign)}
    drafts = (draft(text="cyanocobalamin"), draft("d2", subject={"reference": "Patient/other"}))
    post(create_app(Settings()), call(*drafts, prefetch=prefetch))
    (line,) = requests(said(capsys, everything))
    assert line["dropped"] == 2


@pytest.mark.parametrize("status", [200, 403, 500])
def test_fhir_calls_leave_no_trace_of_the_patient(
    capsys: pytest.CaptureFixture[str], everything: io.StringIO, status: int
) -> None:
    with serving(
        lambda path: Reply(PATIENT_RESOURCE if "Patient/" in path else {"resourceType": "Bundle"}, status)
    ) as s:
        envelope = call(draft(text="cyanocobalamin"), fhirServer=s.base, fhirAuthorization=AUTHORIZATION)
        post(create_app(Settings(fhir_servers=(s.base,))), envelope)
        assert len(s.asked) == 9
    (line,) = requests(said(capsys, everything))
    assert line["status"] == (200 if status == 200 else 412)


def test_an_internal_error_is_logged_by_type_and_place(
    capsys: pytest.CaptureFixture[str], everything: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> Any:
        raise ValueError(f"Ms Test {PATIENT}")

    monkeypatch.setattr(routes, "decide", broken)
    post(create_app(Settings()), call(draft()))
    text = said(capsys, everything)
    assert "ValueError at " in text
    assert requests(text)[-1]["problem"] == "internal"


def test_a_log_that_cannot_be_written_costs_no_answer_and_shows_nothing(
    capsys: pytest.CaptureFixture[str], everything: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> Any:
        raise ValueError(f"Ms Test {PATIENT}")

    app = create_app(Settings())
    everything.close()
    assert post(app, call(draft())).status_code == 200
    monkeypatch.setattr(routes, "decide", broken)
    assert post(app, call(draft())).status_code == 500
    assert "Ms Test" not in capsys.readouterr().err
    closed = io.StringIO()
    closed.close()
    AuditLog(closed).write(Trail("r"), 200, 1.0)


def test_health_checks_are_not_logged(capsys: pytest.CaptureFixture[str]) -> None:
    create_app(Settings()).test_client().get("/healthz")
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_what_is_refused_there_is_logged(capsys: pytest.CaptureFixture[str], path: str) -> None:
    client = create_app(Settings()).test_client()
    for method, peer in (("POST", "127.0.0.1"), ("DELETE", "127.0.0.1"), ("GET", "8.8.8.8")):
        client.open(path, method=method, environ_base={"REMOTE_ADDR": peer})
    told = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    refused = [line["status"] for line in told]
    assert refused == ([405, 405, 404] if path == "/metrics" else [405, 405])
    assert all("8.8.8.8" not in str(line) for line in told)


def test_a_log_level_above_info_silences_the_line(capsys: pytest.CaptureFixture[str]) -> None:
    post(create_app(Settings(log_level="warning")), call(draft()))
    assert capsys.readouterr().err == ""


def test_the_line_of_an_answer_in_scope_names_rules_and_gaps() -> None:
    stream = io.StringIO()
    trail = Trail("r", service="s", rules=("R-1",), in_scope=True, gaps={"Condition": "failed"}, fetched=2)
    AuditLog(stream).write(trail, 200, 1.234)
    line = json.loads(stream.getvalue())
    assert (line["rules"], line["gaps"], line["fetched"], line["ms"]) == (["R-1"], {"Condition": "failed"}, 2, 1.23)


def test_an_offered_request_id_must_be_made_at_random() -> None:
    for good in (REQUEST_ID, REQUEST_ID.upper(), "4bf92f3577b34da6a3ce929d0e0e4736"):
        assert request_id(good) == good
    in_disguise = (
        "00000000000000000000009434765919",
        "00000000-0000-4000-8000-009434765919",
        f"{REQUEST_ID[:14]}0{REQUEST_ID[15:]}",
    )
    for other in ("abc", "12724066", PATIENT, f"{REQUEST_ID}\n", f" {REQUEST_ID}", "", *in_disguise):
        assert request_id(other) != other
    assert request_id(None) != request_id(None)
