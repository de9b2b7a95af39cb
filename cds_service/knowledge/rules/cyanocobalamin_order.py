"""What the four renal rules share: is this an order for cyanocobalamin, how much, and what else could be given?

A dose that is not stated or not readable counts as a full dose: silence would be the unsafe reading (K-02, SG-20).
"""

from decimal import Decimal

from cds_service.clinical.concepts import COBALAMINS, Answer, Ingredient
from cds_service.clinical.outcomes import CannotTell, NotApplicable, Offer
from cds_service.clinical.review import Review
from cds_service.clinical.topics import Indicator


def cyanocobalamin_order(review: Review) -> Indicator | NotApplicable | CannotTell:
    """WARNING or INFO: how strongly a renal card may speak of this order. Otherwise how the rule ends."""
    cobalamin = review.order.cobalamin
    if cobalamin not in (Ingredient.CYANOCOBALAMIN, Ingredient.COBALAMIN_UNSPECIFIED):
        return NotApplicable("the order is not for cyanocobalamin")
    dose = _largest_dose_ug(review)
    full_dose = dose is None or dose >= review.t.cyanocobalamin_warning_dose_ug
    if dose is not None and dose < review.t.cyanocobalamin_info_dose_ug:
        return NotApplicable("the single dose is below 100 micrograms")
    # 1.2 row 10. A single dose of 500 micrograms or more counts however rarely it is swallowed (SG-20).
    if review.scope.nutritional and (dose is None or not full_dose):
        return NotApplicable("a nutritional product is not treatment")
    if review.patient.adult is Answer.UNKNOWN:
        return CannotTell(("birth date",))
    if review.patient.adult is Answer.NO:
        return NotApplicable("the patient is under 18: renal cards do not run")
    if cobalamin is Ingredient.COBALAMIN_UNSPECIFIED:
        return Indicator.INFO
    return Indicator.WARNING if full_dose else Indicator.INFO


def offer_of(review: Review, indicator: Indicator) -> Offer:
    """Another form. A tablet or a spray is not turned into injections on the strength of an info."""
    info_not_injected = indicator is Indicator.INFO and review.non_parenteral
    return Offer.NOTHING if info_not_injected else Offer.CORRECTION


def _largest_dose_ug(review: Review) -> Decimal | None:
    """None as soon as one step of the order has no dose that can be read: it may be any amount."""
    if any(step.dose_of(*COBALAMINS) is None for step in review.order.steps):
        return None
    return review.largest_dose_ug
