"""What the two interpretations of methylmalonic acid share: which result, whether it is high, what the kidneys say."""

from datetime import timedelta

from cds_service.clinical import evidence
from cds_service.clinical.absence import not_on_record
from cds_service.clinical.b12_results import mma_high
from cds_service.clinical.concepts import Analyte, Answer, ResourceKind
from cds_service.clinical.due_treatment import not_for_this_patient
from cds_service.clinical.outcomes import CannotTell, Input, NotApplicable
from cds_service.clinical.review import Review
from cds_service.clinical.snapshot import LabResult


def high_mma(review: Review) -> LabResult | NotApplicable | CannotTell:
    """Methylmalonic acid, where the newest is at most 90 days old and high (K-05; 10.2 M18)."""
    if why := not_for_this_patient(review):
        return NotApplicable(why)
    snapshot, t = review.patient.snapshot, review.t
    results = snapshot.results_of(Analyte.MMA)
    earliest = snapshot.today - timedelta(days=t.mma_interpreted_days)
    if not results or results[0].day < earliest:
        unread = snapshot.unread_of(Analyte.MMA, t.mma_interpreted_days)
        because = "no methylmalonic acid of the last 90 days"
        return not_on_record(review, because, ResourceKind.RESULTS, unread=unread)
    # 4.1: of two that lie close together the higher decides.
    close = results[0].day - timedelta(days=t.results_disagree_days)
    high = [r for r in results if r.day >= max(close, earliest) and mma_high(r, t) is Answer.YES]
    return high[0] if high else NotApplicable("methylmalonic acid is not known to be high")


def kidneys_allow(review: Review) -> bool:
    """A valid eGFR of 60 or more; risk, unstable, unknown or below 60 do not (6.3, last line)."""
    return review.patient.renal.reaches(review.t.mma_egfr_ml_min)


def found(review: Review, result: LabResult) -> tuple[Input, ...]:
    """The result, the eGFR that was looked at, B12 status, and homocysteine where it is on record."""
    t, egfr = review.t, review.patient.renal.egfr
    kidneys = (evidence.egfr(egfr, t.mma_egfr_ml_min, t.egfr_near_limit_ml_min),) if egfr is not None else ()
    homocysteine = review.patient.snapshot.results_of(Analyte.HOMOCYSTEINE)[:1]
    return (
        evidence.result(result),
        *kidneys,
        *(each for each in evidence.deficiency(review) if each.reference != result.reference),
        *map(evidence.result, homocysteine),
    )


def homocysteine_on_record(review: Review) -> bool:
    return bool(review.patient.snapshot.results_of(Analyte.HOMOCYSTEINE))


def values(result: LabResult) -> dict[str, str]:
    """The result as sent, and its day."""
    return {"date": result.day.isoformat()}
