"""A cobalamin dose that is a thousandfold off: milligrams written for micrograms, or the reverse.

Recommendation: SG-28, as made exact by derivations 1.2 rows 6 to 8 and 8.8.
Strength: published texts print "1000 mg" for 1000 micrograms; the limits are this project's judgement.

When any dose of a cobalamin is above 10 000 micrograms, by any route, and it is not the cyanide antidote,
Then a critical card, with 1000 micrograms offered to adults;
    in a child, once, intravenously: a warning without a suggestion, since it may be the antidote;
    in an inherited cobalamin defect specialist doses are accepted up to 100 000 micrograms.
When an injected dose is below 10 micrograms, warn. From 5001 to 10 000 micrograms, inform: unusual dose.
"""

from cds_service.clinical import evidence, phrases, words
from cds_service.clinical.concepts import Answer, Ingredient, Route
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
    dose = review.largest_dose_ug
    if review.order.cobalamin is None or dose is None:
        return NotApplicable("no cobalamin dose is stated")
    specialist = review.patient.inherited_defect and review.order.cobalamin is Ingredient.HYDROXOCOBALAMIN
    if specialist:
        if dose <= review.t.inherited_defect_max_ug:
            return NotApplicable("specialist doses for an inherited cobalamin defect differ")
        return _fires(review, Indicator.CRITICAL, "dose_unit_error.inherited_defect", Offer.NOTHING)
    if dose > review.t.unit_error_high_ug:
        maybe_antidote = (
            review.patient.adult is not Answer.YES
            and review.route is Route.INTRAVENOUS
            and review.order.cobalamin is Ingredient.HYDROXOCOBALAMIN
            and review.course.once
        )
        if maybe_antidote:
            return _fires(review, Indicator.WARNING, "dose_unit_error.antidote_in_child", Offer.NOTHING)
        return _fires(review, Indicator.CRITICAL, "dose_unit_error.high", Offer.CORRECTION)
    smallest = review.smallest_dose_ug
    if review.parenteral and smallest is not None and smallest < review.t.unit_error_low_parenteral_ug:
        return _fires(review, Indicator.WARNING, "dose_unit_error.low", Offer.CORRECTION)
    if review.parenteral and dose > review.t.unusual_dose_ug:
        return _fires(review, Indicator.INFO, "dose_unit_error.unusual", Offer.CORRECTION)
    return NotApplicable("the dose is of the usual size")


def _fires(review: Review, indicator: Indicator, key: str, offer: Offer) -> Recommend:
    return Recommend(
        indicator=indicator,
        say=Saying(key, {"drug": words.drug(review), "dose": words.dose(review), "usual": _usual(review)}),
        recommendations=("SG-28",),
        found=(evidence.order(review),),
        offer=offer,
        paragraphs=words.vitamin_b12_note(review),
    )


def _usual(review: Review) -> str:
    return phrases.micrograms(review.t.standard_dose_ug)


RULE = Rule(
    id="T-UNIT-ERROR",
    topic=Topic.UNIT_ERROR,
    family=Family.UNIT,
    title="Cobalamin dose a thousandfold off",
    source="S-ASMBS",
    recommendations=("SG-28",),
    evaluate=evaluate,
)
