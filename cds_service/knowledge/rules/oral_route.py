"""What the rules about the route by mouth or nose share: is the course injected all the same, and why it should be."""

from cds_service.clinical import evidence
from cds_service.clinical.cause_questions import OTHER_MALABSORPTION
from cds_service.clinical.outcomes import Input
from cds_service.clinical.phase import Phase
from cds_service.clinical.review import Review
from cds_service.clinical.schedule import Way, parts_of

RUNNING_COURSE = 7  # derivations 3.3


def injected_beside(review: Review) -> bool:
    """Is the first course injected beside this draft: drafted in the same bundle, or running and not replaced by it?

    Such a draft is a supplement, or the maintenance that comes after (8.11, C-18); its injections have their own rules.
    """
    running = review.phase.phase is Phase.LOADING and review.phase.row == RUNNING_COURSE
    others = (draft for draft in review.patient.drafts if draft is not review.order and draft.cobalamin is not None)
    parts = (part for draft in others for part in parts_of(draft))
    enough = review.t.therapeutic_parenteral_ug
    return running or any(
        part.way is Way.PARENTERAL and part.dose is not None and part.dose.low_ug >= enough for part in parts
    )


def reasons(review: Review) -> tuple[Input, ...]:
    """The coded malabsorption and the results that make a deficiency severe, as inputs of a card."""
    return (*evidence.recorded(review, *OTHER_MALABSORPTION), *map(evidence.result, review.severe_deficiency))
