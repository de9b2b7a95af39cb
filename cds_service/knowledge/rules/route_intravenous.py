"""A cobalamin injected into a vein is lost in the urine: use the intramuscular or deep subcutaneous route.

Recommendation: R-IV-AVOID, R-ROUTE-IM-SC (seed 004; FDA label).
Strength: product label.

When a cobalamin dose of 10 mg or less is ordered intravenously, and it is not the cyanide antidote,
Then warn and offer the same order by intramuscular injection; for a child, say so without a suggestion.
"""

from cds_service.clinical import evidence, words
from cds_service.clinical.concepts import Answer, Route
from cds_service.clinical.outcomes import (
    Family,
    Indicator,
    NotApplicable,
    Offer,
    Outcome,
    Recommend,
    Rule,
    Saying,
    Topic,
)
from cds_service.clinical.review import Review


def evaluate(review: Review) -> Outcome:
    if review.order.cobalamin is None or review.route is not Route.INTRAVENOUS:
        return NotApplicable("not an intravenous cobalamin")
    dose = review.largest_dose_ug
    if dose is not None and dose > review.t.unit_error_high_ug:
        return NotApplicable("the dose itself is in question")
    return Recommend(
        indicator=Indicator.WARNING,
        say=Saying("route_intravenous.found", {"drug": words.drug(review)}),
        recommendations=("R-IV-AVOID", "R-ROUTE-IM-SC"),
        found=(evidence.order(review),),
        offer=Offer.CORRECTION if review.patient.adult is Answer.YES else Offer.NOTHING,
    )


RULE = Rule(
    id="T-ROUTE-IV",
    topic=Topic.ROUTE_IV,
    family=Family.SCHEDULE,
    title="Cobalamin by the intravenous route",
    source="S-FDA-CY",
    recommendations=("R-IV-AVOID", "R-ROUTE-IM-SC"),
    evaluate=evaluate,
)
