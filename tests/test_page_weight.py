"""The first paint of every page is under 100 KB, counted without a browser: the page as a browser asks for it, packed,
its style and its icon.

tests/browser counts what Chromium transfers, of some pages in CI and of all with LOOK_AT=all.
"""

import gzip
import re

from flask.testing import FlaskClient

from cds_service.app import create_app
from cds_service.settings import Settings
from tests.browser.every_page import linked_pages, main_pages
from tests.browser.page_faults import MOST_BYTES
from tests.signing import NOW
from tests.test_every_route import BROWSER

_ASSET = re.compile(r'<(?:link rel="(?:stylesheet|icon)"|script|img)[^>]*\b(?:href|src)="([^"]+)"')
PACKED = {"Accept-Encoding": "gzip, deflate, br"}
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


def test_a_page_is_packed_for_who_can_unpack_it() -> None:
    client = create_app(Settings(log_level="error"), clock=lambda: NOW).test_client()
    for path, plain_size in (("/rules", 50_000), ("/nowhere", 1_000)):
        plain, packed = (client.get(path, headers=BROWSER | more) for more in ({"Accept-Encoding": "gzip;q=0"}, PACKED))
        assert plain.content_encoding is None
        assert packed.content_encoding == "gzip"
        assert gzip.decompress(packed.data) == plain.data
        assert len(packed.data) < len(plain.data) > plain_size
        assert "Accept-Encoding" in plain.headers["Vary"]
        assert "Accept-Encoding" in packed.headers["Vary"]
        assert int(packed.headers["Content-Length"]) == len(packed.data)


def _weight(client: FlaskClient, path: str) -> int:
    packed = client.get(path, headers=BROWSER | PACKED).data
    text = gzip.decompress(packed).decode()
    assets = set(_ASSET.findall(text))
    assert len(assets) >= 2, f"{path} names neither style nor icon"
    weight = len(packed) + _HEADERS
    for asset in assets:
        with client.get(asset) as answer:
            assert answer.status_code == 200, asset
            weight += len(answer.data) + _HEADERS
    return weight
