"""Decision -> CDS Hooks cards (cards.md). Knows the protocol and the wording; decides nothing clinical."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from cds_service.clinical.orders import MedicationOrder
from cds_service.clinical.outcomes import (
    Action,
    Advice,
    ChangeOrder,
    CreateOrder,
    Decision,
    DeleteOrder,
    OrderTest,
    Refer,
    Saying,
    Suggestion,
)
from cds_service.clinical.topics import Indicator
from cds_service.hooks.clients import DEFAULT, Profile
from cds_service.hooks.detail import TEST_NAMES, detail, proposed_order
from cds_service.hooks.override_reasons import OVERRIDE_REASONS
from cds_service.hooks.request import HookRequest
from cds_service.knowledge.tables import Library
from cds_service.knowledge.wording import SUMMARY_LIMIT, Wording
from fhir_mappings import orders as fhir_orders

CANONICAL = "https://cobalamin-cds.org/fhir"
_NAMESPACE = UUID("5f2f3c0e-8d0b-5c39-9c38-0f6f4c1d7b12")
_INDICATORS = {Indicator.INFO: "info", Indicator.WARNING: "warning", Indicator.CRITICAL: "critical"}
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Rendering:
    """What every card of one answer needs. orders: the drafts as read; their JSON is in request.drafts."""

    request: HookRequest
    orders: tuple[MedicationOrder, ...]
    library: Library
    wording: Wording
    base_url: str
    client: str = ""
    profile: Profile = DEFAULT

    def order_at(self, index: int) -> MedicationOrder:
        return next(order for order in self.orders if order.index == index)


def render(decision: Decision, rendering: Rendering) -> Json:
    """The response object: {"cards": [...]}, most urgent first. Nothing in it is null or empty but `cards`."""
    return {"cards": [_card(advice, rendering) for advice in decision.advice]}


def _card(advice: Advice, rendering: Rendering) -> Json:
    identity = _identity(advice, rendering)
    source = rendering.library.sources[rendering.wording.source(advice.say.key) or advice.rule.source]
    card: Json = {
        "uuid": str(uuid5(_NAMESPACE, identity)),
        "summary": summary(advice.say, rendering.wording),
        "detail": detail(advice, rendering.library, rendering.wording),
        "indicator": _INDICATORS[advice.indicator],
        "source": {
            "label": source.label,
            "url": f"{rendering.base_url}/rules/{advice.rule.id}",
            "topic": {
                "system": f"{CANONICAL}/CodeSystem/topic",
                "code": advice.rule.topic.value,
                "display": advice.rule.title,
            },
        },
    }
    if advice.suggestions:
        card["suggestions"] = [
            _suggestion(suggestion, place, identity, rendering) for place, suggestion in enumerate(advice.suggestions)
        ]
        card["selectionBehavior"] = rendering.profile.selection_behavior
    if advice.indicator is not Indicator.INFO:
        card["overrideReasons"] = OVERRIDE_REASONS
    card["extension"] = {"org.cobalamin-cds.trace": _trace(advice, rendering)}
    return card


def _identity(advice: Advice, rendering: Rendering) -> str:
    """Decision 23: client, hookInstance, service, topic and order ids; never a clinical value."""
    request = rendering.request
    parts = (rendering.client, request.hook_instance, request.service.id, advice.rule.topic.value, *advice.orders)
    return "\x1f".join(parts)


def summary(say: Saying, wording: Wording) -> str:
    """One sentence of at most 139 characters; cut at a word where a client's number is very long."""
    text = wording.part(say, "summary")
    if len(text) <= SUMMARY_LIMIT:
        return text
    return text[: SUMMARY_LIMIT - 1].rsplit(" ", 1)[0] + "…"


