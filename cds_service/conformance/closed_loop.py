"""Assertion 40: a suggestion that is taken settles its card. Knows what a client does with actions."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from cds_service.conformance.assertion import Finding, finding, not_seen
from cds_service.conformance.subject import Json
from cds_service.conformance.trial import Card, Trial

# Of each kind of card and service, the suggestions that are tried.
_MOST: Final = 12
# As FHIR's rules for transactions have it.
_ORDER: Final = ("delete", "create", "update")
_HOOKS: Final = frozenset({"order-select", "order-sign"})


def stays_closed(trial: Trial) -> Finding:
    """40: the draft changed as suggested raises no card of the same topic."""
    wrong: list[str] = []
    tried = 0
    for card, place, suggestion in list(_to_try(trial)):
        following = taken(card.exchange.request or {}, suggestion["actions"])
        label = f"after {card.exchange.label}"
        answer = trial.subject.call(card.exchange.service, following, label)
        if answer.status != 200:
            continue
        tried += 1
        again = (answer.object or {}).get("cards")
        if any(_topic(each) == _topic(card.json) for each in (again if isinstance(again, list) else ())):
            wrong.append(card.fault("is taken, and the same card comes again", f"suggestions[{place}]"))
    if not tried:
        return not_seen("no suggestion that changes a draft")
    return finding(wrong, seen=f"{tried} suggestions taken")


def taken(request: Json, actions: list[Json]) -> Json:
    """The call that follows when the actions are applied: deletes first, then creates, then updates."""
    following = deepcopy(request)
    following["hookInstance"] = _next(str(request.get("hookInstance", "")))
    context = following["context"]
    entries: list[Any] = context["draftOrders"]["entry"]
    selections = context.get("selections")
    chosen = {name for name in selections if isinstance(name, str)} if isinstance(selections, list) else set()
    for number, action in enumerate(sorted(actions, key=_turn)):
        resource = deepcopy(action.get("resource"))
        match action.get("type"):
            case "delete":
                target = str(action.get("resourceId", resource))
                gone = [_name(each) for each in entries if target in {_name(each), _name(each).partition("/")[2]}]
                entries[:] = [each for each in entries if _name(each) not in gone]
                chosen -= set(gone)
            case "create" if isinstance(resource, dict):
                resource["id"] = f"created-{number}"
                entries.append({"resource": resource})
                chosen.add(_name(entries[-1]))
            case "update" if isinstance(resource, dict):
                for each in entries:
                    if _name(each) == _name({"resource": resource}):
                        each["resource"] = resource
            case _:
                pass
    if isinstance(selections, list):
        context["selections"] = [name for name in map(_name, entries) if name in chosen]
    return following


def _turn(action: Json) -> int:
    kind = action.get("type")
    return _ORDER.index(kind) if kind in _ORDER else len(_ORDER)


def _to_try(trial: Trial) -> Iterator[tuple[Card, int, Json]]:
    seen: set[tuple[str, str, str]] = set()
    for card in trial.cards():
        bundle = card.context.get("draftOrders")
        drafted = isinstance(bundle, dict) and isinstance(bundle.get("entry"), list)
        if card.exchange.service.hook not in _HOOKS or not drafted or not card.drafts():
            continue
        for place, suggestion in enumerate(card.list_of("suggestions")):
            actions = suggestion.get("actions") if isinstance(suggestion, dict) else None
            if not isinstance(actions, list) or not all(isinstance(each, dict) for each in actions):
                continue
            key = (card.exchange.service.id, _topic(card.json), str(place))
            if any(each.get("type") in ("update", "delete") for each in actions) and key not in seen:
                if len(seen) == _MOST:
                    return
                seen.add(key)
                yield card, place, suggestion


def _topic(card: Any) -> str:
    """What makes two cards the same advice: the topic, else the summary."""
    if not isinstance(card, dict):
        return ""
    source = card.get("source")
    topic = source.get("topic") if isinstance(source, dict) else None
    return str(topic.get("code")) if isinstance(topic, dict) else str(card.get("summary"))


def _name(entry: Any) -> str:
    """ "Type/id" of what an entry holds; a bare "/" where it holds no resource, as in a request of the person's own."""
    resource = entry.get("resource") if isinstance(entry, dict) else None
    return f"{resource.get('resourceType')}/{resource.get('id')}" if isinstance(resource, dict) else "/"


def _next(instance: str) -> str:
    """Another hook instance, derived from the one before."""
    return str(uuid5(NAMESPACE_URL, instance))
