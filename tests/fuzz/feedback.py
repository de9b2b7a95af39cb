"""Feedback as clients send it, and with something wrong in it: what became of cards, in batches, in every dialect."""

import json
import random
from typing import Any

from tests.fuzz.case import Call, Json
from tests.fuzz.junk import BAD_DATES, JUNK, LONE

_HL7 = "http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes"
_REASONS: tuple[Any, ...] = (
    {"reason": {"code": "patient-refuses", "system": _HL7}},
    {"reason": {"code": "local-policy"}, "userComment": "as always"},
    {"code": "x", "system": "y"},
    {"extension": {"a": 1}},
    {"userComment": "\u202e<script>"},
    None,
)
TIMES = (
    "2026-11-20T11:00:00Z",
    "2026-11-20T11:00:00.123456789+13:00",
    "2026-11-20T11:00:60Z",
    "2026-11-20T11:00:00Z UTC",
)
DEFECTS = (
    "junk inside",
    "no feedback",
    "an empty batch",
    "a bad time",
    "a huge batch",
    "a member missing",
    "a lone half",
)


def feedback(draw: random.Random, mark: str) -> tuple[Call, list[str]]:
    """A call to the feedback address, and what was done to it."""
    batch = [_item(draw, f"{mark}card{place}", mark) for place in range(draw.choice((1, 1, 2, 5)))]
    body: Json = {"feedback": batch}
    done = ["feedback"]
    if draw.random() < 0.6:
        name = draw.choice(DEFECTS)
        done.append(name)
        _spoil(draw, name, body, batch)
    service = draw.choice(("b12-order-select", "b12-order-sign", "b12-patient-view"))
    return Call(json.dumps(body).encode(), f"/cds-services/{service}/feedback"), done


def _item(draw: random.Random, card: str, mark: str) -> Json:
    item: Json = {"card": card, "outcomeTimestamp": draw.choice(TIMES)}
    if draw.random() < 0.5:
        return item | {"outcome": "accepted", "acceptedSuggestions": [{"id": f"{card}s"}] * draw.choice((1, 2))}
    reason = draw.choice(_REASONS)
    if isinstance(reason, dict) and "userComment" in reason:
        reason = reason | {"userComment": f"{mark}comment"}
    return item | {"outcome": "overridden", draw.choice(("overrideReason", "overrideReasons")): reason}


def _spoil(draw: random.Random, name: str, body: Json, batch: list[Json]) -> None:
    item = draw.choice(batch)
    inside = draw.choice(tuple(item))
    match name:
        case "junk inside":
            item[inside] = draw.choice(JUNK)
        case "no feedback":
            body["feedback"] = draw.choice((None, {}, "x", 3, [None], ["x"], [[]]))
        case "an empty batch":
            body["feedback"] = []
        case "a bad time":
            item["outcomeTimestamp"] = draw.choice((*BAD_DATES, 0, "2026-11-20T11:00:00", "9999-12-31T23:59:60-23:59"))
        case "a huge batch":
            body["feedback"] = [item] * draw.choice((200, 10_001))
        case "a member missing":
            del item[inside]
        case _:
            item[inside] = LONE
