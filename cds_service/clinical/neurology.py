"""Neurological involvement (derivations 5.2). Knows conditions, findings and the prescriber's statement; no regimen."""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from cds_service.clinical.concepts import Answer, ResourceKind
from cds_service.clinical.neurological_course import (
    CourseStatus,
    course_with_day,
    neurological_course,
    neurological_history,
)
from cds_service.clinical.neurological_signs import NeurologicalRecord, Sign, neurological_record
from cds_service.clinical.orders import NeurologicalStatement
from cds_service.clinical.person import nitrous_oxide_exposure
from cds_service.clinical.policy import Thresholds
from cds_service.clinical.snapshot import Diagnosis, Snapshot
from cds_service.clinical.validity import within_days, within_months

__all__ = [
    "CourseStatus",
    "NeurologicalAssessment",
    "NeurologicalStatus",
    "Sign",
    "neurological_course",
    "neurological_history",
    "neurological_status",
]


class NeurologicalStatus(StrEnum):
    """5.2, column "status"."""

    PRESENT = "present"
    PRESENT_CAUSE_UNCERTAIN = "present, cause uncertain"
    OTHER_CAUSE_POSSIBLE = "other cause possible"
    PLATEAUED = "present, plateaued"
    ABSENT = "absent"
    UNKNOWN_WITH_HISTORY = "unknown, with history"
    UNKNOWN = "unknown"
    NOT_TOLD = "unknown, not told"


@dataclass(frozen=True, slots=True)
class NeurologicalAssessment:
    """Status with the signs it rests on: present ones, or for ABSENT those assessed ("other signs not recorded").

    row: of 5.2 ("0a" to "12"). day: of the newest sign, of the assessment, or of the plateau. other_cause: the
    competing cause that is named. stated: the prescriber said so on the draft today. course_day: of the evidence that
    decides the course.
    """

    status: NeurologicalStatus
    row: str
    signs: tuple[Sign, ...] = ()
    day: date | None = None
    other_cause: Diagnosis | None = None
    stated: bool = False
    course: CourseStatus = CourseStatus.UNKNOWN
    course_day: date | None = None
    missing: tuple[str, ...] = ()

    @property
    def present(self) -> bool:
        return self.status in (NeurologicalStatus.PRESENT, NeurologicalStatus.PRESENT_CAUSE_UNCERTAIN)

    @property
    def absent(self) -> bool:
        return self.status is NeurologicalStatus.ABSENT

    @property
    def plateaued(self) -> bool:
        return self.status is NeurologicalStatus.PLATEAUED

    @property
    def other_cause_possible(self) -> bool:
        return self.status is NeurologicalStatus.OTHER_CAUSE_POSSIBLE

    @property
    def unknown(self) -> bool:
        """Neither present, absent, plateaued nor otherwise explained: offer both."""
        return self.status in (
            NeurologicalStatus.UNKNOWN,
            NeurologicalStatus.UNKNOWN_WITH_HISTORY,
            NeurologicalStatus.NOT_TOLD,
        )


def neurological_status(
    snapshot: Snapshot,
    thresholds: Thresholds,
    *,
    stated: NeurologicalStatement | None,
    newest_low_b12: date | None,
    loading_decision: bool,
    treatment_began: date | None = None,
    maintenance_began: date | None = None,
) -> NeurologicalAssessment:
    """5.2, first match. The treatment dates serve the course only (5.5)."""
    record = neurological_record(snapshot, thresholds)
    low_b12 = newest_low_b12 if loading_decision else None
    found = (
        _stated(record, stated, snapshot.today)
        or _active(record, snapshot, thresholds)
        or _not_told(snapshot)
        or _absent(record, snapshot, thresholds, low_b12)
        or _past(record)
    )
    course, day = course_with_day(
        snapshot, thresholds, treatment_began=treatment_began, maintenance_began=maintenance_began
    )
    return replace(found, course=course, course_day=day, missing=_missing(snapshot))


def _stated(
    record: NeurologicalRecord, stated: NeurologicalStatement | None, today: date
) -> NeurologicalAssessment | None:
    # 5.2 row 0a
    if stated is NeurologicalStatement.PRESENT:
        signs = record.specific + record.compatible
        return NeurologicalAssessment(NeurologicalStatus.PRESENT, "0a", signs, today, stated=True)
    # 5.2 row 0b: not against rows 2 and 3
    unexplained = any(record.cause_of(sign) is None for sign in record.compatible)
    if stated is NeurologicalStatement.ASSESSED_ABSENT and not record.specific and not unexplained:
        return NeurologicalAssessment(NeurologicalStatus.ABSENT, "0b", day=today, stated=True)
    return None


