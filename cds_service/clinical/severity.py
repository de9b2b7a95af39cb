"""How severe a deficiency is by its results (K-07). Neurological signs make it severe too, and have their own rules."""

from cds_service.clinical.concepts import Analyte, Answer
from cds_service.clinical.policy import Thresholds
from cds_service.clinical.snapshot import LabResult, Snapshot
from cds_service.clinical.validity import within_days, within_months


def severe_results(snapshot: Snapshot, thresholds: Thresholds) -> tuple[LabResult, ...]:
    """Haemoglobin below 80 g/L in the last 30 days, total B12 below 100 pg/mL in the last 12 months (K-06, K-07).

    The newest result decides; of B12 results within 14 days of it, the lowest (4.1). A comparator counts only where
    the whole range lies below the limit.
    """
    return (*_severe_anaemia(snapshot, thresholds), *_very_low_b12(snapshot, thresholds))


def _severe_anaemia(snapshot: Snapshot, t: Thresholds) -> tuple[LabResult, ...]:
    newest = snapshot.results_of(Analyte.HAEMOGLOBIN)[:1]
    recent = [each for each in newest if within_days(each.day, snapshot.today, t.blood_count_valid_days)]
    return tuple(each for each in recent if each.measured.is_below(t.severe_hb_g_l) is Answer.YES)


def _very_low_b12(snapshot: Snapshot, t: Thresholds) -> tuple[LabResult, ...]:
    results = snapshot.results_of(Analyte.B12)
    in_date = [each for each in results if within_months(each.day, snapshot.today, t.b12_valid_months)]
    together = [each for each in in_date if within_days(each.day, in_date[0].day, t.results_disagree_days)]
    severe = [each for each in together if each.measured.is_below(t.severe_b12_pg_ml) is Answer.YES]
    return tuple(sorted(severe, key=lambda each: each.measured.value)[:1])
