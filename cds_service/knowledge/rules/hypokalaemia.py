"""Potassium falls when severe anaemia of vitamin B12 deficiency is treated by injection: measure it, never wait for it.

Recommendation: SG-06, K-06, as made exact by derivations 9.4.
Strength: the labels of both forms report low potassium and sudden death at the start of treatment; every limit is this
    project's judgement.

When loading or re-loading by injection is due (phase unknown: unless the draft's own timing is maintenance),
    by potassium of the last 7 days, and haemoglobin and MCV of the last 30 days:
    potassium below 3.5 mmol/L: warn, more strongly below 3.0;
    haemoglobin below 80 g/L: warn if potassium is missing, old or unreadable; inform, repeat it, if it is 3.5 or more;
    haemoglobin low but not below 80 g/L, and MCV above 100 fL: inform if potassium is missing, old or unreadable.
    Low is below the report's own limit, else 120 (women), 130 (men) or 110 g/L (pregnancy; under 18).
With digoxin, a loop or thiazide diuretic, or an eating disorder on record, information becomes a warning, and large
    cells with potassium of 3.5 or more, otherwise silent, become information.
A potassium order among the drafts answers what is missing. No potassium is ever proposed, and vitamin B12 never waits.
When there is no haemoglobin in date, the rule cannot tell: "CBC and potassium not on record" stands on another card.
"""

from cds_service.clinical import evidence, phrases, words
from cds_service.clinical.blood_count import Anaemia, Potassium
from cds_service.clinical.concepts import Ingredient
from cds_service.clinical.conditions import Concept
from cds_service.clinical.errands import LabTest
from cds_service.clinical.outcomes import (
    CannotTell,
    ClientText,
    Input,
    NotApplicable,
    Offer,
    Outcome,
    Recommend,
    Rule,
    Saying,
)
from cds_service.clinical.phase import Phase, Purpose
from cds_service.clinical.review import Review
from cds_service.clinical.scope import UnitError
from cds_service.clinical.snapshot import LabResult
from cds_service.clinical.topics import Family, Indicator, Topic
from cds_service.knowledge.rules.regimen import nothing_to_propose

_RECOMMENDATIONS = ("SG-06",)
_WARNING, _INFO = Indicator.WARNING, Indicator.INFO


def evaluate(review: Review) -> Outcome:
    if review.order.cobalamin is None or review.scope.nutritional:
        return NotApplicable("not an order for treatment with a cobalamin")
    if review.purpose in (Purpose.SPECIALIST, Purpose.OPTIC_INDICATION):
        return NotApplicable("not given for deficiency")
    if review.scope.unit_error is UnitError.PERHAPS_ANTIDOTE:
        return NotApplicable("perhaps the cyanide antidote")
    if not _loading_by_injection(review):
        return NotApplicable("not loading by injection")
    found = review.patient.blood_count
    if found.potassium.low:
        return _fires(review, _WARNING, "very_low" if found.potassium is Potassium.VERY_LOW else "low")
    known = found.potassium is Potassium.ENOUGH
    if found.anaemia is Anaemia.UNKNOWN or (found.anaemia is Anaemia.CELL_SIZE_UNKNOWN and not known):
        return CannotTell(_not_on_record(found.anaemia, known=known), beside=True)
    if LabTest.POTASSIUM in review.patient.ordered:
        return NotApplicable("potassium is among the orders")
    match found.anaemia:
        case Anaemia.SEVERE:
            return _fires(review, _INFO, "repeat") if known else _fires(review, _WARNING, "severe")
        case Anaemia.MACROCYTIC if not known:
            return _fires(review, _INFO, "macrocytic")
        case Anaemia.MACROCYTIC if _risks(review):
            return _fires(review, _INFO, "at_risk", raised=False)
        case _:
            return NotApplicable("no anaemia that would lower potassium")


def _loading_by_injection(review: Review) -> bool:
    """A bare order without a route becomes an injection; a timed one that may be a tablet does not (3.4)."""
    if review.non_parenteral or review.route_unclear or review.course.later_part:
        return False
    match review.phase.phase:
        case Phase.LOADING:
            return True
        case Phase.UNKNOWN if review.course.known:
            return not review.presumed_maintenance
        case Phase.UNKNOWN:
            return not nothing_to_propose(review)
        case _:
            return False


def _not_on_record(anaemia: Anaemia, *, known: bool) -> tuple[str, ...]:
    count = "CBC" if anaemia is Anaemia.UNKNOWN else "MCV"
    if known:
        return (f"{count} not on record (last 30 days)",)
    return (f"{count} and potassium not on record (last 30 and 7 days)",)


def _risks(review: Review) -> tuple[Input, ...]:
    """What else lowers potassium, or makes a low one dangerous."""
    patient = review.patient
    medicines = patient.taken(Ingredient.DIGOXIN, Ingredient.POTASSIUM_LOSING_DIURETIC)
    diagnoses = patient.snapshot.current(Concept.EATING_DISORDER)
    return (*map(evidence.medicine, medicines), *map(evidence.diagnosis, diagnoses))


def _fires(review: Review, indicator: Indicator, key: str, *, raised: bool = True) -> Recommend:
    """raised: the step that digoxin and the like add is still to be taken."""
    found, risks = review.patient.blood_count, _risks(review)
    severe = found.anaemia is Anaemia.SEVERE
    result = found.potassium_result
    return Recommend(
        indicator=_WARNING if risks and raised else indicator,
        say=Saying(
            f"hypokalaemia.{key}",
            {
                "drug": words.drug(review),
                "potassium": _printed(result) if result is not None else ClientText(""),
                "date": words.day(result.day if result is not None else None),
            },
        ),
        recommendations=_RECOMMENDATIONS,
        found=(evidence.order(review), *map(evidence.result, found.results), *risks, *evidence.phase(review)),
        offer=Offer.NOTHING,
        tests=(LabTest.POTASSIUM, LabTest.CBC) if severe else (LabTest.POTASSIUM,),
        paragraphs=(Saying("hypokalaemia.risk"),) if risks else (),
    )


def _printed(result: LabResult) -> ClientText:
    value, _, unit = result.as_sent.partition(" ")
    return ClientText(f"{value} {phrases.unit(unit)}".strip())


RULE = Rule(
    id="T-K",
    topic=Topic.POTASSIUM,
    family=Family.POTASSIUM,
    title="Potassium at the start of treatment",
    source="S-FDA-CY",
    recommendations=_RECOMMENDATIONS,
    evaluate=evaluate,
)