def _active(record: NeurologicalRecord, snapshot: Snapshot, thresholds: Thresholds) -> NeurologicalAssessment | None:
    uncertain = NeurologicalStatus.PRESENT_CAUSE_UNCERTAIN
    # 5.2 row 2
    if record.specific:
        return _with(NeurologicalStatus.PRESENT, "2", record.specific + record.compatible)
    explained = [(sign, cause) for sign in record.compatible if (cause := record.cause_of(sign)) is not None]
    unexplained = tuple(sign for sign in record.compatible if record.cause_of(sign) is None)
    # A coded competing neuropathy is itself the explained sign beside which the unexplained one stands (row 4).
    neuropathies = record.competing_neuropathies
    cause = explained[0][1] if explained else neuropathies[0] if neuropathies else None
    # 5.2 row 3
    if unexplained and cause is None:
        return _with(NeurologicalStatus.PRESENT, "3", record.compatible)
    # 5.2 row 4
    if unexplained:
        return _with(uncertain, "4", record.compatible, cause)
    if explained:
        recent = any(_changed_recently(sign, snapshot.today, thresholds) for sign, _ in explained)
        if recent or nitrous_oxide_exposure(snapshot, thresholds) is Answer.YES:
            return _with(uncertain, "4", record.compatible, cause)
    # 5.2 row 5
    if cause is not None:
        return _with(NeurologicalStatus.OTHER_CAUSE_POSSIBLE, "5", record.compatible, cause)
    # 5.2 row 6
    months = thresholds.neuro_vague_recent_months
    fresh = tuple(
        sign
        for sign in record.vague
        if record.cause_of(sign) is None and (sign.began is None or within_months(sign.began, snapshot.today, months))
    )
    if fresh:
        return _with(uncertain, "6", fresh)
    # 5.2 row 7
    if record.vague:
        causes = [cause for sign in record.vague if (cause := record.cause_of(sign)) is not None]
        first = causes[0] if causes else None
        return _with(NeurologicalStatus.OTHER_CAUSE_POSSIBLE, "7", record.vague, first)
    # 5.2 row 8
    if record.remitted:
        return _with(NeurologicalStatus.PLATEAUED, "8", record.remitted)
    return None


def _changed_recently(sign: Sign, today: date, thresholds: Thresholds) -> bool:
    """Onset or worsening within 6 months (row 4)."""
    months = thresholds.neuro_recent_months
    return within_months(sign.began, today, months) or within_months(sign.worse_on, today, months)


def _not_told(snapshot: Snapshot) -> NeurologicalAssessment | None:
    """5.2 row 1: nothing positive was supplied, and something was not supplied, so nothing is called absent."""
    if not _missing(snapshot):
        return None
    return NeurologicalAssessment(NeurologicalStatus.NOT_TOLD, "1")


def _missing(snapshot: Snapshot) -> tuple[str, ...]:
    kinds = (ResourceKind.CONDITIONS, ResourceKind.FINDINGS)
    return tuple(str(kind) for kind in kinds if not snapshot.told(kind))


def _absent(
    record: NeurologicalRecord, snapshot: Snapshot, thresholds: Thresholds, low_b12: date | None
) -> NeurologicalAssessment | None:
    """5.2 row 9 with K-12."""
    valid = tuple(
        sign
        for sign in record.negatives
        if within_months(sign.day, snapshot.today, thresholds.neuro_absent_valid_months)
        and _not_long_before(sign.day, low_b12, thresholds)
    )
    newest = max((sign.day for sign in valid if sign.day is not None), default=None)
    if newest is None:
        return None
    # A positive without a date may be the later one.
    positives = (*record.old_observations, *record.past)
    if any(sign.day is None or sign.day >= newest for sign in positives):
        return None
    return _with(NeurologicalStatus.ABSENT, "9", valid)


def _not_long_before(day: date | None, low_b12: date | None, thresholds: Thresholds) -> bool:
    """K-12, a first loading decision: not from more than 90 days before the newest low B12."""
    if low_b12 is None or day is None or day >= low_b12:
        return True
    return within_days(day, low_b12, thresholds.neuro_absent_before_b12_days)


def _past(record: NeurologicalRecord) -> NeurologicalAssessment:
    # 5.2 row 10
    if record.old_observations:
        return _with(NeurologicalStatus.UNKNOWN_WITH_HISTORY, "10", record.old_observations)
    # 5.2 row 11
    if record.past:
        return _with(NeurologicalStatus.UNKNOWN_WITH_HISTORY, "11", record.past)
    # 5.2 row 12
    return NeurologicalAssessment(NeurologicalStatus.UNKNOWN, "12")


def _with(
    status: NeurologicalStatus, row: str, signs: tuple[Sign, ...], cause: Diagnosis | None = None
) -> NeurologicalAssessment:
    newest = max((sign.day for sign in signs if sign.day is not None), default=None)
    return NeurologicalAssessment(status, row, signs, newest, cause)
