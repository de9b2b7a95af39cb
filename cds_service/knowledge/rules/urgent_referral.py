"""Hydroxocobalamin in an inherited cobalamin defect: new neurological signs, or a dose to confirm: the metabolic team.

Recommendation: R-REFER-URGENT (seed 004), as confined by derivations 2.4 (last row), 2.8 and 1.2 row 6; SG-08.
Strength: expert consensus.

When anybody, of any age, is ordered hydroxocobalamin, an inherited cobalamin defect is recorded,
    and neurological signs are worse, recurrent, or first seen in the last 6 months, or have no date,
Then inform: urgent metabolic and neurology advice; no adult schedule.
When the dose is above 10 000 up to 100 000 micrograms, the defect known or possible, inform: confirm it with the
    metabolic team. Both together are one card.
When the chart of such a patient is opened and there are such signs, inform as well, treated or not
    (inherited_defect_chart.py).
Everywhere else urgent referrals ride on the card of the regimen, so that a right order stays without a card.
"""

from cds_service.clinical import evidence, words
from cds_service.clinical.absence import not_on_record
from cds_service.clinical.concepts import Answer, Ingredient, ResourceKind
from cds_service.clinical.errands import Referral
from cds_service.clinical.outcomes import NotApplicable, Offer, Outcome, Recommend, Rule, Saying
from cds_service.clinical.review import Review
from cds_service.clinical.scope import UnitError, inherited_defect_diagnoses
from cds_service.clinical.topics import Family, Indicator, Occasion, Topic
from cds_service.knowledge.rules.inherited_defect_chart import advice_for_signs, new_signs


def evaluate(review: Review) -> Outcome:
    if review.occasion is Occasion.CHART:
        return advice_for_signs(review)
    if review.order.cobalamin is not Ingredient.HYDROXOCOBALAMIN:
        return NotApplicable("the order is not for hydroxocobalamin")
    large = review.scope.unit_error is UnitError.SPECIALIST_DOSE
    signs = review.patient.inherited_defect is Answer.YES and new_signs(review)
    if not large and not signs:
        because = "no inherited defect with new signs, and no dose to confirm"
        return not_on_record(review, because, ResourceKind.CONDITIONS, ResourceKind.FINDINGS)
    key = "signs_and_dose" if large and signs else "signs" if signs else "dose"
    return Recommend(
        indicator=Indicator.INFO,
        say=Saying(f"urgent_referral.{key}", {"drug": words.drug(review), "dose": words.dose(review)}),
        recommendations=(*(("R-REFER-URGENT",) if signs else ()), "SG-08", *(("SG-28",) if large else ())),
        found=(
            evidence.order(review),
            *map(evidence.diagnosis, inherited_defect_diagnoses(review.patient.snapshot)),
            *(evidence.neurology(review) if signs else ()),
        ),
        offer=Offer.NOTHING,
        referrals=(Referral.METABOLIC, Referral.NEUROLOGY) if signs else (Referral.METABOLIC,),
    )


RULE = Rule(
    id="T-REFER",
    topic=Topic.REFER,
    family=Family.HOUSEKEEPING,
    title="Urgent specialist advice",
    source="S-BNFC",
    recommendations=("R-REFER-URGENT", "SG-08"),
    evaluate=evaluate,
    asked_about=frozenset({Occasion.DRAFT, Occasion.CHART}),
)
