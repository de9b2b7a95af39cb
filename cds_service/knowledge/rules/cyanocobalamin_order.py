"""The gate that the four renal rules share: is this an order for cyanocobalamin, and how much of it (K-02, SG-20)?

A dose that is not stated or not readable counts as a full dose: silence would be the unsafe reading.
"""

from cds_service.clinical.concepts import Answer, Ingredient
from cds_service.clinical.outcomes import CannotTell, Indicator, NotApplicable
from cds_service.clinical.review import Review


def cyanocobalamin_order(review: Review) -> Indicator | NotApplicable | CannotTell:
    """WARNING or INFO: how strongly a renal card may speak of this order. Otherwise how the rule ends."""
    cobalamin = review.order.cobalamin
    if cobalamin not in (Ingredient.CYANOCOBALAMIN, Ingredient.COBALAMIN_UNSPECIFIED):
        return NotApplicable("the order is not for cyanocobalamin")
    if review.patient.adult is Answer.UNKNOWN:
        return CannotTell(("birth date",))
    if review.patient.adult is Answer.NO:
        return NotApplicable("the patient is under 18: renal cards do not run")
    dose = review.largest_dose_ug
    if dose is not None and dose < review.t.cyanocobalamin_info_dose_ug:
        return NotApplicable("the single dose is below 100 micrograms")
    if cobalamin is Ingredient.COBALAMIN_UNSPECIFIED:
        return Indicator.INFO
    if dose is not None and dose < review.t.cyanocobalamin_warning_dose_ug:
        return Indicator.INFO
    return Indicator.WARNING
