"""The treatment phase of one cobalamin order (derivations 3.3, 3.4). Knows records and the patient's state in words.

Phase is never inferred from data that was not supplied, and an unknown phase raises no warning about phase.
"""

from dataclasses import dataclass
from enum import StrEnum

from cds_service.clinical.current_order import renewed_record, shortens_maintenance
from cds_service.clinical.loading import (
    IntensiveRun,
    course_too_short,
    doses_given,
    is_loaded,
    newest_parenteral_is_short_intensive,
)
from cds_service.clinical.orders import MedicationOrder
from cds_service.clinical.policy import Thresholds
from cds_service.clinical.purpose import PatientState, Purpose, purpose_of
from cds_service.clinical.quantities import months_before
from cds_service.clinical.schedule import Course, Way
from cds_service.clinical.timing import IntervalClass
from cds_service.clinical.treatment import Treatment, TreatmentRecord

__all__ = ["PatientState", "Phase", "PhaseAssessment", "Purpose", "phase_of", "presumed_phase", "purpose_of"]

_LOADING = (IntervalClass.INTENSIVE, IntervalClass.WEEKLY)
_TOO_SHORT = "the loading course was too short for neurological involvement"
_OVER_A_YEAR = "treatment lapsed more than a year ago"
_MAINTENANCE = (IntervalClass.MONTHLY, IntervalClass.LONG)


class Phase(StrEnum):
    LOADING = "loading"
    MAINTENANCE = "maintenance"
    PROPHYLAXIS = "prophylaxis"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class PhaseAssessment:
    """row: of 3.3. partial: a date behind it is assumed, or the list is not whole; the card says so.

    current: the record that is renewed, changed or running. loading_continuing: a loading course is under way.
    review_due: loading with neurological involvement has run > 21 days (R-LOAD-NEURO-DURATION).
    short_course: of an unknown phase, with active signs: the course on record was too short for them (row 9, too late).
    last_dose_assumed: how long ago treatment ended is reckoned from the start of an order alone (3.1, "uncertain").
    """

    phase: Phase
    row: int
    why: str
    partial: bool = False
    current: TreatmentRecord | None = None
    loading_continuing: bool = False
    review_due: bool = False
    last_dose_assumed: bool = False
    short_course: IntensiveRun | None = None

    @property
    def lapse(self) -> bool:
        """Unknown because treatment lapsed (rows 13 and 15)."""
        return self.row in (13, 15)


def phase_of(order: MedicationOrder, purpose: Purpose, treatment: Treatment, state: PatientState) -> PhaseAssessment:
    """3.3, first match."""
    if purpose in (Purpose.PROPHYLAXIS, Purpose.ANTIFOLATE_PROPHYLAXIS):
        return PhaseAssessment(Phase.PROPHYLAXIS, 1, "given to prevent deficiency")
    if treatment.list_missing:
        return PhaseAssessment(Phase.UNKNOWN, 2, "the list of medicines was not supplied")
    renewed = renewed_record(order, treatment)
    for found in (
        _of_renewal(renewed, treatment, state) if renewed is not None else None,
        _of_running_course(treatment, state),
        _of_failing_tablets(treatment, state),
        _of_short_course(treatment, state),
        _of_cover(treatment, state),
        _of_running_maintenance(treatment, state),
    ):
        if found is not None:
            return found
    return _without_record(treatment, state)


def _of_renewal(record: TreatmentRecord, treatment: Treatment, state: PatientState) -> PhaseAssessment | None:
    """Rows 3 to 6. Nasal treatment is maintenance, as oral is: its label knows no loading."""
    partial = _partial(treatment, record)
    if record.way is not Way.PARENTERAL:
        if record.runs_on(treatment.today) and _tablets_fail(record, state):
            return None  # row 8
        return PhaseAssessment(Phase.MAINTENANCE, 3, "renews or changes oral or nasal treatment", partial, record)
    if _is_maintenance(record, treatment):
        return PhaseAssessment(Phase.MAINTENANCE, 3, "renews or changes maintenance", partial, record)
    if record.interval_class not in _LOADING:
        return None
    if state.neuro_active:
        return _continuing(4, record, treatment, state)
    if state.neuro_plateaued or _loading_complete(record, treatment):
        return PhaseAssessment(Phase.MAINTENANCE, 5, "the loading course is complete", partial, record)
    return _continuing(6, record, treatment, state)


