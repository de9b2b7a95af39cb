"""Is creatinine steady? (derivations 6.2, T-AKI). Knows creatinine results and kidney-injury diagnoses only."""

from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

from cds_service.clinical.concepts import Answer, ResourceKind
from cds_service.clinical.conditions import Concept
from cds_service.clinical.policy import Thresholds
from cds_service.clinical.snapshot import Diagnosis, LabResult, Snapshot
from cds_service.clinical.validity import within_days


@dataclass(frozen=True, slots=True)
class Instability:
    """unstable by which row of 6.2; possible: row 3, or a diagnosis without a date. The two results that differ."""

    unstable: Answer
    row: int
    possible: bool = False
    newest: LabResult | None = None
    compared: LabResult | None = None
    diagnosis: Diagnosis | None = None


def instability(snapshot: Snapshot, thresholds: Thresholds, creatinines: tuple[LabResult, ...]) -> Instability:
    """6.2 rows 1-6, first match; creatinines newest first. Whoever calls has excluded dialysis."""
    today = snapshot.today
    found = [_of_series(series, today, thresholds) for series in _by_specimen(creatinines)]
    firing = [verdict for verdict in found if verdict is not None]
    if firing:
        return min(firing, key=lambda verdict: verdict.row)
    pairs = [pair for series in _by_specimen(creatinines) if (pair := _steady_pair(series, today, thresholds))]
    diagnosis = _recent_kidney_injury(snapshot, thresholds)
    if diagnosis is not None and not any(_is_later(pair, diagnosis.day) for pair in pairs):
        # 6.2 row 4. An active diagnosis without a date may well be recent: it counts, as "possible".
        return Instability(Answer.YES, 4, possible=diagnosis.day is None, diagnosis=diagnosis)
    if pairs:
        # 6.2 row 5
        earlier, later = pairs[0]
        return Instability(Answer.NO, 5, newest=later, compared=earlier)
    # 6.2 row 6: "no" only where the whole of both was supplied.
    told = snapshot.told(ResourceKind.RESULTS) and snapshot.told(ResourceKind.CONDITIONS)
    return Instability(Answer.NO if told else Answer.UNKNOWN, 6)


def _by_specimen(creatinines: tuple[LabResult, ...]) -> list[list[LabResult]]:
    """Series that may be compared: one specimen type each, exact values only, newest first."""
    series: dict[str, list[LabResult]] = {}
    for creatinine in creatinines:
        if creatinine.measured.comparator is None:
            series.setdefault(creatinine.specimen, []).append(creatinine)
    return list(series.values())


def _of_series(series: list[LabResult], today: date, thresholds: Thresholds) -> Instability | None:
    newest, *earlier = series
    if not within_days(newest.day, today, thresholds.aki_newest_days):
        return None
    value = newest.measured.value
    short = timedelta(hours=thresholds.aki_short_window_hours)
    long = timedelta(days=thresholds.aki_long_window_days)
    # 6.2 row 1: up or down
    for other in earlier:
        change = abs(value - other.measured.value)
        if newest.taken - other.taken <= short and change >= thresholds.aki_rise_48h_mg_dl:
            return Instability(Answer.YES, 1, newest=newest, compared=other)
    # 6.2 row 2: up or down. Multiplied, not divided, so that exactly the factor is exactly the factor.
    week = [other for other in earlier if newest.taken - other.taken <= long]
    for other in week:
        low, high = sorted((value, other.measured.value))
        if high >= thresholds.aki_factor_7d * low:
            return Instability(Answer.YES, 2, newest=newest, compared=other)
    if week:
        return None
    # 6.2 row 3: up only
    year = timedelta(days=thresholds.aki_baseline_days)
    baseline = [other for other in earlier if long < newest.taken - other.taken <= year]
    if baseline and value >= thresholds.aki_factor_7d * median(other.measured.value for other in baseline):
        return Instability(Answer.YES, 3, possible=True, newest=newest, compared=baseline[0])
    return None


def _steady_pair(series: list[LabResult], today: date, thresholds: Thresholds) -> tuple[LabResult, LabResult] | None:
    """6.2 row 5: the newest and the next one at least 48 h before it, with nothing between that differs."""
    newest, *earlier = series
    if not within_days(newest.day, today, thresholds.aki_newest_days):
        return None
    apart = timedelta(hours=thresholds.aki_short_window_hours)
    for other in earlier:
        low, high = sorted((newest.measured.value, other.measured.value))
        if high - low >= thresholds.aki_rise_48h_mg_dl or high - low >= thresholds.aki_steady_fraction * low:
            return None
        if newest.taken - other.taken >= apart:
            return other, newest
    return None


def _recent_kidney_injury(snapshot: Snapshot, thresholds: Thresholds) -> Diagnosis | None:
    for diagnosis in snapshot.current(Concept.ACUTE_KIDNEY_INJURY):
        days = (diagnosis.onset, diagnosis.recorded)
        if days == (None, None):
            return diagnosis
        if any(within_days(day, snapshot.today, thresholds.aki_diagnosis_days) for day in days):
            return diagnosis
    return None


def _is_later(pair: tuple[LabResult, LabResult], day: date | None) -> bool:
    """Are both results after the diagnosis? One without a date is answered by any steady pair of today."""
    return day is None or pair[0].day > day
