"""The pictures of the README: they are there, small, and can be made anew. What they show is seen by a person."""

from typing import Any

import pytest

from tests.pictures import FOLDER, MOST_BYTES, PICTURES, Picture, take

PNG = b"\x89PNG\r\n\x1a\n"


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
