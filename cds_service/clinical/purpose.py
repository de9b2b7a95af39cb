"""What a cobalamin order is for (derivations 3.2). Knows the order, the snapshot and the patient's state in words."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from cds_service.clinical.concepts import Ingredient
from cds_service.clinical.conditions import BARIATRIC, OPTIC, REMOVES_ILEUM, Concept
from cds_service.clinical.ileum import ileal_crohn, resected_cm
from cds_service.clinical.orders import MedicationOrder, OrderStatus
from cds_service.clinical.policy import Thresholds
from cds_service.clinical.quantities import months_before
from cds_service.clinical.scope import reasons_of
from cds_service.clinical.snapshot import Snapshot

_ANTIFOLATE_CHEMOTHERAPY = frozenset({Ingredient.PEMETREXED, Ingredient.PRALATREXATE})
_PROPHYLAXIS_CAUSES = BARIATRIC | {
    Concept.ILEAL_RESECTION,
    Concept.ILEAL_BYPASS,
    Concept.GASTRECTOMY,
    Concept.TOTAL_GASTRECTOMY,
    Concept.VEGAN_DIET,
}
_PROPOSED = frozenset({OrderStatus.DRAFT, OrderStatus.ACTIVE, OrderStatus.UNKNOWN})
_TAKEN = frozenset({OrderStatus.ACTIVE, OrderStatus.COMPLETED, OrderStatus.STOPPED})


class Purpose(StrEnum):
    ANTIFOLATE_PROPHYLAXIS = "prophylaxis with antifolate chemotherapy"
    OPTIC_INDICATION = "Leber disease or tobacco amblyopia"
    SPECIALIST = "inherited cobalamin defect"
    TREATMENT = "treatment"
    PROPHYLAXIS = "prophylaxis"
    UNKNOWN = "unknown"


def _never(_day: date) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class PatientState:
    """What the other derivations found, as far as purpose and phase ask.

    deficiency: confirmed, suspected, indeterminate, unlikely or unknown (4.2). strength_laboratory: rows 1-5.
    evidence_day: the date shown. diagnosis_only: confirmed by diagnosis (row 6), first recorded on diagnosis_day.
    b12_low_since: is there a low total B12 from a sample later than this day? neuro_present includes a plateaued
    deficit; neuro_worse_or_recurrent: new, worsening or recurrent (5.5); neuro_persistent: 5.5, persistent.
    neuro_other_cause: the signs may have another cause, such as diabetes (5.4).
    """

    deficiency: str = "unknown"
    strength_laboratory: bool = False
    evidence_day: date | None = None
    diagnosis_only: bool = False
    diagnosis_day: date | None = None
    b12_above_unlikely_in_date: bool = False
    b12_low_since: Callable[[date], bool] = _never
    neuro_present: bool = False
    neuro_plateaued: bool = False
    neuro_worse_or_recurrent: bool = False
    neuro_persistent: bool = False
    neuro_other_cause: bool = False
    permanent_cause: bool = False
    inherited_defect: bool = False

    @property
    def neuro_active(self) -> bool:
        """Present and not plateaued."""
        return self.neuro_present and not self.neuro_plateaued

    @property
    def confirmed_or_suspected(self) -> bool:
        return self.deficiency in ("confirmed", "suspected")


def purpose_of(
    order: MedicationOrder,
    snapshot: Snapshot,
    drafts: Iterable[MedicationOrder],
    state: PatientState,
    thresholds: Thresholds,
) -> Purpose:
    """3.2, first match."""
    if state.deficiency != "confirmed" and _with_antifolate_chemotherapy(snapshot, drafts):  # row 1
        return Purpose.ANTIFOLATE_PROPHYLAXIS
    if not OPTIC.isdisjoint(reasons_of(order, snapshot)):  # row 2
        return Purpose.OPTIC_INDICATION
    if state.inherited_defect:  # row 3
        return Purpose.SPECIALIST
    if state.confirmed_or_suspected or (state.neuro_present and order.cobalamin is not None):  # row 4
        return Purpose.TREATMENT
    # What was low once and is injected since is being treated, although 4.2 row 5 calls it unknown: where nobody coded
    # it, an interval that is too long would pass as prevention.
    if state.b12_low_since(date.min) and _injected(snapshot):
        return Purpose.TREATMENT
    # Row 5. Signs that metformin may have caused through B12 are for 5.4, and are not prevented.
    if _has_cause(snapshot, thresholds) or (long_term_metformin(snapshot, thresholds) and not state.neuro_other_cause):
        return Purpose.PROPHYLAXIS
    return Purpose.UNKNOWN  # row 6


def _injected(snapshot: Snapshot) -> bool:
    """Is there an injected cobalamin on record, running or over?"""
    records = [record for record in snapshot.medications if record.status in _TAKEN and record.cobalamin is not None]
    return any(step.route is not None and step.route.parenteral for record in records for step in record.steps)


def long_term_metformin(snapshot: Snapshot, thresholds: Thresholds) -> bool:
    """1.1: taken now, for 6 months or more or of unknown duration."""
    if not any(record.status is OrderStatus.ACTIVE for record in _metformin(snapshot)):
        return False
    began = metformin_began(snapshot)
    return began is None or began <= months_before(snapshot.today, thresholds.metformin_months)


def metformin_began(snapshot: Snapshot) -> date | None:
    """A renewal is dated by its renewal: the oldest record tells. None: a record without a date, or none at all."""
    begun = [
        record.starts if record.starts is not None else record.authored
        for record in _metformin(snapshot)
        if record.status in _TAKEN
    ]
    days = [day for day in begun if day is not None]
    return min(days) if days and len(days) == len(begun) else None


def _metformin(snapshot: Snapshot) -> list[MedicationOrder]:
    return [order for order in snapshot.medications if Ingredient.METFORMIN in order.product.ingredients]


def _with_antifolate_chemotherapy(snapshot: Snapshot, drafts: Iterable[MedicationOrder]) -> bool:
    active = [order for order in snapshot.medications if order.status is OrderStatus.ACTIVE]
    drafted = [draft for draft in drafts if draft.status in _PROPOSED]
    return any(not _ANTIFOLATE_CHEMOTHERAPY.isdisjoint(order.product.ingredients) for order in (*active, *drafted))


def _has_cause(snapshot: Snapshot, thresholds: Thresholds) -> bool:
    if snapshot.current(*_PROPHYLAXIS_CAUSES) or snapshot.had_operation(*_PROPHYLAXIS_CAUSES) or ileal_crohn(snapshot):
        return True
    # A hemicolectomy counts where it took more ileum than the limit.
    resected = resected_cm(snapshot)
    return (
        bool(snapshot.had_operation(*REMOVES_ILEUM))
        and resected is not None
        and (resected > thresholds.ileal_resection_cm)
    )
