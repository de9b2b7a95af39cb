"""Kidney diagnoses and procedures of one patient, sorted for derivations 6.3. Knows no result."""

from dataclasses import dataclass
from datetime import date

from cds_service.clinical.concepts import Answer, ResourceKind
from cds_service.clinical.conditions import Concept
from cds_service.clinical.nephropathy import DIABETES
from cds_service.clinical.policy import Thresholds
from cds_service.clinical.snapshot import Diagnosis, Operation, Snapshot, Verification
from cds_service.clinical.validity import within_days, within_months


@dataclass(frozen=True, slots=True)
class KidneyHistory:
    """advanced: stage 3b to 5, end-stage. lesser: stage 3a or less, or no stage. at_risk: the 3-month rule of K-06.

    After a kidney transplant the eGFR judges, not a stage code, unless the code was recorded later still (6.3).
    """

    on_dialysis: bool
    dialysis: tuple[Diagnosis, ...]
    dialysis_procedures: tuple[Operation, ...]
    advanced: tuple[Diagnosis, ...]
    lesser: tuple[Diagnosis, ...]
    diabetes: tuple[Diagnosis, ...]
    acute_injury: tuple[Diagnosis, ...]
    transplant: tuple[Diagnosis, ...]
    transplant_procedures: tuple[Operation, ...]
    at_risk: Answer

    @property
    def kidney_disease(self) -> tuple[Diagnosis, ...]:
        return (*self.advanced, *self.lesser)

    @property
    def transplanted(self) -> bool:
        return bool(self.transplant or self.transplant_procedures)


def kidney_history(snapshot: Snapshot, thresholds: Thresholds) -> KidneyHistory:
    """Everything 6.3 asks of diagnoses and procedures."""
    transplant = snapshot.current(Concept.KIDNEY_TRANSPLANT)
    transplant_procedures = snapshot.had_operation(Concept.KIDNEY_TRANSPLANT)
    transplanted = [diagnosis.day for diagnosis in transplant] + [operation.day for operation in transplant_procedures]
    dialysis = tuple(d for d in snapshot.current(Concept.DIALYSIS) if not _transplanted_since(d.day, transplanted))
    procedures = tuple(
        o
        for o in snapshot.had_operation(Concept.DIALYSIS)
        # One without a date may be recent.
        if (o.day is None or within_days(o.day, snapshot.today, thresholds.dialysis_procedure_days))
        and not _transplanted_since(o.day, transplanted)
    )
    staged = snapshot.current(Concept.CKD_STAGE_3B_TO_5)
    advanced = tuple(d for d in staged if _of_the_new_kidney(d.day, transplanted))
    lesser = tuple(
        d for d in snapshot.current(Concept.CKD_STAGE_3_OR_LESS, Concept.DIABETIC_KIDNEY_DISEASE) if d not in advanced
    )
    diabetes = tuple(d for d in snapshot.current(*DIABETES) if d not in advanced and d not in lesser)
    acute = tuple(d for d in snapshot.diagnoses if _past_kidney_injury(d, snapshot.today, thresholds))
    chronic = snapshot.current(Concept.DIALYSIS, Concept.CKD_STAGE_3B_TO_5) or lesser or transplanted
    return KidneyHistory(
        on_dialysis=bool(dialysis or procedures),
        dialysis=dialysis,
        dialysis_procedures=procedures,
        advanced=advanced,
        lesser=lesser,
        diabetes=diabetes,
        acute_injury=acute,
        transplant=transplant,
        transplant_procedures=transplant_procedures,
        at_risk=_answer(snapshot, found=bool(chronic or diabetes or acute)),
    )


def _answer(snapshot: Snapshot, *, found: bool) -> Answer:
    if found:
        return Answer.YES
    return Answer.NO if snapshot.told(ResourceKind.CONDITIONS) else Answer.UNKNOWN


def _transplanted_since(day: date | None, transplants: list[date | None]) -> bool:
    """Only two dates show that the transplant came after; without them the older fact stands, which is the safe way."""
    return day is not None and any(transplant is not None and transplant > day for transplant in transplants)


def _of_the_new_kidney(day: date | None, transplants: list[date | None]) -> bool:
    """Without a transplant every stage code counts; after one, only a code that is dated later."""
    return all(day is not None and transplant is not None and day > transplant for transplant in transplants)


def _past_kidney_injury(diagnosis: Diagnosis, today: date, thresholds: Thresholds) -> bool:
    """K-06: acute kidney injury in the past year, active or resolved."""
    if Concept.ACUTE_KIDNEY_INJURY not in diagnosis.concepts or diagnosis.verification is Verification.REFUTED:
        return False
    days = [day for day in (diagnosis.onset, diagnosis.recorded) if day is not None]
    if not days:
        return diagnosis.current
    return any(within_months(day, today, thresholds.aki_past_months) for day in days)
