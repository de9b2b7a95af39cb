"""Which other order gives vitamin B12 a second time (derivations 2.7, 8.11). Knows reviews and records; no rule.

Not a second time: what the bundle renews, changes or stops; loading with the maintenance that follows it; nutritional
products; tablets beside injections; one dose.
"""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from math import ceil

from cds_service.clinical.concepts import Answer, Ingredient
from cds_service.clinical.current_order import same_interval
from cds_service.clinical.orders import DosageStep, OrderStatus, Origin
from cds_service.clinical.review import Review
from cds_service.clinical.schedule import Part, Way, one_course, parts_of
from cds_service.clinical.scope import scope_of
from cds_service.clinical.timing import INTENSIVE_BELOW_DAYS, days_after
from cds_service.clinical.treatment_record import therapeutic, told_twice


@dataclass(frozen=True, slots=True)
class Twin:
    """The other order. index: its place among the drafts, -1: an active order. timed: both say when doses are due.
    perhaps_changed: the one active order of this form, which the draft may be meant to change, without a link to it."""

    reference: str
    form: Ingredient | None
    step: DosageStep
    way: Way
    index: int = -1
    timed: bool = True
    perhaps_changed: bool = False


@dataclass(frozen=True, slots=True)
class _Line:
    part: Part
    starts: date
    ends: date | None
    index: int = -1


def twins(review: Review) -> tuple[Twin, ...]:
    """Active orders and other drafts that this draft duplicates, active orders first."""
    mine, active = _drafted_lines(review), _active(review)
    found: dict[str, Twin] = {}
    for other in (*active, *_other_drafts(review)):
        for own in mine:
            twin = _twin(own, other, review.t.same_interval_fraction)
            if twin is not None and (twin.reference not in found or twin.timed):
                # 8.10 reads the one active order of the form as the current one; without a link it may run on as well.
                changed = _alike(own, active) == {twin.reference} and not _same_course(own.part, other.part)
                found[twin.reference] = replace(twin, perhaps_changed=changed)
    return tuple(sorted(found.values(), key=lambda twin: (twin.index, twin.reference)))


def _alike(own: _Line, active: list[_Line]) -> set[str]:
    """The active orders of the same form that go the same way."""
    lines = [line.part for line in active if line.part.way is own.part.way]
    return {part.reference for part in lines if _same_form(part.form, own.part.form)}


def _drafted_lines(review: Review) -> list[_Line]:
    order, today = review.order, review.patient.snapshot.today
    return [_line(part, today, None, order.index) for part in parts_of(order) if _counts(part, review)]


def _other_drafts(review: Review) -> list[_Line]:
    patient = review.patient
    lines = []
    for draft in patient.drafts:
        scope = scope_of(draft, patient.snapshot, patient.t)
        if draft.cobalamin is None or draft.reference == review.order.reference:
            continue
        if scope.judged and not scope.nutritional:
            today = patient.snapshot.today
            lines += [_line(part, today, None, draft.index) for part in parts_of(draft) if _counts(part, review)]
    return lines


def _active(review: Review) -> list[_Line]:
    """Running orders that nothing in the bundle renews, changes or stops. A statement of the same medicine may be the
    order that this one carries on, told in another way: nobody can say."""
    patient = review.patient
    gone = patient.ended | {ref for draft in patient.drafts for ref in (draft.reference, *draft.renews)}
    return [
        _line(record.part, patient.snapshot.today, record.planned_end or record.supply_ends)
        for record in patient.treatment.running()
        if record.status is OrderStatus.ACTIVE
        and record.reference not in gone
        and not record.administered
        and not (record.origin is Origin.STATEMENT and told_twice(record, patient.drafts))
    ]


def _counts(part: Part, review: Review) -> bool:
    """An injection that is not too small to treat, or tablets and sprays that certainly treat."""
    answer = therapeutic(part, review.t)
    return answer is Answer.YES or (part.way is Way.PARENTERAL and answer is Answer.UNKNOWN)


def _line(part: Part, today: date, ends: date | None, index: int = -1) -> _Line:
    """A part without a first day begins today; without an end it goes on."""
    starts = part.starts if part.starts is not None else today
    length = part.timing.course_days
    counted = days_after(starts, ceil(length) - 1) if length is not None and part.starts is not None else None
    return _Line(part, starts, ends if ends is not None else part.timing.ends or counted, index)


def _twin(own: _Line, other: _Line, fraction: Decimal) -> Twin | None:
    one, two = own.part, other.part
    if one.way is not two.way or not _overlap(own, other) or _renewed(own, other, fraction):
        return None
    timed = one.known and two.known
    if timed and one.way is Way.PARENTERAL and one_course(one, two) and not _the_same_loading(one, two, fraction):
        return None
    return Twin(two.reference, two.form, two.step, two.way, other.index, timed)


def _overlap(one: _Line, two: _Line) -> bool:
    return (two.ends is None or one.starts <= two.ends) and (one.ends is None or two.starts <= one.ends)


def _renewed(own: _Line, other: _Line, fraction: Decimal) -> bool:
    """Maintenance by injection of the form and interval of an active order: that order, renewed, also where nothing
    links the two. Clients often send no link, and a renewal is right in silence (8.4, 8.10). A loading course is not
    renewed without a link: given twice, it is a dose every day. Two oral or nasal orders are named (8.11)."""
    one, two = own.part, other.part
    if other.index >= 0 or one.way is not Way.PARENTERAL or not _same_form(one.form, two.form):
        return False
    if one.interval is None or two.interval is None or _loads(one, two):
        return False
    return same_interval(one.interval, two.interval, fraction)


def _same_form(one: Ingredient | None, two: Ingredient | None) -> bool:
    """A form that is not stated may be the other one."""
    return one is two or Ingredient.COBALAMIN_UNSPECIFIED in (one, two)


def _loads(one: Part, two: Part) -> bool:
    """Are both given more often than once a week?"""
    gaps = (one.interval, two.interval)
    return all(gap is not None and gap < INTENSIVE_BELOW_DAYS for gap in gaps)


def _same_course(one: Part, two: Part) -> bool:
    """Two loading courses: neither is a change of the other."""
    return one.way is Way.PARENTERAL and _loads(one, two)


def _the_same_loading(one: Part, two: Part, fraction: Decimal) -> bool:
    """Two loading courses of one interval at one time are no course of two parts: each dose would be given twice."""
    if one.interval is None or two.interval is None or one.timing.single_dose or two.timing.single_dose:
        return False
    return _loads(one, two) and same_interval(one.interval, two.interval, fraction)
