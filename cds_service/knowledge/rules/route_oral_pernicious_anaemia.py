"""Oral or nasal cobalamin in pernicious anaemia: injections first; later both views are shown.

Recommendation: R-PA-PARENTERAL against R-ORAL-EQUIV, as resolved by C-09.
Strength: disputed: product label ("oral form is not dependable") against three small trials (n = 153) and AAFP.

When an adult with pernicious anaemia is due loading and the order is not for an injection, warn and offer injections;
    inform where the route is not stated.
When pernicious anaemia is only possible (antibodies, autoimmune gastritis) and loading is not injected, inform; a
    higher dose by mouth that another card asks for is offered only if it is not confirmed, and not recommended.
In any phase but loading, with pernicious anaemia or gastrectomy, and 1000 micrograms a day or more, 500 a week into
    the nose, or a dose that cannot be read, inform with both views; no switch is proposed.
With neurological involvement the neurological route rule speaks instead; where injections are drafted beside the
    order or are running, nothing is said about the first course.
"""

from cds_service.clinical.absence import not_on_record
from cds_service.clinical.concepts import ResourceKind
from cds_service.clinical.outcomes import NotApplicable, Offer, Outcome, Rule
from cds_service.clinical.phase import Phase
from cds_service.clinical.review import Review
from cds_service.clinical.topics import Family, Indicator, Topic
from cds_service.knowledge.rules.oral_route import injected_beside
from cds_service.knowledge.rules.regimen import fires, schedule_rules_off

RECOMMENDATIONS = ("R-PA-PARENTERAL", "R-ORAL-EQUIV", "C-09")


def evaluate(review: Review) -> Outcome:
    if (off := schedule_rules_off(review)) is not None:
        return off
    if review.neurology.present:
        return NotApplicable("neurological involvement: the neurological route rule speaks")
    if review.route_unclear and review.pernicious_anaemia and review.phase.phase is Phase.LOADING:
        return fires(review, Indicator.INFO, "route_oral_pernicious_anaemia.route_not_stated", RECOMMENDATIONS)
    if not review.non_parenteral:
        return NotApplicable("the order is for an injection, or its route is not stated")
    if review.phase.phase is Phase.LOADING:
        if injected_beside(review):
            return NotApplicable("injections are drafted beside it or are running")
        if review.pernicious_anaemia:
            key = "route_oral_pernicious_anaemia.loading"
            unsure = not review.neurology.absent
            return fires(review, Indicator.WARNING, key, RECOMMENDATIONS, both_options=unsure)
        if review.pernicious_anaemia_possible:
            key = "route_oral_pernicious_anaemia.possible"
            return fires(review, Indicator.INFO, key, RECOMMENDATIONS, offer=Offer.NOTHING, undecided=True)
        return not_on_record(review, "no pernicious anaemia on record", ResourceKind.CONDITIONS, ResourceKind.RESULTS)
    if not (review.pernicious_anaemia or review.gastrectomy):
        because = "no pernicious anaemia and no gastrectomy on record"
        return not_on_record(review, because, ResourceKind.CONDITIONS, ResourceKind.PROCEDURES)
    daily = review.oral_ug_per_day
    if daily is not None and daily < review.t.oral_full_dose_ug_day and not review.full_nasal_dose:
        return NotApplicable("the dose is judged by the underdose rule")
    key = "route_oral_pernicious_anaemia.stable"
    both_views = ("R-ORAL-CYANO-SELECT", *RECOMMENDATIONS)
    return fires(review, Indicator.INFO, key, both_views, offer=Offer.NOTHING)


RULE = Rule(
    id="T-ROUTE-ORAL-PA",
    topic=Topic.ROUTE_ORAL_PA,
    family=Family.SCHEDULE,
    title="Oral or nasal cobalamin in pernicious anaemia",
    source="S-FDA-CY",
    recommendations=("R-ORAL-CYANO-SELECT", *RECOMMENDATIONS),
    evaluate=evaluate,
)
