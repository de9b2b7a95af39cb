"""One therapeutic record and its dates (derivations 3.1, first table). Knows records, no drafts."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from math import ceil

from cds_service.clinical.concepts import Answer, Ingredient, ProductKind
from cds_service.clinical.conditions import Concept
from cds_service.clinical.orders import DosageStep, MedicationOrder, OrderStatus, Origin
from cds_service.clinical.policy import Thresholds
from cds_service.clinical.schedule import Part, Way, parts_of
from cds_service.clinical.scope import is_antidote, is_nutritional
from cds_service.clinical.snapshot import Snapshot
from cds_service.clinical.timing import IntervalClass, days_after, written_end

_COUNTS = {
    Origin.REQUEST: frozenset({OrderStatus.ACTIVE, OrderStatus.COMPLETED, OrderStatus.STOPPED, OrderStatus.ON_HOLD}),
    Origin.STATEMENT: frozenset({OrderStatus.ACTIVE, OrderStatus.COMPLETED}),
}
_BROKEN_OFF = frozenset({OrderStatus.STOPPED, OrderStatus.ON_HOLD})


@dataclass(frozen=True, slots=True)
class TreatmentRecord:
    """One dosage instruction of one therapeutic record, or one injection given in clinic (`administered`).

    last_dose None: not begun, or nothing tells. uncertain: the last dose is assumed, not written. covered_until:
    the last day on which the treatment still covers. planned_end: the end as written, also one in the future.
    """

    part: Part
    status: OrderStatus
    last_dose: date | None
    covered_until: date | None
    uncertain: bool = False
    administered: bool = False
    planned_end: date | None = None
    authored: date | None = None
    supply_ends: date | None = None
    origin: Origin = Origin.REQUEST
    way: Way = Way.PARENTERAL
    interval: Decimal | None = None
    interval_class: IntervalClass = IntervalClass.UNKNOWN

    @property
    def reference(self) -> str:
        return self.part.reference

    @property
    def form(self) -> Ingredient | None:
        return self.part.form

    @property
    def start(self) -> date | None:
        return self.part.starts

    @property
    def last_dose_assumed(self) -> bool:
        """No end is written anywhere: the last dose is reckoned from the start, and may have been much later."""
        return self.uncertain and self.planned_end is None and self.supply_ends is None

    @property
    def on_hold_undated(self) -> bool:
        """Put on hold, and nobody wrote when: not given and over, as 3.1 reads a completed or stopped one."""
        return self.status is OrderStatus.ON_HOLD and self.last_dose_assumed

    @property
    def shortest(self) -> Decimal | None:
        return self.part.timing.shortest_interval

    @property
    def last_possible_day(self) -> date | None:
        """The last day of the course itself; `last_dose` by boundsDuration is the day after it (3.1)."""
        length = self.part.timing.course_days
        if self.last_dose is None or self.start is None or length is None:
            return self.last_dose
        return min(self.last_dose, days_after(self.start, max(0, ceil(length) - 1)))

    def runs_on(self, today: date) -> bool:
        """Is the treatment going on: begun and the next dose not overdue, or active and about to begin?

        A course that was stopped or completed still runs until its next dose would be due, so that an order for
        the next step on the following day is read as its continuation (3.5, "daily x 7 completed yesterday").
        """
        if self.status is OrderStatus.ON_HOLD or self.part.timing.single_dose:
            return False
        if self.last_dose is None:
            return self.status is OrderStatus.ACTIVE
        if self.interval is None:
            return self.status is OrderStatus.ACTIVE and self.last_dose >= today
        if self.status is OrderStatus.STOPPED and self.interval_class is not IntervalClass.INTENSIVE:
            return False
        return days_after(self.last_dose, self.interval) >= today


def read_records(snapshot: Snapshot, thresholds: Thresholds) -> tuple[tuple[TreatmentRecord, ...], tuple[str, ...]]:
    """3.1: which records count as earlier treatment, and the references of those that may, but cannot be read."""
    unclear: list[str] = []
    found: list[TreatmentRecord] = []
    for order in snapshot.medications:
        if order.cobalamin is None or order.product.kind is not ProductKind.MEDICINE:
            continue
        if is_nutritional(order, thresholds) or is_antidote(order, snapshot, thresholds):
            continue
        if order.status is OrderStatus.UNKNOWN:
            unclear.append(order.reference)
            continue
        if order.status not in _COUNTS.get(order.origin, frozenset()):
            continue
        for part in parts_of(order, order.authored):
            match therapeutic(part, thresholds):
                case Answer.YES:
                    found.append(_record(order, part, snapshot.today, thresholds))
                case Answer.UNKNOWN:
                    unclear.append(order.reference)
                case Answer.NO:
                    pass
    found += _administrations(snapshot, thresholds, unclear)
    return tuple(found), tuple(unclear)


def told_twice(record: TreatmentRecord, orders: Iterable[MedicationOrder]) -> bool:
    """Is it a statement of one of these orders: the same form in the same way, told a second time?"""
    if record.origin is not Origin.STATEMENT:
        return False
    return any(
        record.form is order.cobalamin and any(record.way is part.way for part in parts_of(order)) for order in orders
    )


def therapeutic(part: Part, thresholds: Thresholds) -> Answer:
    """3.1, first paragraph, by the larger end of a range: treatment on record is not denied for a range."""
    match part.way:
        case Way.PARENTERAL:
            # An injection of unstated amount is treatment; how much it is worth is asked elsewhere.
            enough = part.dose is None or part.dose.high_ug >= thresholds.therapeutic_parenteral_ug
            return Answer.YES if enough else Answer.NO
        case Way.ORAL | Way.NASAL:
            if part.timing.single_dose:
                return Answer.NO
            daily = part.most_ug_per_day
            if daily is None:
                return Answer.UNKNOWN
            if part.way is Way.ORAL:
                return Answer.YES if daily >= thresholds.therapeutic_oral_ug_day else Answer.NO
            return Answer.YES if daily * 7 >= thresholds.therapeutic_nasal_ug_week else Answer.NO
        case Way.UNKNOWN:
            return Answer.UNKNOWN


def _record(order: MedicationOrder, part: Part, today: date, thresholds: Thresholds) -> TreatmentRecord:
    planned_end = _planned_end(order, part)
    last, uncertain = _last_dose(order, part, planned_end, today)
    record = TreatmentRecord(
        part=part,
        status=order.status,
        last_dose=last,
        covered_until=None,
        uncertain=uncertain,
        planned_end=planned_end,
        authored=order.authored,
        supply_ends=written_end(order.supply_ends),
        origin=order.origin,
        way=part.way,
        interval=part.interval,
        interval_class=part.interval_class,
    )
    return record if last is None else replace(record, covered_until=days_after(last, _lasts(record, thresholds)))


def _planned_end(order: MedicationOrder, part: Part) -> date | None:
    """3.1 "last dose": boundsPeriod.end, else start + boundsDuration, else start + (count - 1) x interval."""
    start, timing = part.starts, part.timing
    if (ends := written_end(timing.ends)) is not None:
        return ends
    if start is not None and timing.single_dose:
        return start
    if start is not None and timing.bounds_days is not None:
        return written_end(days_after(start, timing.bounds_days))
    if len(timing.events) > 1:
        return max(timing.events)
    if start is not None and timing.count is not None and part.interval is not None:
        return written_end(days_after(start, round((timing.count - 1) * part.interval)))
    return written_end(order.ends)


def _last_dose(order: MedicationOrder, part: Part, planned_end: date | None, today: date) -> tuple[date | None, bool]:
    """3.1 "last dose", never after today, and whether it is assumed."""
    start = part.starts
    if start is not None and start > today:
        return None, False
    end = planned_end if planned_end is not None else written_end(order.supply_ends)
    if end is not None:
        return min(end, today), order.status in _BROKEN_OFF
    if order.status is OrderStatus.ACTIVE:
        return today, False
    if start is None:
        return None, True
    return min(days_after(start, part.interval if part.interval is not None else 0), today), True


def _lasts(record: TreatmentRecord, thresholds: Thresholds) -> int | Decimal:
    """3.1 "covered until". Neurological history is not known here: hydroxocobalamin lasts its longer ceiling."""
    if record.way is not Way.PARENTERAL:
        return thresholds.cover_oral_days
    hydroxocobalamin = record.form is Ingredient.HYDROXOCOBALAMIN
    ceiling = (
        thresholds.interval_max_hydroxocobalamin_days if hydroxocobalamin else thresholds.interval_max_other_form_days
    )
    return max(ceiling, record.interval if record.interval is not None else ceiling)


def _administrations(snapshot: Snapshot, thresholds: Thresholds, unclear: list[str]) -> list[TreatmentRecord]:
    """3.1: an injection given in clinic is one parenteral dose on its date, form unknown."""
    found = []
    for operation in snapshot.had_operation(Concept.B12_ADMINISTRATION):
        if operation.day is None:
            unclear.append(operation.reference)
        elif operation.day <= snapshot.today:
            found.append(
                TreatmentRecord(
                    part=Part(operation.reference, None, DosageStep(), operation.day),
                    status=OrderStatus.COMPLETED,
                    last_dose=operation.day,
                    covered_until=days_after(operation.day, thresholds.cover_administration_days),
                    administered=True,
                )
            )
    return found
