"""What is printed is whole, and phone and tablet show each row of a table without a way to the side. In Chromium."""

from typing import Any

import pytest

from tests.browser.page_faults import opened

PAGES = (
    "/?example=01-cyanocobalamin-renal",
    "/rules",
    "/rules/T-CYANO-RENAL",
    "/schedule/loading_non_neurological?start=2027-01-31",
    "/source-attributes",
)
A4 = 673  # CSS pixels between margins of 16 mm
# Closed parts of a page, as [shown at all, content shown]. The last thing in it counts: a part may be open halfway
_CLOSED = """
() => [...document.querySelectorAll("details:not([open])")].map(each => {
  const content = [...each.querySelectorAll("td, p, li, dd, pre, label")].at(-1);
  return [each.checkVisibility(), content.checkVisibility({contentVisibilityAuto: true})];
})
"""
_CUT = """
() => [...document.querySelectorAll("main *")].filter(each => each.scrollWidth > each.clientWidth + 1
  && getComputedStyle(each).overflowX !== "visible" && each.checkVisibility() && !each.matches("input, select, thead"))
  .map(each => each.outerHTML.slice(0, 120))
"""


@pytest.mark.parametrize("path", PAGES)
def test_what_is_closed_is_printed_open_or_not_at_all(browser: Any, service: str, path: str) -> None:
    with opened(browser, service + path, 768) as page:
        before = page.page.evaluate(_CLOSED)
        assert not any(content for _, content in before)
        page.page.emulate_media(media="print")
        page.page.set_viewport_size({"width": A4, "height": 1000})
        printed = page.page.evaluate(_CLOSED)
        assert all(shown is content for shown, content in printed), printed
        if path.startswith("/rules/"):
            assert len(printed) > 3
            assert all(shown for shown, _ in printed)
        assert page.page.evaluate("document.documentElement.scrollWidth") <= A4


@pytest.mark.parametrize("width", [360, 768])
@pytest.mark.parametrize("path", PAGES)
def test_no_row_is_cut_at_the_side(browser: Any, service: str, path: str, width: int) -> None:
    with opened(browser, service + path, width) as page:
        page.page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        cut = page.page.evaluate(_CUT)
        assert [each for each in cut if not each.startswith("<pre") and 'aria-labelledby="picture"' not in each] == []
