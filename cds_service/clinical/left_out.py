"""The cobalamin among the drafts that does not count as cover (derivations 1.4), and why. Knows no records."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from cds_service.clinical.concepts import Answer, Ingredient
from cds_service.clinical.orders import MedicationOrder
from cds_service.clinical.policy import Thresholds
from cds_service.clinical.schedule import parts_of
from cds_service.clinical.scope import scope_of
from cds_service.clinical.snapshot import Snapshot
from cds_service.clinical.treatment_record import therapeutic


@dataclass(frozen=True, slots=True)
class LeftOut:
    """starts: its first day, too late to cover; None: a critical card speaks of it."""

    form: Ingredient
    starts: date | None = None

    def __str__(self) -> str:
        if self.starts is None:
            return f"the drafted {self.form.value} does not count: a critical card speaks of it"
        return f"the drafted {self.form.value} starts on {self.starts.isoformat()}"


def left_out(
    drafts: Iterable[MedicationOrder], snapshot: Snapshot, thresholds: Thresholds, critical_drafts: frozenset[str]
) -> LeftOut | None:
    """One that begins too late before one that is barred: beside the first, nothing is to be added."""
    latest = snapshot.today + timedelta(days=thresholds.cover_starts_within_days)
    barred: LeftOut | None = None
    for draft in drafts:
        scope = scope_of(draft, snapshot, thresholds)
        if draft.cobalamin is None or not scope.judged or scope.nutritional:
            continue
        if draft.reference in critical_drafts:
            barred = LeftOut(draft.cobalamin)
            continue
        treats = [part for part in parts_of(draft, snapshot.today) if therapeutic(part, thresholds) is not Answer.NO]
        starts = [part.starts for part in treats if part.starts is not None]
        if starts and min(starts) > latest:
            return LeftOut(draft.cobalamin, min(starts))
    return barred
