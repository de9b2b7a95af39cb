"""What an EHR does with a suggestion, on orders instead of FHIR: the target order, applied to the drafts.

Mirrors fhir_mappings/orders.py: a change rewrites product, route, dose and timing (regimen None keeps the timing of
each step, no dose keeps neither dose nor timing) and everything else of the draft stays.
"""

from dataclasses import replace
from decimal import Decimal

from cds_service.clinical.errands import LabTest, Referral
from cds_service.clinical.orders import DosageStep, Dose, MedicationOrder, OrderStatus, Origin, Product
from cds_service.clinical.outcomes import ChangeOrder, CreateOrder, DeleteOrder, OrderTest, Proposal, Refer, Suggestion
from cds_service.clinical.policy import Knowledge, Regimen
from cds_service.clinical.timing import DAYS_PER, Timing


def applied(
    orders: tuple[MedicationOrder, ...], suggestion: Suggestion, knowledge: Knowledge
) -> tuple[MedicationOrder, ...]:
    """The drafts after every action of one suggestion. The drafts given are not changed."""
    drafts = {order.index: order for order in orders}
    deleted = {action.index for action in suggestion.actions if isinstance(action, DeleteOrder)}
    for action in suggestion.actions:
        match action:
            case ChangeOrder(index, proposal):
                drafts[index] = changed(drafts[index], proposal, knowledge)
            case CreateOrder(proposal):
                place = max(drafts, default=-1) + 1
                drafts[place] = created(proposal, knowledge, place)
            case _:
                pass
    return tuple(order for index, order in sorted(drafts.items()) if index not in deleted)


def now_ordered(suggestion: Suggestion) -> frozenset[LabTest | Referral]:
    """The tests and referrals that stand among the drafts once the suggestion is applied."""
    tests = {action.test for action in suggestion.actions if isinstance(action, OrderTest)}
    return frozenset({*tests, *(action.referral for action in suggestion.actions if isinstance(action, Refer))})


def changed(draft: MedicationOrder, proposal: Proposal, knowledge: Knowledge) -> MedicationOrder:
    """The draft with medication and dosage rewritten."""
    return replace(
        draft,
        product=_product(proposal),
        steps=_steps(draft, proposal, knowledge),
        stated_neurology=proposal.states if proposal.states is not None else draft.stated_neurology,
    )


def created(proposal: Proposal, knowledge: Knowledge, index: int) -> MedicationOrder:
    """A new draft of the bundle, selected."""
    return MedicationOrder(
        reference=f"MedicationRequest/created-{index}",
        product=_product(proposal),
        status=OrderStatus.DRAFT,
        origin=Origin.DRAFT,
        steps=(_step(proposal, _timing(knowledge.regimens[proposal.regimen or ""])),),
        index=index,
        stated_neurology=proposal.states,
    )


def _product(proposal: Proposal) -> Product:
    return Product(text=proposal.form.value, ingredients=frozenset({proposal.form}))


def _steps(draft: MedicationOrder, proposal: Proposal, knowledge: Knowledge) -> tuple[DosageStep, ...]:
    if proposal.dose_ug is None:
        return (DosageStep(route=proposal.route),)
    if proposal.regimen is not None:
        return (_step(proposal, _timing(knowledge.regimens[proposal.regimen])),)
    return tuple(replace(_step(proposal, step.timing), as_needed=step.as_needed) for step in draft.steps)


def _step(proposal: Proposal, timing: Timing | None) -> DosageStep:
    dose = proposal.dose_ug
    assert dose is not None
    return DosageStep(doses=(Dose(proposal.form, dose, dose),), route=proposal.route, timing=timing)


def _timing(regimen: Regimen) -> Timing:
    bounds = regimen.bounds_weeks
    return Timing(
        frequency=regimen.frequency,
        period=Decimal(regimen.period),
        period_max=None if regimen.period_max is None else Decimal(regimen.period_max),
        unit=regimen.unit,
        count=regimen.count,
        bounds_days=None if bounds is None else bounds * DAYS_PER["wk"],
    )
