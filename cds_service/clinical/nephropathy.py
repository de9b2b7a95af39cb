"""Diabetic nephropathy (derivations 6.3, last paragraphs; T-CYANO-DN). Knows diagnoses and the urine ACR only."""

from dataclasses import dataclass

from cds_service.clinical.concepts import Analyte, Answer, ResourceKind
from cds_service.clinical.conditions import Concept
from cds_service.clinical.policy import Thresholds
from cds_service.clinical.snapshot import Diagnosis, LabResult, Snapshot
from cds_service.clinical.validity import within_months

# A complication of diabetes names diabetes.
DIABETES = (Concept.DIABETES, Concept.DIABETIC_KIDNEY_DISEASE, Concept.DIABETIC_NEUROPATHY)


@dataclass(frozen=True, slots=True)
class NephropathyAssessment:
    """diagnoses: coded diabetic kidney disease, or the diabetes that the ACR is read with."""

    answer: Answer
    diagnoses: tuple[Diagnosis, ...] = ()
    acr: LabResult | None = None
    acr_old: bool = False


def nephropathy_status(snapshot: Snapshot, thresholds: Thresholds) -> NephropathyAssessment:
    """Coded, or diabetes with ACR at or above the limit: one in-date value, or the newest old one if still so."""
    coded = snapshot.current(Concept.DIABETIC_KIDNEY_DISEASE)
    if coded:
        return NephropathyAssessment(Answer.YES, coded)
    diabetes = snapshot.current(*DIABETES)
    if not diabetes:
        told = snapshot.told(ResourceKind.CONDITIONS)
        return NephropathyAssessment(Answer.NO if told else Answer.UNKNOWN)
    values = [acr for acr in snapshot.results_of(Analyte.URINE_ACR) if acr.day <= snapshot.today]
    limit = thresholds.acr_nephropathy_mg_g
    in_date = [acr for acr in values if within_months(acr.day, snapshot.today, thresholds.b12_valid_months)]
    for acr in in_date:
        if acr.measured.is_below(limit) is Answer.NO:
            return NephropathyAssessment(Answer.YES, diabetes, acr)
    if in_date:
        newest = in_date[0]
        known = newest.measured.is_below(limit) is Answer.YES and snapshot.told(ResourceKind.RESULTS)
        unread = any(gap.analyte is Analyte.URINE_ACR for gap in snapshot.unreadable)
        answer = Answer.NO if known and not unread else Answer.UNKNOWN
        return NephropathyAssessment(answer, diabetes, newest)
    if values and values[0].measured.is_below(limit) is Answer.NO:
        return NephropathyAssessment(Answer.YES, diabetes, values[0], acr_old=True)
    # Diabetes without a value in date: an old low ACR is not relied on, and none is not a low one.
    return NephropathyAssessment(Answer.UNKNOWN, diabetes, values[0] if values else None, acr_old=bool(values))
