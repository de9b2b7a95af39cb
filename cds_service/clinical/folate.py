"""How much folic acid a day, and for what standing reason (derivations 7.1). Knows orders and facts; no B12 status."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from math import ceil

from cds_service.clinical.concepts import FOLATES, Answer, Ingredient
from cds_service.clinical.conditions import Concept
from cds_service.clinical.orders import DosageStep, MedicationOrder, OrderStatus, Origin
from cds_service.clinical.policy import Thresholds
from cds_service.clinical.schedule import parts_of
from cds_service.clinical.scope import reasons_of
from cds_service.clinical.snapshot import Snapshot
from cds_service.clinical.timing import DAYS_PER, Timing, days_after, written_end

_PROPOSED = frozenset({OrderStatus.DRAFT, OrderStatus.ACTIVE, OrderStatus.UNKNOWN})
_ANTIFOLATES = frozenset({Ingredient.METHOTREXATE, Ingredient.PEMETREXED, Ingredient.PRALATREXATE})
_NEED_FOLATE = frozenset(
    {Ingredient.PHENYTOIN, Ingredient.VALPROATE, Ingredient.SULFASALAZINE, Ingredient.PYRIMETHAMINE}
)


@dataclass(frozen=True, slots=True)
class FolateLine:
    """One product with folic acid. ug_day None: dose or schedule not readable."""

    reference: str
    text: str
    ug_day: Decimal | None
    drafted: bool


@dataclass(frozen=True, slots=True)
class FolateDose:
    """total_ug_day: of the readable lines, None when there are lines and none is readable; zero without lines."""

    total_ug_day: Decimal | None
    unreadable: bool
    lines: tuple[FolateLine, ...] = ()

    @property
    def drafted(self) -> bool:
        return any(line.drafted for line in self.lines)


class ExemptionKind(StrEnum):
    NONE = "E0"
    ANTIFOLATE = "E1"
    PREGNANCY = "E2"
    STANDING = "E3"


@dataclass(frozen=True, slots=True)
class Exemption:
    """presumed_methotrexate: once-weekly folic acid with no methotrexate on record, and the card says so."""

    kind: ExemptionKind
    why: str = ""
    presumed_methotrexate: bool = False


def folic_acid_per_day(drafts: Iterable[MedicationOrder], snapshot: Snapshot) -> FolateDose:
    """7.1: the drafts and all active products that they do not replace, weight for weight; folinic acid excluded."""
    drafts = tuple(drafts)
    lines = [_line(draft, drafted=True) for draft in drafts if draft.status in _PROPOSED and _counts(draft)]
    active = [order for order in taken(snapshot, drafts) if _counts(order)]
    requests = [_line(order, drafted=False) for order in active if order.origin is not Origin.STATEMENT]
    statements = [_line(order, drafted=False) for order in active if order.origin is Origin.STATEMENT]
    # A statement of the same daily amount as a request is the same medicine, told twice.
    amounts = {line.ug_day for line in requests}
    lines += requests + [line for line in statements if line.ug_day not in amounts]
    readable = [line.ug_day for line in lines if line.ug_day is not None]
    unreadable = len(readable) < len(lines)
    total = sum(readable, Decimal(0)) if readable or not lines else None
    return FolateDose(total, unreadable, tuple(lines))


def folate_exemption(
    order: MedicationOrder,
    drafts: Iterable[MedicationOrder],
    snapshot: Snapshot,
    *,
    daily: FolateDose,
    pregnant: Answer,
    thresholds: Thresholds,
) -> Exemption:
    """7.1: E1 before E2 before E3; the order is the folic acid that is judged. daily: of all lines together."""
    drafts = tuple(drafts)
    proposed = tuple(draft for draft in drafts if draft.status in _PROPOSED)
    with_it = frozenset[Ingredient]().union(*(o.product.ingredients for o in (*taken(snapshot, drafts), *proposed)))
    if antifolates := with_it & _ANTIFOLATES:
        return Exemption(ExemptionKind.ANTIFOLATE, f"with {min(antifolates)}")
    if _once_weekly(order, thresholds):
        return Exemption(ExemptionKind.ANTIFOLATE, "once weekly, as with methotrexate", presumed_methotrexate=True)
    if why := _pregnancy(order, daily, snapshot, pregnant, thresholds):
        return Exemption(ExemptionKind.PREGNANCY, why)
    if why := _standing(with_it, snapshot, thresholds):
        return Exemption(ExemptionKind.STANDING, why)
    return Exemption(ExemptionKind.NONE)


def taken(snapshot: Snapshot, drafts: tuple[MedicationOrder, ...]) -> tuple[MedicationOrder, ...]:
    """Active records that no draft of the bundle renews, changes or stops, and whose written end has not passed."""
    replaced = {reference for draft in drafts for reference in (draft.reference, *draft.renews)}
    return tuple(
        order
        for order in snapshot.medications
        if order.status is OrderStatus.ACTIVE and order.reference not in replaced and not _over(order, snapshot)
    )


def _over(order: MedicationOrder, snapshot: Snapshot) -> bool:
    """Has the end that was written passed?"""
    if (ends := written_end(order.ends)) is not None:
        return ends < snapshot.today
    last_days: list[date | None] = []
    for part in parts_of(order, order.authored):
        length = part.timing.course_days
        counted = days_after(part.starts, ceil(length) - 1) if part.starts is not None and length is not None else None
        end = written_end(part.timing.ends)
        last_days.append(end if end is not None else counted)
    return all(day is not None and day < snapshot.today for day in last_days)


def _counts(order: MedicationOrder) -> bool:
    """Folic acid, and levomefolate except in contraceptives (1.2 rows 11 and 12)."""
    folates = order.product.ingredients & FOLATES
    if Ingredient.COMBINED_CONTRACEPTIVE in order.product.ingredients:
        folates -= {Ingredient.LEVOMEFOLATE}
    return bool(folates)


def _line(order: MedicationOrder, *, drafted: bool) -> FolateLine:
    """Instructions without an end run together and are summed; of parts that follow one another the largest counts."""
    amounts = [_per_day(step) for step in order.steps] or [None]
    readable = [amount for amount in amounts if amount is not None]
    if len(readable) < len(amounts):
        return FolateLine(order.reference, order.product.text, None, drafted)
    together = all(step.timing is not None and step.timing.open_ended for step in order.steps)
    total = sum(readable, Decimal(0)) if together else max(readable)
    return FolateLine(order.reference, order.product.text, total, drafted)


def _per_day(step: DosageStep) -> Decimal | None:
    """The largest amount that one instruction allows in a day; a single dose is one day's amount."""
    dose = step.dose_of(*FOLATES)
    if dose is None or step.timing is None:
        return None
    if step.timing.single_dose:
        return dose.high_ug
    interval = step.timing.shortest_interval
    return None if interval is None or interval <= 0 else dose.high_ug / interval


