"""The frame of every page: one can go to what is served and to nothing else, and sees where one is."""

import re

import pytest
from flask import Flask

from cds_service.app import create_app
from cds_service.pages.page import page
from cds_service.settings import Settings
from tests.test_every_route import BROWSER

WORDS = {
    "Try it": "/",
    "Rules": "/rules",
    "Source attributes": "/source-attributes",
    "Feedback figures": "/feedback-figures",
}


def entries(app: Flask, path: str) -> dict[str, tuple[str, str]]:
    """Words of the navigation -> address and aria-current."""
    text = app.test_client().get(path, headers=BROWSER).text
    (found,) = re.findall(r'<nav aria-label="Pages">.*?</nav>', text, re.DOTALL)
    links = re.findall(r'<a href="([^"]*)"(?: aria-current="([^"]*)")?>([^<]*)</a>', found)
    return {words: (url, current) for url, current, words in links}


@pytest.mark.parametrize(
    ("path", "current"),
    [
        ("/rules", {"Rules": "page"}),
        ("/rules/", {"Rules": "page"}),
        ("/rules/T-CYANO-RENAL", {"Rules": "true"}),
        ("/feedback-figures?format=html", {"Feedback figures": "page"}),
        ("/source-attributes", {"Source attributes": "page"}),
        ("/nowhere", {}),
    ],
)
def test_the_page_where_one_is_is_marked(path: str, current: dict[str, str]) -> None:
    found = entries(create_app(Settings(log_level="error")), path)
    assert {words: mark for words, (_, mark) in found.items() if mark} == current


def test_every_entry_leads_to_a_page_of_this_service() -> None:
    app = create_app(Settings(log_level="error"))
    served = {rule.rule for rule in app.url_map.iter_rules()}
    found = entries(app, "/rules")
    assert found.keys() == {words for words, path in WORDS.items() if path in served}
    for words, (url, _) in found.items():
        assert url == WORDS[words]
        assert app.test_client().get(url, headers=BROWSER).status_code == 200


def test_what_is_not_served_is_not_named() -> None:
    app = Flask("cds_service")
    app.add_url_rule("/rules", "pages.all_rules", lambda: page("frame.html", "1"))
    app.add_url_rule("/static/<filename>", "assets.static", lambda: "")
    app.jinja_env.loader = create_app(Settings(log_level="error")).jinja_env.loader
    assert entries(app, "/rules") == {"Rules": ("/rules", "page")}
