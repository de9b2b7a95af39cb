"""The page of the 13 source attributes, for a person and for a program. Knows Flask and the library; no rule."""

from typing import Final

import msgspec
from flask import Blueprint, Response

from cds_service.knowledge.sign_off import State
from cds_service.knowledge.tables import Library
from cds_service.pages.page import asked_for_json, page
from cds_service.pages.rules import STATUS

_CITATION: Final = "evidence_based_citation"
_DATES: Final = "evidence_based_dates"


def attribute_pages(library: Library) -> Blueprint:
    """GET /source-attributes: HTML, or JSON where the Accept header or ?format=json asks for it."""
    pages = Blueprint("attributes", __name__, template_folder="templates")
    version = library.knowledge.version
    state = library.sign_off.state_of(library.sign_off.versions)
    cited = sorted(library.sources.values(), key=lambda source: (source.label, source.where))
    as_json = msgspec.json.encode(_as_json(library, state))

    @pages.get("/source-attributes")
    def source_attributes() -> Response:
        if asked_for_json():
            response = Response(as_json, content_type="application/json")
        else:
            rows = library.source_attributes
            response = page("attributes.html", version, rows=rows, cited=cited, status=STATUS, state=state)
        response.vary.add("Accept")
        return response

    return pages


def _as_json(library: Library, state: State) -> dict[str, str]:
    """Text by OpenEMR's option id, as its administrators' form keeps it."""
    found = {row.id: row.words for row in library.source_attributes}
    sources = dict.fromkeys(f"{source.label} ({source.where})" for source in library.sources.values())
    found[_CITATION] += " " + "; ".join(sources) + "."
    found[_DATES] += f" Knowledge version {library.knowledge.version}, {state}."
    return found
