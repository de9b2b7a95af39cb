"""Every page in real Chromium, as it is looked at: axe-core, three widths, light and dark, the keyboard, the weight."""

from collections.abc import Callable, Iterator
from itertools import cycle, product
from typing import Any

import pytest

from cds_service.app import SHOWN_CARDS, create_app
from cds_service.knowledge.tables import load
from cds_service.settings import Settings
from tests.browser.axe import NoAxeError, axe_source, violations
from tests.browser.every_page import PROBLEM, pages_with_a_parameter, plain_pages, routes_not_listed
from tests.browser.keyboard import keyboard_faults
from tests.browser.page_faults import SCHEMES, WIDTHS, opened
from tests.browser.running import serving, tab
from tests.hook_calls import PATIENT_RESOURCE, call, draft
from tests.signing import NOW
from tests.test_every_route import BROWSER

Axe = Callable[[Any], list[str]]

SELECT = "/cds-services/b12-order-select"
RULES = [rule.id for rule in load().knowledge.rules]
LISTED = create_app(Settings(log_level="error"))
PLAIN = plain_pages(LISTED)
WITH_A_PARAMETER = pages_with_a_parameter(LISTED, {"rule_id": RULES})
WAYS = list(product(WIDTHS, SCHEMES))
# Of a page that there are many of, each is looked at in one way, and one in all
IN_ALL_WAYS = [*PLAIN, "/rules/T-CYANO-RENAL"]
IN_ONE_WAY = list(zip(WITH_A_PARAMETER, cycle(WAYS), strict=False))


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with tab() as found:
        yield found.page.context.browser


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    """With something on record, so that the figures are figures."""
    app = create_app(Settings(log_level="error"), clock=lambda: NOW)
    client = app.test_client()
    order = draft(text="cyanocobalamin 1 mg tablet")
    (card, *_) = client.post(SELECT, json=call(order, prefetch={"patient": PATIENT_RESOURCE})).get_json()["cards"]
    reason = {"key": "patient-preference", "userComment": "synthetic"}
    said = {"outcome": "overridden", "overrideReason": reason, "outcomeTimestamp": "2026-11-20T11:00:00Z"}
    for uuid in (card["uuid"], "not-on-record"):
        assert client.post(f"{SELECT}/feedback", json={"feedback": [said | {"card": uuid}]}).status_code == 200
    app.extensions[SHOWN_CARDS].close()  # which writes them
    assert "<tbody>" in client.get("/feedback-figures", headers=BROWSER).text
    with serving(app) as origin:
        yield origin


@pytest.fixture(scope="module")
def axe() -> Callable[[Any], list[str]]:
    """What axe finds on a page. Where it cannot be had all else is checked, and the test below says so."""
    try:
        axe_source()
    except NoAxeError:
        return lambda _: []
    return violations


def test_axe_is_here() -> None:
    try:
        assert "axe-core" in axe_source() or "axe v" in axe_source()
    except NoAxeError as error:
        pytest.skip(str(error))


def test_the_list_of_pages_is_whole() -> None:
    assert routes_not_listed(LISTED) == []
    assert {"/rules", "/feedback-figures", PROBLEM} <= set(PLAIN)
    assert len(WITH_A_PARAMETER) >= len(RULES)


@pytest.mark.parametrize("path", IN_ALL_WAYS)
def test_nothing_is_wrong_at_any_width_light_or_dark(browser: Any, service: str, axe: Axe, path: str) -> None:
    for width, scheme in WAYS:
        with opened(browser, service + path, width, scheme) as page:
            # Of a page that is missing Chromium says that it could not be loaded, though it was
            faults = [each for each in page.faults() if "404" not in each or path != PROBLEM]
            assert faults + axe(page.page) == [], (width, scheme)


@pytest.mark.parametrize(("path", "way"), IN_ONE_WAY)
def test_nothing_is_wrong_with_any_page_of_a_kind(
    browser: Any, service: str, axe: Axe, path: str, way: tuple[int, str]
) -> None:
    with opened(browser, service + path, *way) as page:
        assert page.faults() + axe(page.page) == []


@pytest.mark.parametrize("width", [360, 1366])
@pytest.mark.parametrize("path", IN_ALL_WAYS)
def test_the_keyboard_comes_to_everything(browser: Any, service: str, path: str, width: int) -> None:
    with opened(browser, service + path, width) as page:
        assert keyboard_faults(page.page) == []


@pytest.mark.parametrize("path", IN_ALL_WAYS)
def test_the_first_stop_skips_to_the_content(browser: Any, service: str, path: str) -> None:
    with opened(browser, service + path, 1366) as page:
        page.page.keyboard.press("Tab")
        link = page.page.locator(":focus")
        assert link.inner_text() == "Skip to the content"
        box = link.bounding_box()
        assert box["y"] >= 0
        page.page.keyboard.press("Enter")
        assert page.page.evaluate("document.activeElement.id") == "main"
        page.page.keyboard.press("Tab")
        assert page.page.evaluate("!document.activeElement.closest('header.site')")


@pytest.mark.parametrize("path", IN_ALL_WAYS)
def test_without_javascript_the_page_is_there(browser: Any, service: str, path: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    try:
        page = context.new_page()
        page.goto(service + path)
        assert page.inner_text("h1") != ""
        assert page.inner_text("main").count("\n") > 0
    finally:
        context.close()
