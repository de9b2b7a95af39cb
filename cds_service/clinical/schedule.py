"""One planned course of cobalamin, in one or several parts. Knows orders and timing; knows no patient and no phase.

Derivations 3.1, last paragraph, and 8.0: intensive + weekly + monthly, or intensive + long, is one course.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from cds_service.clinical.concepts import COBALAMINS, Ingredient, ProductKind, Route
from cds_service.clinical.orders import DosageStep, Dose, MedicationOrder, OrderStatus
from cds_service.clinical.timing import INTENSIVE_BELOW_DAYS, IntervalClass, Timing, class_of, days_after
from cds_service.clinical.worked_out_once import worked_out_once

_GIVEN = frozenset({OrderStatus.DRAFT, OrderStatus.ACTIVE, OrderStatus.UNKNOWN})


class Way(StrEnum):
    """How cobalamin reaches the blood, as far as treatment and cover ask."""

    PARENTERAL = "parenteral"
    ORAL = "oral, sublingual or buccal"
    NASAL = "nasal"
    UNKNOWN = "unknown"


def way_of(route: Route | None, form: Ingredient | None, interval: Decimal | None) -> Way:
    """Hydroxocobalamin exists only for injection, and no oral B12 is taken weekly or less often."""
    if route is None:
        if form is Ingredient.HYDROXOCOBALAMIN:
            return Way.PARENTERAL
        return Way.PARENTERAL if interval is not None and interval >= INTENSIVE_BELOW_DAYS else Way.UNKNOWN
    if route.parenteral:
        return Way.PARENTERAL
    if route.swallowed_or_absorbed_in_mouth:
        return Way.ORAL
    return Way.NASAL if route is Route.NASAL else Way.UNKNOWN


@dataclass(frozen=True)
class Part:
    """One dosage instruction of one order or record. starts: its first day, where one is known."""

    reference: str
    form: Ingredient | None
    step: DosageStep
    starts: date | None = None

    @worked_out_once
    def timing(self) -> Timing:
        return self.step.timing if self.step.timing is not None else Timing()

    @worked_out_once
    def dose(self) -> Dose | None:
        return self.step.dose_of(*COBALAMINS)

    @worked_out_once
    def way(self) -> Way:
        return way_of(self.step.route, self.form, self.interval)

    @worked_out_once
    def interval(self) -> Decimal | None:
        return self.timing.longest_interval

    @property
    def interval_class(self) -> IntervalClass:
        return self.timing.interval_class

    @worked_out_once
    def known(self) -> bool:
        """Is it written when the doses are given?"""
        return self.timing.single_dose or self.interval is not None

    @worked_out_once
    def least_ug_per_day(self) -> Decimal | None:
        """The smallest daily amount that the part allows."""
        if self.dose is None or self.interval is None or self.interval <= 0:
            return None
        return self.dose.low_ug / self.interval

    @worked_out_once
    def most_ug_per_day(self) -> Decimal | None:
        """The largest daily amount that the part allows."""
        shortest = self.timing.shortest_interval
        if self.dose is None or shortest is None or shortest <= 0:
            return None
        return self.dose.high_ug / shortest


def parts_of(order: MedicationOrder, begins: date | None = None) -> tuple[Part, ...]:
    """The parts of one order. A part whose dates are not written follows a part that ends, else runs beside it.

    begins: the day of the first part where the order itself names none.
    """
    parts: list[Part] = []
    following = order.starts if order.starts is not None else begins
    for step in order.steps or (DosageStep(),):
        timing = step.timing if step.timing is not None else Timing()
        starts = timing.starts if timing.starts is not None else min(timing.events, default=following)
        parts.append(Part(order.reference, order.cobalamin, step, starts))
        length = timing.course_days
        following = days_after(starts, length) if starts is not None and length is not None else starts
    return tuple(parts)


@dataclass(frozen=True)
class Course:
    """Parts of one planned course, the shortest interval first."""

    parts: tuple[Part, ...]

    @worked_out_once
    def known(self) -> bool:
        """Is the schedule of every part readable? (8.0: text only is unknown)"""
        return bool(self.parts) and all(part.known for part in self.parts)

    @worked_out_once
    def interval(self) -> Decimal | None:
        """The longest gap anywhere in the course: decides "too long"."""
        return max((part.interval for part in self.parts if part.interval is not None), default=None)

    @worked_out_once
    def shortest(self) -> Decimal | None:
        """The shortest gap anywhere in the course: decides "loading"."""
        gaps = (part.timing.shortest_interval for part in self.parts)
        return min((gap for gap in gaps if gap is not None), default=None)

    @property
    def interval_class(self) -> IntervalClass:
        return class_of(self.interval)

    @property
    def shortest_class(self) -> IntervalClass:
        return class_of(self.shortest)

    @worked_out_once
    def once(self) -> bool:
        """One dose and no course."""
        return bool(self.parts) and all(part.timing.single_dose for part in self.parts)

    @worked_out_once
    def is_range(self) -> bool:
        """The longest gap comes from a range, so a finding is one step less severe (8.0)."""
        return any(part.timing.is_range and part.interval == self.interval for part in self.parts)

    @worked_out_once
    def open_ended(self) -> bool:
        return any(part.timing.open_ended for part in self.parts)

    @worked_out_once
    def ends_after_days(self) -> Decimal | None:
        """Days from the first dose to the end, or None: without end, or an end that cannot be counted."""
        ends = []
        for part, offset in self._laid_out():
            length = part.timing.course_days
            if length is None:
                return None
            ends.append(offset + length)
        return max(ends, default=None)

    def at_most(self, interval: Decimal) -> "Course":
        """The parts given at this interval or oftener: the loading part of a longer course."""
        return Course(tuple(part for part in self.parts if part.interval is not None and part.interval <= interval))

    def doses_in_first(self, days: int) -> int | None:
        """Doses from day 0 to day `days` - 1, or None when a part that begins by then cannot be read."""
        total = 0
        for part, offset in self._laid_out():
            if offset >= days:
                continue
            doses = part.timing.doses_in_first(days - offset)
            if doses is None:
                return None
            total += doses
        return total if self.parts else None

    def micrograms_in_first(self, days: int) -> Decimal | None:
        """The same in micrograms, by the lower end of a dose range: an amount is not called adequate on the higher."""
        total = Decimal(0)
        for part, offset in self._laid_out():
            if offset >= days:
                continue
            doses = part.timing.doses_in_first(days - offset)
            if doses is None or part.dose is None:
                return None
            total += doses * part.dose.low_ug
        return total if self.parts else None

    def has_earlier_part_than(self, reference: str) -> bool:
        """Is the order a later part of the course, and so neither "wrong phase" nor a duplicate? (3.1)"""
        own = [part.interval for part in self.parts if part.reference == reference and part.interval is not None]
        others = [part.interval for part in self.parts if part.reference != reference and part.interval is not None]
        return bool(own and others) and min(others) < min(own)

    def _laid_out(self) -> list[tuple[Part, Decimal]]:
        """Each part with its first day counted from the first dose; parts without dates follow one another."""
        base = self.parts[0].starts if self.parts else None
        laid: list[tuple[Part, Decimal]] = []
        following = Decimal(0)
        for part in self.parts:
            offset = following
            # An older maintenance order that is signed again does not move the beginning of a new loading course.
            if base is not None and part.starts is not None and part.starts >= base:
                offset = Decimal((part.starts - base).days)
            laid.append((part, offset))
            length = part.timing.course_days
            following = offset + length if length is not None else offset
        return laid


def own_course(order: MedicationOrder) -> Course:
    """The order by itself."""
    return _in_order(parts_of(order))


def planned_course(order: MedicationOrder, drafts: Iterable[MedicationOrder] = ()) -> Course:
    """The order with the parts of the bundle that make one course with it (3.1).

    drafts: cobalamin orders of the bundle. A course that is running already is read by the phase (3.3 rows 3 to 7),
    which knows how long it has run: joined here, one week of it would excuse maintenance that comes too early (8.1).
    Parts of another way of giving are never joined: tablets beside injections are not a course.
    """
    joined = list(parts_of(order))
    way = joined[0].way
    candidates = [
        part
        for other in drafts
        if other.reference != order.reference and _may_belong(other)
        for part in parts_of(other)
    ]
    for part in sorted(candidates, key=_by_interval):
        if part.way is way and all(one_course(part, other) for other in joined if other.reference != part.reference):
            joined.append(part)
    return _in_order(joined)


def _may_belong(order: MedicationOrder) -> bool:
    return order.cobalamin is not None and order.product.kind is ProductKind.MEDICINE and order.status in _GIVEN


def one_course(one: Part, other: Part) -> bool:
    """Two parts follow one another: intensive before anything, or a part that ends before a longer interval."""
    if not (one.known and other.known):
        return False
    if one.timing.single_dose or other.timing.single_dose:
        return True
    sooner, later = sorted((one, other), key=_by_interval)
    if sooner.interval_class is not later.interval_class:
        return sooner.interval_class is IntervalClass.INTENSIVE or not sooner.timing.open_ended
    if sooner.interval_class is IntervalClass.INTENSIVE:
        return not (sooner.timing.open_ended and later.timing.open_ended)
    return False


def _by_interval(part: Part) -> Decimal:
    return part.interval if part.interval is not None else Decimal(0)


def _in_order(parts: Iterable[Part]) -> Course:
    return Course(tuple(sorted(parts, key=_by_interval)))
