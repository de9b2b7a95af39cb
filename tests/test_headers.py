"""The headers that keep a browser and a cache from harm, on every answer: each address, method and status."""

import re
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from cds_service.app import create_app
from cds_service.hooks import routes
from cds_service.hooks.problems import Fault
from cds_service.pages.page import headers_for, page
from cds_service.settings import Settings, read_settings
from tests.hook_calls import PATIENT_RESOURCE, call
from tests.signing import Serve, token
from tests.test_every_route import BROWSER, FEEDBACK, METHODS, ORDER, PROVOKED, SELECT, addresses, app

DATA = "default-src 'none'; frame-ancestors 'none'"


def policy(answer: Any) -> dict[str, str]:
    (found,) = answer.headers.getlist("Content-Security-Policy")
    return {name: sources for name, _, sources in (part.strip().partition(" ") for part in found.split(";"))}


def loaded_by(answer: Any) -> list[str]:
    return re.findall(r'<(?:link|script)[^>]*(?:href|src)="([^"]+)"', answer.text)


def assert_safe(answer: Any) -> None:
    """What holds for every answer, and what for its kind."""
    headers = answer.headers
    assert headers.getlist("X-Content-Type-Options") == ["nosniff"]
    assert headers.getlist("Cross-Origin-Resource-Policy") == ["same-origin"]
    assert "Set-Cookie" not in headers
    allowed = policy(answer)
    assert allowed["default-src"] == allowed["frame-ancestors"] == "'none'"
    assert {source for sources in allowed.values() for source in sources.split()} <= {"'none'", "'self'"}
    if answer.mimetype == "text/html":
        assert allowed["base-uri"] == "'none'"
        if answer.request.method != "HEAD":  # which has the headers of GET, and nothing that shows why
            assert allowed["form-action"] == ("'self'" if "<form" in answer.text else "'none'")
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "geolocation=()" in headers["Permissions-Policy"]
    else:
        assert headers["Content-Security-Policy"] == DATA
    # Static files alone may be kept; under no version, to be asked for again with what they were known by
    kept = answer.status_code in {200, 206, 304} and "ETag" in headers
    assert headers.getlist("Cache-Control") == ["no-cache" if kept else "no-store"]


@pytest.mark.parametrize("path", addresses())
def test_they_stand_on_every_address_whatever_is_asked(path: str) -> None:
    client = app().test_client()
    origin = {"Origin": "https://app.example"}
    for method, headers in product(METHODS, ({}, BROWSER, origin, {"Cookie": "session=1"})):
        assert_safe(client.open(path, buffered=True, method=method, headers=headers))
    assert_safe(client.options(path, headers=origin | {"Access-Control-Request-Method": "POST"}))


@pytest.mark.parametrize("fault", PROVOKED, ids=lambda fault: fault.code)
def test_they_stand_on_every_failure(fault: Fault) -> None:
    assert_safe(PROVOKED[fault](app().test_client()))


def test_they_stand_on_answers_about_a_patient() -> None:
    client = app().test_client()
    prefetch = {"patient": PATIENT_RESOURCE}
    answers = [
        client.post(SELECT, json=call(ORDER, prefetch=prefetch)),
        client.post(f"{SELECT}/feedback", json=FEEDBACK),
    ]
    for answer in answers:
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
        assert_safe(answer)


def test_they_stand_on_refusals(guarded: Serve) -> None:
    client = guarded({"requests_per_minute": 1})
    answers = [client.ask(None), client.ask(token()), client.ask(token())]
    assert [answer.status_code for answer in answers] == [401, 200, 429]
    proxied = create_app(read_settings({"CDS_TRUSTED_PROXIES": "10.2.0.7", "CDS_PUBLIC_URL": "https://cds.example"}))
    stranger = {"REMOTE_ADDR": "10.2.0.8"}
    answers += [proxied.test_client().open(SELECT, method=method, environ_base=stranger) for method in ("GET", "POST")]
    assert [answer.status_code for answer in answers[3:]] == [308, 403]
    for answer in answers:
        assert_safe(answer)