def _once_weekly(order: MedicationOrder, thresholds: Thresholds) -> bool:
    """E1: folic acid once weekly, at most 10 mg: methotrexate prescribed elsewhere is presumed."""
    if not _counts(order) or not order.steps:
        return False
    doses = [step.dose_of(*FOLATES) for step in order.steps]
    weekly = all(step.timing is not None and every_week(step.timing) for step in order.steps)
    known = [dose.high_ug for dose in doses if dose is not None]
    return weekly and len(known) == len(doses) and sum(known) <= thresholds.folate_weekly_max_ug


def every_week(timing: Timing) -> bool:
    """Once a week, and nothing else."""
    return timing.longest_interval == timing.shortest_interval == DAYS_PER["wk"]


def _pregnancy(
    order: MedicationOrder, daily: FolateDose, snapshot: Snapshot, pregnant: Answer, thresholds: Thresholds
) -> str:
    """E2: pregnant or planning up to 5 mg a day, breast-feeding up to 400 ug a day. Empty: not exempt."""
    total = daily.total_ug_day
    reasons = reasons_of(order, snapshot)
    # An amount that cannot be read is no reason to withhold the exemption: the card for it is information only.
    if total is None or total <= thresholds.folate_high_ug_day:
        if pregnant is Answer.YES or Concept.PREGNANT in reasons:
            return "pregnant"
        if snapshot.current(Concept.PLANNING_PREGNANCY) or Concept.PLANNING_PREGNANCY in reasons:
            return "planning pregnancy"
    breast_feeding = snapshot.current(Concept.BREAST_FEEDING) or Concept.BREAST_FEEDING in reasons
    if breast_feeding and total is not None and total <= thresholds.folate_treatment_ug_day:
        return "breast-feeding"
    return ""


def _standing(with_it: frozenset[Ingredient], snapshot: Snapshot, thresholds: Thresholds) -> str:
    """E3. Empty: none."""
    if snapshot.current(Concept.HAEMOLYTIC_ANAEMIA):
        return Concept.HAEMOLYTIC_ANAEMIA.value
    since = snapshot.today - timedelta(days=thresholds.dialysis_procedure_days)
    recent = any(o.day is not None and o.day >= since for o in snapshot.had_operation(Concept.DIALYSIS))
    if recent or snapshot.current(Concept.DIALYSIS):
        return Concept.DIALYSIS.value
    needing = with_it & _NEED_FOLATE
    return f"with {min(needing)}" if needing else ""
