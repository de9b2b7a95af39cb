"""One proposed action -> an action of CDS Hooks, and its words. Knows the protocol and the resources to send."""

from collections.abc import Iterable, Iterator

from cds_service.clinical.outcomes import (
    Action,
    ChangeOrder,
    CreateOrder,
    DeleteOrder,
    OrderTest,
    Proposal,
    Refer,
)
from cds_service.hooks.detail import TEST_NAMES, proposed_order
from cds_service.hooks.rendering import Json, Rendering
from fhir_mappings import orders as fhir_orders
from fhir_mappings.sent_codes import also_by_oid


def action_json(action: Action, rendering: Rendering, description: str | None = None) -> Json:
    """description None: what the action alone does, without the condition that stands in the suggestion's label."""
    said = action_text(action, rendering) if description is None else description
    match action:
        case DeleteOrder(index):
            target = rendering.order_at(index).reference
            return {"type": "delete", "description": said, rendering.profile.delete_names: target}
        case ChangeOrder():
            return {"type": "update", "description": said, "resource": _changed(action, rendering)}
        case _:
            return {"type": "create", "description": said, "resource": _created(action, rendering)}


def action_text(action: Action, rendering: Rendering) -> str:
    match action:
        case ChangeOrder():
            return rendering.words("suggestion.change", "action", order=target_order(action, rendering), condition="")
        case CreateOrder():
            return rendering.words("suggestion.add", "action", order=target_order(action, rendering), condition="")
        case DeleteOrder():
            return rendering.words("suggestion.delete", "action")
        case OrderTest(test):
            return rendering.words("suggestion.test", "action", names=TEST_NAMES[test])
        case Refer(referral):
            return rendering.words("suggestion.refer", "action", names=referral.value)


def target_order(action: ChangeOrder | CreateOrder, rendering: Rendering) -> str:
    """The order that the action leads to, as a sentence."""
    order = rendering.order_at(action.index) if isinstance(action, ChangeOrder) else None
    return proposed_order(action.proposal, rendering.library.knowledge, order)


def proposed_texts(actions: Iterable[Action], rendering: Rendering) -> Iterator[str]:
    for action in actions:
        if isinstance(action, ChangeOrder | CreateOrder):
            yield target_order(action, rendering)


def errand_names(actions: Iterable[Action]) -> Iterator[str]:
    for action in actions:
        match action:
            case OrderTest(test):
                yield TEST_NAMES[test]
            case Refer(referral):
                yield f"urgent {referral.value} advice"


def _changed(action: ChangeOrder, rendering: Rendering) -> Json:
    knowledge, proposal = rendering.library.knowledge, action.proposal
    regimen = knowledge.regimens[proposal.regimen] if proposal.regimen is not None else None
    draft, steps = rendering.request.drafts[action.index], rendering.order_at(action.index).steps
    region, patient = knowledge.region.value, rendering.request.patient_id
    order = fhir_orders.changed_order(draft, steps, proposal, regimen, region, patient_id=patient)
    return _coded(order, rendering)


def _created(action: CreateOrder | OrderTest | Refer, rendering: Rendering) -> Json:
    patient, encounter = rendering.request.patient_id, rendering.request.encounter_id
    match action:
        case CreateOrder(proposal):
            return _coded(_new_order(proposal, rendering, patient, encounter), rendering)
        case OrderTest(test):
            return fhir_orders.lab_order(test, patient_id=patient, encounter_id=encounter)
        case Refer(referral):
            return fhir_orders.referral_order(referral, patient_id=patient, encounter_id=encounter)


def _new_order(proposal: Proposal, rendering: Rendering, patient: str, encounter: str | None) -> Json:
    knowledge = rendering.library.knowledge
    regimen = knowledge.regimens[proposal.regimen or ""]
    return fhir_orders.new_order(proposal, regimen, knowledge.region.value, patient_id=patient, encounter_id=encounter)


def _coded(order: Json, rendering: Rendering) -> Json:
    if rendering.profile.rxnorm_oid:
        order["medicationCodeableConcept"] = also_by_oid(order["medicationCodeableConcept"])
    return order
