"""Remarks that go with a deficiency status (SG-09, SG-38, derivations 4.1). Knows results; changes no status."""

from cds_service.clinical.b12_results import Level, Reading, Readings
from cds_service.clinical.concepts import Analyte, Answer, Ingredient
from cds_service.clinical.deficiency_evidence import Evidence
from cds_service.clinical.orders import OrderStatus
from cds_service.clinical.policy import Thresholds
from cds_service.clinical.snapshot import Snapshot


def notes_on(evidence: Evidence, snapshot: Snapshot, thresholds: Thresholds) -> tuple[str, ...]:
    """Keys of sentences, in the order they are shown."""
    notes: list[str] = []
    readings = (evidence.b12, evidence.holotc, evidence.mma)
    decisive = [r.in_date for r in readings if r.in_date is not None]
    if any(r.against is not None and r.in_date is not None for r in readings):
        notes.append("two_results_disagree")
    if _differ(evidence.b12, evidence.holotc):
        notes.append("b12_and_holotranscobalamin_disagree")
    if any(reading.treated is Answer.UNKNOWN for reading in decisive):
        notes.append("treatment_at_sample_unknown")
    if any(_set_aside(reading) for r in readings for reading in r.all[:1]):
        notes.append("result_on_treatment_not_relied_on")
    if any(reading.in_date and reading.level is Level.UNCLEAR for r in readings for reading in r.all[:1]):
        notes.append("comparator_spans_classes")
    if evidence.mma_is_high and not evidence.mma_reads_true:
        notes.append("mma_not_interpretable")
    active = [record for record in snapshot.medications if record.status is OrderStatus.ACTIVE]
    if any(record.cobalamin is not None for record in active) and any(r.treated is Answer.NO for r in decisive):
        # Cobalamin is taken, yet no treatment at the sample: a trace dose, or one begun later.
        notes.append("cobalamin_below_treatment_dose_or_later")
    if any(Ingredient.COMBINED_CONTRACEPTIVE in record.product.ingredients for record in active):
        notes.append("combined_contraceptive")
    if any(result.positive is True for result in snapshot.results_of(Analyte.INTRINSIC_FACTOR_ANTIBODY)[:1]):
        notes.append("intrinsic_factor_antibodies")
    if any(_flagged_low_only(reading) for reading in evidence.b12.all[:1]):
        notes.append("below_the_laboratory_range_only")
    if _very_high_twice(evidence.b12, thresholds):
        notes.append("b12_very_high_off_treatment_twice")
    return tuple(notes)


def _differ(b12: Readings, holotc: Readings) -> bool:
    return b12.level is not None and holotc.level is not None and b12.level is not holotc.level


def _set_aside(reading: Reading) -> bool:
    return reading.in_date and reading.level is not Level.UNCLEAR and not reading.relied_on


def _flagged_low_only(reading: Reading) -> bool:
    """4.1 last row: below the laboratory's own limit without being low here is a note only."""
    limit = reading.result.lower_limit
    if limit is None or reading.level is Level.LOW or not reading.in_date:
        return False
    return reading.result.measured.is_below(limit) is Answer.YES


def _very_high_twice(b12: Readings, thresholds: Thresholds) -> bool:
    """4.2, last lines, SG-09: off treatment, twice, further apart than the limit."""
    high = thresholds.b12_very_high_pg_ml
    days = [r.result.day for r in b12.all if r.treated is Answer.NO and r.result.measured.is_above(high) is Answer.YES]
    return len(days) > 1 and (days[0] - days[-1]).days > thresholds.b12_very_high_apart_days
