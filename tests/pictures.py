"""The pictures of the README, made anew: the real service on a shipped example, in Chromium, on a fixed day.

    python -m tests.pictures

A picture is a file, an address, a window, and the element to show (the whole window where there is none).
"""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cds_service.app import create_app
from cds_service.settings import Settings
from tests.browser.running import CHROMIUM, FLAGS, serving
from tests.signing import NOW

FOLDER: Final = Path(__file__).parents[1] / "docs" / "pictures"
MOST_BYTES: Final = 150_000
# A card that fits a picture whole; and the page of the example that stands first
_SHORT: Final = "/?example=10-dose-in-milligrams"
_FIRST: Final = "/?example=01-cyanocobalamin-renal"


@dataclass(frozen=True, slots=True)
class Picture:
    name: str
    path: str
    width: int
    height: int
    shows: str | None = None


PICTURES: Final = (
    Picture("card", _SHORT, 800, 900, "article.card"),
    Picture("try-it", _FIRST, 1120, 760),
)


def take(browser: Any, origin: str, picture: Picture) -> bytes:
    """The PNG, in the light scheme. ValueError where the page is not there or the picture is too large to show."""
    size = {"width": picture.width, "height": picture.height}
    page = browser.new_page(viewport=size, color_scheme="light", reduced_motion="reduce")
    try:
        status = page.goto(origin + picture.path).status
        if status != 200:
            raise ValueError(f"{picture.path}: status {status}")
        shown = page if picture.shows is None else page.locator(picture.shows).first
        found: bytes = shown.screenshot(animations="disabled")
    finally:
        page.close()
    if len(found) > MOST_BYTES:
        raise ValueError(f"{picture.name}: {len(found)} bytes are more than {MOST_BYTES}")
    return found


def main() -> int:
    from playwright.sync_api import sync_playwright

    FOLDER.mkdir(parents=True, exist_ok=True)
    app = create_app(Settings(log_level="error"), clock=lambda: NOW)
    with (
        serving(app) as origin,
        sync_playwright() as driver,
        driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS) as browser,
    ):
        for picture in PICTURES:
            png = take(browser, origin, picture)
            path = FOLDER / f"{picture.name}.png"
            path.write_bytes(png)
            print(f"{path.relative_to(FOLDER.parents[1])}: {len(png)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
