"""Another form than cyanocobalamin for Leber disease or tobacco amblyopia: part of T-CYANO-LEBER (8.9, 9.2 row 11).

When an adult is ordered hydroxocobalamin or mecobalamin, not a food supplement, and the reason of the order is Leber
    hereditary optic neuropathy or tobacco amblyopia (the schedules for deficiency are off: 3.2 row 2),
Then silence for hydroxocobalamin by injection, 1000 micrograms or more, on a schedule of its label: daily for up to 14
        days, twice a week (every 3 or 4 days), every 28 to 93 days, or these one after the other;
    inform for any other timed order of hydroxocobalamin, and change nothing;
    inform for an order without timing, and propose hydroxocobalamin 1000 micrograms: daily for 2 weeks (14 doses) and,
        where treatment is on record or the list could not be read, twice a week as a second option;
    inform for mecobalamin: hydroxocobalamin in its place, with dose and timing kept where they are on label.
In each card that informs: ophthalmology advice; in the US, that the use is off label (SG-36).
Under 18, or of unknown age: not asked, adult schedules do not apply.
"""

from cds_service.clinical import evidence, words
from cds_service.clinical.concepts import Answer, Ingredient
from cds_service.clinical.conditions import OPTIC
from cds_service.clinical.errands import Referral
from cds_service.clinical.optic import on_label
from cds_service.clinical.outcomes import NotApplicable, Offer, Recommend, Saying
from cds_service.clinical.policy import Region
from cds_service.clinical.purpose import Purpose
from cds_service.clinical.review import Review
from cds_service.clinical.topics import Indicator

_FORMS = frozenset({Ingredient.HYDROXOCOBALAMIN, Ingredient.MECOBALAMIN})


def labelled_treatment(review: Review) -> Recommend | NotApplicable:
    """Information on what the labels say; a timed order of hydroxocobalamin is never changed for it."""
    if review.purpose is not Purpose.OPTIC_INDICATION or review.order.cobalamin not in _FORMS:
        return NotApplicable("the order is not for cyanocobalamin")
    if review.scope.nutritional or review.patient.adult is not Answer.YES:
        return NotApplicable("the order is not for cyanocobalamin, and adult schedules do not apply")
    if on_label(review):
        return NotApplicable("hydroxocobalamin on a schedule of its label; the order is not for cyanocobalamin")
    if review.order.cobalamin is Ingredient.MECOBALAMIN:
        return _informs(review, "indication_form", Offer.CORRECTION)
    if not review.course.known:
        return _informs(review, "indication_proposal", Offer.CORRECTION)
    return _informs(review, "indication_schedule", Offer.NOTHING)


def indication_paragraphs(review: Review) -> tuple[Saying, ...]:
    """SG-36, where the eye is the reason of the order."""
    us = review.purpose is Purpose.OPTIC_INDICATION and review.knowledge.region is Region.US
    return (Saying("cyanocobalamin_leber.off_label_us"),) if us else ()


def ophthalmology(review: Review) -> tuple[Referral, ...]:
    return (Referral.OPHTHALMOLOGY,) if review.purpose is Purpose.OPTIC_INDICATION else ()


def _informs(review: Review, kind: str, offer: Offer) -> Recommend:
    return Recommend(
        indicator=Indicator.INFO,
        say=Saying(f"cyanocobalamin_leber.{kind}", words.schedule(review)),
        recommendations=("SG-04", "SG-36"),
        found=(evidence.order(review), *map(evidence.diagnosis, review.patient.snapshot.current(*OPTIC))),
        offer=offer,
        referrals=ophthalmology(review),
        paragraphs=indication_paragraphs(review),
    )