def _is_maintenance(record: TreatmentRecord, treatment: Treatment) -> bool:
    """Monthly or rarer; weekly to 4-weekly too, where that shortened an earlier maintenance interval (9.2 row 9)."""
    weekly = record.interval_class is IntervalClass.WEEKLY
    return record.interval_class in _MAINTENANCE or (weekly and shortens_maintenance(record, treatment))


def _of_running_course(treatment: Treatment, state: PatientState) -> PhaseAssessment | None:
    """Row 7."""
    for record in reversed(_running(treatment, Way.PARENTERAL)):
        if record.interval_class not in _LOADING or _is_maintenance(record, treatment):
            continue
        days = _days_since_start(record, treatment)
        if state.neuro_active or (days is not None and days < treatment.thresholds.loading_window_days):
            return _continuing(7, record, treatment, state)
    return None


def _of_failing_tablets(treatment: Treatment, state: PatientState) -> PhaseAssessment | None:
    """Row 8 (R-ORAL-FAIL)."""
    for record in _running_tablets(treatment):
        if _tablets_fail(record, state):
            return PhaseAssessment(
                Phase.LOADING, 8, "oral treatment is not enough", _partial(treatment, record), record
            )
    return None


def _of_short_course(treatment: Treatment, state: PatientState) -> PhaseAssessment | None:
    """Row 9."""
    if not state.neuro_active or newest_parenteral_is_short_intensive(treatment) is None:
        return None
    return PhaseAssessment(Phase.LOADING, 9, _TOO_SHORT, not treatment.list_told)


def _of_cover(treatment: Treatment, state: PatientState) -> PhaseAssessment | None:
    """Rows 10 to 15. Treatment never completed that lapsed > 90 days ago is read by rows 12 to 15 like any other.

    An order on hold without a date does not tell that treatment lapsed (3.4), unless loading would be due however
    recent the last dose. One that is completed or stopped does, by its start alone (3.1), and that is said.
    """
    until = treatment.covered_until
    if until is None:
        return None
    limits = treatment.thresholds
    late = (treatment.today - until).days
    partial = any(_partial(treatment, record) for record in treatment.records if record.covered_until == until)
    if late <= limits.lapse_short_days:
        if not is_loaded(treatment, neuro_active=state.neuro_active):
            return None
        if late <= 0:
            return PhaseAssessment(Phase.MAINTENANCE, 10, "loaded, and covered today", partial)
        return PhaseAssessment(Phase.MAINTENANCE, 11, "loaded, the next dose is late", partial)
    assumed = treatment.last_dose_assumed
    if treatment.on_hold_undated:
        if state.neuro_worse_or_recurrent or (state.neuro_active and state.b12_low_since(until)):
            why = "signs with a low B12, or signs that are new or worse, since the last dose that is known"
            return PhaseAssessment(Phase.LOADING, 12, why, partial=True, last_dose_assumed=True)
        row = 13 if late <= limits.lapse_long_days else 15
        return PhaseAssessment(Phase.UNKNOWN, row, "the last dose is not on record", True, last_dose_assumed=True)
    if late <= limits.lapse_long_days:
        if state.b12_low_since(until) or state.neuro_worse_or_recurrent:
            why = "treatment lapsed, with a low B12 or new signs since"
            return PhaseAssessment(Phase.LOADING, 12, why, partial, last_dose_assumed=assumed)
        too_short = course_too_short(treatment, neuro_active=state.neuro_active)
        why = "treatment lapsed" if too_short is None else _TOO_SHORT
        return PhaseAssessment(Phase.UNKNOWN, 13, why, partial, short_course=too_short, last_dose_assumed=assumed)
    if state.confirmed_or_suspected or state.permanent_cause:
        return PhaseAssessment(Phase.LOADING, 14, _OVER_A_YEAR, partial, last_dose_assumed=assumed)
    return PhaseAssessment(Phase.UNKNOWN, 15, _OVER_A_YEAR, partial, last_dose_assumed=assumed)


def _of_running_maintenance(treatment: Treatment, state: PatientState) -> PhaseAssessment | None:
    """Rows 16 to 18."""
    for record in _running_tablets(treatment):
        return PhaseAssessment(Phase.MAINTENANCE, 16, "oral treatment", _partial(treatment, record), record)
    since = months_before(treatment.today, treatment.thresholds.loaded_maintenance_months)
    for record in reversed(_running(treatment, Way.PARENTERAL)):
        if record.interval_class not in _MAINTENANCE or record.start is None or record.start <= since:
            continue
        partial = _partial(treatment, record)
        if state.neuro_present:
            why = "maintenance began without loading, with neurological involvement"
            return PhaseAssessment(Phase.LOADING, 17, why, partial, record)
        return PhaseAssessment(Phase.UNKNOWN, 18, "loading is not on record", partial, record)
    return None


