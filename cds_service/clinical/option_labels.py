"""What must hold for an option of the dosing proposal, said before it. Knows reviews and proposals."""

from collections.abc import Sequence

from cds_service.clinical.orders import NeurologicalStatement
from cds_service.clinical.outcomes import Proposal
from cds_service.clinical.phase import Phase
from cds_service.clinical.review import Review
from cds_service.clinical.topics import Topic

_LOADING = frozenset({"loading_neurological", "loading_non_neurological"})
_IF_KNOWN = {
    None: "",
    NeurologicalStatement.PRESENT: "If any neurological sign:",
    NeurologicalStatement.ASSESSED_ABSENT: "If examined and no sign found:",
}


def condition(review: Review, proposal: Proposal, options: Sequence[Proposal]) -> str:
    """Of one option among those for the draft of this review; empty where nothing has to hold.

    Maintenance beside loading says that loading was given, and with a statement on the order what that statement is.
    """
    loads = [each for each in options if each.regimen in _LOADING]
    if len(loads) in (0, len(options)) or not proposal.route.parenteral:
        return _IF_KNOWN[proposal.states]
    if review.phase.phase is Phase.MAINTENANCE:
        relapse = Topic.RECUR in review.fired and proposal in loads
        return "For a new or worsening deficit:" if relapse else ""
    if proposal in loads:
        return _IF_KNOWN[proposal.states]
    given = "If no new loading course is needed" if review.lapse else "If loading was already given"
    examined = proposal.states is NeurologicalStatement.ASSESSED_ABSENT
    return f"{given}, and no sign was found on examination:" if examined else f"{given}:"
