"""A cobalamin dose that is a thousandfold off: milligrams written for micrograms, or the reverse.

Recommendation: SG-28, as made exact by derivations 1.2 rows 6 to 8 and 8.8.
Strength: published texts print "1000 mg" for 1000 micrograms; the limits are this project's judgement.

When any dose of a cobalamin is above 10 000 micrograms, by any route, and it is not the cyanide antidote, the first of:
    hydroxocobalamin with an inherited cobalamin defect on record, known or possible: accepted up to 100 000 micrograms,
    critical without a suggestion above;
    hydroxocobalamin once, intravenously, to a child or at an age not known: a warning without a suggestion,
    since it may be the antidote;
    otherwise critical, with 1000 micrograms offered to adults unless an inherited defect cannot be excluded. Only of
    hydroxocobalamin once, intravenously, does the card say that cyanide poisoning does not wait for it; where route or
    timing is not stated it asks. On any other order those words would tell the reader to give the thousandfold dose.
Otherwise, when an injected dose is below 10 micrograms, warn, vitamins for parenteral nutrition apart.
Otherwise, when an injected dose is from 5001 to 10 000 micrograms, inform: unusual dose, inherited defects apart.
    To a child, at an age not known, or of hydroxocobalamin in an inherited defect, no adult dose is offered: check it.
"""

from cds_service.clinical import evidence, phrases, words
from cds_service.clinical.concepts import Answer, Ingredient, ResourceKind, Route
from cds_service.clinical.orders import Dose
from cds_service.clinical.outcomes import CannotTell, NotApplicable, Offer, Outcome, Recommend, Rule, Saying
from cds_service.clinical.review import Review
from cds_service.clinical.schedule import Way, own_course, parts_of
from cds_service.clinical.scope import UnitError
from cds_service.clinical.topics import Family, Indicator, Topic


def evaluate(review: Review) -> Outcome:
    if review.order.cobalamin is None:
        return NotApplicable("the order is not for a cobalamin")
    adult = review.patient.adult is Answer.YES
    match review.scope.unit_error:
        case UnitError.SPECIALIST_DOSE:
            return NotApplicable("specialist doses for an inherited cobalamin defect differ")
        case UnitError.BEYOND_SPECIALIST_DOSE:
            return _fires(review, Indicator.CRITICAL, "inherited_defect", Offer.NOTHING)
        case UnitError.PERHAPS_ANTIDOTE:
            return _fires(review, Indicator.WARNING, "antidote_in_child", Offer.NOTHING)
        case UnitError.THOUSANDFOLD if adult and not review.inherited_defect_possible:
            return _fires(review, Indicator.CRITICAL, "high", Offer.CORRECTION)
        case UnitError.THOUSANDFOLD:
            return _fires(review, Indicator.CRITICAL, "high_check", Offer.NOTHING)
        case UnitError.NONE:
            return _within_the_upper_limit(review, may_propose=adult and not review.scope.specialist)


def _within_the_upper_limit(review: Review, *, may_propose: bool) -> Outcome:
    """may_propose: 1000 micrograms is an adult dose, and not one for an inherited defect (2.3d, 2.5)."""
    offer, suffix = (Offer.CORRECTION, "") if may_propose else (Offer.NOTHING, "_check")
    injected = _injected(review)
    lowest = min((dose.low_ug for dose in injected), default=None)
    highest = max((dose.high_ug for dose in injected), default=None)
    if lowest is not None and lowest < review.t.unit_error_low_parenteral_ug and not review.scope.nutritional:
        return _fires(review, Indicator.WARNING, f"low{suffix}", offer)
    if highest is not None and highest > review.t.unusual_dose_ug and not review.scope.specialist:
        return _fires(review, Indicator.INFO, f"unusual{suffix}", offer)
    if review.order.dose_unreadable:
        return CannotTell(("dose of the order",))
    if review.largest_dose_ug is None:
        return NotApplicable("no dose is stated")
    return NotApplicable("the dose is of the usual size")


def _injected(review: Review) -> tuple[Dose, ...]:
    """Doses of the injected steps alone: 5 micrograms by mouth after an injection are no error."""
    by_nature = review.order.route is None and review.parenteral
    parts = [part for part in parts_of(review.order) if by_nature or part.way is Way.PARENTERAL]
    return tuple(part.dose for part in parts if part.dose is not None)


def _fires(review: Review, indicator: Indicator, key: str, offer: Offer) -> Recommend:
    return Recommend(
        indicator=indicator,
        say=Saying(
            f"dose_unit_error.{key}",
            {"drug": words.drug(review), "dose": words.dose(review), "usual": _usual(review)},
        ),
        recommendations=("SG-28",),
        found=(evidence.order(review),),
        offer=offer,
        missing=review.patient.gap_names(ResourceKind.CONDITIONS) if review.inherited_defect_possible else (),
        paragraphs=(*_antidote(review, indicator), *words.vitamin_b12_note(review)),
    )


def _antidote(review: Review, indicator: Indicator) -> tuple[Saying, ...]:
    """Rows 3, 7 and 8: the antidote is hydroxocobalamin, into a vein, once; whatever is stated otherwise bars it."""
    order = review.order
    if indicator is not Indicator.CRITICAL or order.cobalamin is not Ingredient.HYDROXOCOBALAMIN:
        return ()
    if review.scope.unit_error is not UnitError.THOUSANDFOLD:
        return ()
    routes = {step.route for step in order.steps}
    once, untimed = own_course(order).once, all(step.timing is None for step in order.steps)
    if not routes <= {Route.INTRAVENOUS, None} or not (once or untimed):
        return ()
    stated = once and routes == {Route.INTRAVENOUS}
    return (Saying("dose_unit_error.antidote" if stated else "dose_unit_error.perhaps_antidote"),)


def _usual(review: Review) -> str:
    return phrases.micrograms(review.t.standard_dose_ug)


RULE = Rule(
    id="T-UNIT-ERROR",
    topic=Topic.UNIT_ERROR,
    family=Family.UNIT,
    title="Cobalamin dose a thousandfold off",
    source="J-PROJECT",
    recommendations=("SG-28",),
    evaluate=evaluate,
)
