"""Group E: suggestions and their actions. Knows their members; the resources are judged in `resources`."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from cds_service.conformance.assertion import Finding, finding, not_seen
from cds_service.conformance.closed_loop import stays_closed
from cds_service.conformance.resources import judge_created, judge_updated
from cds_service.conformance.subject import Json
from cds_service.conformance.trial import Card, Check, Trial, target_of
from cds_service.conformance.walk import counted, is_text, shown

_TYPES: Final = ("create", "update", "delete")
_ACTION_SELECTION: Final = ("all", "any", "at-most-one")
_ORDER_HOOKS: Final = frozenset(
    {"order-select", "order-sign", "medication-refill", "medication-prescribe", "order-review"}
)


def are_labelled(trial: Trial) -> Finding:
    """35: a label; a uuid is recommended."""
    wrong, weak, seen = [], [], 0
    for card in trial.cards():
        if "suggestions" in card.json and not isinstance(card.json["suggestions"], list):
            wrong.append(card.fault("is no list", "suggestions"))
        for place, suggestion in enumerate(card.list_of("suggestions")):
            seen += 1
            where = f"suggestions[{place}]"
            if not isinstance(suggestion, dict):
                wrong.append(card.fault("is no object", where))
                continue
            if not is_text(suggestion.get("label")):
                wrong.append(card.fault("is missing, empty or no text", f"{where}.label"))
            if "uuid" not in suggestion:
                weak.append(card.fault("is missing, so no feedback can be sent", f"{where}.uuid"))
            elif not is_text(suggestion["uuid"]):
                wrong.append(card.fault("is no text, or an empty one", f"{where}.uuid"))
    return finding(wrong, weak, seen=counted(seen, "suggestion")) if seen or wrong else _none(trial, "suggestions")


def actions_are_typed(trial: Trial) -> Finding:
    """36: a list that is not empty; a known type and a description for each."""
    wrong, seen = [], 0
    for card, where, suggestion in _suggestions(trial):
        if "actions" not in suggestion:
            continue
        seen += 1
        actions = suggestion["actions"]
        if not isinstance(actions, list) or not actions:
            wrong.append(card.fault("is no list, or an empty one", f"{where}.actions"))
            continue
        if trial.profile.one_action and len(actions) > 1:
            wrong.append(card.fault(f"has {len(actions)}; {trial.profile.name} takes one", f"{where}.actions"))
        for place, action in enumerate(actions):
            wrong += _untyped(card, f"{where}.actions[{place}]", action)
    for card, where, action in trial.system_actions():
        seen += 1
        # CDS Hooks 3.0 asks no description of what nobody is shown
        wrong += _untyped(card, where, action, described=not trial.profile.versions)
    return finding(wrong, seen=f"{seen} suggestions with actions") if seen else _none(trial, "actions")


def _untyped(card: Card, where: str, action: Any, *, described: bool = True) -> Iterator[str]:
    if not isinstance(action, dict):
        yield card.fault("is no object", where)
        return
    if action.get("type") not in _TYPES:
        yield card.fault(f"is {shown(action.get('type'))}, not {', '.join(_TYPES)}", f"{where}.type")
    if described and not is_text(action.get("description")):
        yield card.fault("is missing, empty or no text", f"{where}.description")


def resources_are_fhir(trial: Trial) -> Finding:
    """37: what is created or updated is FHIR R4, a draft, and the patient's own."""
    wrong, weak, seen = [], [], 0
    for card, where, action in _actions(trial):
        if action.get("type") not in ("create", "update"):
            continue
        seen += 1
        broken, doubtful = judge_created(action, card.context)
        wrong += [card.fault(what, f"{where}.resource{at}") for at, what in broken]
        weak += [card.fault(what, f"{where}.resource{at}") for at, what in doubtful]
    return finding(wrong, weak, seen=counted(seen, "resource")) if seen else _none(trial, "a create or an update")


def updates_are_whole(trial: Trial) -> Finding:
    """38: of a draft of the call, and with everything that was not to change."""
    wrong, weak, seen = [], [], 0
    for card, where, action in _of_orders(trial, "update"):
        resource = action.get("resource")
        if not isinstance(resource, dict):
            continue  # 37 says so
        seen += 1
        draft = card.drafts().get(str(target_of(action)))
        if draft is None:
            wrong.append(card.fault("is no order of draftOrders", f"{where}.resource.id"))
            continue
        broken, doubtful = judge_updated(draft, resource)
        wrong += [card.fault(what, f"{where}.resource{at}") for at, what in broken]
        weak += [card.fault(what, f"{where}.resource{at}") for at, what in doubtful]
    return finding(wrong, weak, seen=counted(seen, "update")) if seen else _none(trial, "an update of a draft")