def _without_record(treatment: Treatment, state: PatientState) -> PhaseAssessment:
    """Rows 19 to 23."""
    if too_short := course_too_short(treatment, neuro_active=state.neuro_active):
        return PhaseAssessment(Phase.UNKNOWN, 23, _TOO_SHORT, not treatment.list_told, short_course=too_short)
    if treatment.records or not treatment.list_readable:
        return PhaseAssessment(Phase.UNKNOWN, 23, "the history does not tell")
    recent = months_before(treatment.today, treatment.thresholds.diagnosis_recent_months)
    by_laboratory = state.deficiency == "confirmed" and state.strength_laboratory
    if (
        (by_laboratory or state.deficiency == "suspected")
        and state.evidence_day is not None
        and state.evidence_day >= recent
    ):
        return PhaseAssessment(Phase.LOADING, 19, "first order, no treatment on record")
    if state.deficiency == "confirmed" and state.diagnosis_only:
        if state.diagnosis_day is not None and state.diagnosis_day >= recent:
            return PhaseAssessment(Phase.LOADING, 20, "first order after a recent diagnosis")
        if state.b12_above_unlikely_in_date:
            return PhaseAssessment(Phase.UNKNOWN, 21, "probably treated elsewhere")
        return PhaseAssessment(Phase.UNKNOWN, 22, "an old or undated diagnosis, no treatment on record")
    return PhaseAssessment(Phase.UNKNOWN, 23, "the history does not tell")


def presumed_phase(course: Course, thresholds: Thresholds) -> Phase | None:
    """3.4: what the draft's own timing says while the phase is unknown. None: no timing, or it says nothing."""
    if not course.known:
        return None
    if any(part.way in (Way.ORAL, Way.NASAL) for part in course.parts):
        return Phase.MAINTENANCE
    if course.once:
        return Phase.LOADING
    match course.shortest_class:
        case IntervalClass.INTENSIVE:
            return Phase.LOADING
        case IntervalClass.WEEKLY:
            length = course.parts[0].timing.course_days
            doses = None if length is None else course.parts[0].timing.doses_in_first(length)
            enough = doses is None or doses >= thresholds.presumed_loading_weekly_doses
            return Phase.LOADING if enough else None
        case IntervalClass.MONTHLY | IntervalClass.LONG:
            return Phase.MAINTENANCE
        case IntervalClass.UNKNOWN:
            return None


def _continuing(row: int, record: TreatmentRecord, treatment: Treatment, state: PatientState) -> PhaseAssessment:
    days = _days_since_start(record, treatment)
    return PhaseAssessment(
        phase=Phase.LOADING,
        row=row,
        why="a loading course is under way",
        partial=_partial(treatment, record) or record.start is None,
        current=record,
        loading_continuing=True,
        review_due=state.neuro_active and days is not None and days > treatment.thresholds.loading_neuro_min_days,
    )


def _loading_complete(record: TreatmentRecord, treatment: Treatment) -> bool:
    """Row 5: at least 6 doses, or 14 days since the start."""
    days, doses = _days_since_start(record, treatment), doses_given(record, treatment.today)
    return (doses is not None and doses >= treatment.thresholds.loading_complete_doses) or (
        days is not None and days >= treatment.thresholds.loading_window_days
    )


def _tablets_fail(record: TreatmentRecord, state: PatientState) -> bool:
    """Row 8: signs persist or worsen, or B12 is low in a sample taken after they were begun."""
    low = record.start is not None and state.b12_low_since(record.start)
    return low or state.neuro_persistent or state.neuro_worse_or_recurrent


def _running(treatment: Treatment, *ways: Way) -> list[TreatmentRecord]:
    """Running records, the newest last; those without a start first."""
    found = [record for record in treatment.running() if record.way in ways]
    undated = [record for record in found if record.start is None]
    dated = sorted(((r.start, r) for r in found if r.start is not None), key=lambda pair: pair[0])
    return undated + [record for _, record in dated]


def _running_tablets(treatment: Treatment) -> list[TreatmentRecord]:
    return _running(treatment, Way.ORAL, Way.NASAL)


def _days_since_start(record: TreatmentRecord, treatment: Treatment) -> int | None:
    return None if record.start is None else (treatment.today - record.start).days


def _partial(treatment: Treatment, record: TreatmentRecord) -> bool:
    return record.uncertain or not treatment.list_told
