"""The pages behind every card's source link: each rule with what it rests on, and all of them. Knows Flask and the
library; judges nothing."""

import inspect
import sys
from collections.abc import Iterable
from typing import Final

from flask import Blueprint, Response, abort, request

from cds_service.clinical import phrases
from cds_service.clinical.outcomes import Rule, Saying
from cds_service.clinical.topics import Family
from cds_service.knowledge.history import load_history
from cds_service.knowledge.provenance import Provenance
from cds_service.knowledge.sign_off import State
from cds_service.knowledge.tables import Library, file_of
from cds_service.knowledge.wording import Wording
from cds_service.pages.clauses import Head, head_of
from cds_service.pages.index import load_index
from cds_service.pages.page import page
from cds_service.pages.version_history import version_history

STATUS = {"V": "source text seen", "P": "seen in part, or through a secondary page", "U": "judgement, to be confirmed"}
_LONGEST_QUESTION: Final = 80
# UCUM codes that nobody reads as a unit
_IN_WORDS: Final = {
    "1": "",
    "{INR}": "",
    "h": "hours",
    "d": "days",
    "mo": "months",
    "a": "years",
    "ug": "micrograms",
    "ug/d": "micrograms a day",
    "ug/wk": "micrograms a week",
    "ug/kg": "micrograms/kg",
    "10*9/L": "x 10^9/L",
}
# For a person; the words of Family are those of the decision tables
FAMILIES: Final = {
    Family.FORM: "Form of vitamin B12",
    Family.ALLERGY: "Allergy",
    Family.UNIT: "Dose unit",
    Family.SCHEDULE: "Schedule and route",
    Family.FOLATE: "Folic acid",
    Family.ADMINISTRATION: "Giving the injection",
    Family.POTASSIUM: "Potassium",
    Family.PERSON: "Children and pregnancy",
    Family.INTERPRETATION: "Reading results",
    Family.HOUSEKEEPING: "Follow-up and what is missing",
}


def rule_pages(library: Library, wording: Wording) -> Blueprint:
    """GET /rules, with ?q= only those that hold all words of it, and /rules/<rule id>. An unknown id is a 404."""
    pages = Blueprint("pages", __name__, template_folder="templates")
    rules = {rule.id: rule for rule in library.knowledge.rules}
    heads = {rule.id: head_of(_head(rule)) for rule in rules.values()}
    index = load_index()
    sign_off = library.sign_off
    rows = {row.row: row for row in library.provenance}
    history = load_history()

    @pages.get("/rules")
    def all_rules() -> Response:
        asked = " ".join(request.args.get("q", "")[:_LONGEST_QUESTION].split())
        found = [rule for rule in rules.values() if _holds(asked, _of_rule(rule, heads[rule.id]))]
        return _page(
            "rules.html",
            asked=asked,
            longest=_LONGEST_QUESTION,
            count=len(rules),
            found=len(found),
            families=[(family, [rule for rule in found if rule.family is family]) for family in Family],
            names=FAMILIES,
            heads=heads,
            index=index,
            amount=amount,
            numbers=[row for row in library.provenance if _holds(asked, (row.row, row.means))],
            tables=[
                (table, version, sign_off.states[table], sign_off.signed_by((table,)))
                for table, version in sign_off.versions.items()
            ],
            state=sign_off.state_of(sign_off.versions),
        )

    @pages.get("/rules/<rule_id>")
    def one_rule(rule_id: str) -> Response:
        rule = rules.get(rule_id)
        if rule is None:
            abort(404)
        known = index[rule_id]
        behind = sign_off.tables_behind((file_of(rule),))
        return _page(
            "rule.html",
            rule=rule,
            head=heads[rule_id],
            family=FAMILIES[rule.family],
            source=library.sources[rule.source],
            entries=[library.catalogue.everything[name] for name in rule.recommendations],
            differ=[(library.catalogue.contradictions[name], _differ(wording, name)) for name in known.contradictions],
            known=known,
            amount=amount,
            numbers=[rows[name] for name in known.numbers],
            numbers_behind=[rows[name] for name in known.behind],
            doses=[(library.knowledge.regimens[key], rows[key]) for key in known.doses],
            reviewed=_reviewed,
            file=file_of(rule),
            state=sign_off.state_of(behind),
            own_state=sign_off.states[f"rules/{file_of(rule)}"],
            history=version_history(f"rules/{file_of(rule)}", known, history, sign_off),
            awaiting=[table for table in behind if sign_off.states[table] is not State.SIGNED],
            people=list(dict.fromkeys(f"{each.name}, {each.role}" for each in sign_off.signed_by(behind))),
        )

    def _page(template: str, **values: object) -> Response:
        return page(template, library.knowledge.version, sources=library.sources, status=STATUS, **values)

    return pages


def amount(row: Provenance) -> str:
    """The value of a number with its unit, as people write it."""
    words = _IN_WORDS.get(row.unit, phrases.unit(row.unit))
    return f"{row.value} {words.removesuffix('s') if row.value == '1' else words}".strip()


def _head(rule: Rule) -> str:
    """The head of the rule's file: what a clinician reviews."""
    return inspect.getdoc(sys.modules[rule.evaluate.__module__]) or ""


def _of_rule(rule: Rule, head: Head) -> Iterable[str]:
    return (rule.id, rule.title, FAMILIES[rule.family], rule.topic.value, head.summary, *rule.recommendations)


def _holds(asked: str, texts: Iterable[str]) -> bool:
    text = " ".join(texts).lower()
    return all(word in text for word in asked.lower().split())


def _differ(wording: Wording, name: str) -> str:
    key = f"sources_differ.{name}"
    return wording.part(Saying(key), "differ") if key in wording.keys else ""


def _reviewed(row: Provenance) -> tuple[str, str]:
    if row.reviewed_on is None:
        return "not reviewed", f"due by {row.next_review}"
    return f"reviewed on {row.reviewed_on}", f"again by {row.next_review}"
