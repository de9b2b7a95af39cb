"""What the look is checked with finds what is planted: one fault each, on a page that shows all of the stylesheet."""

from collections.abc import Iterator
from pathlib import Path
from secrets import token_hex
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Response, request
from jinja2 import FileSystemLoader

from cds_service.app import create_app
from cds_service.pages.page import page as framed
from cds_service.settings import Settings
from tests.browser.axe import NoAxeError, violations
from tests.browser.keyboard import keyboard_faults
from tests.browser.page_faults import SCHEMES, WIDTHS, opened
from tests.browser.running import serving

FILES = {
    "shift.js": "setTimeout(() => document.querySelector('h1').before(document.createElement('hr')), 200)",
    "error.js": "nothing.at.all",
    "unseen.css": "a:focus-visible { outline: none }",
    "under.css": "#cover { position: fixed; inset: 0 }",
}
# What is planted -> the finding
BROWSER_FINDS = {
    '<p class="nowrap">' + "wide " * 40 + "</p>": "wider than the window",
    '<p style="color: red">inline</p>': "blocked: style-src-attr",
    '<script src="/planted/error.js"></script>': "console: nothing is not defined",
    '<script src="/planted/shift.js"></script>': "layout shift of",
}
AXE_FINDS = {
    '<p><font color="#8a94a0">faint</font></p>': "axe color-contrast",
    '<p><input name="nameless"></p>': "axe label",
    '<p><a href="/rules"></a></p>': "axe link-name",
    '<p><img src="/static/icon.svg"></p>': "axe image-alt",
    '<details><summary>Closed</summary><p><font color="#8a94a0">faint</font></p></details>': "axe color-contrast",
}
KEYBOARD_FINDS = {
    '<link rel="stylesheet" href="/planted/unseen.css">': "no visible focus",
    '<p><button type="button" tabindex="-1">Out of reach</button></p>': "Tab does not come to: <button",
    '<p><span onclick="x()">Mouse only</span></p>': "Tab does not come to: <span",
    '<p><a href="/rules" tabindex="3">First</a></p>': "does not follow the order",
    '<link rel="stylesheet" href="/planted/under.css"><div id="cover"></div>': "focus is covered",
}


@pytest.fixture(scope="module")
def specimen() -> Iterator[str]:
    """The address of the page, less what is planted in it."""
    app = create_app(Settings(log_level="error"))
    app.jinja_loader = FileSystemLoader(Path(__file__).parent)
    app.add_url_rule("/planted", "planted", _planted)
    for name, text in FILES.items():
        kind = {"Content-Type": "text/css" if name.endswith(".css") else "text/javascript"}
        app.add_url_rule(f"/planted/{name}", name.replace(".", "-"), lambda text=text, kind=kind: (text, 200, kind))
    with serving(app) as origin:
        yield f"{origin}/planted"


def with_planted(specimen: str, markup: str, **how: int) -> str:
    return f"{specimen}?{urlencode({'more': markup} | how)}"


def _planted() -> Response:
    noise = " ".join(token_hex(4) for _ in range(request.args.get("noise", 0, int)))  # no packing makes it light
    return framed("specimen.html", "1", more=request.args.get("more", "") + noise)


def axe(page: Any) -> list[str]:
    try:
        return violations(page)
    except NoAxeError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_with_nothing_planted_nothing_is_found(browser: Any, specimen: str, width: int, scheme: str) -> None:
    """So that every part of the stylesheet is fit for use, whether a page uses it yet or not."""
    with opened(browser, specimen, width, scheme) as page:
        assert page.faults() == []
        assert axe(page.page) == []
        page.page.reload()
        assert keyboard_faults(page.page) == []


@pytest.mark.parametrize(("markup", "finding"), BROWSER_FINDS.items(), ids=BROWSER_FINDS.values())
def test_the_browser_finds_it(browser: Any, specimen: str, markup: str, finding: str) -> None:
    with opened(browser, with_planted(specimen, markup), 360) as page:
        assert any(finding in each for each in page.faults()), page.faults()


def test_a_heavy_page_is_found(browser: Any, specimen: str) -> None:
    with opened(browser, with_planted(specimen, "<p>heavy</p>", noise=30000), 1366) as page:
        (fault,) = page.faults()
        assert fault.endswith("bytes transferred")


@pytest.mark.parametrize(("markup", "finding"), AXE_FINDS.items(), ids=AXE_FINDS.values())
def test_axe_finds_it(browser: Any, specimen: str, markup: str, finding: str) -> None:
    with opened(browser, with_planted(specimen, markup), 768) as page:
        faults = axe(page.page)
        assert any(each.startswith(finding) for each in faults), faults


@pytest.mark.parametrize(("markup", "finding"), KEYBOARD_FINDS.items(), ids=KEYBOARD_FINDS.values())
def test_the_keyboard_finds_it(browser: Any, specimen: str, markup: str, finding: str) -> None:
    with opened(browser, with_planted(specimen, markup), 1366) as page:
        faults = keyboard_faults(page.page)
        assert any(finding in each for each in faults), faults
