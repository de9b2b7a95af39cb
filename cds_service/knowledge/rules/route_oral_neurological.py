"""Oral, sublingual, buccal or nasal cobalamin with neurological involvement: use injections.

Recommendation: R-ORAL-NOSEVERE, R-ORAL-FAIL, R-SEVERE-IM (seeds 000, 001, 004).
Strength: expert consensus; the nasal label excludes nervous-system involvement.

When an adult with neurological involvement that is not in remission is ordered a cobalamin that is not injected,
Then warn, and offer the injection regimen for the phase of treatment; inform where the route is not stated.
When the involvement is in remission or resolved and loading is not due, inform with both views and offer nothing.
Silent below 50 micrograms a day by mouth, which is no treatment, and with an antifolate (pemetrexed, pralatrexate).
"""

from cds_service.clinical.concepts import Answer
from cds_service.clinical.outcomes import NotApplicable, Offer, Outcome, Rule
from cds_service.clinical.phase import Phase, Purpose
from cds_service.clinical.review import Review
from cds_service.clinical.topics import Family, Indicator, Topic
from cds_service.knowledge.rules.regimen import fires, no_signs, schedule_rules_off

RECOMMENDATIONS = ("R-ORAL-NOSEVERE", "R-ORAL-FAIL", "R-SEVERE-IM")


def evaluate(review: Review) -> Outcome:
    if (off := schedule_rules_off(review)) is not None:
        return off
    if review.route_unclear and review.neurology.present:
        return fires(review, Indicator.INFO, "route_oral_neurological.route_not_stated", RECOMMENDATIONS)
    if not review.non_parenteral:
        return NotApplicable("the order is for an injection, or its route is not stated")
    if review.purpose is Purpose.ANTIFOLATE_PROPHYLAXIS:
        return NotApplicable("given with an antifolate")
    if review.neurology.present:
        return fires(review, Indicator.WARNING, "route_oral_neurological.present", RECOMMENDATIONS)
    in_history = review.neurology.plateaued or review.neurological_history is Answer.YES
    if in_history and review.phase.phase is not Phase.LOADING:
        key = "route_oral_neurological.history"
        return fires(review, Indicator.INFO, key, RECOMMENDATIONS, offer=Offer.NOTHING)
    return no_signs(review)


RULE = Rule(
    id="T-ROUTE-ORAL-NEURO",
    topic=Topic.ROUTE_ORAL_NEURO,
    family=Family.SCHEDULE,
    title="Oral or nasal cobalamin with neurological involvement",
    source="S-AAFP17",
    recommendations=RECOMMENDATIONS,
    evaluate=evaluate,
)
