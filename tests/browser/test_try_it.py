"""The try-it page in a real browser, which runs no script: try, apply, what if by keyboard, override, the rule page."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cds_service.app import SHOWN_CARDS, create_app
from cds_service.records.database import Database
from cds_service.settings import Settings
from tests.browser.running import FAR, Tab, serving, tab
from tests.signing import NOW
from tests.until import until

RENAL = "/?example=01-cyanocobalamin-renal"
MOST_STOPS = 60
HEIGHT = 740


@pytest.fixture(scope="module")
def browser() -> Iterator[Tab]:
    with tab() as opened:
        yield opened


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('records') / Path('records.sqlite3')}")
    app = create_app(Settings(log_level="error"), clock=lambda: NOW, database=database)
    with serving(app) as origin:
        yield origin
    app.extensions[SHOWN_CARDS].close()


@pytest.fixture
def page(browser: Tab) -> Iterator[Any]:
    """A page without JavaScript, whose buttons and links must do."""
    context = browser.page.context.browser.new_context(
        java_script_enabled=False, viewport={"width": 360, "height": HEIGHT}
    )
    yield context.new_page()
    context.close()


def cards(page: Any) -> list[str]:
    found: list[str] = page.locator("article.card h3").all_inner_texts()
    return found


def to(page: Any, selector: str) -> None:
    """With the Tab key, as who has no mouse."""
    for _ in range(MOST_STOPS):
        if page.locator(f"{selector}:focus").count():
            return
        page.keyboard.press("Tab")
    pytest.fail(f"Tab does not come to {selector}")


def test_a_card_is_seen_applied_and_gone(page: Any, service: str) -> None:
    page.goto(service)
    page.get_by_role("link", name="Cyanocobalamin every month, eGFR 44").click()
    card = page.locator("article.card")
    assert card.get_attribute("data-indicator") == "warning"
    assert card.locator(".badge").inner_text() == "Warning"
    card.get_by_role("button", name="Apply Recommended. Hydroxocobalamin 1000 micrograms").click()
    page.wait_for_url("**applied=**")
    told = page.locator(".notice", has_text="Applied, and the hook was fired again")
    until(lambda: 0 <= told.bounding_box()["y"] < HEIGHT / 2)  # where the page is scrolled to
    assert cards(page) == []
    assert "No rule has anything to say" in page.inner_text("section.answer")
    assert page.locator(".order h3").inner_text() == "Hydroxocobalamin, injection changed"
    page.get_by_role("link", name="Start again").click()
    assert len(cards(page)) == 1


def test_a_value_is_changed_by_keyboard_and_the_verdict_flips(page: Any, service: str) -> None:
    page.goto(service + RENAL)
    for typed, left in (("50", 0), ("49.9", 1)):
        to(page, "#egfr")
        page.keyboard.press("Control+A")
        page.keyboard.type(typed)
        page.keyboard.press("Enter")
        page.wait_for_url(f"**egfr={typed}**")
        assert len(cards(page)) == left
        flipped = page.locator("section.answer .flips li", has_text="Cyanocobalamin in renal impairment")
        assert flipped.count() == 1 - left
    to(page, "#age")
    page.keyboard.type("200")
    page.keyboard.press("Enter")
    page.wait_for_url("**age=200**")
    assert page.locator("#age-wrong").is_visible()
    assert page.locator("#age").input_value() == "200"


def test_the_card_leads_to_the_page_of_its_rule(page: Any, service: str) -> None:
    page.goto(service + RENAL)
    page.locator("article.card .source a").click()
    page.wait_for_url("**/rules/T-CYANO-RENAL")
    assert "T-CYANO-RENAL" in page.inner_text("main")


def test_an_override_is_sent_by_keyboard_and_counted(page: Any, service: str) -> None:
    page.goto(service + RENAL)
    to(page, "article.card summary")
    page.keyboard.press("Enter")
    to(page, "article.card input[type=radio]")
    page.keyboard.press("Space")
    to(page, "article.card details button")
    page.keyboard.press("Enter")
    kept = page.locator("article.card [role=status]")
    kept.wait_for()
    assert "Patient contraindication" in kept.inner_text()
    kept.get_by_role("link").click()
    page.wait_for_url("**/feedback-figures")
    assert "No card is on record yet" not in page.inner_text("main")


def test_an_override_is_taken_by_plain_http_from_another_machine(page: Any, service: str) -> None:
    """Where a browser does not say Sec-Fetch-Site, and CDS_INSECURE serves the page."""
    page.goto(service.replace("127.0.0.1", FAR) + RENAL)
    card = page.locator("article.card")
    card.locator("summary").click()
    card.get_by_label("Local policy").check()
    card.locator("details button").click()
    page.get_by_text("Kept: overridden, Local policy.").wait_for()


def test_what_is_applied_by_keyboard_is_counted_as_accepted(page: Any, service: str) -> None:
    page.goto(f"{service}/?example=10-dose-in-milligrams")
    to(page, "article.card .suggestions button")
    page.keyboard.press("Enter")
    page.wait_for_url("**applied=**#answer")
    assert cards(page) == []
    page.reload()  # which sends nothing again
    page.locator("main .notice").get_by_role("link", name="feedback figures").click()
    page.wait_for_url("**/feedback-figures")
    row = page.get_by_role("row", name="Cobalamin dose a thousandfold off").first
    assert row.get_by_role("cell").all_inner_texts()[:4] == ["1", "1", "0", "0"]


def test_a_chart_is_opened_and_what_is_added_is_signed(page: Any, service: str) -> None:
    page.goto(f"{service}/?example=13-chart-untreated-deficiency")
    assert "The chart is opened" in page.locator("h2").all_inner_texts()
    page.locator("article.card .suggestions button").first.click()
    page.wait_for_url("**applied=**")
    assert "Vitamin B12 deficiency with neurological signs and no treatment" not in " ".join(cards(page))
    assert "Hydroxocobalamin, injection: " in page.inner_text("section[aria-labelledby=patient]")