def test_they_stand_on_what_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "decide", lambda *_: {}["nothing"])
    failed = app().test_client().post(SELECT, json=call(ORDER))
    away = create_app(Settings(log_level="error", database_url=f"sqlite:///{tmp_path}")).test_client().get("/readyz")
    assert (failed.status_code, away.status_code) == (500, 503)
    for answer in (failed, away):
        assert_safe(answer)


def test_the_stylesheet_is_asked_for_again_and_not_sent_again() -> None:
    client = app().test_client()
    known = client.get("/static/pages.css", buffered=True).headers["ETag"]
    again = client.get("/static/pages.css", buffered=True, headers={"If-None-Match": known})
    assert (again.status_code, again.data) == (304, b"")
    assert_safe(again)


def test_a_static_file_is_kept_under_its_version_alone() -> None:
    """So that the next page after an upgrade has the stylesheet of the upgrade."""
    client = app().test_client()
    named = loaded_by(client.get("/rules", headers=BROWSER))
    assert [name.partition("?")[0] for name in named] == ["/static/pages.css", "/static/icon.svg"]
    for path in named:
        answer = client.get(path, buffered=True)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "public, max-age=31536000, immutable")
    for path in ("/static/pages.css", "/static/pages.css?v=", "/static/pages.css?v=0123456789ab"):
        assert client.get(path, buffered=True).headers["Cache-Control"] == "no-cache"
    for path in (named[0].replace("pages.css", "unknown.css"), named[0].replace("pages.css", "a/../pages.css")):
        assert client.get(path, buffered=True).headers["Cache-Control"] in {"no-cache", "no-store"}


# cookies and pages


def test_no_session_can_be_kept() -> None:
    """No answer sets a cookie, and none is another one because of a cookie that was sent."""
    client = app().test_client()
    for path, method in product(addresses(), ("GET", "POST")):
        told = set()
        for sent in ({}, {"Cookie": "session=eyJ1c2VyIjoiZHIifQ.aR8.x; remember_token=1"}):
            answer = client.open(path, buffered=True, method=method, headers=BROWSER | sent)
            assert "Set-Cookie" not in answer.headers
            told.add((answer.status_code, answer.data))
        assert len(told) == 1
    assert app().secret_key is None  # without it Flask keeps no session


def test_a_policy_is_loosened_only_where_a_page_has_use_for_it() -> None:
    """script-src is not there until a page has a script, and nothing stands inline that would have to be let in."""
    client = app().test_client()
    for path in ("/rules", "/rules/T-CYANO-RENAL", "/feedback-figures", "/source-attributes", "/rules/unknown"):
        answer = client.get(path, headers=BROWSER)
        assert ("<script" in answer.text) is ("script-src" in policy(answer))
        assert re.search(r"<style|\sstyle=|\son\w+=|javascript:|<(img|iframe|base|object)\b", answer.text) is None
        assert all(path.startswith("/static/") for path in loaded_by(answer))


def test_a_form_and_a_script_loosen_it_for_this_service_alone() -> None:
    plain, form, script = (
        headers_for(text)["Content-Security-Policy"]
        for text in ("<p>&lt;form> &lt;script></p>", "<form>", "<script src='/static/x.js'></script>")
    )
    assert "script-src" not in plain
    assert "form-action 'none'" in plain
    assert form == plain.replace("form-action 'none'", "form-action 'self'")
    assert script == f"{plain}; script-src 'self'; connect-src 'self'"


def test_text_is_text_on_a_page() -> None:
    service = create_app(Settings(log_level="error"))
    text = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
    service.add_url_rule("/hostile", view_func=lambda: page("problem.html", "1", text=text))
    answer = service.test_client().get("/hostile")
    assert "&lt;script&gt;" in answer.text
    assert "<script" not in answer.text
    assert "<img" not in answer.text
    assert_safe(answer)
