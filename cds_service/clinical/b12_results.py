"""How one vitamin B12, holotranscobalamin or MMA result is read (derivations 4.1). Knows results and treatment days."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from cds_service.clinical.concepts import Analyte, Answer
from cds_service.clinical.policy import Thresholds
from cds_service.clinical.quantities import Measured
from cds_service.clinical.snapshot import LabResult, Snapshot
from cds_service.clinical.validity import within_months


class Level(StrEnum):
    """K-03 and K-04; for MMA, LOW stands for high MMA: the class that speaks for deficiency."""

    LOW = "low"
    INDETERMINATE = "indeterminate"
    UNLIKELY = "deficiency unlikely"
    UNCLEAR = "not clear from the comparator"


# Worst first: the class that decides when two results close in time disagree.
_WORST = (Level.LOW, Level.INDETERMINATE, Level.UNLIKELY, Level.UNCLEAR)


@dataclass(frozen=True, slots=True)
class Reading:
    """A result with its class and whether cobalamin was being given when it was taken."""

    result: LabResult
    level: Level
    treated: Answer
    in_date: bool

    @property
    def relied_on(self) -> bool:
        """4.1: a low value always; any other only when it is known to be off treatment."""
        if self.level is Level.LOW:
            return True
        return self.level is not Level.UNCLEAR and self.treated is Answer.NO


@dataclass(frozen=True, slots=True)
class Readings:
    """All readings of one analyte, newest first, and the one that decides.

    decisive: the newest reading that is relied on, or a worse one close to it. against: the reading it outvoted.
    """

    all: tuple[Reading, ...]
    decisive: Reading | None
    against: Reading | None = None

    @property
    def in_date(self) -> Reading | None:
        """The deciding reading, if it is still in date."""
        return self.decisive if self.decisive is not None and self.decisive.in_date else None

    @property
    def level(self) -> Level | None:
        """The class that decides today, or None."""
        return None if self.in_date is None else self.in_date.level

    def newest(self, *levels: Level) -> Reading | None:
        """The newest in-date reading of clear class, whatever the treatment, if its class is one of these."""
        found = next((r for r in self.all if r.in_date and r.level is not Level.UNCLEAR), None)
        return found if found is not None and found.level in levels else None


def level_of(measured: Measured, low: Decimal, unlikely: Decimal) -> Level:
    """4.1 comparator: `<180` low, `>350` unlikely, `<200` and `<350` indeterminate, `>180` and `>300` not clear."""
    if measured.is_below(low) is Answer.YES:
        return Level.LOW
    if measured.is_above(unlikely) is Answer.YES:
        return Level.UNLIKELY
    # At most the upper limit, perhaps lower still: indeterminate, never better than that.
    return Level.INDETERMINATE if measured.is_above(unlikely) is Answer.NO else Level.UNCLEAR


def mma_high(result: LabResult, thresholds: Thresholds) -> Answer:
    """K-05: above the report's own upper limit; without one, above the general limit."""
    limit = thresholds.mma_high_nmol_l if result.upper_limit is None else result.upper_limit
    return result.measured.is_above(limit)


def read_b12(snapshot: Snapshot, thresholds: Thresholds, treated: Callable[[date], Answer]) -> Readings:
    low, unlikely = thresholds.b12_low_pg_ml, thresholds.b12_unlikely_pg_ml
    return _read(snapshot, thresholds, treated, Analyte.B12, lambda r: level_of(r.measured, low, unlikely))


def read_holotranscobalamin(snapshot: Snapshot, thresholds: Thresholds, treated: Callable[[date], Answer]) -> Readings:
    low, unlikely = thresholds.holotc_low_pmol_l, thresholds.holotc_unlikely_pmol_l
    analyte = Analyte.HOLOTRANSCOBALAMIN
    return _read(snapshot, thresholds, treated, analyte, lambda r: level_of(r.measured, low, unlikely))


def read_mma(snapshot: Snapshot, thresholds: Thresholds, treated: Callable[[date], Answer]) -> Readings:
    """MMA on the same scale of concern: high reads as LOW, not high as UNLIKELY."""
    levels = {Answer.YES: Level.LOW, Answer.NO: Level.UNLIKELY, Answer.UNKNOWN: Level.UNCLEAR}
    return _read(snapshot, thresholds, treated, Analyte.MMA, lambda r: levels[mma_high(r, thresholds)])


def _read(
    snapshot: Snapshot,
    thresholds: Thresholds,
    treated: Callable[[date], Answer],
    analyte: Analyte,
    level: Callable[[LabResult], Level],
) -> Readings:
    readings = tuple(
        Reading(
            result,
            level(result),
            treated(result.day),
            within_months(result.day, snapshot.today, thresholds.b12_valid_months),
        )
        for result in snapshot.results_of(analyte)
        if result.day <= snapshot.today
    )
    return _decide(readings, timedelta(days=thresholds.results_disagree_days))


def _decide(readings: tuple[Reading, ...], close: timedelta) -> Readings:
    relied_on = [reading for reading in readings if reading.relied_on]
    if not relied_on:
        return Readings(readings, None)
    newest = relied_on[0]
    # 4.1: two on one day or within 14 days, in different classes: the worse decides, both are shown.
    decisive = _worst(r for r in relied_on if newest.result.day - r.result.day <= close)
    other = newest if decisive is not newest else next((r for r in relied_on if _disagrees(r, newest, close)), None)
    return Readings(readings, decisive, other)


def _worst(readings: Iterable[Reading]) -> Reading:
    return min(readings, key=lambda reading: _WORST.index(reading.level))


def _disagrees(reading: Reading, newest: Reading, close: timedelta) -> bool:
    return reading.level is not newest.level and newest.result.day - reading.result.day <= close
