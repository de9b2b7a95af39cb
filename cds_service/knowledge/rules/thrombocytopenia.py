"""Few platelets and a cobalamin into muscle: treat, but choose needle, pressure, route and support by the count.

Recommendation: R-PLT-GT50, R-PLT-25-50, R-PLT-LT25-NEURO, R-PLT-LT10 (seeds 001 and 004), as resolved by C-20; SG-17.
Strength: opinion; no guideline for vitamin B12 found. Vitamin B12 deficiency may itself be the cause.

When a cobalamin is ordered into muscle, by the newest platelet count, a low one of any age:
    from 25 to 50 x 10^9/L: inform, fine needle and pressure;
    from 10 to below 25: warn, offer the same order under the skin, haematology; below 10: also platelet support before
    a needle in muscle. With neurological involvement treatment comes first. Never "contraindicated".
Above 50: silent, while the count is at most 30 days old; afterwards it is as if there were none.
When there is none, the rule cannot tell; with thrombocytopenia coded, or a haemoglobin below 80 g/L, T-DATA names it.
To a child, or in an inherited cobalamin defect, known or possible, no order is offered.
"""

from cds_service.clinical import evidence, phrases, words
from cds_service.clinical.absence import not_on_record
from cds_service.clinical.bleeding_risk import Platelets
from cds_service.clinical.concepts import ResourceKind
from cds_service.clinical.errands import Referral
from cds_service.clinical.needle import into_muscle, subcutaneous_offer
from cds_service.clinical.outcomes import (
    CannotTell,
    ClientText,
    NotApplicable,
    Offer,
    Outcome,
    Recommend,
    Rule,
    Saying,
)
from cds_service.clinical.review import Review
from cds_service.clinical.snapshot import LabResult
from cds_service.clinical.topics import Family, Indicator, Standing, Topic


def evaluate(review: Review) -> Outcome:
    if (off := into_muscle(review)) is not None:
        return off
    count = review.patient.platelets
    if count.newest is None or count.tier is Platelets.UNKNOWN:
        missing = review.platelets_missing
        if missing:
            return CannotTell(missing)
        because = "no platelet count of the last 30 days, and no reason to ask"
        return not_on_record(review, because, ResourceKind.RESULTS, ResourceKind.CONDITIONS)
    match count.tier:
        case Platelets.ENOUGH:
            return NotApplicable("more than 50 platelets: the standard technique is safe (R-PLT-GT50)")
        case Platelets.TECHNIQUE:
            return _fires(review, count.newest, "technique", ("R-PLT-25-50", "C-20"))
        case Platelets.BELOW_25:
            return _fires(review, count.newest, "low", ("C-20", "SG-17"))
        case _:
            return _fires(review, count.newest, "very_low", ("R-PLT-LT10", "C-20", "SG-17"))


def _fires(review: Review, newest: LabResult, key: str, recommendations: tuple[str, ...]) -> Recommend:
    low = key != "technique"
    nerves = low and review.neurology.present
    suffix = "_neurological" if nerves else ""
    value, _, unit = newest.as_sent.partition(" ")
    platelets = ClientText(f"{value} {phrases.unit(unit)}".strip())
    return Recommend(
        indicator=Indicator.WARNING if low else Indicator.INFO,
        say=Saying(
            f"thrombocytopenia.{key}{suffix}",
            {"drug": words.drug(review), "platelets": platelets, "date": words.day(newest.day)},
        ),
        recommendations=(*recommendations, *(("R-PLT-LT25-NEURO",) if nerves else ())),
        found=(evidence.order(review), evidence.result(newest), *(evidence.neurology(review) if nerves else ())),
        offer=subcutaneous_offer(review) if low else Offer.NOTHING,
        referrals=(Referral.HAEMATOLOGY,) if low else (),
        standing=Standing.HIGHER if key == "very_low" else Standing.USUAL,
        paragraphs=(
            Saying("thrombocytopenia.clumping"),
            *((Saying("thrombocytopenia.old"),) if review.patient.platelets.old else ()),
        ),
    )


RULE = Rule(
    id="T-PLT",
    topic=Topic.PLT,
    family=Family.ADMINISTRATION,
    title="Few platelets and an intramuscular injection",
    source="S-SEEDS",
    recommendations=("R-PLT-GT50", "R-PLT-25-50", "R-PLT-LT25-NEURO", "R-PLT-LT10", "C-20", "SG-17"),
    evaluate=evaluate,
)
