"""MedicationRequest and MedicationStatement as MedicationOrders. Knows their elements, DSTU2 to R5; judges nothing."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

from msgspec import UNSET, Raw, UnsetType

from cds_service.clinical.conditions import SPECIFIC_DEFICIENCY, Concept
from cds_service.clinical.orders import DosageStep, MedicationOrder, NeurologicalStatement, OrderStatus, Origin
from fhir_mappings import codes
from fhir_mappings.coded import code_of, concepts_of
from fhir_mappings.dosage import steps_of
from fhir_mappings.medicine_records import DispenseRequest, DrugRecord, OrderRecord
from fhir_mappings.parse import UnreadableError, decode, withheld
from fhir_mappings.primitives import day, last_day, local_reference
from fhir_mappings.products import Drug, FindMedication, drug_of
from fhir_mappings.records import CodeableReference, Coded, Reference, several
from fhir_mappings.schedule import days_in
from fhir_mappings.stop_reasons import stop_reasons

# R5's "ended" is the parent of stopped and completed: that the course ran to its end is not said.
STATUSES = {status.value: status for status in OrderStatus} | {"ended": OrderStatus.STOPPED}
# What was ordered (facts-in-fhir.md); a missing intent is DSTU2's. A proposal or option was not ordered. Of any other
# intent nobody said whether it counts: it is neither used nor overlooked.
_INTENTS = frozenset({"order", "plan", "instance-order", None})
_NO_ORDER = frozenset({"proposal", "option"})
_NOT_TAKEN = frozenset({"entered-in-error", "not-taken", "intended", "draft", "cancelled"})
# R5 states whether a medicine is taken apart from the status, which is "recorded". Taken in another way than directed,
# or "unknown", is a status that is not known.
_ADHERENCE = {
    "taking": "active",
    "taking-as-directed": "active",
    "not-taking": "not-taken",
    "on-hold": "on-hold",
    "on-hold-as-directed": "on-hold",
    "on-hold-not-as-directed": "on-hold",
    "stopped": "stopped",
    "stopped-as-directed": "stopped",
    "stopped-not-as-directed": "stopped",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One medication line. order None: irrelevant or not a record. unread: a Medication reference to fetch.

    unknown: the words for a line whose drug could not be recognised. partial: something of it is not known.
    """

    order: MedicationOrder | None = None
    unread: str | None = None
    unknown: str | None = None
    partial: bool = False


NOTHING = Line()


def line_of(raw: bytes | Raw, record: OrderRecord, find: FindMedication, origin: Origin) -> Line:
    """A record of what the patient takes or took. Drafts, proposals, errors and "do not give" are none."""
    said = record.status if origin is Origin.REQUEST else _stated(record)
    if said in _NOT_TAKEN or record.intent in _NO_ORDER or record.do_not_perform:
        return Line()
    drug = drug_of(record, find)
    status = STATUSES.get(said or "", OrderStatus.UNKNOWN)
    if not drug.product.recognised:
        # A finished course of an unknown drug cannot cover today; naming it for ever would be noise.
        over = status in (OrderStatus.COMPLETED, OrderStatus.STOPPED)
        return Line(unread=drug.unread, unknown=None if over else _name(record, origin))
    if not drug.matters:
        return Line(unread=drug.unread)
    if record.intent not in _INTENTS:
        return Line(unread=drug.unread, partial=True)
    order = order_of(record, drug, origin, status)
    if withheld(raw):
        hidden = replace(order, steps=(DosageStep(dose_unreadable=True),))
        return Line(order=hidden, unread=drug.unread, partial=True)
    return Line(order=order, unread=drug.unread)


def _stated(record: OrderRecord) -> str | None:
    """The status of a statement, with what STU3, DSTU2 and R5 say apart from it of whether it is taken."""
    if record.status == "recorded":
        code = code_of(record.adherence.code) if record.adherence is not None else None
        return _ADHERENCE.get(code or "")
    if record.was_not_taken or record.taken == "n":
        return "not-taken"
    asked = record.taken is None or record.taken == "y"
    return record.status if asked or record.status in _NOT_TAKEN else None


def may_matter(raw: bytes | Raw, find: FindMedication) -> bool:
    """May a line that cannot be decoded be of a drug that a rule asks about? Only a readable other drug says no."""
    try:
        drug = drug_of(decode(raw, DrugRecord), find)
    except UnreadableError:
        return True
    return drug.matters or not drug.product.recognised


