"""Which record a draft renews or changes, and how the two compare (derivations 3.3, 8.10). Knows records and drafts."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from cds_service.clinical.concepts import Answer
from cds_service.clinical.orders import MedicationOrder, OrderStatus
from cds_service.clinical.policy import Thresholds
from cds_service.clinical.quantities import months_before
from cds_service.clinical.schedule import Way, own_course, parts_of
from cds_service.clinical.timing import days_after
from cds_service.clinical.treatment import Treatment, TreatmentRecord


class IntervalChange(StrEnum):
    SAME = "same interval"
    SHORTER = "shorter interval"
    LONGER = "longer interval"
    UNKNOWN = "not comparable"


@dataclass(frozen=True, slots=True)
class Comparison:
    """A draft beside the current order of the same form and way.

    linked: the draft itself names the record (priorPrescription, basedOn, same id); otherwise the record is the one
    running order of that form. held_since: since when the current interval has been held, None: not known.
    """

    current: TreatmentRecord
    linked: bool
    change: IntervalChange
    lower_dose: Answer
    held_since: date | None

    def held_for(self, months: int, today: date) -> Answer:
        """Was the current interval held for so many months? The day itself counts."""
        if self.held_since is None:
            return Answer.UNKNOWN
        return Answer.YES if self.held_since <= months_before(today, months) else Answer.NO


def renewed_record(order: MedicationOrder, treatment: Treatment) -> TreatmentRecord | None:
    """The therapeutic record that a draft renews or changes (facts-in-fhir.md), its newest running part first.

    A record that lapsed more than 90 days ago is history: what it was does not tell what is due now (3.3 rows 12-15).
    """
    linked = [record for record in treatment.records if record.reference in (order.reference, *order.renews)]
    lapse = treatment.thresholds.lapse_short_days
    alive = [r for r in linked if r.covered_until is None or days_after(r.covered_until, lapse) >= treatment.today]
    if not alive:
        return None
    begun = [record for record in alive if record.last_dose is not None] or alive
    running = [record for record in begun if record.runs_on(treatment.today)] or begun
    return max(running, key=lambda record: record.start if record.start is not None else date.min)


def compare_with_current(
    order: MedicationOrder, treatment: Treatment, thresholds: Thresholds, drafts: tuple[MedicationOrder, ...] = ()
) -> Comparison | None:
    """8.10: same form, same way, maintenance. None: nothing to compare with, or a current order that is loading.

    drafts: the bundle; a running record that another draft renews is that draft's, not this one's.
    """
    linked = renewed_record(order, treatment)
    current = linked if linked is not None else _only_running(order, treatment, drafts)
    own = parts_of(order)[-1]
    if current is None or current.form is not order.cobalamin or current.way is not own.way:
        return None
    interval = own_course(order).interval
    if (
        current.way is Way.PARENTERAL
        and current.interval is not None
        and current.interval < thresholds.interval_loading_days
    ):
        return None  # loading to maintenance is not a lengthening
    fraction = thresholds.same_interval_fraction
    return Comparison(
        current=current,
        linked=linked is not None,
        change=_change(current.interval, interval, fraction),
        lower_dose=_lower_dose(current, order),
        held_since=_held_since(current, treatment, fraction),
    )


def _only_running(
    order: MedicationOrder, treatment: Treatment, drafts: tuple[MedicationOrder, ...]
) -> TreatmentRecord | None:
    others = {ref for draft in drafts if draft.reference != order.reference for ref in (draft.reference, *draft.renews)}
    running = [
        record
        for record in treatment.running()
        if record.form is order.cobalamin
        and record.way is parts_of(order)[-1].way
        and record.status is OrderStatus.ACTIVE
        and record.reference not in others
    ]
    return running[0] if len(running) == 1 else None


def shortens_maintenance(record: TreatmentRecord, treatment: Treatment) -> bool:
    """Injections 1 to 4 weeks apart that followed maintenance at a longer interval: no loading (C-01)."""
    if record.way is not Way.PARENTERAL or record.start is None or record.interval is None:
        return False
    limits = treatment.thresholds
    return any(
        earlier.way is Way.PARENTERAL
        and earlier.interval is not None
        and earlier.interval >= limits.interval_maintenance_days
        and earlier.start is not None
        and earlier.start < record.start
        and shorter(record.interval, earlier.interval, limits.same_interval_fraction)
        for earlier in treatment.records
    )


def shorter(one: Decimal, other: Decimal, fraction: Decimal) -> bool:
    """Is it the shorter of two intervals, and not the same in other words?"""
    return one < other and not same_interval(one, other, fraction)


def same_interval(one: Decimal, other: Decimal, fraction: Decimal) -> bool:
    """8 weeks and 2 months, 28 days and 1 month are one interval, written in two ways."""
    return abs(one - other) <= fraction * max(one, other)


def _change(current: Decimal | None, drafted: Decimal | None, fraction: Decimal) -> IntervalChange:
    if current is None or drafted is None:
        return IntervalChange.UNKNOWN
    if same_interval(current, drafted, fraction):
        return IntervalChange.SAME
    return IntervalChange.SHORTER if drafted < current else IntervalChange.LONGER


def _lower_dose(current: TreatmentRecord, order: MedicationOrder) -> Answer:
    dose, drafted = current.part.dose, order.cobalamin_dose
    if dose is None or drafted is None:
        return Answer.UNKNOWN
    return Answer.YES if drafted.low_ug < dose.low_ug else Answer.NO


def _held_since(current: TreatmentRecord, treatment: Treatment, fraction: Decimal) -> date | None:
    """Back through earlier records of the same form and interval, each followed without a gap in cover."""
    if current.start is None or current.interval is None:
        return None
    held = current.start
    earlier = [
        record
        for record in treatment.records
        if record.form is current.form
        and record.way is current.way
        and record.interval is not None
        and same_interval(record.interval, current.interval, fraction)
    ]
    dated = sorted(((r.start, r) for r in earlier if r.start is not None), key=lambda pair: pair[0], reverse=True)
    for start, record in dated:
        late = record.interval if record.interval is not None else 0
        if record.covered_until is not None and days_after(record.covered_until, late) >= held:
            held = min(held, start)
    return held
