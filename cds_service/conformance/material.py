"""Calls to build upon, and answers set side by side. Knows which made-up call says most; judges nothing."""

import json
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Final

from cds_service.conformance.subject import Answer, Exchange, Json
from cds_service.conformance.trial import Trial

_UUID: Final = re.compile(rb"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
NO_CALL: Final = "no call could be made up for any service: give one with --request FILE"
NOT_ANSWERED: Final = "no complete call was answered with 200"


def best_calls(trial: Trial) -> list[Exchange]:
    """For each service the complete call that says most: answered with cards, or with 200, or at all."""
    chosen = []
    for service in trial.services:
        made = [each for each in trial.whole_calls() if each.service == service and each.request is not None]
        if made:
            chosen.append(max(made, key=_worth))
    return chosen


def answered_calls(trial: Trial) -> list[Exchange]:
    """Those of the best calls that were answered with 200."""
    return [each for each in best_calls(trial) if each.answer.status == 200]


def _worth(exchange: Exchange) -> int:
    return 2 if cards_of(exchange.answer) else 1 if exchange.answer.status == 200 else 0


def cards_of(answer: Answer) -> list[Json]:
    """The cards that are objects."""
    cards = (answer.object or {}).get("cards")
    return [card for card in cards if isinstance(card, dict)] if isinstance(cards, list) else []


def request_of(exchange: Exchange) -> Json:
    """A copy of its request, to be changed."""
    return deepcopy(exchange.request or {})


def without(request: Json, *names: str) -> Json:
    """The same request without these members."""
    return {name: value for name, value in request.items() if name not in names}


def with_prefetch(request: Json, change: Callable[[Json], Json]) -> Json:
    """The same request with its prefetch changed."""
    return request | {"prefetch": change(deepcopy(request.get("prefetch", {})))}


def without_key(request: Json, *keys: str) -> Json:
    """The same request without these prefetch keys."""
    return with_prefetch(request, lambda held: without(held, *keys))


def text_of(request: Json) -> bytes:
    """The request as bytes."""
    return json.dumps(request).encode()


def comparable(answer: Answer) -> bytes:
    """The status and the body, without what may differ between two calls: uuids."""
    return f"{answer.status} ".encode() + _UUID.sub(b"uuid", answer.body)


def templates_of(exchange: Exchange) -> Iterator[tuple[str, str]]:
    """Key and template of the prefetch that the service asked for and this call holds."""
    held = (exchange.request or {}).get("prefetch", {})
    return ((key, template) for key, template in exchange.service.prefetch.items() if key in held)


def is_search(template: str) -> bool:
    """A search, not a read of one resource."""
    return "?" in template


def empty_search() -> Json:
    """The answer to a search that found nothing."""
    return {"resourceType": "Bundle", "type": "searchset", "total": 0}


def failed_search() -> Json:
    """What a client puts in the place of a result that it could not get."""
    told = {"severity": "error", "code": "exception", "diagnostics": "the conformance tester made this failure up"}
    return {"resourceType": "OperationOutcome", "issue": [told]}
