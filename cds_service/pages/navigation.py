"""Where one can go from every page: what is served, and where one is. Knows Flask; no page's content."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from flask import current_app, request, url_for

_PAGES: Final = {
    "/": "Try it",
    "/rules": "Rules",
    "/source-attributes": "Source attributes",
    "/feedback-figures": "Feedback figures",
}
_FOR_PROGRAMS: Final = {"/cds-services": "CDS Hooks discovery", "/openapi.json": "OpenAPI"}


@dataclass(frozen=True, slots=True)
class Entry:
    """current: "page" for the page itself, "true" for what lies under it, else empty (aria-current)."""

    url: str
    words: str
    current: str = ""


def navigation() -> list[Entry]:
    """The pages that this app serves, in the order of a first visit."""
    return list(_served(_PAGES))


def for_programs() -> list[Entry]:
    return list(_served(_FOR_PROGRAMS))


def _served(paths: dict[str, str]) -> Iterable[Entry]:
    endpoints = {rule.rule: rule.endpoint for rule in current_app.url_map.iter_rules()}
    return (
        Entry(url_for(endpoints[path]), words, _current(path)) for path, words in paths.items() if path in endpoints
    )


def _current(path: str) -> str:
    here = request.path.rstrip("/") or "/"
    if here == path:
        return "page"
    return "true" if path != "/" and here.startswith(f"{path}/") else ""
