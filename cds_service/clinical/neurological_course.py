"""Course of neurological involvement and its history (derivations 5.5, end of 5.3). Knows conditions and findings."""

from datetime import date, timedelta
from enum import StrEnum

from cds_service.clinical.concepts import Answer, ResourceKind
from cds_service.clinical.conditions import (
    COMPATIBLE_WITH_B12,
    SPECIFIC_TO_B12,
    USUALLY_OTHERWISE_EXPLAINED,
    Concept,
)
from cds_service.clinical.policy import Thresholds
from cds_service.clinical.snapshot import ClinicalStatus, Course, Diagnosis, Finding, Snapshot, Verification
from cds_service.clinical.validity import within_months

_N1_OR_N2 = SPECIFIC_TO_B12 | COMPATIBLE_WITH_B12
_NEUROLOGICAL = _N1_OR_N2 | USUALLY_OTHERWISE_EXPLAINED


class CourseStatus(StrEnum):
    """5.5, from the worst to the best known; of two of one day the worse is taken."""

    RECURRENT_OR_WORSE = "recurrent or worsening"
    PERSISTENT = "persistent"
    PLATEAUED = "plateaued"
    IMPROVING = "improving"
    UNKNOWN = "unknown"


_WORST = tuple(CourseStatus)


def neurological_course(
    snapshot: Snapshot,
    thresholds: Thresholds,
    *,
    treatment_began: date | None = None,
    maintenance_began: date | None = None,
) -> CourseStatus:
    """5.5: the newest evidence decides. Without the treatment dates, "new sign" and "persistent" stay unknown."""
    return course_with_day(snapshot, thresholds, treatment_began=treatment_began, maintenance_began=maintenance_began)[
        0
    ]


def course_with_day(
    snapshot: Snapshot,
    thresholds: Thresholds,
    *,
    treatment_began: date | None = None,
    maintenance_began: date | None = None,
) -> tuple[CourseStatus, date | None]:
    """The same with the day of the evidence that decides; None where no dated evidence does."""
    events: list[tuple[date, CourseStatus]] = []
    persistent = False
    for diagnosis in snapshot.diagnoses:
        if diagnosis.verification is Verification.REFUTED or diagnosis.concepts.isdisjoint(_N1_OR_N2):
            continue
        event = _of_diagnosis(diagnosis, snapshot.today, maintenance_began)
        if event is not None:
            events.append(event)
        elif diagnosis.current and treatment_began is not None:
            began = _began(diagnosis)
            persistent = persistent or (began is not None and began < treatment_began)
    events += _of_findings(snapshot, thresholds, maintenance_began)
    if events:
        day, status = min(events, key=lambda event: (-event[0].toordinal(), _WORST.index(event[1])))
        return status, day
    persistent = persistent or (treatment_began is not None and _seen_on_both_sides(snapshot, treatment_began))
    return (CourseStatus.PERSISTENT if persistent else CourseStatus.UNKNOWN), None


def specific_disease_returned(snapshot: Snapshot, maintenance_began: date | None) -> date | None:
    """The newest day on which a disease specific to B12 deficiency (N1) is new on maintenance, or back; None: not."""
    events = [
        _of_diagnosis(diagnosis, snapshot.today, maintenance_began)
        for diagnosis in snapshot.diagnoses
        if diagnosis.verification is not Verification.REFUTED and not diagnosis.concepts.isdisjoint(SPECIFIC_TO_B12)
    ]
    worse = [event[0] for event in events if event is not None and event[1] is CourseStatus.RECURRENT_OR_WORSE]
    return max(worse, default=None)


def _began(diagnosis: Diagnosis) -> date | None:
    return diagnosis.onset if diagnosis.onset is not None else diagnosis.recorded


def _of_diagnosis(
    diagnosis: Diagnosis, today: date, maintenance_began: date | None
) -> tuple[date, CourseStatus] | None:
    if diagnosis.status in (ClinicalStatus.RECURRENCE, ClinicalStatus.RELAPSE):
        # Without a date, a relapse that is on record as current counts from today.
        return (diagnosis.day or today), CourseStatus.RECURRENT_OR_WORSE
    if diagnosis.status is ClinicalStatus.REMISSION:
        # Without a date, anything else that is dated is newer.
        return (diagnosis.abated or diagnosis.day or date.min), CourseStatus.PLATEAUED
    began = _began(diagnosis)
    if diagnosis.current and maintenance_began is not None and began is not None and began > maintenance_began:
        return began, CourseStatus.RECURRENT_OR_WORSE
    return None


