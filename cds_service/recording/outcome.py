"""A decision as it can be compared: which cards, how urgent, what they offer, what could not be told. Knows wording.

To be made of requests in disguise: a summary says numbers of the patient, and the days between two dates.
"""

import re
from collections.abc import Iterator
from hashlib import sha256
from typing import Any, Final

import msgspec

from cds_service.clinical.outcomes import (
    Action,
    Advice,
    CannotTell,
    ChangeOrder,
    CreateOrder,
    Decision,
    DeleteOrder,
    OrderTest,
    Proposal,
    Suggestion,
)
from cds_service.clinical.policy import Knowledge
from cds_service.hooks.cards import summary
from cds_service.hooks.detail import proposed_order
from cds_service.knowledge.tables import Library
from cds_service.knowledge.wording import Wording

Json = dict[str, Any]
_ENCODER: Final = msgspec.json.Encoder(decimal_format="number", order="deterministic")
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
# Of a card: what a person reads, and which orders it is about. The rest is what was decided
_TOLD: Final = frozenset({"summary", "orders", "words"})
# Of a card as it was answered: what nobody reads, or is compared by itself
_BESIDE: Final = frozenset({"uuid", "indicator", "extension"})


def outcome(decision: Decision, library: Library, wording: Wording) -> Json:
    """`cards`, most urgent first, and `untold`: what was wanting, by rule."""
    return {
        "cards": [_card(advice, library.knowledge, wording) for advice in decision.advice],
        "untold": sorted(set(_untold(decision))),
    }


def essence(told: Json) -> Json:
    """An outcome without what differs when ids, dates and words do."""
    cards = [{name: value for name, value in card.items() if name not in _TOLD} for card in told["cards"]]
    return told | {"cards": cards}


def with_words(told: Json, answered: list[Json], version: str) -> Json:
    """An outcome whose cards have `words` too: a digest of all that a card says and offers, so that other text is told
    without being kept. answered: the same cards, as the request in disguise was answered; whoever has the line can
    make that answer, so that the digest needs no key. version: of the knowledge, which each card names; it is no
    difference."""
    cards = [card | {"words": _digest(shown, version)} for card, shown in zip(told["cards"], answered, strict=True)]
    return told | {"cards": cards}


def _digest(shown: Json, version: str) -> str:
    read = {name: value for name, value in shown.items() if name not in _BESIDE}
    return sha256(_ENCODER.encode(read).replace(version.encode(), b"")).hexdigest()


def _card(advice: Advice, knowledge: Knowledge, wording: Wording) -> Json:
    return {
        "topic": advice.rule.topic.value,
        "rule": advice.rule.id,
        "indicator": advice.indicator.name.lower(),
        "says": advice.say.key,
        "summary": summary(advice.say, wording),
        "orders": list(advice.orders),
        "rules": list(advice.trace_rules),
        "paragraphs": [saying.key for saying in advice.paragraphs],
        "also": [saying.key for saying in advice.also],
        "suggestions": [_suggestion(each, knowledge) for each in advice.suggestions],
        "missing": [_undated(name) for name in advice.missing],
        "settledBy": advice.settled_by.value if advice.settled_by is not None else "",
    }


def _suggestion(suggestion: Suggestion, knowledge: Knowledge) -> Json:
    return {
        "label": suggestion.say.key,
        "recommended": suggestion.recommended,
        "actions": [_action(each, knowledge) for each in suggestion.actions],
    }


def _action(action: Action, knowledge: Knowledge) -> str:
    match action:
        case ChangeOrder():
            return f"change the order to: {_proposed(action.proposal, knowledge)}"
        case CreateOrder():
            return f"order: {_proposed(action.proposal, knowledge)}"
        case DeleteOrder():
            return "remove the order"
        case OrderTest():
            return f"test: {action.test.value}"
        case _:
            return f"refer: {action.referral.value}"


def _proposed(proposal: Proposal, knowledge: Knowledge) -> str:
    """The order in a sentence; a draft's own timing is not repeated."""
    states = f" ({proposal.states.value})" if proposal.states is not None else ""
    return proposed_order(proposal, knowledge, None) + states


def _untold(decision: Decision) -> Iterator[str]:
    for verdict in decision.verdicts:
        if isinstance(verdict.outcome, CannotTell):
            for name in verdict.outcome.missing:
                yield f"{verdict.rule.id}: {_undated(name)}"


def _undated(name: str) -> str:
    return _DAY.sub("(a day)", name)
