"""Every page in real Chromium, as it is looked at: axe-core, three widths, light and dark, the keyboard, the weight."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import cycle, product
from typing import Any

import pytest

from cds_service.app import SHOWN_CARDS, create_app
from cds_service.examples import examples
from cds_service.knowledge.tables import load
from cds_service.records.database import Database
from cds_service.records.place import default_url
from cds_service.settings import Settings
from tests.browser.axe import NoAxeError, axe_source, violations
from tests.browser.every_page import PROBLEM, linked_pages, main_pages, routes_without_a_page
from tests.browser.keyboard import keyboard_faults
from tests.browser.page_faults import SCHEMES, WIDTHS, opened
from tests.browser.running import serving
from tests.figure_cards import show, tell
from tests.hook_calls import PATIENT_RESOURCE, call, draft
from tests.signing import NOW
from tests.test_every_route import BROWSER

SELECT = "/cds-services/b12-order-select"
# A range, and a day that cannot be used beside what has no end
SCHEDULES = ("/schedule/loading_non_neurological?start=2027-01-31", "/schedule/loading_neurological?start=never")
ALL = os.environ.get("LOOK_AT") == "all"  # else some, of each width and scheme: all of it takes minutes
WAYS = list(product(WIDTHS, SCHEMES)) if ALL else list(zip(WIDTHS, cycle(reversed(SCHEMES)), strict=False))


@dataclass(frozen=True, slots=True)
class Service:
    """main: the pages to look at in all ways. linked: those of which there are many, each looked at in one way."""

    origin: str
    main: list[str]
    linked: list[str]
    without_a_page: list[str]


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
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
    records = Database(default_url())
    for week in range(30):  # and bars of every kind, under two versions of the knowledge
        cards = [show(records, NOW - timedelta(weeks=week), knowledge_version=str(week // 20)) for _ in range(week % 7)]
        for uuid, why in zip(cards, (None, "local-policy", "none"), strict=False):
            tell(records, uuid, NOW, why)
    assert "<tbody>" in client.get("/feedback-figures", headers=BROWSER).text
    main = main_pages(app)
    linked = linked_pages(app, main, steps=2)
    with serving(app) as origin:
        looked_at = [*main, "/rules/T-CYANO-RENAL", *SCHEDULES]
        yield Service(origin, looked_at, linked, routes_without_a_page(app, [*main, *linked]))


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
        assert "axe" in axe_source()
    except NoAxeError as error:
        pytest.skip(str(error))


def test_the_list_of_pages_is_whole(service: Service) -> None:
    assert service.without_a_page == []
    assert {"/", "/rules", "/source-attributes", "/feedback-figures", PROBLEM} <= set(service.main)
    assert {f"/rules/{rule.id}" for rule in load().knowledge.rules} <= set(service.linked)
    assert {f"/?example={each.id}" for each in examples(NOW.date())} <= set(service.linked)
    assert any("&applied=" in path for path in service.linked)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: f"{way[0]}-{way[1]}")
def test_nothing_is_wrong_with_a_main_page(
    browser: Any, service: Service, axe: Callable[[Any], list[str]], way: tuple[int, str]
) -> None:
    found = {path: _faults(browser, service.origin + path, way, axe) for path in service.main}
    # Of a page that is missing Chromium says that it could not be loaded, though it was
    found[PROBLEM] = [fault for fault in found[PROBLEM] if "status of 404" not in fault]
    assert {path: faults for path, faults in found.items() if faults} == {}


def test_nothing_is_wrong_with_any_page_that_is_linked(
    browser: Any, service: Service, axe: Callable[[Any], list[str]]
) -> None:
    """Each in one way, in turn: their template has been looked at in all."""
    linked = service.linked if ALL else service.linked[::5]
    ways = zip(linked, cycle(WAYS), strict=False)
    found = {path: _faults(browser, service.origin + path, way, axe) for path, way in ways}
    assert {path: faults for path, faults in found.items() if faults} == {}


def _faults(browser: Any, url: str, way: tuple[int, str], axe: Callable[[Any], list[str]]) -> list[str]:
    """What is wrong with a page, twice in a row: a machine under load has made a page late that is not."""
    found: list[str] = []
    for _ in range(2):
        with opened(browser, url, *way) as page:
            found = page.faults() + axe(page.page)
        if not found:
            break
    return found


@pytest.mark.parametrize("width", [360, 1366] if ALL else [360])
def test_the_keyboard_comes_to_everything(browser: Any, service: Service, width: int) -> None:
    found = {}
    for path in service.main:
        with opened(browser, service.origin + path, width) as page:
            found[path] = keyboard_faults(page.page)
    assert {path: faults for path, faults in found.items() if faults} == {}


def test_the_first_stop_skips_to_the_content(browser: Any, service: Service) -> None:
    for path in service.main:
        with opened(browser, service.origin + path, 1366) as page:
            page.page.keyboard.press("Tab")
            link = page.page.locator(":focus")
            assert link.inner_text() == "Skip to the content", path
            assert link.bounding_box()["y"] >= 0
            page.page.keyboard.press("Enter")
            assert page.page.evaluate("document.activeElement.id") == "main"
            page.page.keyboard.press("Tab")
            assert page.page.evaluate("!document.activeElement.closest('header.site')")


def test_without_javascript_the_page_is_there(browser: Any, service: Service) -> None:
    context = browser.new_context(java_script_enabled=False)
    try:
        page = context.new_page()
        for path in service.main:
            page.goto(service.origin + path)
            assert page.inner_text("h1") != ""
            assert page.inner_text("main").count("\n") > 0
    finally:
        context.close()
