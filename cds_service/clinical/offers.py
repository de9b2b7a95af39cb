"""Turns the target order into suggestions that an EHR can apply (derivations 2.3, 9.3; cards.md 5). Knows no FHIR."""

from collections.abc import Sequence

from cds_service.clinical.concepts import Answer
from cds_service.clinical.orders import NeurologicalStatement
from cds_service.clinical.outcomes import (
    Action,
    ChangeOrder,
    CreateOrder,
    DeleteOrder,
    LabTest,
    Offer,
    OrderTest,
    Proposal,
    Recommend,
    Refer,
    Referral,
    Saying,
    Suggestion,
)
from cds_service.clinical.review import Review
from cds_service.clinical.target import additions, corrections

_IF_KNOWN = {
    None: "",
    NeurologicalStatement.PRESENT: "If any neurological sign:",
    NeurologicalStatement.ASSESSED_ABSENT: "If examined and no sign found:",
}


def dosing_suggestions(
    reviews: Sequence[Review],
    outcomes: Sequence[Recommend],
    tests: tuple[LabTest, ...],
    ordered: frozenset[LabTest | Referral],
) -> tuple[Suggestion, ...]:
    """The options of the one proposal, best first. Tests and referrals that are due ride on every option."""
    adds = any(outcome.offer is Offer.ADD_COBALAMIN for outcome in outcomes)
    extra = _extra(tests, outcomes, ordered)
    if adds:
        return _additions(reviews[0], extra)
    owed = {review.order.index: corrections(review, review.fired) for review in reviews}
    owed = {index: proposals for index, proposals in owed.items() if proposals}
    if not owed:
        return errands(tests, outcomes, ordered)
    options = max(len(proposals) for proposals in owed.values())
    suggestions = []
    for place in range(options):
        changes = [ChangeOrder(i, proposals[min(place, len(proposals) - 1)]) for i, proposals in owed.items()]
        suggestions.append(_suggestion("suggestion.change", changes[0].proposal, (*changes, *extra), place == 0))
    return _only_one_recommended(suggestions)


def errands(
    tests: tuple[LabTest, ...], outcomes: Sequence[Recommend], ordered: frozenset[LabTest | Referral]
) -> tuple[Suggestion, ...]:
    """One suggestion with every test and referral that is due and not already ordered, or none."""
    wanted = _extra(tests, outcomes, ordered)
    return (Suggestion(Saying("suggestion.errands"), wanted),) if wanted else ()


def cannot_offer(reviews: Sequence[Review]) -> list[Saying]:
    """Why a card that ought to hold a proposal holds none, for the reader."""
    found = []
    for review in reviews:
        if review.order.product.has_another_medicine and review.order.cobalamin is not None:
            found.append(Saying("offer.another_medicine"))
        elif not review.order.changeable:
            found.append(Saying("offer.not_r4"))
        elif review.patient.adult is not Answer.YES:
            found.append(Saying("offer.not_adult"))
        elif not review.patient.any_form_left:
            found.append(Saying("offer.no_form_left"))
        elif review.patient.renal_risk:
            found.append(Saying("offer.only_cyanocobalamin"))
    return found


def _additions(review: Review, extra: tuple[Action, ...]) -> tuple[Suggestion, ...]:
    """Cobalamin beside folic acid; holding the folic acid is only ever a further option, and never in E1 to E3."""
    options = additions(review)
    suggestions = [
        _suggestion("suggestion.add", option, (CreateOrder(option), *extra), place == 0)
        for place, option in enumerate(options)
    ]
    if len(options) == 1 and review.may_hold_folic_acid:
        hold = (CreateOrder(options[0]), DeleteOrder(review.order.index), *extra)
        suggestions.append(_suggestion("suggestion.add_and_hold", options[0], hold, False))
    return _only_one_recommended(suggestions)


def _extra(
    tests: tuple[LabTest, ...], outcomes: Sequence[Recommend], ordered: frozenset[LabTest | Referral]
) -> tuple[Action, ...]:
    referrals = dict.fromkeys(referral for outcome in outcomes for referral in outcome.referrals)
    return (
        *(OrderTest(test) for test in tests if test not in ordered),
        *(Refer(referral) for referral in referrals if referral not in ordered),
    )


def _suggestion(key: str, proposal: Proposal, actions: tuple[Action, ...], first: bool) -> Suggestion:
    return Suggestion(Saying(key, {"condition": _IF_KNOWN[proposal.states]}), actions, recommended=first)


def _only_one_recommended(suggestions: list[Suggestion]) -> tuple[Suggestion, ...]:
    """A recommendation among options is made only when there is no choice that the facts leave open."""
    if len(suggestions) == 1:
        return tuple(suggestions)
    return tuple(Suggestion(item.say, item.actions) for item in suggestions)
