"""Group H: the feedback endpoint. Knows its members and the variants that clients really send."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

from cds_service.conformance.assertion import Finding, finding, not_seen
from cds_service.conformance.forged import forgeries
from cds_service.conformance.material import best_calls, cards_of, text_of
from cds_service.conformance.subject import Answer, Exchange, Json
from cds_service.conformance.trial import Check, Trial
from cds_service.conformance.walk import counted

_ABSENT: Final = frozenset({404, 405, 501})
_INVALID: Final = frozenset({400, 422})
_CODE: Final = {"code": "conformance-reason", "system": "https://example.org/reasons", "display": "Made up"}
_NO_ENDPOINT: Final = "the service has no feedback endpoint, which is allowed"


def takes_feedback(trial: Trial) -> Finding:
    """55: 200 for accepted and for overridden, for a card that the service has just sent."""
    return _tried(
        trial,
        {
            "accepted": _accepted,
            "overridden with a reason": lambda card: _overridden(card, overrideReason={"reason": _CODE}),
            "overridden with a comment": lambda card: _overridden(card, overrideReason={"userComment": "made up"}),
            "overridden without a reason": _overridden,
            "several at once": lambda card: {"feedback": [_item(card), _item(str(uuid4()))]},
        },
        {200},
    )


def wants_a_list(trial: Trial) -> Finding:
    """56: what holds no list of feedback is refused."""
    bodies: dict[str, Any] = {
        "an object for the list": {"feedback": _item(str(uuid4()))},
        "a text for the list": {"feedback": "accepted"},
        "null for the list": {"feedback": None},
        "no list": {},
        "a bare list": [_item(str(uuid4()))],
        "an empty list": {"feedback": []},
        "texts in the list": {"feedback": ["accepted"]},
    }
    return _tried(trial, {name: lambda _, body=body: body for name, body in bodies.items()}, _INVALID)


def wants_card_outcome_and_time(trial: Trial) -> Finding:
    """57: card, outcome and outcomeTimestamp, each as it should be."""
    changes: dict[str, Json] = {
        "no card": {"card": None},
        "an empty card": {"card": ""},
        "no outcome": {"outcome": None},
        "an unknown outcome": {"outcome": "ignored"},
        "no outcomeTimestamp": {"outcomeTimestamp": None},
        "a timestamp that is none": {"outcomeTimestamp": "yesterday"},
        "a timestamp without a zone": {"outcomeTimestamp": "2026-01-02T03:04:05"},
        "a number for a timestamp": {"outcomeTimestamp": 1767323045},
    }
    return _tried(trial, {name: lambda card, c=c: _overridden(card, **c) for name, c in changes.items()}, _INVALID)


def wants_what_was_accepted(trial: Trial) -> Finding:
    """58: accepted names the suggestions."""
    changes: dict[str, Json] = {
        "accepted without suggestions": {"acceptedSuggestions": None},
        "accepted with an empty list": {"acceptedSuggestions": []},
        "accepted with a suggestion without id": {"acceptedSuggestions": [{}]},
        "accepted with a text": {"acceptedSuggestions": "all"},
    }
    return _tried(trial, {name: lambda card, c=c: _accepted(card, **c) for name, c in changes.items()}, _INVALID)


def wants_a_reason_in_a_reason(trial: Trial) -> Finding:
    """59: an override reason holds a reason or a comment."""
    empty = _tried(trial, {"an empty overrideReason": lambda card: _overridden(card, overrideReason={})}, _INVALID)
    both = {"reason": _CODE, "userComment": "made up"}
    good = _tried(trial, {"a reason and a comment": lambda card: _overridden(card, overrideReason=both)}, {200})
    return empty if empty.verdict is not good.verdict and empty.faults else good if good.faults else empty


def bears_repetition(trial: Trial) -> Finding:
    """60: the same again, and another outcome for the same card, are taken."""
    services = _with_endpoint(trial)
    wrong = []
    for call in services:
        first, changed = _accepted(card := _card_of(call)), _overridden(card)
        for name, body in (("first", first), ("again", first), ("changed", changed)):
            if (answer := _posted(trial, call, body)).status != 200:
                wrong.append(f"{call.service.id}, {name}: {answer.told}")
    return finding(wrong, seen=f"3 times, {counted(len(services), 'service')}") if services else not_seen(_NO_ENDPOINT)


def takes_unknown_cards(trial: Trial) -> Finding:
    """61: a card that the service does not know is no error."""
    return _tried(trial, {"an unknown card": lambda _: _overridden(str(uuid4()))}, {200})


def asks_who_calls(trial: Trial) -> Finding:
    """62: the same authentication as the hook call, with the feedback URL as audience."""
    if trial.bench.signer is None:
        return not_seen("no client JWT can be made: give --issuer, and a key that the service knows")
    services = _with_endpoint(trial)
    guarded = [call for call in services if _bare_call(trial, call).status == 401]
    if services and not guarded:
        return not_seen("the hook calls are answered without a token")
    wrong = []
    for call in guarded:
        body, url = text_of(_overridden(str(uuid4()))), _url(trial, call)
        bare = trial.subject.send("POST", url, body, authorised=False)
        if bare.status != 401:
            wrong.append(f"{call.service.id} without a token: {bare.told}")
        if (answer := _posted(trial, call, _overridden(str(uuid4())))).status != 200:
            wrong.append(f"{call.service.id} with the feedback URL as aud: {answer.told}")
        forged = next(each for each in forgeries(trial.bench.signer, url, trial.subject.discovery_url))
        headers = {"Authorization": f"Bearer {forged.token}"}
        if (answer := trial.subject.send("POST", url, body, headers, authorised=False)).status != 401:
            wrong.append(f"{call.service.id}, {forged.fault}: {answer.told}")
    return finding(wrong, seen=counted(len(guarded), "service")) if guarded else not_seen(_NO_ENDPOINT)


def _bare_call(trial: Trial, call: Exchange) -> Answer:
    url = trial.subject.url_of(call.service.id)
    return trial.subject.send("POST", url, text_of(call.request or {}), authorised=False)


def _tried(trial: Trial, bodies: Mapping[str, Any], good: frozenset[int] | set[int]) -> Finding:
    """Send each body to each service with an endpoint. bodies: name -> function of a card's uuid."""
    services = _with_endpoint(trial)
    wrong = [
        f"{call.service.id}, {name}: {answer.told}"
        for call in services
        for name, body in bodies.items()
        if (answer := _posted(trial, call, body(_card_of(call)))).status not in good
    ]
    return (
        finding(wrong, seen=f"{counted(len(bodies), 'body', 'bodies')}, {counted(len(services), 'service')}")
        if services
        else not_seen(_NO_ENDPOINT)
    )


