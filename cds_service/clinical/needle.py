"""Is this order injected into muscle, and may the skin be offered instead (derivations 2.3b, 2.7)? Knows one review."""

from cds_service.clinical.concepts import Answer
from cds_service.clinical.outcomes import NotApplicable, Offer
from cds_service.clinical.phase import Purpose
from cds_service.clinical.review import Review


def into_muscle(review: Review) -> NotApplicable | None:
    """Why the needle is no matter here, or None when a cobalamin goes into muscle, in whichever step."""
    if review.order.cobalamin is None:
        return NotApplicable("the order is not for a cobalamin")
    if not review.order.into_muscle:
        return NotApplicable("not an intramuscular injection")
    return None


def renews_into_muscle(review: Review) -> bool:
    """Does the draft renew or change a cobalamin that is given into muscle already?"""
    order = review.order
    return any(
        record.cobalamin is not None and record.reference in (order.reference, *order.renews) and record.into_muscle
        for record in review.patient.snapshot.medications
    )


def subcutaneous_offer(review: Review) -> Offer:
    """The same order under the skin. Not to children (2.5), nor where the dose or the course is not ours to set."""
    if review.patient.adult is not Answer.YES or review.patient.inherited_defect is not Answer.NO:
        return Offer.NOTHING
    if review.purpose is Purpose.OPTIC_INDICATION and not review.course.known:
        return Offer.NOTHING
    return Offer.CORRECTION
