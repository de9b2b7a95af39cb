"""A cobalamin injected into a vein is lost in the urine: use the intramuscular or deep subcutaneous route.

Recommendation: R-IV-AVOID, R-ROUTE-IM-SC (seed 004; FDA label).
Strength: product label.

When a cobalamin dose of 10 mg or less is ordered intravenously, and it is not the cyanide antidote,
    not part of parenteral nutrition, and no inherited cobalamin defect is recorded, known or possible (2.4),
Then warn and offer the same order by intramuscular injection; for a child, say so without a suggestion.
"""

from cds_service.clinical import evidence, words
from cds_service.clinical.concepts import Answer, Route
from cds_service.clinical.outcomes import NotApplicable, Offer, Outcome, Recommend, Rule, Saying
from cds_service.clinical.review import Review
from cds_service.clinical.topics import Family, Indicator, Topic


def evaluate(review: Review) -> Outcome:
    by_vein = any(step.route is Route.INTRAVENOUS for step in review.order.steps)
    if review.order.cobalamin is None or not by_vein:
        return NotApplicable("not an intravenous cobalamin")
    if review.scope.nutritional:
        return NotApplicable("vitamins for parenteral nutrition are given by vein")
    if review.patient.inherited_defect is not Answer.NO:
        return NotApplicable("inherited cobalamin defect: the metabolic team sets the route")
    dose = review.largest_dose_ug
    if dose is not None and dose > review.t.unit_error_high_ug:
        return NotApplicable("the dose itself is in question")
    route = Route.SUBCUTANEOUS if review.patient.needs_subcutaneous else Route.INTRAMUSCULAR
    return Recommend(
        indicator=Indicator.WARNING,
        say=Saying("route_intravenous.found", {"drug": words.drug(review), "route": route.value}),
        recommendations=("R-IV-AVOID", "R-ROUTE-IM-SC"),
        found=(evidence.order(review),),
        offer=Offer.CORRECTION if review.patient.adult is Answer.YES else Offer.NOTHING,
        paragraphs=words.vitamin_b12_note(review),
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
