"""An anticoagulant, a high INR or a bleeding disorder, and a cobalamin into muscle: technique, or the skin.

Recommendation: SG-15, R-ROUTE-IM-SC, as made exact by derivations 2.7.
Strength: UK specialist pharmacy advice; INR above 4.0 is this project's judgement. The laboratory's reference range is
    for people not on warfarin, and is not used.

When a cobalamin is ordered into muscle
    and the newest INR of the last 30 days is above 4.0, or a bleeding disorder is coded,
        a hereditary one also where it is recorded as resolved or inactive,
Then warn and offer the same order under the skin, a renewal too;
    otherwise, when an anticoagulant is taken or drafted and the order is new: inform, technique; with platelets of 50
    x 10^9/L or fewer, whose card says how to inject, only that the risks add up.
    The renewal of an order into muscle is silent.
When none of these is found, and the medicines, the results or the diagnoses were not told in full, or an INR of these
    days cannot be read, the rule cannot tell.
To a child, or in an inherited cobalamin defect, known or possible, no order is offered.
"""

from cds_service.clinical import evidence, words
from cds_service.clinical.absence import not_on_record
from cds_service.clinical.bleeding_risk import Platelets, called_over, high_inr
from cds_service.clinical.concepts import Analyte, Ingredient, ResourceKind
from cds_service.clinical.conditions import BLEEDING
from cds_service.clinical.errands import Referral
from cds_service.clinical.needle import into_muscle, renews_into_muscle, subcutaneous_offer
from cds_service.clinical.outcomes import (
    ClientText,
    Input,
    NotApplicable,
    Offer,
    Outcome,
    Recommend,
    Rule,
    Saying,
)
from cds_service.clinical.review import Review
from cds_service.clinical.topics import Family, Indicator, Topic

_RECOMMENDATIONS = ("SG-15", "R-ROUTE-IM-SC")
_ASKED = (ResourceKind.MEDICATIONS, ResourceKind.STATEMENTS, ResourceKind.RESULTS, ResourceKind.CONDITIONS)


def evaluate(review: Review) -> Outcome:
    if (off := into_muscle(review)) is not None:
        return off
    patient = review.patient
    inr = high_inr(patient.snapshot, review.t)
    disorders = patient.snapshot.current(*BLEEDING)
    medicines = tuple(map(evidence.medicine, patient.taken(Ingredient.ANTICOAGULANT)))
    if inr is not None:
        found = (evidence.result(inr), *map(evidence.diagnosis, disorders), *medicines)
        values = {"inr": ClientText(inr.as_sent.partition(" ")[0]), "date": words.day(inr.day)}
        return _warns(review, "high_inr", values, found)
    if disorders:
        found = (*map(evidence.diagnosis, disorders), *medicines)
        return _warns(review, "bleeding_disorder", {}, found, called_over(disorders))
    if not medicines:
        unread = patient.snapshot.unread_of(Analyte.INR, review.t.blood_count_valid_days)
        because = "no anticoagulant, high INR or bleeding disorder on record"
        return not_on_record(review, because, *_ASKED, unread=unread)
    if renews_into_muscle(review):
        return NotApplicable("renews an order into muscle that is in use")
    few = patient.platelets.tier not in (Platelets.ENOUGH, Platelets.UNKNOWN)  # T-PLT names needle and pressure
    key = "anticoagulation.few_platelets" if few else "anticoagulation.technique"
    return Recommend(
        indicator=Indicator.INFO,
        say=Saying(key, {"drug": words.drug(review)}),
        recommendations=_RECOMMENDATIONS,
        found=(evidence.order(review), *medicines),
        offer=Offer.NOTHING,
    )


def _warns(
    review: Review, key: str, values: dict[str, str], found: tuple[Input, ...], more: tuple[Saying, ...] = ()
) -> Recommend:
    return Recommend(
        indicator=Indicator.WARNING,
        say=Saying(f"anticoagulation.{key}", {"drug": words.drug(review), **values}),
        recommendations=_RECOMMENDATIONS,
        found=(evidence.order(review), *found),
        offer=subcutaneous_offer(review),
        referrals=(Referral.HAEMATOLOGY,),
        paragraphs=more,
    )


RULE = Rule(
    id="T-ANTICOAG",
    topic=Topic.ANTICOAG,
    family=Family.ADMINISTRATION,
    title="Anticoagulation and an intramuscular injection",
    source="S-SPS-AC",
    recommendations=_RECOMMENDATIONS,
    evaluate=evaluate,
)
