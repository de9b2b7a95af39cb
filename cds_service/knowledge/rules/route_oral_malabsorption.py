"""Cobalamin by mouth or nose in malabsorption or severe deficiency: the first course is injected.

Recommendation: R-MALABS-IM-INIT, R-SEVERE-IM, R-ORAL-NOSEVERE, R-ORAL-FAIL, R-PERM-CAUSE against R-ORAL-EQUIV, as
    resolved by C-09 and C-18.
Strength: opinion, and AAFP 2017 (C) for severe deficiency; three small trials (n = 153) find oral treatment as good.

When an adult without neurological involvement is due loading, the order is not for an injection, and gastrectomy,
    ileal resection or bypass, gastric bypass, biliopancreatic diversion, coeliac disease or another malabsorption is
    recorded, or the deficiency is severe (haemoglobin below 80 g/L, or B12 below 100 pg/mL),
Then warn, and offer the injected course; inform where the route is not stated.
When B12 is low in a sample taken on tablets, warn, whatever the cause: they are not enough or are not taken;
    inform where the sample was taken within 90 days of their start.
When the phase is unknown, and malabsorption or a severe deficiency stands beside a deficiency on record without a B12
    above 350 pg/mL in date, inform: no injected course is on record. No change is offered.
Silent where injections are drafted beside the order or are running, and for dietary and medicine causes (C-18).
"""

from cds_service.clinical.absence import not_on_record
from cds_service.clinical.concepts import ResourceKind
from cds_service.clinical.deficiency import DeficiencyStatus
from cds_service.clinical.outcomes import NotApplicable, Offer, Outcome, Recommend, Rule
from cds_service.clinical.phase import Phase
from cds_service.clinical.review import Review
from cds_service.clinical.topics import Family, Indicator, Topic
from cds_service.knowledge.rules.oral_route import injected_beside, reasons
from cds_service.knowledge.rules.regimen import fires, schedule_rules_off

FAILING_TABLETS = 8  # derivations 3.3
MALABSORPTION = ("R-MALABS-IM-INIT", "R-PERM-CAUSE", "R-ORAL-EQUIV", "C-09", "C-18")
SEVERE = ("R-SEVERE-IM", "R-ORAL-NOSEVERE", "SG-06", "C-18")
FAILS = ("R-ORAL-FAIL",)


def evaluate(review: Review) -> Outcome:
    if (off := schedule_rules_off(review)) is not None:
        return off
    if review.neurology.present:
        return NotApplicable("neurological involvement: the neurological route rule speaks")
    if not review.non_parenteral and not review.route_unclear:
        return NotApplicable("the order is for an injection, or its route is not stated")
    if injected_beside(review):
        return NotApplicable("injections are drafted beside it or are running")
    why = (*(MALABSORPTION if review.other_malabsorption else ()), *(SEVERE if review.severe_deficiency else ()))
    if review.phase.phase is Phase.UNKNOWN and why and review.non_parenteral and _deficient(review):
        return _says(review, Indicator.INFO, "loading_not_on_record", why, offer=Offer.NOTHING)
    if review.phase.phase is not Phase.LOADING:
        due = "not known to be due" if review.phase.phase is Phase.UNKNOWN else "not due"
        return NotApplicable(f"the phase is {review.phase.phase.value}: loading is {due}")
    if not why and review.phase.row == FAILING_TABLETS:
        if review.route_unclear:
            return _says(review, Indicator.INFO, "tablets_fail_route_not_stated", FAILS)
        return _says(review, _of_failing_tablets(review), "tablets_fail", FAILS)
    if not why:
        why_not = "no malabsorption on record, and the deficiency is not known to be severe"
        return not_on_record(review, why_not, ResourceKind.CONDITIONS, ResourceKind.PROCEDURES, ResourceKind.RESULTS)
    if review.route_unclear:
        return _says(review, Indicator.INFO, "route_not_stated", why)
    return _says(review, Indicator.WARNING, "severe" if review.severe_deficiency else "loading", why)


def _deficient(review: Review) -> bool:
    """3.4: deficiency confirmed or suspected, and no B12 above the limit in date."""
    on_record = review.deficiency.status in (DeficiencyStatus.CONFIRMED, DeficiencyStatus.SUSPECTED)
    return on_record and not review.deficiency.above_limit_in_date


def _of_failing_tablets(review: Review) -> Indicator:
    """A sample of the first weeks says little: the tablets have not had their time (3.1, "loaded" c)."""
    record, sample = review.phase.current, review.deficiency.day
    if record is None or record.start is None or sample is None:
        return Indicator.INFO
    long_enough = (sample - record.start).days >= review.t.loaded_oral_days
    return Indicator.WARNING if long_enough else Indicator.INFO


def _says(
    review: Review, indicator: Indicator, key: str, recommendations: tuple[str, ...], offer: Offer = Offer.CORRECTION
) -> Recommend:
    """8.3: with neurological status unknown or explained otherwise, both courses are options."""
    unsure = offer is Offer.CORRECTION and not review.neurology.absent
    key = f"route_oral_malabsorption.{key}"
    return fires(review, indicator, key, recommendations, offer=offer, both_options=unsure, found_also=reasons(review))


RULE = Rule(
    id="T-ROUTE-ORAL-MALABS",
    topic=Topic.ROUTE_ORAL_MALABS,
    family=Family.SCHEDULE,
    title="Oral or nasal cobalamin in malabsorption or severe deficiency",
    source="S-AAFP17",
    recommendations=(
        "R-MALABS-IM-INIT", "R-SEVERE-IM", "R-ORAL-NOSEVERE", "R-ORAL-FAIL", "R-PERM-CAUSE", "R-ORAL-EQUIV",
    ),
    evaluate=evaluate,
)  # fmt: skip
