"""Cobalamin by mouth after gastric bypass or biliopancreatic diversion: sources differ, and both views are shown.

Recommendation: R-BARI against R-BARI-RYGB-IM, as resolved by C-08; R-BARI-MICRO as resolved by C-25.
Strength: consensus against opinion: BOMSS, ASMBS and AAFP against one unreviewed summary.

When an adult who had a Roux-en-Y gastric bypass or a biliopancreatic diversion is ordered a cobalamin by mouth,
    350 micrograms a day or more, or a dose that cannot be read, and loading is not due,
Then inform: what each source advises, what else is monitored, and that "mg" is a known misprint. No change is offered.
Less than 350 micrograms a day is for the underdose rule; where loading is due or neurological signs are present, the
    other route rules warn.
"""

from cds_service.clinical.absence import not_on_record
from cds_service.clinical.cause_questions import BYPASS
from cds_service.clinical.concepts import ResourceKind
from cds_service.clinical.evidence import recorded
from cds_service.clinical.outcomes import NotApplicable, Offer, Outcome, Rule
from cds_service.clinical.phase import Phase, Purpose
from cds_service.clinical.review import Review
from cds_service.clinical.topics import Family, Indicator, Topic
from cds_service.knowledge.rules.regimen import fires, schedule_rules_off

RECOMMENDATIONS = ("R-BARI", "R-BARI-RYGB-IM", "R-BARI-MICRO", "R-PERM-CAUSE", "C-08", "C-25")


def evaluate(review: Review) -> Outcome:
    if (off := schedule_rules_off(review)) is not None:
        return off
    if review.route is None or not review.route.swallowed_or_absorbed_in_mouth:
        return NotApplicable("not by mouth, or the route is not stated")
    if not review.gastric_bypass:
        because = "no gastric bypass and no biliopancreatic diversion on record"
        return not_on_record(review, because, ResourceKind.CONDITIONS, ResourceKind.PROCEDURES)
    if review.purpose is Purpose.ANTIFOLATE_PROPHYLAXIS:
        return NotApplicable("given with an antifolate")
    if review.neurology.present:
        return NotApplicable("neurological involvement: the neurological route rule speaks")
    if review.phase.phase is Phase.LOADING:
        return NotApplicable("loading is due: the malabsorption route rule judges it")
    daily = review.oral_ug_per_day
    if daily is not None and daily < review.t.cover_oral_bariatric_ug_day:
        return NotApplicable("the dose is judged by the underdose rule")
    key, found = "route_oral_bypass.found", recorded(review, *BYPASS)
    return fires(review, Indicator.INFO, key, RECOMMENDATIONS, offer=Offer.NOTHING, found_also=found)


RULE = Rule(
    id="T-ROUTE-RYGB",
    topic=Topic.ROUTE_RYGB,
    family=Family.SCHEDULE,
    title="Oral cobalamin after gastric bypass",
    source="S-ASMBS",
    recommendations=("R-BARI", "R-BARI-RYGB-IM", "R-BARI-MICRO", "R-PERM-CAUSE"),
    evaluate=evaluate,
)
