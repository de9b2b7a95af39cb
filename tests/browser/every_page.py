"""The one list of pages: all that the app serves to a person, with the addresses that show them in their states."""

from typing import Final

from flask import Flask

from tests.test_every_route import BROWSER

# What stands for a parameter of a route: every value of it, else a page would be looked at in one of its guises
PARAMETERS: Final = {"rule_id"}
# Addresses beside the plain one, for pages that show something else when asked in another way
MORE: Final[dict[str, tuple[str, ...]]] = {}
# Not a page of its own, and seen by whoever has mistyped an address
PROBLEM: Final = "/nowhere"


def plain_pages(app: Flask) -> list[str]:
    """Every address without a parameter that answers a browser with HTML, with what MORE says of it."""
    client = app.test_client()
    found = [PROBLEM]
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.arguments:
            continue
        if client.get(rule.rule, headers=BROWSER).mimetype == "text/html":
            found += [rule.rule, *(f"{rule.rule}{more}" for more in MORE.get(rule.rule, ()))]
    return sorted(found)


def pages_with_a_parameter(app: Flask, values: dict[str, list[str]]) -> list[str]:
    """Every address of every route with a parameter of PARAMETERS; values: all there are."""
    return [
        rule.rule.replace(f"<{name}>", value)
        for rule in app.url_map.iter_rules()
        for name in sorted(rule.arguments & PARAMETERS)
        for value in values[name]
    ]


def routes_not_listed(app: Flask) -> list[str]:
    """Routes with a parameter that nothing here says anything of: whoever adds one says what to look at."""
    known = PARAMETERS | {"filename", "service_id"}
    return [rule.rule for rule in app.url_map.iter_rules() if not rule.arguments <= known]