def _suggestion(suggestion: Suggestion, place: int, identity: str, rendering: Rendering) -> Json:
    actions = [_action(action, rendering) for action in suggestion.actions]
    found: Json = {
        "label": _label(suggestion, rendering),
        "uuid": str(uuid5(_NAMESPACE, f"{identity}\x1fsuggestion\x1f{place}")),
    }
    if suggestion.recommended:
        found["isRecommended"] = True
    return found | {"actions": actions}


def _label(suggestion: Suggestion, rendering: Rendering) -> str:
    values = dict(suggestion.say.values)
    values["order"] = "; and ".join(_proposed_texts(suggestion.actions, rendering))
    values["names"] = " and ".join(_errand_names(suggestion.actions))
    return rendering.wording.part(Saying(suggestion.say.key, values), "label")


def _errand_names(actions: tuple[Action, ...]) -> Iterator[str]:
    for action in actions:
        match action:
            case OrderTest(test):
                yield TEST_NAMES[test]
            case Refer(referral):
                yield f"urgent {referral.value} advice"


def _proposed_texts(actions: tuple[Action, ...], rendering: Rendering) -> Iterator[str]:
    for action in actions:
        match action:
            case ChangeOrder(index, proposal):
                yield proposed_order(proposal, rendering.library.knowledge, rendering.order_at(index))
            case CreateOrder(proposal):
                yield proposed_order(proposal, rendering.library.knowledge, None)


def _action(action: Action, rendering: Rendering) -> Json:
    request, knowledge = rendering.request, rendering.library.knowledge
    patient, encounter = request.patient_id, request.encounter_id or None
    region = knowledge.region.value
    words = rendering.wording
    match action:
        case ChangeOrder(index, proposal):
            regimen = knowledge.regimens[proposal.regimen] if proposal.regimen is not None else None
            order = rendering.order_at(index)
            resource = fhir_orders.changed_order(request.drafts[index], order.steps, proposal, regimen, region)
            text = proposed_order(proposal, knowledge, order)
            return _described("update", words.part(Saying("suggestion.change", _named(text)), "action"), resource)
        case CreateOrder(proposal):
            regimen = knowledge.regimens[proposal.regimen or ""]
            resource = fhir_orders.new_order(proposal, regimen, region, patient_id=patient, encounter_id=encounter)
            text = proposed_order(proposal, knowledge, None)
            return _described("create", words.part(Saying("suggestion.add", _named(text)), "action"), resource)
        case DeleteOrder(index):
            return {
                "type": "delete",
                "description": words.part(Saying("suggestion.delete"), "action"),
                "resourceId": rendering.order_at(index).reference,
            }
        case OrderTest(test):
            text = words.part(Saying("suggestion.test", {"names": TEST_NAMES[test]}), "action")
            return _described("create", text, fhir_orders.lab_order(test, patient_id=patient, encounter_id=encounter))
        case Refer(referral):
            text = words.part(Saying("suggestion.refer", {"names": referral.value}), "action")
            return _described(
                "create", text, fhir_orders.referral_order(referral, patient_id=patient, encounter_id=encounter)
            )


def _named(order: str) -> dict[str, str]:
    return {"order": order, "condition": ""}


def _described(kind: str, description: str, resource: Json) -> Json:
    return {"type": kind, "description": description, "resource": resource}


def _trace(advice: Advice, rendering: Rendering) -> Json:
    """cards.md 7; members without a value are left out, as everywhere in an answer."""
    trace: Json = {"rules": list(advice.trace_rules), "knowledgeVersion": rendering.library.knowledge.version}
    if advice.found:
        trace["inputs"] = [
            {
                name: value
                for name, value in (
                    ("name", found.name),
                    ("value", str(found.value)),
                    ("unit", str(found.unit)),
                    ("date", found.day.isoformat() if found.day is not None else ""),
                    ("reference", found.reference),
                    ("derived", found.derived),
                )
                if value != ""
            }
            for found in advice.found
        ]
    if advice.missing:
        trace["missing"] = list(advice.missing)
    return trace | {"confidence": "partial" if advice.missing else "complete"}
