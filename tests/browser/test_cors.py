"""A script of another origin in a real browser: what it may call, and what it may read of answers and errors."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from cds_service.app import create_app
from cds_service.hooks import routes
from cds_service.settings import Settings
from tests.browser.running import Tab, serving, tab
from tests.hook_calls import PATIENT_RESOURCE, call, draft
from tests.signing import NOW, Serve, token

SELECT = "/cds-services/b12-order-select"
ORDER = draft(text="cyanocobalamin 1 mg tablet")
CALL = json.dumps(call(ORDER, prefetch={"patient": PATIENT_RESOURCE}))
REQUEST_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
FEEDBACK = json.dumps(
    {"feedback": [{"card": "c1", "outcome": "overridden", "outcomeTimestamp": "2026-11-20T11:00:00Z"}]}
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Tab]:
    with tab() as opened:
        yield opened


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    with serving(create_app(Settings(log_level="error", max_body=2**20), clock=lambda: NOW)) as origin:
        yield origin


def readable(answer: dict[str, Any], status: int) -> Any:
    """The body of an answer that a script got to read with its status and its id."""
    assert answer.get("status") == status, answer
    assert answer["headers"]["content-type"] == "application/json"
    assert answer["headers"]["x-request-id"] != ""
    return json.loads(answer["text"])


def test_discovery_and_openapi_are_read(browser: Tab, service: str) -> None:
    assert browser.origin != service
    assert len(readable(browser.fetch(f"{service}/cds-services"), 200)["services"]) == 3
    assert readable(browser.fetch(f"{service}/openapi.json"), 200)["openapi"] == "3.1.0"


def test_a_hook_is_called_and_its_cards_are_read(browser: Tab, service: str) -> None:
    assert readable(browser.fetch(service + SELECT, CALL), 200)["cards"] != []
    for more in ({"Authorization": "Bearer abc"}, {"X-Request-Id": REQUEST_ID}):
        headers = {"Content-Type": "application/json", **more}
        answer = browser.fetch(service + SELECT, CALL, headers=headers)
        assert readable(answer, 200)["cards"] != []
    assert answer["headers"]["x-request-id"] == REQUEST_ID


def test_a_packed_body_is_read(browser: Tab, service: str) -> None:
    packed = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    assert readable(browser.fetch(service + SELECT, CALL, packed=True, headers=packed), 200)["cards"] != []
    issue = readable(browser.fetch(service + SELECT, " " * (2**20 + 1), packed=True, headers=packed), 413)["issue"]
    assert issue[0]["code"] == "too-long"


def test_feedback_is_sent(browser: Tab, service: str) -> None:
    assert readable(browser.fetch(f"{service}{SELECT}/feedback", FEEDBACK), 200) == {"received": 1}


def test_options_and_head_are_answered(browser: Tab, service: str) -> None:
    for path in ("/cds-services", SELECT, f"{SELECT}/feedback"):
        answer = browser.fetch(service + path, method="OPTIONS")
        assert answer["status"] == 200
        assert "OPTIONS" in answer["headers"]["allow"]
    assert browser.fetch(f"{service}/cds-services", method="HEAD")["status"] == 200


@pytest.mark.parametrize(
    ("status", "path", "options"),
    [
        (400, SELECT, {"body": "{not json"}),
        (400, f"{SELECT}/feedback", {"body": "{}"}),
        (404, "/cds-services/unknown", {"body": CALL}),
        (404, "/nowhere", {"body": CALL}),
        (405, SELECT, {"method": "GET"}),
        (412, SELECT, {"body": json.dumps(call(ORDER))}),
        (415, SELECT, {"body": CALL, "headers": {"Content-Type": "text/plain"}}),
    ],
)
def test_an_error_is_read_with_its_status_and_id(
    browser: Tab, service: str, status: int, path: str, options: dict[str, Any]
) -> None:
    answer = browser.fetch(service + path, **options)
    assert readable(answer, status)["resourceType"] == "OperationOutcome"
    assert ("allow" in answer["headers"]) is (status == 405)


def test_a_failure_is_read_as_one(browser: Tab, service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> Any:
        raise KeyError

    monkeypatch.setattr(routes, "decide", broken)
    assert readable(browser.fetch(service + SELECT, CALL), 500)["issue"][0]["severity"] == "fatal"


def test_a_token_is_sent_and_a_refusal_is_read(browser: Tab, guarded: Serve) -> None:
    app = guarded({"requests_per_minute": 1}, public_url=None).http.application
    with serving(app) as origin:
        refused = browser.fetch(origin + SELECT, CALL)
        assert readable(refused, 401)["issue"] == [{"severity": "error", "code": "security"}]
        assert refused["headers"]["www-authenticate"] == "Bearer"
        answers = []
        for _ in range(2):
            bearer = {"Authorization": f"Bearer {token(aud=origin + SELECT)}"}
            answers.append(browser.fetch(origin + SELECT, CALL, headers={"Content-Type": "application/json"} | bearer))
        assert readable(answers[0], 200)["cards"] != []
        assert readable(answers[1], 429)["issue"][0]["code"] == "throttled"
        assert int(answers[1]["headers"]["retry-after"]) > 0


def test_a_listed_origin_comes_in_and_another_one_is_kept_out_by_the_browser(browser: Tab) -> None:
    for origins, admitted in (((browser.origin, "https://other.example"), True), (("https://other.example",), False)):
        with serving(create_app(Settings(log_level="error", cors_origins=origins), clock=lambda: NOW)) as origin:
            answers = [
                browser.fetch(f"{origin}/cds-services"),
                browser.fetch(origin + SELECT, CALL),
                browser.fetch(f"{origin}{SELECT}/feedback", FEEDBACK),
                browser.fetch(origin + SELECT, method="GET"),
            ]
        if admitted:
            assert [answer["status"] for answer in answers] == [200, 200, 200, 405]
        else:
            assert [sorted(answer) for answer in answers] == [["refused"]] * 4


def test_cookies_are_never_asked_for(browser: Tab, service: str) -> None:
    """With credentials a browser wants more than `*`: that it refuses shows that none are allowed."""
    with serving(create_app(Settings(log_level="error", cors_origins=(browser.origin,)))) as listed:
        for origin in (service, listed):
            assert sorted(browser.fetch(f"{origin}/cds-services", credentials="include")) == ["refused"]
            assert browser.fetch(f"{origin}/cds-services", credentials="omit")["status"] == 200