def order_of(
    record: OrderRecord,
    drug: Drug,
    origin: Origin,
    status: OrderStatus,
    stated_neurology: NeurologicalStatement | None = None,
) -> MedicationOrder:
    """All that a request, statement or draft says of one medicine. Status and statement are for the caller to read."""
    statement = origin is Origin.STATEMENT
    steps = steps_of(record.dosage if statement and record.dosage is not UNSET else record.dosage_instruction, drug)
    authored = day(record.authored_on or record.date_written)
    starts, ends = _course(steps)
    if statement:
        period = record.effective_period
        starts = day(period.start if period is not None else record.effective_date_time) or starts
        ends = (last_day(period.end) if period is not None else None) or ends
    reasons, reason_words = _reasons(record)
    return MedicationOrder(
        reference=f"{record.resource_type}/{record.id or ''}",
        product=drug.product,
        status=status,
        origin=origin,
        steps=steps,
        authored=authored,
        starts=starts,
        ends=ends,
        supply_ends=_supply_ends(record.dispense_request, starts or authored),
        renews=_references((*several(record.prior_prescription), *several(record.based_on))),
        reasons=reasons,
        reason_references=_references((*several(record.reason_reference), *_pointers(record))),
        names_b12=bool(reasons & SPECIFIC_DEFICIENCY) or any(codes.names_b12(word) for word in reason_words),
        stated_neurology=stated_neurology,
        stop_reasons=stop_reasons((*several(record.status_reason), *several(record.reason_ended))),
        has_note=record.note is not UNSET and bytes(record.note).strip() not in (b"null", b"[]", b'""'),
    )


def medication_finder(medications: dict[str, bytes]) -> FindMedication:
    """Look up a Medication by the reference as sent, by `Medication/id`, or by the bare id."""

    def find(pointer: str) -> bytes | None:
        local = local_reference(pointer) or pointer
        for key in (pointer, local, local.rpartition("/")[2]):
            if key in medications:
                return medications[key]
        return None

    return find


def _course(steps: tuple[DosageStep, ...]) -> tuple[date | None, date | None]:
    """First and last day of all steps together; no last day as long as one step has none."""
    timings = [step.timing for step in steps if step.timing is not None]
    starts = [timing.starts or (timing.events[0] if timing.events else None) for timing in timings]
    ends = [timing.ends for timing in timings]
    first = min((each for each in starts if each is not None), default=None)
    known_ends = [each for each in ends if each is not None]
    return first, max(known_ends) if known_ends and len(known_ends) == len(steps) else None


def _supply_ends(raw: Raw | UnsetType, first: date | None) -> date | None:
    """The end of the validity period or of the supply with all repeats, whichever is later; None when neither is told.

    The later one: a patient with medicine left is treated.
    """
    if raw is UNSET or bytes(raw).strip() == b"null":
        return None
    try:
        dispense = decode(raw, DispenseRequest)
    except UnreadableError:
        return None
    period = dispense.validity_period
    ends = [last_day(period.end)] if period is not None else []
    supply = days_in(dispense.expected_supply_duration)
    repeats = dispense.number_of_repeats_allowed
    if first is not None and supply is not None and (repeats is None or (repeats.is_finite() and 0 <= repeats <= 100)):
        try:
            ends.append(first + timedelta(days=int(supply * (1 + int(repeats or 0)))))
        except OverflowError:
            ends.append(date.max)
    return max((each for each in ends if each is not None), default=None)


def _reasons(record: OrderRecord) -> tuple[frozenset[Concept], tuple[str, ...]]:
    coded = (*several(record.reason_code), *several(record.reason_codeable_concept), *_said(record))
    return frozenset[Concept]().union(*(concepts_of(each) for each in coded)), tuple(w for c in coded for w in c.words)


def _r5_reasons(record: OrderRecord) -> tuple[CodeableReference, ...]:
    return () if isinstance(record.reason, str) else several(record.reason)


def _said(record: OrderRecord) -> tuple[Coded, ...]:
    return tuple(each.said for each in _r5_reasons(record))


def _pointers(record: OrderRecord) -> tuple[Reference, ...]:
    return tuple(each.pointer for each in _r5_reasons(record) if each.pointer is not None)


def _references(sent: tuple[Reference, ...]) -> tuple[str, ...]:
    return tuple(ref for each in sent if (ref := local_reference(each.reference)) is not None)


def _name(record: OrderRecord, origin: Origin) -> str:
    """Words for a line without any: its kind, and its day where that is known."""
    authored = day(record.authored_on or record.date_written or record.effective_date_time)
    return f"{origin.value} without a readable drug" + (f", {authored.isoformat()}" if authored is not None else "")
