"""What must hold for an option of the dosing proposal, said before it. Knows reviews and proposals."""

from collections.abc import Sequence

from cds_service.clinical.orders import NeurologicalStatement
from cds_service.clinical.outcomes import Proposal
from cds_service.clinical.phase import Phase
from cds_service.clinical.review import Review
from cds_service.clinical.topics import Indicator, Occasion, Topic

_IF_STOPPED = "Only if the vitamin B12 order is stopped all the same"
_LOADING = frozenset({"loading_neurological", "loading_non_neurological"})
_IF_KNOWN = {
    None: "",
    NeurologicalStatement.PRESENT: "If any neurological sign:",
    NeurologicalStatement.ASSESSED_ABSENT: "If examined and no sign found:",
}


def only_if_stopped(review: Review) -> bool:
    """Is the new order for the case alone that an order is stopped all the same? With the stop dropped, both would run.

    Not where T-STOP only informs: a finished loading course is followed by maintenance.
    """
    if review.occasion is Occasion.STOP:
        said = review.fired.get(Topic.STOP)
        return said is not None and said.indicator is Indicator.WARNING
    return any(stop.cobalamin is not None for stop in review.patient.stops)


def added(review: Review, proposal: Proposal, options: Sequence[Proposal]) -> str:
    """What must hold for an order that is added, where one is perhaps stopped."""
    said = condition(review, proposal, options)
    if not only_if_stopped(review):
        return said
    return f"{_IF_STOPPED}; {said[0].lower()}{said[1:]}" if said else f"{_IF_STOPPED}:"


def only_if_cause_excluded(review: Review) -> bool:
    """Does the card about the route say that injections come first, should the cause be confirmed (C-09)?"""
    said = review.fired.get(Topic.ROUTE_ORAL_PA)
    return said is not None and said.undecided


def condition(review: Review, proposal: Proposal, options: Sequence[Proposal]) -> str:
    """Of one option among those for the draft of this review; empty where nothing has to hold.

    Maintenance beside loading says that loading was given, and with a statement on the order what that statement is.
    """
    if not proposal.route.parenteral and only_if_cause_excluded(review):
        return "If pernicious anaemia is not confirmed:"
    loads = [each for each in options if each.regimen in _LOADING]
    if len(loads) in (0, len(options)) or not proposal.route.parenteral:
        return _IF_KNOWN[proposal.states]
    if review.phase.phase is Phase.MAINTENANCE:
        relapse = Topic.RECUR in review.fired and proposal in loads
        return "For a new or worsening deficit:" if relapse else ""
    if proposal in loads:
        return _IF_KNOWN[proposal.states]
    given = "If no new loading course is needed" if review.lapse else "If loading was already given"
    if review.phase.short_course is not None:
        given = "If no longer course is given"
    examined = proposal.states is NeurologicalStatement.ASSESSED_ABSENT
    return f"{given}, and no sign was found on examination:" if examined else f"{given}:"
