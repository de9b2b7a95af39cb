"""Which suggestions of an answer propose a regimen that has a schedule. Knows decisions; no Flask."""

from cds_service.clinical.outcomes import ChangeOrder, CreateOrder, Proposal
from cds_service.decide import Decided


def schedules(decided: Decided) -> dict[str, Proposal]:
    """uuid of a suggestion -> the first regimen that it orders. An answer has a card for each advice, in its order."""
    found: dict[str, Proposal] = {}
    for card, advice in zip(decided.answer["cards"], decided.decision.advice, strict=True):
        for told, suggestion in zip(card.get("suggestions", ()), advice.suggestions, strict=True):
            for action in suggestion.actions:
                if isinstance(action, ChangeOrder | CreateOrder) and action.proposal.regimen is not None:
                    found.setdefault(told["uuid"], action.proposal)
    return found
