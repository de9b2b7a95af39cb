"""Neurological signs on record, sorted for derivations 5.2. Knows conditions and findings; decides no status."""

from dataclasses import dataclass
from datetime import date

from cds_service.clinical.conditions import (
    COMPATIBLE_WITH_B12,
    COMPETING_NEUROPATHIES,
    EXPLAINS,
    SPECIFIC_TO_B12,
    USUALLY_OTHERWISE_EXPLAINED,
    Concept,
)
from cds_service.clinical.policy import Thresholds
from cds_service.clinical.snapshot import ClinicalStatus, Course, Diagnosis, Finding, Snapshot, Verification
from cds_service.clinical.validity import within_months

_N1_OR_N2 = SPECIFIC_TO_B12 | COMPATIBLE_WITH_B12
NEUROLOGICAL = _N1_OR_N2 | USUALLY_OTHERWISE_EXPLAINED


@dataclass(frozen=True, slots=True)
class Sign:
    """One sign, present or assessed and absent, in the client's words.

    began: onset, else the day of recording or of the first observation. day: the day it speaks for. recent_change:
    the record itself says relapse, recurrence or worse.
    """

    concept: Concept
    text: str
    reference: str
    day: date | None
    began: date | None = None
    worse_on: date | None = None


@dataclass(frozen=True, slots=True)
class NeurologicalRecord:
    """Lists N1, N2, N3 and NX of 5.1 as this patient has them.

    past: resolved or inactive conditions. remitted: N1 or N2 in remission. old_observations: N2, positive, out of
    date, not cancelled. negatives: assessed and absent, N1 or N2, dated.
    """

    specific: tuple[Sign, ...]
    compatible: tuple[Sign, ...]
    vague: tuple[Sign, ...]
    remitted: tuple[Sign, ...]
    past: tuple[Sign, ...]
    old_observations: tuple[Sign, ...]
    negatives: tuple[Sign, ...]
    causes: tuple[Diagnosis, ...]

    def cause_of(self, sign: Sign) -> Diagnosis | None:
        """The competing cause that explains this same sign, or None."""
        for cause in self.causes:
            if any(sign.concept in EXPLAINS.get(concept, ()) for concept in cause.concepts):
                return cause
        return None

    @property
    def competing_neuropathies(self) -> tuple[Diagnosis, ...]:
        return tuple(cause for cause in self.causes if not COMPETING_NEUROPATHIES.isdisjoint(cause.concepts))


def neurological_record(snapshot: Snapshot, thresholds: Thresholds) -> NeurologicalRecord:
    """One pass over conditions, one over findings."""
    specific: list[Sign] = []
    compatible: list[Sign] = []
    vague: list[Sign] = []
    remitted: list[Sign] = []
    past: list[Sign] = []
    negatives: list[Sign] = []
    causes: list[Diagnosis] = []
    lists = ((SPECIFIC_TO_B12, specific), (COMPATIBLE_WITH_B12, compatible), (USUALLY_OTHERWISE_EXPLAINED, vague))
    for diagnosis in snapshot.diagnoses:
        if diagnosis.current and not EXPLAINS.keys().isdisjoint(diagnosis.concepts):
            causes.append(diagnosis)
        for concept in sorted(diagnosis.concepts & NEUROLOGICAL):
            sign = _of_diagnosis(diagnosis, concept)
            if diagnosis.verification is Verification.REFUTED:
                if concept in _N1_OR_N2 and sign.day is not None:
                    negatives.append(sign)
            elif diagnosis.current:
                next(signs for concepts, signs in lists if concept in concepts).append(sign)
            elif diagnosis.status is ClinicalStatus.REMISSION and concept in _N1_OR_N2:
                remitted.append(sign)
            else:
                past.append(sign)
    negatives += [_of_finding(finding) for finding in snapshot.findings if _is_negative(finding, snapshot.today)]
    old: list[Sign] = []
    for sign in _observed(snapshot, negatives):
        months = thresholds.neuro_observation_valid_months
        if sign.concept in USUALLY_OTHERWISE_EXPLAINED:
            if sign.day is None or within_months(sign.day, snapshot.today, thresholds.neuro_vague_recent_months):
                vague.append(sign)
        elif sign.day is None or within_months(sign.day, snapshot.today, months):
            # An observation without a date may be recent. An N1 disease observed is judged as an N2 sign (row 3).
            compatible.append(sign)
        else:
            old.append(sign)
    return NeurologicalRecord(
        tuple(specific),
        tuple(compatible),
        tuple(vague),
        tuple(remitted),
        tuple(past),
        tuple(old),
        tuple(negatives),
        tuple(causes),
    )


def _observed(snapshot: Snapshot, negatives: list[Sign]) -> list[Sign]:
    """Positive observations, newest of each sign, unless a newer negative of the same sign cancels them (5.2)."""
    newest: dict[Concept, Sign] = {}
    for finding in snapshot.findings:
        if not finding.present or finding.concept not in NEUROLOGICAL or _in_future(finding.day, snapshot.today):
            continue
        sign = _of_finding(finding)
        known = newest.get(finding.concept)
        newest[finding.concept] = sign if known is None else _joined(known, sign)
    return [sign for sign in newest.values() if not _cancelled(sign, negatives)]


def _joined(one: Sign, other: Sign) -> Sign:
    """The newer of two observations of one sign, with the earliest beginning and the latest worsening of both."""
    newer = one if (one.day or date.min) >= (other.day or date.min) else other
    # One of unknown date may be the older one: then the sign is not known to be new.
    began = min(one.began, other.began) if one.began is not None and other.began is not None else None
    worse = max((day for day in (one.worse_on, other.worse_on) if day is not None), default=None)
    return Sign(newer.concept, newer.text, newer.reference, newer.day, began, worse)


def _cancelled(sign: Sign, negatives: list[Sign]) -> bool:
    day = sign.day
    if day is None:
        return False
    return any(n.concept is sign.concept and n.day is not None and n.day > day for n in negatives)


def _is_negative(finding: Finding, today: date) -> bool:
    dated = finding.day is not None and finding.day <= today
    return dated and not finding.present and finding.concept in _N1_OR_N2


def _in_future(day: date | None, today: date) -> bool:
    return day is not None and day > today


def _of_finding(finding: Finding) -> Sign:
    worse = finding.day if finding.course is Course.WORSE else None
    return Sign(finding.concept, finding.text, finding.reference, finding.day, finding.day, worse)


def _of_diagnosis(diagnosis: Diagnosis, concept: Concept) -> Sign:
    again = diagnosis.status in (ClinicalStatus.RECURRENCE, ClinicalStatus.RELAPSE)
    # What is over speaks for the day it ended; what is current for the day it was recorded.
    day = diagnosis.day if diagnosis.current or diagnosis.abated is None else diagnosis.abated
    began = diagnosis.onset if diagnosis.onset is not None else diagnosis.recorded
    return Sign(concept, diagnosis.text, diagnosis.reference, day, began, diagnosis.day if again else None)
