"""The page of feedback figures: what became of the cards, for a person and for a program. Knows Flask; no SQL."""

from typing import Any, Final

import msgspec
from flask import Blueprint, Response

from cds_service.hooks.override_reasons import OVERRIDE_REASONS
from cds_service.knowledge.tables import Library
from cds_service.pages.page import asked_for_json, page
from cds_service.records.database import Database
from cds_service.records.figures import Figures, Row, figures

_REASONS: Final = {reason["code"]: reason["display"] for reason in OVERRIDE_REASONS} | {
    "other": "Another reason",
    "comment-only": "Only a comment",
    "none": "No reason given",
}


def figure_pages(library: Library, database: Database) -> Blueprint:
    """GET /feedback-figures: HTML, or JSON where the Accept header or ?format=json asks for it."""
    pages = Blueprint("figures", __name__, template_folder="templates")
    titles = {rule.id: rule.title for rule in library.knowledge.rules}

    @pages.get("/feedback-figures")
    def feedback_figures() -> Response:
        found = figures(database)
        if asked_for_json():
            response = Response(msgspec.json.encode(_as_json(found)), content_type="application/json")
        else:
            seen = sorted(
                found.rows, key=lambda row: (row.shadow, titles.get(row.rule, row.rule), row.knowledge_version)
            )
            version = library.knowledge.version
            response = page("figures.html", version, found=found, rows=seen, titles=titles, reasons=_REASONS)
        response.headers["Vary"] = "Accept"
        return response

    return pages


def _as_json(found: Figures) -> dict[str, Any]:
    """Every count stands even where it is 0; `since` is left out while nothing is on record."""
    since = {"since": found.since} if found.since is not None else {}
    return since | {
        "rows": [
            {"rule": row.rule, "topic": row.topic, "knowledgeVersion": row.knowledge_version, "shadow": row.shadow}
            | {"shown": row.shown, "displays": row.displays, "withoutFeedback": row.unanswered}
            | _outcomes(row)
            for row in found.rows
        ],
        "unknownCards": {"cards": found.unknown.shown} | _outcomes(found.unknown),
    }


def _outcomes(row: Row) -> dict[str, Any]:
    reasons = {code: row.reasons[code] for code in _REASONS if row.reasons[code] > 0}
    return {"accepted": row.accepted, "overridden": row.overridden, "overrideReasons": reasons}
