"""What may be called absent (SG-25): what a part of the record does not hold that was told in full. Knows no rule."""

from cds_service.clinical.concepts import ResourceKind
from cds_service.clinical.outcomes import CannotTell, NotApplicable
from cds_service.clinical.review import Review
from cds_service.clinical.snapshot import UnreadableResult

# What treatment and follow-up of deficiency are read from.
OF_TREATMENT = (
    ResourceKind.RESULTS,
    ResourceKind.FINDINGS,
    ResourceKind.CONDITIONS,
    ResourceKind.MEDICATIONS,
    ResourceKind.STATEMENTS,
    ResourceKind.PROCEDURES,
)


def not_on_record(
    review: Review, because: str, *kinds: ResourceKind, unread: tuple[UnreadableResult, ...] = ()
) -> NotApplicable | CannotTell:
    """How a rule ends that asks for something of which none is on record.

    kinds: the parts of a record that would hold it. unread: results that would be it, and could not be read.
    """
    patient = review.patient
    gaps = [*patient.gap_names(*kinds), *(f"{each.analyte.value}: {each.why}" for each in unread)]
    if ResourceKind.MEDICATIONS in kinds and patient.snapshot.unknown_medications:
        gaps.append("a medicine on record could not be identified")
    return CannotTell(tuple(dict.fromkeys(gaps))) if gaps else NotApplicable(because)
