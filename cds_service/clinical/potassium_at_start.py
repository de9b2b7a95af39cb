"""Potassium when loading by injection begins, drafted or proposed (derivations 9.4). Knows one review; no schedule."""

from cds_service.clinical import evidence, phrases, words
from cds_service.clinical.blood_count import Anaemia, BloodCount, Potassium
from cds_service.clinical.concepts import Analyte, Ingredient
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
    Saying,
)
from cds_service.clinical.review import Review
from cds_service.clinical.snapshot import LabResult
from cds_service.clinical.topics import Indicator

_WARNING, _INFO = Indicator.WARNING, Indicator.INFO


def potassium_at_start(review: Review, drug: str) -> Outcome:
    """The row of 9.4 for this patient. drug: what is injected, ready to print; that it is loading is for the caller."""
    found = review.patient.blood_count
    if found.potassium.low:
        return _fires(review, drug, _WARNING, "very_low" if found.potassium is Potassium.VERY_LOW else "low")
    known = found.potassium is Potassium.ENOUGH
    if found.anaemia is Anaemia.UNKNOWN or (found.anaemia is Anaemia.CELL_SIZE_UNKNOWN and not known):
        return CannotTell(_not_on_record(found.anaemia, known=known), beside=True)
    if LabTest.POTASSIUM in review.patient.ordered:
        return NotApplicable("potassium is among the orders")
    match found.anaemia:
        case Anaemia.SEVERE:
            return _fires(review, drug, _INFO, "repeat") if known else _fires(review, drug, _WARNING, "severe")
        case Anaemia.MACROCYTIC if not known:
            return _fires(review, drug, _INFO, "macrocytic")
        case Anaemia.MACROCYTIC if _risks(review):
            return _fires(review, drug, _INFO, "at_risk", raised=False)
        case _:
            return NotApplicable("no anaemia that would lower potassium")


def values_at_start(review: Review) -> Saying:
    """Potassium and haemoglobin as they are on record, for a card that proposes loading."""
    found = review.patient.blood_count
    haemoglobin = next((result for result in found.results if result.analyte is Analyte.HAEMOGLOBIN), None)
    unusable = found.potassium_result is not None and found.potassium is Potassium.NOT_KNOWN
    return Saying(
        "hypokalaemia.proposed",
        {
            "potassium": _value(found.potassium_result),
            "taken": _day(found.potassium_result) + (", not relied on today" if unusable else ""),
            "haemoglobin": _value(haemoglobin),
            "counted": _day(haemoglobin),
        },
    )


def _value(result: LabResult | None) -> str:
    return _printed(result) if result is not None else "not on record"


def _day(result: LabResult | None) -> str:
    return f" ({words.day(result.day)})" if result is not None else ""


def _not_on_record(anaemia: Anaemia, *, known: bool) -> tuple[str, ...]:
    count = "full blood count" if anaemia is Anaemia.UNKNOWN else "MCV"
    if known:
        return (f"{count} not on record (last 30 days)",)
    return (f"{count} and potassium not on record (last 30 and 7 days)",)


def _risks(review: Review) -> tuple[Input, ...]:
    """What else lowers potassium, or makes a low one dangerous."""
    patient = review.patient
    medicines = patient.taken(Ingredient.DIGOXIN, Ingredient.POTASSIUM_LOSING_DIURETIC)
    diagnoses = patient.snapshot.current(Concept.EATING_DISORDER)
    return (*map(evidence.medicine, medicines), *map(evidence.diagnosis, diagnoses))


def _fires(review: Review, drug: str, indicator: Indicator, key: str, *, raised: bool = True) -> Recommend:
    """raised: the step that digoxin and the like add is still to be taken."""
    found, risks = review.patient.blood_count, _risks(review)
    return Recommend(
        indicator=_WARNING if risks and raised else indicator,
        say=Saying(f"hypokalaemia.{key}", {"drug": drug, **_newest_potassium(found)}),
        recommendations=("SG-06",),
        found=(*map(evidence.result, found.results), *risks),
        offer=Offer.NOTHING,
        tests=(LabTest.POTASSIUM, LabTest.CBC) if found.anaemia is Anaemia.SEVERE else (LabTest.POTASSIUM,),
        paragraphs=(Saying("hypokalaemia.risk"),) if risks else (),
    )


def _newest_potassium(found: BloodCount) -> dict[str, str]:
    result = found.potassium_result
    printed = _printed(result) if result is not None else ClientText("")
    return {"potassium": printed, "date": words.day(result.day if result is not None else None)}


def _printed(result: LabResult) -> ClientText:
    value, _, unit = result.as_sent.partition(" ")
    return ClientText(f"{value} {phrases.unit(unit)}".strip())
