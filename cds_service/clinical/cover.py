"""Is the patient covered with cobalamin (derivations 1.4)? Knows records and drafts; knows no deficiency status."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from cds_service.clinical.concepts import ProductKind
from cds_service.clinical.conditions import Concept
from cds_service.clinical.left_out import LeftOut, left_out
from cds_service.clinical.orders import MedicationOrder, OrderStatus, Origin
from cds_service.clinical.policy import Thresholds
from cds_service.clinical.quantities import months_before
from cds_service.clinical.schedule import Part, Way, parts_of
from cds_service.clinical.scope import scope_of
from cds_service.clinical.snapshot import Snapshot
from cds_service.clinical.timing import days_after
from cds_service.clinical.treatment import Treatment, TreatmentRecord, treatment_of
from cds_service.clinical.treatment_record import told_twice


class Cover(StrEnum):
    FULL = "full"
    TRACE = "trace"
    NONE = "none"
    UNKNOWN = "unknown"


class CoverSource(StrEnum):
    """A draft alone does not make folic acid "undocumented" (7.3), so the source is kept."""

    RECORD = "record"
    ADMINISTRATION = "administration"
    DRAFT = "draft"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class CoverAssessment:
    """by: what covers, or why it cannot be told, in words. until: the last day covered, None: open or none.

    stopped: nothing covers, because this bundle stops what did. left_out: where nothing fully covers, the draft that
    would in time, or without its fault.
    """

    cover: Cover
    by: str
    source: CoverSource = CoverSource.NOTHING
    reference: str = ""
    until: date | None = None
    stopped: bool = False
    left_out: LeftOut | None = None


class _Worth(StrEnum):
    FULL = "full"
    TRACE = "trace"
    UNKNOWN = "unknown"


def cobalamin_cover(
    snapshot: Snapshot,
    treatment: Treatment,
    drafts: Iterable[MedicationOrder],
    thresholds: Thresholds,
    *,
    stops: Iterable[MedicationOrder] = (),
    critical_drafts: frozenset[str] = frozenset(),
    bariatric_without_deficiency: bool = False,
) -> CoverAssessment:
    """1.4, with the draft that does not count: see `_cover` for the arguments."""
    drafts = tuple(drafts)
    found = _cover(
        snapshot,
        treatment,
        drafts,
        thresholds,
        stops=tuple(stops),
        critical_drafts=critical_drafts,
        bariatric_without_deficiency=bariatric_without_deficiency,
    )
    if found.cover is Cover.FULL:
        return found
    drafted = left_out(drafts, snapshot, thresholds, critical_drafts)
    if drafted is None:
        return found
    by = str(drafted) if found.cover is Cover.NONE and not found.stopped else found.by
    return replace(found, left_out=drafted, by=by)


def _cover(
    snapshot: Snapshot,
    treatment: Treatment,
    drafts: tuple[MedicationOrder, ...],
    thresholds: Thresholds,
    *,
    stops: tuple[MedicationOrder, ...],
    critical_drafts: frozenset[str],
    bariatric_without_deficiency: bool,
) -> CoverAssessment:
    """Full by any record or draft; else unknown if anything might cover; else trace; else none.

    stops: orders that this bundle stops or pauses, which the record may still call active: they cover no longer.
    critical_drafts: drafts that are themselves the subject of a critical card. bariatric_without_deficiency: the
    lower oral amount is enough.
    """
    dietary = bool(snapshot.current(Concept.DIETARY_B12_DEFICIENCY, Concept.VEGAN_DIET))
    oral = thresholds.cover_oral_ug_day
    if bariatric_without_deficiency:
        oral = thresholds.cover_oral_bariatric_ug_day
        # Tablets that are too weak to count as treatment are enough here, so the records are read once more.
        treatment = treatment_of(snapshot, replace(thresholds, therapeutic_oral_ug_day=oral))
    ended = frozenset(stop.reference for stop in stops)
    found: list[CoverAssessment | None] = []
    covered = False
    for record in treatment.records:
        assessed = _by_record(record, treatment, thresholds, oral, dietary=dietary)
        covered = covered or (record.reference in ended and assessed is not None and assessed.cover is not Cover.TRACE)
        found.append(_after_stops(assessed, record, stops))
    for draft in drafts:
        if draft.reference not in critical_drafts:
            found += _by_draft(draft, snapshot, thresholds, oral, dietary=dietary)
    for wanted in (CoverSource.RECORD, CoverSource.ADMINISTRATION, CoverSource.DRAFT):
        full = [each for each in found if each is not None and each.cover is Cover.FULL and each.source is wanted]
        if full:
            return max(full, key=lambda each: each.until if each.until is not None else date.max)
    if unknown := [each for each in found if each is not None and each.cover is Cover.UNKNOWN]:
        return unknown[0]
    if not treatment.list_told:
        return CoverAssessment(Cover.UNKNOWN, "the list of medicines was not supplied or not readable")
    if unclear := [reference for reference in treatment.unclear if reference not in ended]:
        return CoverAssessment(Cover.UNKNOWN, "a cobalamin on record could not be read", reference=unclear[0])
    if snapshot.unknown_medications:
        return CoverAssessment(Cover.UNKNOWN, "a medicine on record could not be recognised")
    if trace := [each for each in found if each is not None and each.cover is Cover.TRACE]:
        return trace[0]
    small = _small_amounts(snapshot, treatment, drafts, critical_drafts | ended, thresholds)
    if covered and small.cover is Cover.NONE:
        return CoverAssessment(Cover.NONE, "the cobalamin on record is stopped by one of these orders", stopped=True)
    return small


def _after_stops(
    assessed: CoverAssessment | None, record: TreatmentRecord, stops: tuple[MedicationOrder, ...]
) -> CoverAssessment | None:
    """What a record is worth after the stops of this bundle: one that ends nothing, one that pauses nobody knows.

    A statement of the same medicine may be the stopped order told twice, or treatment given elsewhere.
    """
    stop = next((each for each in stops if each.reference == record.reference), None)
    if stop is not None and stop.status is not OrderStatus.ON_HOLD:
        return None
    if assessed is None or assessed.cover is not Cover.FULL or not (stop is not None or told_twice(record, stops)):
        return assessed
    by = "the cobalamin that covers is put on hold, or may be the one that is stopped"
    return replace(assessed, cover=Cover.UNKNOWN, by=by)


def _by_record(
    record: TreatmentRecord, treatment: Treatment, thresholds: Thresholds, oral: Decimal, *, dietary: bool
) -> CoverAssessment | None:
    """A record that is active or still covers; None where it covers no longer, or not yet."""
    today = treatment.today
    if record.administered:
        if record.covered_until is None or record.covered_until < today:
            return None
        return _graded(_Worth.FULL, CoverSource.ADMINISTRATION, record.reference, record.covered_until)
    worth = _worth(record.part, thresholds, oral, dietary=dietary)
    if record.last_dose is None:
        if record.start is None:
            return _graded(_Worth.UNKNOWN, CoverSource.RECORD, record.reference, None)
        soon = record.start <= today + timedelta(days=thresholds.cover_starts_within_days)
        going_to = soon and record.status is OrderStatus.ACTIVE
        return _graded(worth, CoverSource.RECORD, record.reference, None) if going_to else None
    until, open_ended = _until(record, thresholds, today)
    if until is None:
        return _graded(_Worth.UNKNOWN, CoverSource.RECORD, record.reference, None)
    if until >= today:
        return _graded(worth, CoverSource.RECORD, record.reference, until)
    # An order without an end may outlive its papers, and one completed without an end may have gone on: not for ever.
    goes_on = record.start is not None and record.start >= months_before(today, thresholds.cover_open_order_months)
    if open_ended or (record.uncertain and goes_on):
        return CoverAssessment(Cover.UNKNOWN, "renewal not on record", CoverSource.RECORD, record.reference, until)
    if record.on_hold_undated and worth is not _Worth.TRACE:
        by = "an order is on hold, and its last dose is not on record"
        return CoverAssessment(Cover.UNKNOWN, by, CoverSource.RECORD, record.reference, until)
    return None


def _until(record: TreatmentRecord, thresholds: Thresholds, today: date) -> tuple[date | None, bool]:
    """The last day covered, and whether that day was set for want of a written end.

    An active request without an end counts until its validity or supply plus one interval has passed; with
    neither, for 12 months from the day it was written. A statement counts until its own period ends.
    """
    active_request = record.status is OrderStatus.ACTIVE and record.origin is Origin.REQUEST
    if not active_request or record.planned_end is not None:
        return record.covered_until, False
    if record.supply_ends is not None:
        return days_after(record.supply_ends, record.interval if record.interval is not None else 0), True
    written = record.authored if record.authored is not None else record.start
    if written is None:
        return None, True
    # Twelve months after the day it was written; a date in the future says no more than today does.
    return months_before(min(written, today), -thresholds.cover_open_order_months), True


def _by_draft(
    draft: MedicationOrder, snapshot: Snapshot, thresholds: Thresholds, oral: Decimal, *, dietary: bool
) -> list[CoverAssessment]:
    """A draft of the same bundle that starts within 7 days."""
    scope = scope_of(draft, snapshot, thresholds)
    if draft.cobalamin is None or not scope.judged or scope.nutritional:
        return []
    latest_start = snapshot.today + timedelta(days=thresholds.cover_starts_within_days)
    return [
        _graded(_worth(part, thresholds, oral, dietary=dietary), CoverSource.DRAFT, draft.reference, None)
        for part in parts_of(draft, snapshot.today)
        if part.starts is None or part.starts <= latest_start
    ]


def _graded(worth: _Worth, source: CoverSource, reference: str, until: date | None) -> CoverAssessment:
    match worth:
        case _Worth.FULL:
            return CoverAssessment(Cover.FULL, source.value, source, reference, until)
        case _Worth.TRACE:
            return CoverAssessment(Cover.TRACE, "a small or rare dose", source, reference, until)
        case _Worth.UNKNOWN:
            by = "a cobalamin whose amount, schedule or dates could not be read"
            return CoverAssessment(Cover.UNKNOWN, by, source, reference, until)


def _worth(part: Part, thresholds: Thresholds, oral: Decimal, *, dietary: bool) -> _Worth:
    """The amounts of 1.4, by the lower end of a dose range and the longer end of an interval."""
    dose = part.dose
    if dose is None or not part.known or part.step.as_needed or part.way is Way.UNKNOWN:
        return _Worth.UNKNOWN
    if part.way is Way.PARENTERAL:
        if dose.low_ug < thresholds.cover_parenteral_ug:
            return _Worth.TRACE
        if part.interval is None:  # a single dose
            return _Worth.FULL
        longest = thresholds.interval_twice_yearly_days if dietary else thresholds.cover_interval_days
        return _Worth.FULL if part.interval <= longest else _Worth.TRACE
    daily = part.least_ug_per_day
    if daily is None:  # a single tablet
        return _Worth.TRACE
    enough = daily >= oral if part.way is Way.ORAL else daily * 7 >= thresholds.therapeutic_nasal_ug_week
    return _Worth.FULL if enough else _Worth.TRACE


def _small_amounts(
    snapshot: Snapshot,
    treatment: Treatment,
    drafts: tuple[MedicationOrder, ...],
    left_out: frozenset[str],
    thresholds: Thresholds,
) -> CoverAssessment:
    """Multivitamins and tablets below the amounts: trace; otherwise none, on a list that is whole.

    Therapeutic records and drafts were graded before: one that has ended, or begins too late, is not a trace.
    """
    therapeutic = {record.reference for record in treatment.records}
    small = [o for o in snapshot.medications if o.status is OrderStatus.ACTIVE and o.reference not in therapeutic]
    small += [draft for draft in drafts if scope_of(draft, snapshot, thresholds).nutritional]
    for order in small:
        if order.reference in left_out:
            continue
        if order.cobalamin is not None and order.product.kind is ProductKind.MEDICINE:
            return CoverAssessment(Cover.TRACE, "a small amount of cobalamin", reference=order.reference)
    return CoverAssessment(Cover.NONE, "no cobalamin on record or among the orders")
