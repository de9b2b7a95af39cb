"""The figures in a real browser, which runs no script: narrowed by keyboard, and taken away as a file."""

import csv
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cds_service.app import create_app
from cds_service.records.database import Database
from cds_service.settings import Settings
from tests.browser.running import serving, tab
from tests.figure_cards import NOW, show, tell


@pytest.fixture
def service(records: Database) -> Iterator[str]:
    """One card of 2026-W53 that was overridden, one of 2027-W01 that was accepted, and one of another topic."""
    tell(records, show(records, NOW - timedelta(days=7)), NOW, "local-policy")
    tell(records, show(records, NOW), NOW)
    show(records, NOW, rule="T-CYANO-LEBER", topic="CyanocobalaminLeber")
    app = create_app(Settings(log_level="error"), clock=lambda: NOW, database=records)
    with serving(app) as origin:
        yield origin


@pytest.fixture
def page() -> Iterator[Any]:
    with tab() as opened:
        context = opened.page.context.browser.new_context(
            java_script_enabled=False, viewport={"width": 360, "height": 740}
        )
        yield context.new_page()
        context.close()


def counted(page: Any, name: str) -> list[str]:
    """The counts of the first row of this name."""
    found: list[str] = page.get_by_role("row", name=name).first.get_by_role("cell").all_inner_texts()
    return found[:4]


def test_figures_are_narrowed_by_keyboard_and_taken_as_a_file(page: Any, service: str, tmp_path: Path) -> None:
    page.goto(f"{service}/feedback-figures")
    assert page.get_by_role("img", name="Cards by the week in which they were first shown").is_visible()
    assert counted(page, "Cyanocobalamin in renal impairment") == ["2", "1", "1", "0"]
    page.locator("#topic").focus()
    page.keyboard.type("Cyanocobalamin in renal")
    page.keyboard.press("Tab")
    page.keyboard.type("2026-W53")
    page.keyboard.press("Tab")
    page.keyboard.type("2026-W53")
    page.keyboard.press("Enter")
    page.wait_for_url("**topic=CyanocobalaminRenal&from=2026-W53&to=2026-W53")
    assert counted(page, "Cyanocobalamin in renal impairment") == ["1", "0", "1", "0"]
    assert page.get_by_role("row", name="Local policy 1").first.is_visible()
    assert "Leber" not in page.inner_text("table")
    with page.expect_download() as started:
        page.get_by_role("link", name="Download as CSV").click()
    assert started.value.suggested_filename == "b12-feedback-CyanocobalaminRenal-2026-W53-2026-W53.csv"
    started.value.save_as(tmp_path / "figures.csv")
    with (tmp_path / "figures.csv").open(encoding="utf-8", newline="") as file:
        (line,) = csv.DictReader(file)
    assert (line["shown"], line["overridden_local_policy"], line["over"]) == ("1", "1", "yes")


def test_a_week_that_is_none_is_named_beside_its_field(page: Any, service: str) -> None:
    page.goto(f"{service}/feedback-figures?from=last+week")
    field = page.get_by_label("First week")
    assert field.input_value() == "last week"
    assert field.get_attribute("aria-invalid") == "true"
    assert page.locator("#from-wrong").is_visible()
