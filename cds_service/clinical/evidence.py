"""What a card rests on, as printable inputs (cards.md 7): name, value, unit, date, reference. Knows no rule."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from cds_service.clinical import phrases, words
from cds_service.clinical.concepts import CANONICAL_UNITS, EgfrMethod
from cds_service.clinical.conditions import Concept
from cds_service.clinical.due_treatment import lasted_until
from cds_service.clinical.egfr import EgfrValue
from cds_service.clinical.orders import MedicationOrder
from cds_service.clinical.outcomes import ClientText, Input
from cds_service.clinical.person import ages_on, pregnancy_on_record
from cds_service.clinical.review import Review
from cds_service.clinical.snapshot import Allergy, Diagnosis, Finding, LabResult, Operation


def order(review: Review) -> Input:
    """The draft itself, in our words."""
    parts = (words.dose(review), phrases.by_route(review.route), phrases.schedule(review.order.timing))
    return Input(f"order: {words.drug(review)}", ", ".join(parts), reference=review.order.reference)


def result(value: LabResult) -> Input:
    """A laboratory result, printed as sent."""
    printed, _, unit = value.as_sent.partition(" ")
    return Input(
        str(value.analyte),
        ClientText(printed),
        ClientText(phrases.unit(unit)),
        value.day,
        value.reference,
        converted=_converted(value, printed),
    )


def _converted(value: LabResult, printed: str) -> str:
    """The canonical value, where the client sent another unit; empty where the number is the same."""
    canonical = value.measured.value
    sent = printed.lstrip("<>=")
    if not sent or Decimal(sent) == canonical:
        return ""
    sign = value.measured.comparator.value if value.measured.comparator is not None else ""
    unit = phrases.unit(CANONICAL_UNITS[value.analyte])
    return f"{sign}{phrases.significant(canonical)} {unit}"


def egfr(value: EgfrValue, limit: Decimal, near: Decimal) -> Input:
    """An eGFR, reported or calculated; a calculated one says so and names its creatinine."""
    if value.calculated:
        name = f"eGFR (calculated, CKD-EPI 2021, from creatinine {value.from_creatinine})"
        printed = phrases.egfr(value.value, limit, near)
        return Input(name, printed, "mL/min/1.73 m2", value.day, value.reference, derived=True)
    sent, _, unit = value.as_sent.partition(" ")
    name = "creatinine clearance (not indexed)" if value.method is EgfrMethod.CLEARANCE else "eGFR"
    printed = ClientText(phrases.reported_egfr(sent))
    return Input(name, printed, ClientText(phrases.unit(unit)), value.day, value.reference)


def diagnosis(found: Diagnosis) -> Input:
    """A Condition, in the client's words."""
    return Input("recorded diagnosis", ClientText(found.text), day=found.day, reference=found.reference)


def allergy(found: Allergy) -> Input:
    """An AllergyIntolerance, in the client's words."""
    return Input("recorded allergy", ClientText(found.text), day=found.recorded, reference=found.reference)


def medicine(found: MedicationOrder) -> Input:
    """A medicine on record or drafted, in the client's words."""
    return Input("medicine", ClientText(found.product.text), day=found.authored, reference=found.reference)


def operation(found: Operation) -> Input:
    return Input("procedure", ClientText(found.text), day=found.day, reference=found.reference)


def recorded(review: Review, *concepts: Concept) -> tuple[Input, ...]:
    """The procedures and current diagnoses of any of these, each record once."""
    snapshot = review.patient.snapshot
    operations = snapshot.had_operation(*concepts)
    stated = {found.reference for found in operations}
    others = [found for found in snapshot.current(*concepts) if found.reference not in stated]
    return (*_newest_first(map(operation, operations)), *_newest_first(map(diagnosis, others)))


def _newest_first(lines: Iterable[Input]) -> tuple[Input, ...]:
    """Then by reference, undated last: the order in which the client sent them is not told."""
    by_reference = sorted(lines, key=lambda line: line.reference)
    return tuple(sorted(by_reference, key=lambda line: line.day or date.min, reverse=True))


def pregnancy(review: Review) -> tuple[Input, ...]:
    """What says so, in the client's words."""
    found = pregnancy_on_record(review.patient.snapshot)
    lines = [Input("pregnancy", ClientText(each.text), day=each.day, reference=each.reference) for each in found]
    return _newest_first(lines)


def age(review: Review) -> Input:
    """In completed years; where the birth date leaves more than one, the span."""
    ages = ages_on(review.patient.snapshot.person, review.patient.snapshot.today)
    if not ages:
        return Input("age", "not known", derived=True)
    if ages[-1] == 0:
        return Input("age", "under 1", "year", derived=True)
    return Input("age", " to ".join(dict.fromkeys((str(ages[0]), str(ages[-1])))), "years", derived=True)


def length(found: Finding) -> Input:
    """A length of ileum."""
    value = phrases.number(found.length_cm) if found.length_cm is not None else "not readable"
    return Input(str(found.concept), value, "cm", found.day, found.reference)


def deficiency(review: Review) -> tuple[Input, ...]:
    """The results and diagnoses behind vitamin B12 status."""
    found = review.deficiency
    status = Input("vitamin B12 deficiency", found.status.value, day=found.day, derived=True)
    return (status, *map(result, found.inputs), *_newest_first(map(diagnosis, found.diagnoses)))


def neurology(review: Review) -> tuple[Input, ...]:
    """The signs behind neurological status, and the status itself."""
    found = review.neurology
    status = Input("neurological involvement", found.status.value, day=found.day, derived=not found.stated)
    name = "sign assessed and absent" if found.absent else "sign"
    signs = [
        Input(name, ClientText(sign.text), day=sign.day, reference=sign.reference)
        for sign in found.signs
        if not found.stated
    ]
    return (status, *_newest_first(signs))


def phase(review: Review) -> tuple[Input, ...]:
    """The phase of treatment, why, and the record it was read from."""
    found = review.phase
    reference = found.current.reference if found.current is not None else ""
    return (Input("phase of treatment", f"{found.phase.value}: {found.why}", reference=reference, derived=True),)


def cover(review: Review) -> tuple[Input, ...]:
    found = review.patient.cover
    text = f"{found.cover.value}: {found.by}" if found.by else found.cover.value
    return (Input("cobalamin cover", text, day=found.until, reference=found.reference, derived=True),)


def treatment_on_record(review: Review) -> tuple[Input, ...]:
    """The treatment that covered last, and until when; without any, that none is on record."""
    ends = [(lasted_until(review, record), record) for record in review.patient.treatment.records]
    dated = [(until, record) for until, record in ends if until is not None]
    if not dated:
        return cover(review)
    until, last = max(dated, key=lambda pair: pair[0])
    form = last.form.value if last.form is not None else "vitamin B12"
    name = f"treatment on record: {form} {phrases.schedule(last.part.step.timing)}, last covered day"
    assumed = ", assumed from the start of the order" if last.last_dose_assumed else ""
    return (Input(name, until.isoformat() + assumed, reference=last.reference, derived=True),)


def folic_acid(review: Review) -> Input:
    daily = words.folic_acid_daily(review)
    return Input(
        "folic acid", daily or "dose not stated or not readable", reference=review.order.reference, derived=True
    )