def _of_findings(
    snapshot: Snapshot, thresholds: Thresholds, maintenance_began: date | None
) -> list[tuple[date, CourseStatus]]:
    events: list[tuple[date, CourseStatus]] = []
    first_seen: dict[Concept, date] = {}
    for finding in snapshot.findings:
        if finding.concept not in _NEUROLOGICAL or finding.day is None:
            continue
        if finding.course is not None and _in_date(finding, snapshot.today, thresholds):
            better = finding.course is Course.BETTER
            events.append((finding.day, CourseStatus.IMPROVING if better else CourseStatus.RECURRENT_OR_WORSE))
        elif finding.present and finding.concept in _N1_OR_N2:
            first_seen[finding.concept] = min(finding.day, first_seen.get(finding.concept, finding.day))
    if maintenance_began is not None:
        known = _known_before(snapshot, maintenance_began)
        new = [day for concept, day in first_seen.items() if day > maintenance_began and concept not in known]
        events += [(day, CourseStatus.RECURRENT_OR_WORSE) for day in new]
    return events


def _seen_on_both_sides(snapshot: Snapshot, day: date) -> bool:
    """Was a sign found before this day, found again after it, and not found absent later on?"""
    for concept in _N1_OR_N2:
        dated = [f for f in snapshot.findings if f.concept is concept and f.day is not None]
        found = [f.day for f in dated if f.present and f.day is not None]
        newest = max((f.day for f in dated if f.day is not None), default=None)
        if found and min(found) < day < max(found) and max(found) == newest:
            return True
    return False


def _known_before(snapshot: Snapshot, day: date) -> frozenset[Concept]:
    """Signs on the problem list, or without a date, before that day: seeing them again is not a new sign."""
    known: set[Concept] = set()
    for diagnosis in snapshot.diagnoses:
        began = _began(diagnosis)
        if diagnosis.current and (began is None or began <= day):
            known |= diagnosis.concepts
    return frozenset(known)


def _in_date(finding: Finding, today: date, thresholds: Thresholds) -> bool:
    return within_months(finding.day, today, thresholds.neuro_observation_valid_months)


def neurological_history(
    snapshot: Snapshot, thresholds: Thresholds, *, treatment_began: date | None, had_alternate_day_course: bool
) -> Answer:
    """Was there neurological involvement when treatment began? (5.3, last lines; decides the maintenance interval.)"""
    if had_alternate_day_course:
        return Answer.YES
    window = timedelta(days=thresholds.neuro_history_window_days)
    undated = False
    for concepts, day in _positives(snapshot):
        if treatment_began is None or (day is not None and day <= treatment_began + window):
            return Answer.YES
        if day is None:
            # N1 names the deficiency itself, so it belongs to it whenever it was; an N2 sign might be a later one.
            if not concepts.isdisjoint(SPECIFIC_TO_B12):
                return Answer.YES
            undated = True
    if undated or treatment_began is None:
        return Answer.UNKNOWN
    if not (snapshot.told(ResourceKind.CONDITIONS) and snapshot.told(ResourceKind.FINDINGS)):
        return Answer.UNKNOWN
    near = any(abs(day - treatment_began) <= window for day in _negatives(snapshot))
    return Answer.NO if near else Answer.UNKNOWN


def _positives(snapshot: Snapshot) -> list[tuple[frozenset[Concept], date | None]]:
    """Every N1 or N2 record, present or resolved, with the earliest day that it can be given."""
    found = [
        (d.concepts, _began(d))
        for d in snapshot.diagnoses
        if d.verification is not Verification.REFUTED and not d.concepts.isdisjoint(_N1_OR_N2)
    ]
    found += [(frozenset({f.concept}), f.day) for f in snapshot.findings if f.present and f.concept in _N1_OR_N2]
    return found


def signs_recorded_since(snapshot: Snapshot, since: date) -> bool:
    """Is any N1 or N2 sign on record, present, abating or seen, on this day or later? (8.10)"""
    found = [f.day for f in snapshot.findings if f.present and f.concept in _N1_OR_N2]
    for diagnosis in snapshot.diagnoses:
        if diagnosis.verification is not Verification.REFUTED and not diagnosis.concepts.isdisjoint(_N1_OR_N2):
            found += [diagnosis.onset, diagnosis.recorded, diagnosis.abated]
    return any(day is not None and day >= since for day in found)


def _negatives(snapshot: Snapshot) -> list[date]:
    days = [f.day for f in snapshot.findings if not f.present and f.concept in _N1_OR_N2]
    days += [
        d.day
        for d in snapshot.diagnoses
        if d.verification is Verification.REFUTED and not d.concepts.isdisjoint(_N1_OR_N2)
    ]
    return [day for day in days if day is not None]
