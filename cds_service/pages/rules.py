"""The page behind every card's source link: one rule in prose, its source, its numbers. Knows Flask and the library."""

import inspect
import sys

from flask import Blueprint, Response, abort

from cds_service.clinical.outcomes import Rule
from cds_service.knowledge.sign_off import State
from cds_service.knowledge.tables import Library, file_of
from cds_service.pages.page import page

STATUS = {"V": "source text seen", "P": "seen in part, or through a secondary page", "U": "judgement, to be confirmed"}


def rule_pages(library: Library) -> Blueprint:
    """GET /rules and /rules/<rule id>. An unknown id is a 404."""
    pages = Blueprint("pages", __name__, template_folder="templates")
    rules = {rule.id: rule for rule in library.knowledge.rules}
    sign_off = library.sign_off

    @pages.get("/rules")
    def all_rules() -> Response:
        tables = [(table, sign_off.states[table], sign_off.signed_by((table,))) for table in sign_off.versions]
        state = sign_off.state_of(sign_off.versions)
        return _page("rules.html", rules=rules.values(), numbers=library.provenance, tables=tables, state=state)

    @pages.get("/rules/<rule_id>")
    def one_rule(rule_id: str) -> Response:
        rule = rules.get(rule_id)
        if rule is None:
            abort(404)
        entries = [library.catalogue.everything[name] for name in rule.recommendations]
        behind = sign_off.tables_behind((file_of(rule),))
        return _page(
            "rule.html",
            rule=rule,
            prose=prose(rule),
            source=library.sources[rule.source],
            entries=entries,
            state=sign_off.state_of(behind),
            awaiting=[table for table in behind if sign_off.states[table] is not State.SIGNED],
            people=list(dict.fromkeys(f"{each.name}, {each.role}" for each in sign_off.signed_by(behind))),
        )

    def _page(template: str, **values: object) -> Response:
        return page(template, library.knowledge.version, sources=library.sources, status=STATUS, **values)

    return pages


def prose(rule: Rule) -> list[str]:
    """The paragraphs at the head of the rule's file: what a clinician reviews."""
    text = inspect.getdoc(sys.modules[rule.evaluate.__module__]) or ""
    return [paragraph for paragraph in text.split("\n\n") if paragraph]
