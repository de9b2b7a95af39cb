"""What holds of every answer, whatever was sent: in sentences, one for each thing that does not hold."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from cds_service.decide import read_request
from cds_service.hooks.problems import Problem
from cds_service.hooks.services import SERVICE_BY_ID
from tests.fuzz.case import Case, Json
from tests.fuzz.sending import Answer

STATUSES: Final = {200, 308, 400, 404, 405, 412, 413, 415}
SECONDS: Final = 1.0  # of the processor
MOST_CARDS: Final = 3
SUMMARY: Final = 139
# Three cards of plain text and suggestions; a suggestion repeats its draft, which the client may have filled.
CARDS_BYTES: Final = 100_000
ERROR_BYTES: Final = 2_000
_INDICATORS: Final = ("critical", "warning", "info")
_REWRITTEN: Final = {"dosageInstruction", "text", "dispenseRequest", "substitution", "contained", "extension"}


def cards_of(answer: Answer) -> list[Json]:
    """The cards of an answer with status 200 to a hook call; empty for anything else."""
    found = json.loads(answer.body) if answer.status == 200 else {}
    cards: list[Json] = found.get("cards", [])
    return cards


def is_silent(answer: Answer) -> bool:
    """The one answer that reads as: all is well."""
    return answer.status == 200 and answer.body.startswith(b'{"cards":[]')


def reached_evaluation(answer: Answer) -> bool:
    return '"fetched":' in answer.log


def faults(case: Case, answer: Answer) -> Iterator[str]:
    """What is wrong with one answer, looked at alone."""
    tried = case.call.path in {"", "/", "//"}  # the try-it page, which takes overrides from its own form only
    if answer.status not in STATUSES and not (tried and answer.status == 403):
        yield f"status {answer.status}: {answer.log[-600:]}"
    if answer.seconds > SECONDS:
        yield f"took {answer.seconds:.1f} s"
    if case.mark in answer.log:
        yield "the log holds what is the patient's"
    if "Traceback" in answer.log:
        yield "a traceback in the log"
    page = tried or case.call.path.startswith(("/rules", "/cds-services?")) or case.call.method in {"HEAD", "OPTIONS"}
    if page or not answer.body:
        return
    if answer.headers.get("Content-Type") != "application/json":
        yield f"content type {answer.headers.get('Content-Type')}"
        return
    try:
        told = json.loads(answer.body, parse_float=Decimal)
    except ValueError:
        yield "the body is no JSON"
        return
    if answer.status == 200:
        yield from _of_cards(case, answer, told) if "cards" in told else ()
        if case.call.path.endswith("/feedback") and not isinstance(told.get("received"), int):
            yield "a feedback of which nothing says that it was received"
    else:
        yield from _of_an_error(case, answer, told)


def _of_an_error(case: Case, answer: Answer, told: Json) -> Iterator[str]:
    if told.get("resourceType") != "OperationOutcome" or "cards" in told:
        yield "an error that is no OperationOutcome"
    if len(answer.body) > ERROR_BYTES:
        yield f"an error of {len(answer.body)} bytes"
    if case.mark in answer.body.decode():
        yield "the error holds what is the patient's"


def _of_cards(case: Case, answer: Answer, told: Json) -> Iterator[str]:
    cards = told["cards"]
    if not isinstance(cards, list) or len(cards) > MOST_CARDS:
        yield "cards are no list of at most three"
        return
    if len(answer.body) > CARDS_BYTES + 5 * len(case.call.body):
        yield f"an answer of {len(answer.body)} bytes to {len(case.call.body)}"
    if answer.headers.get("Cache-Control") != "no-store":
        yield "the answer may be stored"
    topics = [card["source"]["topic"]["code"] for card in cards]
    if len(set(topics)) < len(topics):
        yield "two cards of one topic"
    ranks = [_INDICATORS.index(card["indicator"]) for card in cards]
    if ranks != sorted(ranks):
        yield "the most urgent card is not first"
    for card in cards:
        yield from _of_a_card(card)
    names = [each["uuid"] for card in cards for each in (card, *card.get("suggestions", ()))]
    if len(set(names)) < len(names):
        yield "a uuid twice"
    if cards:
        yield from _of_drafts(case, cards)


def _of_a_card(card: Json) -> Iterator[str]:
    summary = card["summary"]
    if not 0 < len(summary) <= SUMMARY or not summary.isprintable():
        yield f"a summary of {len(summary)} characters"
    if not card["detail"] or not card["source"]["label"] or not card["source"]["url"].startswith("http"):
        yield "a card without detail or source"
    if "suggestions" in card and (not card["suggestions"] or "selectionBehavior" not in card):
        yield "suggestions without a selectionBehavior"
    if card["indicator"] != "info" and not card.get("overrideReasons"):
        yield "a warning that cannot be overridden"
    for suggestion in card.get("suggestions", ()):
        if not suggestion["label"] or not suggestion["actions"]:
            yield "a suggestion without label or actions"
    empty = [path for path, value in _members(card) if value is None or value in ("", [], {})]
    if [path for path in empty if "extension" not in path and "resource" not in path]:
        yield f"empty members: {empty[:3]}"


def _members(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in parts:
        yield f"{path}.{name}", part
        yield from _members(part, f"{path}.{name}")


def _of_drafts(case: Case, cards: list[Json]) -> Iterator[str]:
    """Of a draft that is changed everything stays as it was sent but drug, dosage and what described them."""
    actions = [a for card in cards for each in card.get("suggestions", ()) for a in each["actions"]]
    updates = [action["resource"] for action in actions if action["type"] == "update"]
    if not updates:
        return
    try:
        request = read_request(SERVICE_BY_ID[case.call.path.rpartition("/")[2]], case.call.body)
    except (Problem, KeyError):
        return
    for updated in updates:
        sent = next((draft for draft in request.drafts if draft.get("id") == updated.get("id")), {})
        kept = {name for name in sent if name not in _REWRITTEN and not name.startswith(("medication", "_"))}
        kept = {name for name in kept if _frozen(sent[name]) is not None}
        # what a draft states in no shape of FHIR's, the update states as it has to be
        kept -= {name for name in ("status", "intent") if not isinstance(sent.get(name), str) or not sent[name]}
        if not isinstance(sent.get("subject"), dict) or not sent["subject"].get("reference"):
            kept.discard("subject")
        changed = sorted(name for name in kept if _frozen(sent[name]) != _frozen(updated.get(name)))
        if changed or not sent:
            yield f"an update changes {changed or 'what is no draft'}"
    deleted = [action.get("resourceId") for action in actions if action["type"] == "delete"]
    ours = {f"{draft.get('resourceType')}/{draft.get('id')}" for draft in request.drafts}
    if not {name for name in deleted if name is not None} <= ours:
        yield "a delete of what is no draft"


def _frozen(value: Any) -> Any:
    """A copy in which even 1.0 and 1.00 differ; without what is null or empty, which FHIR does not have."""
    if isinstance(value, dict):
        return {name: told for name, each in value.items() if (told := _frozen(each)) is not None} or None
    if isinstance(value, list):
        return [told for each in value if (told := _frozen(each)) is not None] or None
    return None if value is None or value == "" else (isinstance(value, str), str(value))
