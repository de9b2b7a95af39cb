"""Anaemia and potassium, as the start of treatment asks (derivations 9.4, K-06). Knows snapshot and thresholds only."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from cds_service.clinical.concepts import Analyte, Answer
from cds_service.clinical.conditions import Concept
from cds_service.clinical.policy import Thresholds
from cds_service.clinical.snapshot import LabResult, Sex, Snapshot
from cds_service.clinical.validity import within_days


class Anaemia(StrEnum):
    """Haemoglobin and MCV, both at most 30 days old. CELL_SIZE_UNKNOWN: low, and nobody knows how large cells are."""

    SEVERE = "severe"
    MACROCYTIC = "low haemoglobin, large cells"
    CELL_SIZE_UNKNOWN = "low haemoglobin, no red cell size in date"
    NOT_MACROCYTIC = "low haemoglobin, cells not large"
    NONE = "haemoglobin not low"
    UNKNOWN = "no haemoglobin in date"


class Potassium(StrEnum):
    """At most 7 days old. NOT_KNOWN: missing, old or not readable."""

    VERY_LOW = "below 3.0 mmol/L"
    LOW = "below 3.5 mmol/L"
    ENOUGH = "3.5 mmol/L or more"
    NOT_KNOWN = "not known"

    @property
    def low(self) -> bool:
        return self in (Potassium.LOW, Potassium.VERY_LOW)


@dataclass(frozen=True, slots=True)
class BloodCount:
    """results: the newest of each that is on record, in date or not, for the reader."""

    anaemia: Anaemia
    potassium: Potassium
    results: tuple[LabResult, ...] = ()
    potassium_result: LabResult | None = None


def blood_count(snapshot: Snapshot, t: Thresholds, pregnant: Answer, adult: Answer) -> BloodCount:
    """What is known today of anaemia and potassium. pregnant, adult: they choose the limit of a low haemoglobin."""
    newest = [snapshot.results_of(each)[:1] for each in (Analyte.HAEMOGLOBIN, Analyte.MCV, Analyte.POTASSIUM)]
    results = tuple(result for found in newest for result in found)
    potassium = next(iter(newest[2]), None)
    return BloodCount(_anaemia(snapshot, t, pregnant, adult), _potassium(snapshot, t), results, potassium)


def severe_anaemia(snapshot: Snapshot, t: Thresholds) -> bool:
    """K-07 of the blood: a haemoglobin in date that is, or may be, below 80 g/L."""
    found = _in_date(snapshot, Analyte.HAEMOGLOBIN, t.blood_count_valid_days)
    return found is not None and found.measured.is_below(t.severe_hb_g_l) is not Answer.NO


def _potassium(snapshot: Snapshot, t: Thresholds) -> Potassium:
    found = _in_date(snapshot, Analyte.POTASSIUM, t.potassium_valid_days)
    if found is None:
        return Potassium.NOT_KNOWN
    if found.measured.is_below(t.potassium_very_low_mmol_l) is Answer.YES:
        return Potassium.VERY_LOW
    match found.measured.is_below(t.potassium_low_mmol_l):
        case Answer.YES:
            return Potassium.LOW
        case Answer.NO if not _newer_unread(snapshot, found):
            return Potassium.ENOUGH
        case _:
            return Potassium.NOT_KNOWN


def _anaemia(snapshot: Snapshot, t: Thresholds, pregnant: Answer, adult: Answer) -> Anaemia:
    """A comparator that leaves a class open is read as the worse one: unknown is never normal."""
    found = _in_date(snapshot, Analyte.HAEMOGLOBIN, t.blood_count_valid_days)
    if found is None:
        return Anaemia.UNKNOWN
    if found.measured.is_below(t.severe_hb_g_l) is not Answer.NO:
        return Anaemia.SEVERE
    limit = found.lower_limit if found.lower_limit is not None else _lower_limit(snapshot, t, pregnant, adult)
    if found.measured.is_below(limit) is Answer.NO:
        return Anaemia.UNKNOWN if _newer_unread(snapshot, found) else Anaemia.NONE
    return _cell_size(snapshot, t)


def _lower_limit(snapshot: Snapshot, t: Thresholds, pregnant: Answer, adult: Answer) -> Decimal:
    """Where the report gives none. Sex not on record: the higher limit; children and age not on record: the lowest."""
    if pregnant is Answer.YES or adult is not Answer.YES:
        return t.hb_low_pregnant_g_l
    return t.hb_low_female_g_l if snapshot.person.sex is Sex.FEMALE else t.hb_low_male_g_l


def _cell_size(snapshot: Snapshot, t: Thresholds) -> Anaemia:
    """Measured; else as coded."""
    found = _in_date(snapshot, Analyte.MCV, t.blood_count_valid_days)
    above = found.measured.is_above(t.mcv_large_fl) if found is not None else Answer.UNKNOWN
    if above is Answer.YES or (above is Answer.UNKNOWN and snapshot.current(Concept.MACROCYTIC_ANAEMIA)):
        return Anaemia.MACROCYTIC
    return Anaemia.NOT_MACROCYTIC if above is Answer.NO else Anaemia.CELL_SIZE_UNKNOWN


def _in_date(snapshot: Snapshot, analyte: Analyte, days: int) -> LabResult | None:
    newest = next(iter(snapshot.results_of(analyte)), None)
    return newest if newest is not None and within_days(newest.day, snapshot.today, days) else None


def _newer_unread(snapshot: Snapshot, result: LabResult) -> bool:
    """Is there a result that could not be read, and that may be newer than this one?"""
    gaps = [gap for gap in snapshot.unreadable if gap.analyte is result.analyte]
    return any(gap.day is None or gap.day > result.day for gap in gaps)
