"""The pictures of the README: they are there, small, and can be made anew. What they show is seen by a person."""

from collections.abc import Iterator
from typing import Any

import pytest

from cds_service.app import create_app
from cds_service.settings import Settings
from tests.browser.running import serving, tab
from tests.pictures import FOLDER, MOST_BYTES, PICTURES, Picture, take
from tests.signing import NOW

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with tab() as found:
        yield found.page.context.browser


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    with serving(create_app(Settings(log_level="error"), clock=lambda: NOW)) as origin:
        yield origin


def test_every_picture_is_there_and_no_other() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {f"{picture.name}.png" for picture in PICTURES}
    for path in FOLDER.iterdir():
        assert path.read_bytes().startswith(PNG)
        assert path.stat().st_size <= MOST_BYTES


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
def test_a_picture_can_be_made_anew(browser: Any, service: str, picture: Picture) -> None:
    assert take(browser, service, picture).startswith(PNG)


def test_a_page_that_is_gone_is_no_picture(browser: Any, service: str) -> None:
    with pytest.raises(ValueError, match="status 404"):
        take(browser, service, Picture("gone", "/?example=gone", 800, 600))
