"""The buttock is no site for a cobalamin: the sciatic nerve runs there. Use the deltoid or the vastus lateralis.

Recommendation: R-SITE-BUTTOCK, R-SITE-PREF, R-ROUTE-IM-SC (seeds 001, 002, 004).
Strength: product label and opinion.

When a cobalamin is ordered into muscle and the coded site is the buttock (not the ventrogluteal site), inform.
A site that is written as text, or not at all, is not judged.
"""

from cds_service.clinical import evidence, words
from cds_service.clinical.needle import into_muscle
from cds_service.clinical.outcomes import NotApplicable, Offer, Outcome, Recommend, Rule, Saying
from cds_service.clinical.review import Review
from cds_service.clinical.topics import Family, Indicator, Topic

_RECOMMENDATIONS = ("R-SITE-BUTTOCK", "R-SITE-PREF", "R-ROUTE-IM-SC")


def evaluate(review: Review) -> Outcome:
    if (off := into_muscle(review)) is not None:
        return off
    if not any(step.gluteal_site for step in review.order.steps):
        return NotApplicable("the buttock is not the coded site")
    return Recommend(
        indicator=Indicator.INFO,
        say=Saying("injection_site.buttock", {"drug": words.drug(review)}),
        recommendations=_RECOMMENDATIONS,
        found=(evidence.order(review),),
        offer=Offer.NOTHING,
    )


RULE = Rule(
    id="T-SITE",
    topic=Topic.SITE,
    family=Family.ADMINISTRATION,
    title="Injection site",
    source="S-SEEDS",
    recommendations=_RECOMMENDATIONS,
    evaluate=evaluate,
)
