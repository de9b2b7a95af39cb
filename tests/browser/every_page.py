"""The one list of pages: all that the app serves to a person, with the addresses that show them in their states."""

import re
from collections.abc import Iterator
from html import unescape
from typing import Final

from flask import Flask
from flask.testing import FlaskClient

from tests.test_every_route import BROWSER

# Not a page of its own, and seen by whoever has mistyped an address
PROBLEM: Final = "/nowhere"
# Files: nobody looks at them in a browser
_NO_PAGES: Final = frozenset({"assets.static", "schedule.calendar"})
# States that no link leads to, by the page that has them: what is typed into forms. Whoever makes a page adds its own
TYPED: Final = {
    "/": (
        "/?example=01-cyanocobalamin-renal&egfr=90&signs=no&stock=no-mecobalamin",
        "/?example=01-cyanocobalamin-renal&egfr=9x&age=999&region=nowhere",
        "/?example=01-cyanocobalamin-renal&applied=old",
    ),
    "/feedback-figures": (
        "/feedback-figures?topic=nothing&from=last+week&to=2026-W54",
        "/feedback-figures?topic=Paediatric&from=2026-W01&to=2026-W02",
        "/feedback-figures?from=2024-W48",
    ),
    "/rules": ("/rules?q=renal", "/rules?q=nothing+of+this+name"),
}


def main_pages(app: Flask) -> list[str]:
    """Every address without a parameter that answers a browser with HTML, and what is typed there."""
    client = app.test_client()
    found = [PROBLEM]
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and not rule.arguments and _is_page(client, rule.rule):
            found += [rule.rule, *TYPED.get(rule.rule, ())]
    return sorted(found)


def linked_pages(app: Flask, start: list[str], steps: int) -> list[str]:
    """Whatever else can be come to from there by as many links. Pages alone, each address once."""
    client = app.test_client()
    found = dict.fromkeys(start)
    newest = start
    for _ in range(steps):
        newest = sorted({url for path in newest for url in _links(client, path)} - found.keys())
        newest = [path for path in newest if _is_page(client, path)]
        found |= dict.fromkeys(newest)
    return [path for path in found if path not in start]


def routes_without_a_page(app: Flask, pages: list[str]) -> list[str]:
    """Routes of pages of which no address is among these: nobody could come to them, or nobody would look at them."""
    known = {path.partition("?")[0] for path in pages}
    routes = [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())]
    return [
        rule.rule
        for rule in routes
        if rule.endpoint not in _NO_PAGES and rule.arguments and not any(_fits(rule.rule, path) for path in known)
    ]


def _links(client: FlaskClient, path: str) -> Iterator[str]:
    """Where links lead, and the button that applies a suggestion."""
    text = client.get(path, headers=BROWSER).text
    for link in re.findall(r'<a [^>]*href="(/[^"#]*)', text):
        yield unescape(link)
    for here, uuid in re.findall(r'action="(/[^"#]*)"><input[^>]*><input[^>]* name="suggestion" value="([^"]*)"', text):
        yield f"{unescape(here)}&applied={uuid}"


def _is_page(client: FlaskClient, path: str) -> bool:
    answer = client.get(path, headers=BROWSER)
    return answer.status_code == 200 and answer.mimetype == "text/html"


def _fits(route: str, path: str) -> bool:
    return re.fullmatch(re.sub("<[^>]*>", "[^/]+", route), path) is not None
