"""The first paint of every page is under 100 KB, counted without a browser: the page, its style and its icon.

tests/browser counts what Chromium transfers, of some pages in CI and of all with LOOK_AT=all.
"""

import re

from flask.testing import FlaskClient

from cds_service.app import create_app
from cds_service.settings import Settings
from tests.browser.every_page import linked_pages, main_pages
from tests.browser.page_faults import MOST_BYTES
from tests.signing import NOW
from tests.test_every_route import BROWSER

_ASSET = re.compile(r'<(?:link rel="(?:stylesheet|icon)"|script|img)[^>]*\b(?:href|src)="([^"]+)"')
_HEADERS = 300  # what Chromium counts for those of an answer


def test_the_first_paint_of_every_page_is_under_100_kb() -> None:
    app = create_app(Settings(log_level="error"), clock=lambda: NOW)
    client = app.test_client()
    main = main_pages(app)
    pages = [*main, *linked_pages(app, main, steps=1)]
    assert len(pages) > 60
    weights = {path: _weight(client, path) for path in pages}
    heavy = {path: weight for path, weight in weights.items() if weight > MOST_BYTES}
    assert heavy == {}, f"the heaviest: {max(weights.values())} bytes"


def _weight(client: FlaskClient, path: str) -> int:
    text = client.get(path, headers=BROWSER).text
    assets = set(_ASSET.findall(text))
    assert len(assets) >= 2, f"{path} names neither style nor icon"
    weight = len(text.encode()) + _HEADERS
    for asset in assets:
        with client.get(asset) as answer:
            assert answer.status_code == 200, asset
            weight += len(answer.data) + _HEADERS
    return weight
