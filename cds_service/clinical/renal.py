"""Renal status for cyanocobalamin (derivations 6.3). Knows eGFR, kidney diagnoses and procedures; proposes nothing."""

from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from cds_service.clinical.concepts import Analyte, Answer, ResourceKind
from cds_service.clinical.creatinine_course import Instability, instability
from cds_service.clinical.egfr import EgfrChoice, EgfrValue, choose_egfr, usable_creatinines
from cds_service.clinical.kidney_history import KidneyHistory, kidney_history
from cds_service.clinical.nephropathy import NephropathyAssessment, nephropathy_status
from cds_service.clinical.person import is_adult, pregnancy
from cds_service.clinical.policy import Thresholds
from cds_service.clinical.snapshot import (
    Availability,
    Diagnosis,
    LabResult,
    Operation,
    Sex,
    Snapshot,
    UnreadableResult,
)
from cds_service.clinical.validity import within_months

__all__ = ["EgfrValue", "RenalAssessment", "RenalStatus", "renal_status"]

_NOT_ASSESSED = NephropathyAssessment(Answer.UNKNOWN)


class RenalStatus(StrEnum):
    """6.3, column "status"."""

    RISK = "risk"
    UNSTABLE = "unstable"
    NOT_RELIED_ON = "not relied on"
    CONFLICT = "unknown, conflict"
    NO_RISK = "no risk"
    RISK_BY_CODE = "risk, by code"
    AT_RISK_UNKNOWN = "unknown, at risk"
    UNKNOWN = "unknown"
    NOT_TOLD = "unknown, not told"


@dataclass(frozen=True, slots=True)
class RenalAssessment:
    """Status with what it rests on.

    egfr: the value that decided, or that was looked at. also: other values to show. codes: diagnoses used.
    operations: dialysis or transplant procedures used. of_results_received: results were incomplete, so the newest
    value is the newest of those received. missing: what was not supplied. unreadable: kidney results not readable.
    """

    status: RenalStatus
    row: int
    egfr: EgfrValue | None = None
    also: tuple[EgfrValue, ...] = ()
    codes: tuple[Diagnosis, ...] = ()
    operations: tuple[Operation, ...] = ()
    course: Instability | None = None
    nephropathy: NephropathyAssessment = _NOT_ASSESSED
    of_results_received: bool = False
    missing: tuple[str, ...] = ()
    unreadable: tuple[UnreadableResult, ...] = ()

    @property
    def creatinines(self) -> tuple[LabResult, ...]:
        """The two results that differ, newest first (T-AKI); empty where a diagnosis alone says so."""
        if self.course is None:
            return ()
        return tuple(result for result in (self.course.newest, self.course.compared) if result is not None)

    @property
    def at_risk(self) -> bool:
        """Rows that count as renal risk when a form is chosen (2.3 a): risk, by code, or not steady."""
        return self.status in (RenalStatus.RISK, RenalStatus.RISK_BY_CODE, RenalStatus.UNSTABLE)

    @property
    def unknown(self) -> bool:
        return not self.at_risk and self.status is not RenalStatus.NO_RISK

    def reaches(self, limit: Decimal) -> bool:
        """A valid eGFR at or above `limit` (60 for MMA): no risk, and no value of that day below it."""
        if self.status is not RenalStatus.NO_RISK or self.egfr is None:
            return False
        values = [self.egfr, *(other for other in self.also if other.day == self.egfr.day)]
        return all(value.measured.is_below(limit) is Answer.NO for value in values)


def renal_status(snapshot: Snapshot, thresholds: Thresholds) -> RenalAssessment:
    """6.3, first match."""
    history = kidney_history(snapshot, thresholds)
    choice = _dated(choose_egfr(snapshot, thresholds), history, snapshot, thresholds)
    creatinines = usable_creatinines(snapshot, thresholds)
    course = instability(snapshot, thresholds, creatinines)
    assessment = _first_match(choice, course, history, snapshot, thresholds)
    # Dialysis decides without any eGFR: what there is, is shown beside it.
    by_dialysis = assessment.row == 1
    beside = (choice.chosen,) if by_dialysis and choice.chosen is not None else ()
    return replace(
        assessment,
        egfr=None if by_dialysis else choice.chosen,
        also=(*beside, *choice.also),
        course=course,
        nephropathy=nephropathy_status(snapshot, thresholds),
        of_results_received=snapshot.availability_of(ResourceKind.RESULTS) is Availability.INCOMPLETE
        or ResourceKind.RESULTS in snapshot.unreadable_kinds,
        missing=_missing(snapshot, thresholds, creatinines),
        unreadable=tuple(gap for gap in snapshot.unreadable if gap.analyte in (Analyte.EGFR, Analyte.CREATININE)),
    )


