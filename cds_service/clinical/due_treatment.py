"""Which treatment is due when a chart is opened (derivations 4.3, 9.2, 10.2 M15 and M16). Knows reviews; no rule."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from cds_service.clinical.choices import Choice, choices, loading, maintenance, not_longer_than
from cds_service.clinical.concepts import Answer, Ingredient
from cds_service.clinical.conditions import BARIATRIC, PERMANENT_CAUSE, Concept
from cds_service.clinical.cover import Cover, CoverAssessment, cobalamin_cover
from cds_service.clinical.deficiency import DeficiencyStatus
from cds_service.clinical.maintenance_interval import Relapse, relapse_of
from cds_service.clinical.orders import NeurologicalStatement
from cds_service.clinical.phase import Phase
from cds_service.clinical.review import Review
from cds_service.clinical.schedule import Way
from cds_service.clinical.timing import days_after
from cds_service.clinical.treatment import TreatmentRecord


class Due(StrEnum):
    """What is due, as far as the record tells."""

    LOADING = "a loading course"
    MAINTENANCE = "the next maintenance dose"
    EITHER = "a loading course or maintenance: the record leaves it open"
    PREVENTION = "the next preventive dose"
    NOT_KNOWN = "whether treatment is given could not be told"


@dataclass(frozen=True, slots=True)
class DueTreatment:
    """since: the last day that the treatment on record covered; None: none on record, or it runs and is too little.

    assumed: that day rests on the start of an order alone, and its last dose may have been later.
    """

    due: Due
    since: date | None = None
    assumed: bool = False


def due_treatment(review: Review) -> DueTreatment | None:
    """M15 and M16; None where nothing is due. Unknown cover is never read as none (SG-25): NOT_KNOWN.

    M15 is for deficiency that is confirmed, or suspected with neurological involvement; M16 for a permanent cause that
    was treated before. Treatment on record is late only after the days of M16, unless loading is due. After
    neurological involvement an injection lasts 63 days, not 93 (K-09, see `lasted_until`): a dose that is overdue then
    is called so 30 days later, on the day on which cover (1.4) ends. The phases of 3.3 go by 93 days as before.
    """
    indicated = treatment_indicated(review)
    treated_for_life = bool(review.patient.treatment.records) and review.patient.has(*PERMANENT_CAUSE)
    if not indicated and not treated_for_life:
        return None
    cover = chart_cover(review)
    if cover.cover is Cover.FULL:
        return None
    not_known = cover.cover is Cover.UNKNOWN
    ended = cover.until if not_known else None
    if ended is None and not (not_known and indicated):
        # Also where an unreadable line may be the next treatment: what is known to have ended is asked about.
        ended = _cover_ended(review)
    late = ended is not None and (review.patient.snapshot.today - ended).days > review.t.treatment_overdue_days
    if not_known:
        # Without a date it is the list that was not told; papers that ran out only just are not asked about.
        if not late and not (ended is None and indicated):
            return None
        return DueTreatment(Due.NOT_KNOWN, ended, assumed=ended is not None and _assumed(review, cover.reference))
    if not indicated and not late:
        return None
    due = _due(review, indicated=indicated)
    waits = due is not Due.LOADING and ended is not None and not late
    assumed = ended is not None and review.patient.treatment.last_dose_assumed
    return None if waits else DueTreatment(due, ended, assumed=assumed)


def _assumed(review: Review, reference: str) -> bool:
    records = review.patient.treatment.records
    return any(record.reference == reference and record.last_dose_assumed for record in records)


def treatment_indicated(review: Review) -> bool:
    """M15, "who"."""
    status = review.deficiency.status
    return status is DeficiencyStatus.CONFIRMED or (status is DeficiencyStatus.SUSPECTED and review.neurology.present)


def chart_cover(review: Review) -> CoverAssessment:
    """1.4; after bariatric surgery without deficiency the lower oral amount covers."""
    patient = review.patient
    if not patient.has(*BARIATRIC) or treatment_indicated(review):
        return patient.cover
    return cobalamin_cover(patient.snapshot, patient.treatment, (), patient.t, bariatric_without_deficiency=True)


def lasted_until(review: Review, record: TreatmentRecord) -> date | None:
    """3.1 "covered until" with the ceiling of this patient's neurological history (K-09); None: no dose is dated.

    Where involvement is not known to have been absent, injections that were held at 63 days or less, or whose form or
    interval is not told, last 63 days. A longer interval that was held keeps its own (3.1), and what prevents
    deficiency is not for the nerves. `treatment_record.py` does not know the history and takes the longer ceiling.
    """
    until, ceiling = record.covered_until, review.t.interval_max_hydroxocobalamin_neuro_days
    longer = record.interval is not None and record.interval > ceiling
    if until is None or record.last_dose is None or longer or record.way not in (Way.PARENTERAL, Way.UNKNOWN):
        return until
    if review.phase.phase is Phase.PROPHYLAXIS or review.neurological_history is Answer.NO:
        return until
    return min(until, days_after(record.last_dose, ceiling))


def ended_long_ago(review: Review) -> date | None:
    """The last day that treatment on record covered, where that is longer ago than M16 waits; None otherwise."""
    ended = _cover_ended(review)
    if ended is None or chart_cover(review).cover is Cover.FULL:
        return None
    return ended if (review.patient.snapshot.today - ended).days > review.t.treatment_overdue_days else None


def _cover_ended(review: Review) -> date | None:
    dates = [lasted_until(review, record) for record in review.patient.treatment.records]
    until = max((day for day in dates if day is not None), default=None)
    return until if until is not None and until < review.patient.snapshot.today else None


def _due(review: Review, *, indicated: bool) -> Due:
    """By phase. Signs that are new or worse while a dose is late ask for loading, not for the next dose (C-01)."""
    match review.phase.phase:
        case Phase.PROPHYLAXIS:
            # Suspected with signs beside antifolate chemotherapy: what prevents is not enough.
            return Due.LOADING if indicated else Due.PREVENTION
        case Phase.LOADING:
            return Due.LOADING
        case Phase.MAINTENANCE:
            return Due.LOADING if relapse_of(review) is Relapse.WORSE else Due.MAINTENANCE
        case Phase.UNKNOWN:
            if review.phase.short_course is not None:
                return Due.LOADING  # signs, and the course on record did not reach for them
            return Due.EITHER if review.patient.treatment.records else Due.LOADING


def form_due(review: Review) -> Ingredient | None:
    """9.1. Maintenance goes on with the form that was given, where that may stay (9.2 row 7, R-NOEQUIV)."""
    due, last = due_treatment(review), last_injections(review)
    goes_on = due is not None and due.due is Due.MAINTENANCE and last is not None
    return review.form_to_propose(last.form if goes_on and last is not None else None)


def choices_due(review: Review, form: Ingredient) -> tuple[Choice, ...]:
    """9.2 rows 1 to 3 for loading, 4 to 7 for maintenance, 14 to 17 for prevention."""
    due = due_treatment(review)
    if due is None:
        return choices(review, form, {})
    if due.due is Due.PREVENTION:
        return tuple(
            (_not_longer_than_last(review, regimen), states)
            for regimen, states in choices(review, form, {})
            if regimen is not None
        )
    if due.due is Due.LOADING:
        return loading(review)
    regimen = _not_longer_than_last(review, maintenance(review, form))
    if due.due is Due.MAINTENANCE:
        return ((regimen, None),)
    unsigned = not review.neurology.present and not review.neurology.other_cause_possible
    return (*loading(review), (regimen, NeurologicalStatement.ASSESSED_ABSENT if unsigned else None))


def last_injections(review: Review) -> TreatmentRecord | None:
    """The newest maintenance injections on record."""
    shortest = review.t.interval_maintenance_days
    found = [
        record
        for record in review.patient.treatment.records
        if record.way is Way.PARENTERAL and record.interval is not None and record.interval >= shortest
    ]
    return max(found, key=lambda record: record.last_dose or date.min, default=None)


def _not_longer_than_last(review: Review, regimen: str) -> str:
    """9.2, last line: an interval longer than the one held last, in whatever form, is never proposed (R-NOREDUCE)."""
    last = last_injections(review)
    held: Decimal | None = last.interval if last is not None else None
    return regimen if held is None else not_longer_than(review, held, regimen)


def not_for_this_patient(review: Review) -> str:
    """Why nothing of section 10 is asked of this patient; empty where it is."""
    if review.patient.inherited_defect is Answer.YES:
        return "an inherited cobalamin defect: the metabolic team sets treatment and follow-up"
    if review.patient.has(Concept.END_OF_LIFE_CARE):
        return "end-of-life care"
    return ""
