"""The page of feedback figures: what became of the cards, for a person and for programs. Knows Flask; no SQL.

It is open like every page, so it counts all clients as one: who calls this service is nobody's business here.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec
from flask import Blueprint, Response, request, url_for

from cds_service.clinical.outcomes import Rule
from cds_service.hooks.problems import Fault, Problem
from cds_service.knowledge.tables import Library
from cds_service.pages.figures_csv import COLUMNS, csv_file
from cds_service.pages.figures_json import as_json
from cds_service.pages.figures_picture import BASE, HEIGHT, LEFT, TOP, WIDTH, parts, picture
from cds_service.pages.figures_query import USUAL_WEEKS, Query, read_query
from cds_service.pages.figures_tables import by_reason, by_rule, by_topic, by_version, by_week
from cds_service.pages.page import asked_for_json, page
from cds_service.pages.shares import FEWEST
from cds_service.records.figures import Figures, Tally
from cds_service.records.kept_figures import KeptFigures
from cds_service.records.weeks import Week

# More of them would make the page heavier than a first look may be
_MOST_LINES: Final = 40
_PLACE: Final = {"width": WIDTH, "height": HEIGHT, "left": LEFT, "top": TOP, "base": BASE}


def figure_pages(library: Library, kept: KeptFigures, clock: Callable[[], datetime]) -> Blueprint:
    """GET /feedback-figures: HTML, or JSON where the Accept header or ?format=json asks for it; the same counts as a
    file under .csv. ?topic=, ?from= and ?to= (weeks) narrow them; a page names what cannot be used, a file or JSON is
    refused with 400."""
    pages = Blueprint("figures", __name__, template_folder="templates")
    version = library.knowledge.version
    rules = {rule.topic.value: rule for rule in sorted(library.knowledge.rules, key=lambda rule: rule.title)}

    def query_of(*, strict: bool) -> Query:
        query = read_query(request.args, clock().date(), rules)
        for name, why in query.wrong.items() if strict else ():
            raise Problem(Fault.OTHER, path=name, rule=why)
        return query

    @pages.get("/feedback-figures")
    def feedback_figures() -> Response:
        for_programs = asked_for_json()
        query = query_of(strict=for_programs)
        counted = kept.now()
        found = query.of(counted.figures)
        if for_programs:
            body = msgspec.json.encode(as_json(found, query, counted.at))
            response = Response(body, content_type="application/json")
        else:
            response = page("figures.html", version, **_values(found, query, rules, counted.at))
        response.vary.add("Accept")
        return response

    @pages.get("/feedback-figures.csv")
    def feedback_figures_file() -> Response:
        query = query_of(strict=True)
        counted = kept.now()
        body = csv_file(query.of(counted.figures).rows, counted.at)
        response = Response(body, content_type="text/csv; charset=utf-8; header=present")
        name = "-".join(["b12-feedback", *filter(None, [query.topic]), str(query.first), str(query.last)])
        response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
        return response

    return pages


def _values(found: Figures, query: Query, rules: Mapping[str, Rule], at: datetime) -> dict[str, Any]:
    """What the template asks for. at: when it was counted."""
    sent = [row for row in found.rows if not row.shadow]
    weeks = by_week(sent, query.first, query.last, at)
    total = Tally()
    for row in sent:
        total.add(row)
    return {
        "found": found,
        "at": at,
        "query": query,
        "total": total,
        "weeks": weeks,
        "picture": picture(weeks),
        "place": _PLACE,
        "parts": parts,
        "topics": by_topic(sent, rules),
        "given": by_reason(total),
        "versions": by_version(sent),
        "rules": by_rule(found.rows, rules),
        "known": rules,
        "most_lines": _MOST_LINES,
        "by_reason": by_reason,
        "columns": COLUMNS,
        "fewest": FEWEST,
        "usual_weeks": USUAL_WEEKS,
        "elsewhere": _elsewhere(found, query),
        "file": url_for("figures.feedback_figures_file", **query.parameters),
    }


def _elsewhere(found: Figures, query: Query) -> str:
    """Where the newest cards on record are, or empty where there are none."""
    if found.until is None:
        return ""
    last = Week.of(found.until)
    span = {"from": str(last.after(1 - USUAL_WEEKS)), "to": str(last)}
    return url_for("figures.feedback_figures", **query.parameters | span)