def _with_endpoint(trial: Trial) -> list[Exchange]:
    """The best call of each service that has a feedback endpoint at all."""
    return [
        call for call in best_calls(trial) if _posted(trial, call, _overridden(_card_of(call))).status not in _ABSENT
    ]


def _url(trial: Trial, call: Exchange) -> str:
    return f"{trial.subject.url_of(call.service.id)}/feedback"


def _posted(trial: Trial, call: Exchange, body: Any) -> Answer:
    return trial.subject.send("POST", _url(trial, call), text_of(body))


def _card_of(call: Exchange) -> str:
    """The uuid of a card that was sent, else one that nobody knows."""
    return next((card["uuid"] for card in cards_of(call.answer) if isinstance(card.get("uuid"), str)), str(uuid4()))


def _item(card: str, /, **changed: Any) -> Json:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    item = {"card": card, "outcome": "overridden", "outcomeTimestamp": now} | changed
    return {name: value for name, value in item.items() if value is not None}


def _overridden(card: str, /, **changed: Any) -> Json:
    return {"feedback": [_item(card, **changed)]}


def _accepted(card: str, /, **changed: Any) -> Json:
    chosen = {"outcome": "accepted", "acceptedSuggestions": [{"id": str(uuid4())}]} | changed
    return {"feedback": [_item(card, **chosen)]}


CHECKS: Final[Mapping[int, Check]] = {
    55: takes_feedback,
    56: wants_a_list,
    57: wants_card_outcome_and_time,
    58: wants_what_was_accepted,
    59: wants_a_reason_in_a_reason,
    60: bears_repetition,
    61: takes_unknown_cards,
    62: asks_who_calls,
}