def _first_match(
    choice: EgfrChoice, course: Instability, history: KidneyHistory, snapshot: Snapshot, thresholds: Thresholds
) -> RenalAssessment:
    egfr = choice.chosen
    # 6.3 row 1
    if history.on_dialysis:
        return RenalAssessment(RenalStatus.RISK, 1, codes=history.dialysis, operations=history.dialysis_procedures)
    # 6.3 row 2
    if course.unstable is Answer.YES:
        return RenalAssessment(RenalStatus.UNSTABLE, 2, codes=history.acute_injury)
    # 6.3 rows 3, 4 and 5: a value below the limit stays usable, in date or not, until a newer one replaces it
    if egfr is not None and choice.below is Answer.YES:
        row = 5 if egfr.measured.comparator is not None else 4 if egfr.old else 3
        return RenalAssessment(RenalStatus.RISK, row, codes=history.kidney_disease)
    # A value at or above the limit is relied on only in date, with nothing newer unread, from results we were given.
    relied_on = egfr is not None and choice.below is Answer.NO and not egfr.old and not choice.doubted
    refused = snapshot.availability_of(ResourceKind.RESULTS) not in (Availability.COMPLETE, Availability.INCOMPLETE)
    if egfr is not None and relied_on:
        # 6.3 row 6
        if pregnancy(snapshot, thresholds) is Answer.YES and not refused:
            return RenalAssessment(RenalStatus.NOT_RELIED_ON, 6, codes=(*history.kidney_disease, *history.diabetes))
        # 6.3 row 7: a stage code without a date may be newer than the value
        newer = tuple(code for code in history.advanced if code.day is None or code.day > egfr.day)
        if newer:
            return RenalAssessment(RenalStatus.CONFLICT, 7, codes=newer)
        # 6.3 row 8
        if not refused:
            return RenalAssessment(RenalStatus.NO_RISK, 8, codes=history.advanced)
    # 6.3 row 9
    if history.advanced:
        return RenalAssessment(RenalStatus.RISK_BY_CODE, 9, codes=history.advanced)
    # 6.3 row 10
    at_risk = (*history.lesser, *history.diabetes)
    if at_risk or history.transplanted:
        codes = (*at_risk, *history.transplant)
        return RenalAssessment(RenalStatus.AT_RISK_UNKNOWN, 10, codes=codes, operations=history.transplant_procedures)
    # 6.3 row 12 stands before row 11 here: a value that says nothing does not hide that results were refused
    if refused:
        return RenalAssessment(RenalStatus.NOT_TOLD, 12)
    # 6.3 row 11
    if egfr is not None or choice.doubted:
        return RenalAssessment(RenalStatus.UNKNOWN, 11)
    # 6.3 row 13
    return RenalAssessment(RenalStatus.UNKNOWN, 13)


def _dated(choice: EgfrChoice, history: KidneyHistory, snapshot: Snapshot, thresholds: Thresholds) -> EgfrChoice:
    """K-06: marks values out of date. Where diagnoses were not told, the shorter validity is the safe one."""
    shorter = history.at_risk is not Answer.NO
    months = thresholds.renal_valid_months_at_risk if shorter else thresholds.renal_valid_months

    def dated(value: EgfrValue) -> EgfrValue:
        return replace(value, old=not within_months(value.day, snapshot.today, months))

    chosen = None if choice.chosen is None else dated(choice.chosen)
    return replace(choice, chosen=chosen, also=tuple(dated(value) for value in choice.also))


def _missing(snapshot: Snapshot, thresholds: Thresholds, creatinines: tuple[LabResult, ...]) -> tuple[str, ...]:
    kinds = (ResourceKind.RESULTS, ResourceKind.CONDITIONS, ResourceKind.PROCEDURES)
    missing = [str(kind) for kind in kinds if not snapshot.told(kind)]
    if is_adult(snapshot.person, snapshot.today, thresholds.adult_years) is Answer.UNKNOWN:
        missing.append("birth date")
    if creatinines and snapshot.person.sex not in (Sex.FEMALE, Sex.MALE):
        missing.append("sex")
    return tuple(missing)