def deletes_name_a_draft(trial: Trial) -> Finding:
    """39: by a reference to a draft of the call, in the member that the client reads."""
    wrong: list[str] = []
    weak: list[str] = []
    seen = 0
    for card, where, action in _of_orders(trial, "delete"):
        seen += 1
        wanted = trial.profile.delete_name
        other = "resource" if wanted == "resourceId" else "resourceId"
        target = target_of(action)
        if not is_text(target):
            wrong.append(card.fault(f"says not what to delete: {wanted} is missing or no text", where))
            continue
        if wanted not in action:
            # `resource` was the form of 1.0 and is only deprecated; `resourceId` is unknown to a client of 1.0
            deprecated = wanted == "resourceId"
            (weak if deprecated else wrong).append(card.fault(f"names it in {other}, not in {wanted}", where))
        elif other in action:
            weak.append(card.fault(f"has both {wanted} and {other}", where))
        if not _named(str(target), card.drafts()):
            wrong.append(card.fault("is no order of draftOrders", f"{where}.{wanted}"))
        if trial.profile.replaced and not _replaced(card, where, str(target)):
            weak.append(card.fault("stands beside no create of the same type", where))
    return finding(wrong, weak, seen=counted(seen, "delete")) if seen else _none(trial, "a delete of a draft")


def action_selection_is_known(trial: Trial) -> Finding:
    """41: only for a client of CDS Hooks 3.0, and one of three values."""
    wrong, seen, used = [], 0, 0
    for card, where, suggestion in _suggestions(trial):
        seen += 1
        if "actionSelectionBehavior" not in suggestion:
            continue
        used += 1
        value = suggestion["actionSelectionBehavior"]
        if not trial.profile.action_selection:
            wrong.append(card.fault("is not known to this client", f"{where}.actionSelectionBehavior"))
        elif value not in _ACTION_SELECTION:
            wrong.append(card.fault(f"is {shown(value)}", f"{where}.actionSelectionBehavior"))
    said = f"{seen} suggestions, {used} with it"
    return finding(wrong, seen=said) if seen else _none(trial, "suggestions")


def _named(target: str, drafts: Mapping[str, Json]) -> bool:
    """Is it "Type/id" of a draft? A bare id is what clients of 1.0 are sent."""
    return target in drafts or any(name.partition("/")[2] == target for name in drafts)


def _replaced(card: Card, where: str, target: str) -> bool:
    """Does the same suggestion create a resource of the type that it deletes?"""
    kind, suggestion = target.partition("/")[0], where.partition(".")[0]
    return any(
        action.get("type") == "create" and action["resource"].get("resourceType") == kind
        for at, action in card.actions()
        if at.partition(".")[0] == suggestion and isinstance(action.get("resource"), dict)
    )


def _suggestions(trial: Trial) -> Iterator[tuple[Card, str, Json]]:
    for card in trial.cards():
        for place, suggestion in enumerate(card.list_of("suggestions")):
            if isinstance(suggestion, dict):
                yield card, f"suggestions[{place}]", suggestion


def _actions(trial: Trial) -> Iterator[tuple[Card, str, Json]]:
    """The actions of every card, and the system actions of every answer."""
    for card in trial.cards():
        for where, action in card.actions():
            yield card, where, action
    for card, where, action in trial.system_actions():
        if isinstance(action, dict):
            yield card, where, action


def _of_orders(trial: Trial, kind: str) -> Iterator[tuple[Card, str, Json]]:
    for card, where, action in _actions(trial):
        if action.get("type") == kind and card.exchange.service.hook in _ORDER_HOOKS and card.exchange.request:
            yield card, where, action


def _none(trial: Trial, what: str) -> Finding:
    return not_seen(trial.why_no(what))


CHECKS: Final[Mapping[int, Check]] = {
    35: are_labelled,
    36: actions_are_typed,
    37: resources_are_fhir,
    38: updates_are_whole,
    39: deletes_name_a_draft,
    40: stays_closed,
    41: action_selection_is_known,
}
