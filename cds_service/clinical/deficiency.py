"""Vitamin B12 deficiency status (derivations 4.2). Knows results, diagnoses and the other assessments; no regimen."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from cds_service.clinical.b12_results import Level, Reading, Readings
from cds_service.clinical.concepts import Analyte, Answer, ResourceKind
from cds_service.clinical.deficiency_evidence import Evidence, cause_is_coded, gather_evidence, macrocytic_anaemia
from cds_service.clinical.deficiency_notes import notes_on
from cds_service.clinical.neurology import NeurologicalAssessment
from cds_service.clinical.policy import Thresholds
from cds_service.clinical.renal import RenalAssessment
from cds_service.clinical.snapshot import Availability, Diagnosis, LabResult, Snapshot, UnreadableResult

__all__ = ["DeficiencyAssessment", "DeficiencyStatus", "Strength", "deficiency_status"]


class DeficiencyStatus(StrEnum):
    """4.2, column "status". No card says "not deficient" (SG-10): the most there is, is UNLIKELY."""

    CONFIRMED = "confirmed"
    SUSPECTED = "suspected"
    INDETERMINATE = "indeterminate"
    UNLIKELY = "unlikely"
    UNKNOWN = "unknown"


class Strength(StrEnum):
    """4.2, column "strength"."""

    LABORATORY = "laboratory"
    LABORATORY_OLD = "laboratory, old"
    LABORATORY_TREATED = "laboratory, inadequately treated"
    TISSUE = "laboratory (tissue)"
    DIAGNOSIS = "diagnosis"
    CLINICAL = "clinical"
    FUNCTIONAL = "functional"
    PREGNANCY = "laboratory, pregnancy"
    AMBIGUOUS_CODE = "ambiguous code"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class DeficiencyAssessment:
    """Status with what it rests on.

    inputs: results to show, the deciding one first. day: the date shown. conflict: a normal result stands against a
    diagnosis. relaxed_for_pregnancy: low total B12 may be physiological. above_limit_in_date: the newest B12 in date
    is above the upper limit, on treatment or off. of_results_received: results were incomplete.
    """

    status: DeficiencyStatus
    strength: Strength
    row: int
    inputs: tuple[LabResult, ...] = ()
    diagnoses: tuple[Diagnosis, ...] = ()
    day: date | None = None
    conflict: bool = False
    relaxed_for_pregnancy: bool = False
    above_limit_in_date: bool = False
    of_results_received: bool = False
    notes: tuple[str, ...] = ()
    unreadable: tuple[UnreadableResult, ...] = ()
    missing: tuple[str, ...] = ()


def deficiency_status(
    snapshot: Snapshot,
    thresholds: Thresholds,
    *,
    neurology: NeurologicalAssessment,
    renal: RenalAssessment,
    on_treatment: Callable[[date], Answer],
    treated_since: Callable[[date], Answer],
    pregnant: Answer,
    cobalamin_ordered: bool,
    order_names_b12: bool,
) -> DeficiencyAssessment:
    """4.2, first match. on_treatment: was cobalamin being given at a sample of that day (K-08)? UNKNOWN on the day of
    a first dose. treated_since: is there any therapeutic record after that day?"""
    evidence = gather_evidence(snapshot, thresholds, renal=renal, on_treatment=on_treatment, pregnant=pregnant)
    found = (
        _by_laboratory(evidence)
        or _by_old_result(evidence, treated_since)
        or _by_diagnosis(evidence)
        or _suspected(
            evidence,
            snapshot,
            thresholds,
            neurology=neurology,
            cobalamin_ordered=cobalamin_ordered,
            order_names_b12=order_names_b12,
        )
        or _not_confirmed(evidence)
    )
    kinds = (ResourceKind.RESULTS, ResourceKind.CONDITIONS, ResourceKind.MEDICATIONS)
    notes = notes_on(evidence, snapshot, thresholds)
    return replace(
        found,
        above_limit_in_date=evidence.b12.newest(Level.UNLIKELY) is not None,
        of_results_received=snapshot.availability_of(ResourceKind.RESULTS) is Availability.INCOMPLETE
        or ResourceKind.RESULTS in snapshot.unreadable_kinds,
        notes=found.notes + notes,
        unreadable=evidence.unreadable,
        missing=tuple(str(kind) for kind in kinds if not snapshot.told(kind)),
    )


def _by_laboratory(evidence: Evidence) -> DeficiencyAssessment | None:
    confirmed = DeficiencyStatus.CONFIRMED
    b12, holotc = evidence.b12_with_voice, evidence.holotc.in_date
    low_b12 = b12 if b12 is not None and b12.level is Level.LOW else None
    low_holotc = holotc if holotc is not None and holotc.level is Level.LOW else None
    # 4.2 row 1: a low value is used where treatment at the time is not known (4.1)
    if low_b12 is not None and low_b12.treated is not Answer.YES:
        found = _from(evidence.b12, low_b12, confirmed, Strength.LABORATORY, 1)
        return replace(found, relaxed_for_pregnancy=evidence.pregnant)
    # 4.2 row 2
    if low_holotc is not None and low_holotc.treated is not Answer.YES:
        return _from(evidence.holotc, low_holotc, confirmed, Strength.LABORATORY, 2)
    # 4.2 row 3
    mma = evidence.mma.in_date
    with_mma = evidence.at_most_indeterminate()
    if mma is not None and evidence.mma_is_high and evidence.mma_reads_true and with_mma:
        found = _from(evidence.mma, mma, confirmed, Strength.TISSUE, 3)
        return replace(found, inputs=found.inputs + tuple(reading.result for reading in with_mma))
    # 4.2 row 4: on treatment
    if low_b12 is not None:
        found = _from(evidence.b12, low_b12, confirmed, Strength.LABORATORY_TREATED, 4)
        return replace(found, relaxed_for_pregnancy=evidence.pregnant)
    if low_holotc is not None:
        return _from(evidence.holotc, low_holotc, confirmed, Strength.LABORATORY_TREATED, 4)
    return None


def _by_old_result(evidence: Evidence, treated_since: Callable[[date], Answer]) -> DeficiencyAssessment | None:
    """4.2 row 5, where nothing newer of either kind is relied on."""
    if evidence.b12.in_date is not None or evidence.holotc.in_date is not None:
        return None
    for readings in (evidence.b12, evidence.holotc):
        old = readings.decisive
        if old is None or old.level is not Level.LOW or old.treated is Answer.YES:
            continue
        since = treated_since(old.result.day)
        # A newer result that is not low was either off treatment, and outdates this one, or on it, and treatment came
        # since: whichever it was, the old low value no longer stands.
        if since is Answer.YES or (since is Answer.UNKNOWN and _newer_not_low(evidence)):
            continue
        found = _from(readings, old, DeficiencyStatus.CONFIRMED, Strength.LABORATORY_OLD, 5)
        unknown = ("treatment_since_unknown",) if since is Answer.UNKNOWN else ()
        relaxed = evidence.pregnant and readings is evidence.b12
        return replace(found, notes=unknown, relaxed_for_pregnancy=relaxed)
    return None


def _newer_not_low(evidence: Evidence) -> bool:
    not_low = (Level.INDETERMINATE, Level.UNLIKELY)
    return any(r.in_date and r.level in not_low for r in (*evidence.b12.all, *evidence.holotc.all))


def _by_diagnosis(evidence: Evidence) -> DeficiencyAssessment | None:
    # 4.2 rows 6 and 7: they stand against a later normal result, and the conflict is shown
    for diagnoses, row in ((evidence.specific, 6), (evidence.transcobalamin, 7)):
        if diagnoses:
            first = _first_day(diagnoses)
            against = _later_normal(evidence, first)
            return DeficiencyAssessment(
                DeficiencyStatus.CONFIRMED,
                Strength.DIAGNOSIS,
                row,
                inputs=against,
                diagnoses=diagnoses,
                day=first,
                conflict=bool(against),
            )
    return None


def _suspected(
    evidence: Evidence,
    snapshot: Snapshot,
    thresholds: Thresholds,
    *,
    neurology: NeurologicalAssessment,
    cobalamin_ordered: bool,
    order_names_b12: bool,
) -> DeficiencyAssessment | None:
    suspected = DeficiencyStatus.SUSPECTED
    low_or_between = evidence.at_most_indeterminate()
    mma = evidence.mma.in_date if evidence.mma_is_high else None
    usable = evidence.b12.in_date is not None or evidence.holotc.in_date is not None
    # 4.2 row 8. A low B12 gets here only in pregnancy beside a better holotranscobalamin: with signs it still counts.
    if neurology.present:
        high_mma = mma is not None and not evidence.mma_reads_true
        no_result = not usable and (cobalamin_ordered or cause_is_coded(snapshot))
        if low_or_between or high_mma or evidence.nitrous_oxide is Answer.YES or no_result:
            readings = (*low_or_between, *((mma,) if mma is not None else ()))
            inputs = tuple(reading.result for reading in readings)
            days = [*(result.day for result in inputs), *((neurology.day,) if neurology.day is not None else ())]
            return DeficiencyAssessment(suspected, Strength.CLINICAL, 8, inputs, day=max(days, default=None))
    # 4.2 row 9. No B12 at all beside a high MMA that reads true says the same: function is short (R-MMA-271).
    if mma is not None and evidence.mma_reads_true:
        return _from(evidence.mma, mma, suspected, Strength.FUNCTIONAL, 9)
    # 4.2 row 10
    if evidence.provisional:
        day = _first_day(evidence.provisional)
        return DeficiencyAssessment(suspected, Strength.DIAGNOSIS, 10, diagnoses=evidence.provisional, day=day)
    # 4.2 row 11
    b12 = evidence.b12.in_date
    if (
        evidence.pregnant
        and b12 is not None
        and b12.level is Level.LOW
        and evidence.holotc.level is Level.INDETERMINATE
    ):
        found = _from(evidence.b12, b12, suspected, Strength.PREGNANCY, 11)
        return replace(found, relaxed_for_pregnancy=True)
    # 4.2 row 12
    named = order_names_b12 or any(diagnosis.names_b12 for diagnosis in evidence.ambiguous)
    between = tuple(r.result for r in low_or_between if r.result.analyte is Analyte.B12)
    if evidence.ambiguous and (named or between):
        day = _first_day(evidence.ambiguous)
        return DeficiencyAssessment(suspected, Strength.AMBIGUOUS_CODE, 12, between, evidence.ambiguous, day)
    # 4.2 row 13
    antibody = next(iter(snapshot.results_of(Analyte.INTRINSIC_FACTOR_ANTIBODY)), None)
    if antibody is not None and antibody.positive is True and not usable and macrocytic_anaemia(snapshot, thresholds):
        return DeficiencyAssessment(suspected, Strength.CLINICAL, 13, (antibody,), day=antibody.day)
    return None


def _not_confirmed(evidence: Evidence) -> DeficiencyAssessment:
    indeterminate, unlikely = DeficiencyStatus.INDETERMINATE, DeficiencyStatus.UNLIKELY
    voices = ((evidence.b12, evidence.b12_with_voice), (evidence.holotc, evidence.holotc.in_date))
    spoken = [(readings, reading) for readings, reading in voices if reading is not None]
    between = [(readings, reading) for readings, reading in spoken if reading.level is Level.INDETERMINATE]
    mma = evidence.mma.in_date
    # 4.2 row 14: a high MMA with a true eGFR has been taken by rows 3 and 9
    if between and mma is None:
        return _from(*between[0], indeterminate, Strength.LABORATORY, 14)
    if spoken and mma is not None and evidence.mma_is_high:
        found = _from(*spoken[0], indeterminate, Strength.LABORATORY, 14)
        return replace(found, inputs=(*found.inputs, mma.result))
    # 4.2 row 15
    codes = (*evidence.ambiguous, *evidence.vague)
    if codes:
        day = _first_day(codes)
        return DeficiencyAssessment(indeterminate, Strength.AMBIGUOUS_CODE, 15, diagnoses=codes, day=day)
    if evidence.may_reassure:
        # 4.2 row 16
        if between and mma is not None:
            found = _from(evidence.mma, mma, unlikely, Strength.LABORATORY, 16)
            return replace(found, inputs=(*found.inputs, *(reading.result for _, reading in between)))
        # 4.2 row 17: "no exposure" is claimed only where diagnoses were told
        normal = [(readings, reading) for readings, reading in spoken if reading.level is Level.UNLIKELY]
        if normal and evidence.nitrous_oxide is Answer.NO:
            return _from(*normal[0], unlikely, Strength.LABORATORY, 17)
    # 4.2 row 18
    looked_at = [r.all[0].result for r in (evidence.b12, evidence.holotc, evidence.mma) if r.all]
    return DeficiencyAssessment(DeficiencyStatus.UNKNOWN, Strength.NONE, 18, tuple(looked_at))


def _from(
    readings: Readings, reading: Reading, status: DeficiencyStatus, strength: Strength, row: int
) -> DeficiencyAssessment:
    """A status that rests on one result; the result it outvoted is shown after it (4.1, "both shown")."""
    others = () if readings.against is None else (readings.against.result,)
    return DeficiencyAssessment(status, strength, row, (reading.result, *others), day=reading.result.day)


def _first_day(diagnoses: tuple[Diagnosis, ...]) -> date | None:
    return min((d.day for d in diagnoses if d.day is not None), default=None)


def _later_normal(evidence: Evidence, recorded: date | None) -> tuple[LabResult, ...]:
    newest = (evidence.b12.newest(Level.UNLIKELY), evidence.holotc.newest(Level.UNLIKELY))
    return tuple(r.result for r in newest if r is not None and (recorded is None or r.result.day >= recorded))
