"""Follow-up of treatment for deficiency (derivations 10.2, M1 to M8, M17). Knows reviews; no words."""

from collections.abc import Iterator
from datetime import date, timedelta

from cds_service.clinical.concepts import Analyte, Answer, Ingredient
from cds_service.clinical.conditions import BARIATRIC, SPECIFIC_DEFICIENCY, Concept
from cds_service.clinical.cover import Cover
from cds_service.clinical.due_treatment import chart_cover
from cds_service.clinical.errands import LabTest
from cds_service.clinical.follow_up_item import B12_RESULTS, FollowUp, Item, days_of, due, results_of
from cds_service.clinical.loading import intensive_runs
from cds_service.clinical.maintenance_interval import Relapse, relapse_of
from cds_service.clinical.monitoring import Milestone, latest_open, months_after, yearly
from cds_service.clinical.neurological_signs import NEUROLOGICAL
from cds_service.clinical.neurology import CourseStatus
from cds_service.clinical.phase import Purpose
from cds_service.clinical.review import Review
from cds_service.clinical.schedule import Way
from cds_service.clinical.snapshot import Verification
from cds_service.clinical.validity import within_days

FIRST_YEAR = (3, 6, 12)
IN_PREGNANCY = (1,)
TABLETS = (3,)
# The UK label of oral cyanocobalamin in pernicious anaemia.
TABLETS_IN_PERNICIOUS_ANAEMIA = (3, 6, 9, 12, 15, 18)


def treated_for_deficiency(review: Review) -> bool:
    """M2, "any treatment for deficiency": it is given or still covers, and is not merely preventive."""
    patient = review.patient
    if not patient.treatment.records or chart_cover(review).cover is Cover.NONE:
        return False
    if review.purpose in (Purpose.TREATMENT, Purpose.PROPHYLAXIS):
        return review.purpose is Purpose.TREATMENT or _was_deficient(review)
    if review.purpose is not Purpose.UNKNOWN:
        return False
    # Nobody is injected for nothing; tablets may be a supplement.
    return _was_deficient(review) or any(record.way is Way.PARENTERAL for record in patient.treatment.records)


def _was_deficient(review: Review) -> bool:
    wanted = SPECIFIC_DEFICIENCY | {Concept.B12_DEFICIENCY_HISTORY}
    diagnoses = review.patient.snapshot.diagnoses
    recorded = any(d.verification is not Verification.REFUTED and not wanted.isdisjoint(d.concepts) for d in diagnoses)
    return recorded or review.patient.ever_low_b12


def response(f: FollowUp) -> Iterator[Item]:
    """M1: alternate-day injections run, and nobody wrote down how the signs respond."""
    t = f.review.t
    running = [r for r in intensive_runs(f.review.patient.treatment, t.interval_loading_neuro_days) if not r.ended]
    if not running or not f.review.neurology.present:
        return
    start = max(running, key=lambda run: run.last_dose).start
    first = start + timedelta(days=t.response_review_days)
    every = timedelta(days=t.response_review_every_days)
    recorded = start + timedelta(days=t.response_recorded_after_days)
    elapsed = max(0, (f.today - first) // every + 1)
    milestones = [Milestone(first + every * n, recorded) for n in range(elapsed + 1)]
    findings = f.review.patient.snapshot.findings
    done = [x.day for x in findings if x.course is not None and x.concept in NEUROLOGICAL and x.day is not None]
    yield from due(f, "M1", milestones, done, place=1)


def blood_count(f: FollowUp) -> Iterator[Item]:
    """M2, M3 and M8: one line."""
    if not f.treated:
        return
    counts = results_of(f.review, Analyte.HAEMOGLOBIN)
    done = days_of(counts)
    if f.began is None:
        # Yearly only, from the newest count; without any there is no date to go by.
        if counts:
            yield from due(f, "M3", [Milestone(months_after(done[0], 12))], done, LabTest.CBC)
        return
    month_1 = IN_PREGNANCY if _pregnant_or_breast_feeding(f.review) else ()
    first_year_ends = months_after(f.began, 12)
    first_year = [Milestone(months_after(f.began, n), f.began) for n in (*month_1, *FIRST_YEAR)]
    severe = _severe_milestones(f)
    shown = latest_open([*severe, *first_year], f.today, f.review.t)
    later = yearly(done[0] if done else None, first_year_ends)
    if (last := latest_open(later, f.today, f.review.t)) is not None:
        yield from due(f, "M3", [last], done, LabTest.CBC)
    elif shown in severe:
        yield from due(f, "M8", severe, done, LabTest.CBC, LabTest.RETICULOCYTES)
    elif shown is not None:
        last_of_year = shown.day == first_year_ends
        name = "M17" if last_of_year and f.review.pernicious_anaemia else "M2"
        yield from due(f, name, [shown], done, LabTest.CBC)


def _severe_milestones(f: FollowUp) -> list[Milestone]:
    if f.began is None or not severe_anaemia_at_start(f.review, f.began):
        return []
    t, after = f.review.t, f.began + timedelta(days=1)
    days = (t.severe_anaemia_review_days, t.severe_anaemia_second_review_days)
    return [Milestone(f.began + timedelta(days=n), after) for n in days]


def severe_anaemia_at_start(review: Review, began: date) -> bool:
    """Haemoglobin below 80 g/L, in date when treatment began, or in its first week."""
    t = review.t
    return any(
        result.measured.is_below(t.severe_hb_g_l) is Answer.YES
        for result in results_of(review, Analyte.HAEMOGLOBIN)
        if began - timedelta(days=t.blood_count_valid_days)
        <= result.day
        <= began + timedelta(days=t.potassium_shown_days)
    )


def _pregnant_or_breast_feeding(review: Review) -> bool:
    return review.patient.pregnant is Answer.YES or review.patient.has(Concept.BREAST_FEEDING)


def tablets(f: FollowUp) -> Iterator[Item]:
    """M4: B12 on treatment that is not injected; after bariatric surgery M12 asks for it."""
    running = f.review.patient.treatment.running()
    began = f.review.patient.treatment.tablets_began
    injected = any(record.way is Way.PARENTERAL for record in running)
    if not f.treated or not running or injected or f.review.patient.has(*BARIATRIC):
        return
    done = days_of(results_of(f.review, *B12_RESULTS))
    if began is None:
        if done:
            yield from due(f, "M4", [Milestone(months_after(done[0], 12))], done, LabTest.B12)
        return
    label = f.review.pernicious_anaemia and any(r.form is Ingredient.CYANOCOBALAMIN for r in running)
    months = TABLETS_IN_PERNICIOUS_ANAEMIA if label else TABLETS
    milestones = [Milestone(months_after(began, n), began) for n in months]
    milestones += yearly(done[0] if done else None, months_after(began, months[-1]))
    yield from due(f, "M4", milestones, done, LabTest.B12)


def relapse(f: FollowUp) -> Iterator[Item]:
    """M6: once per relapse. Before blood counts, however late: signs that return may become permanent."""
    course = f.review.neurology.course
    if not f.treated or f.began is None:
        return
    since: date | None = None
    if relapse_of(f.review) is Relapse.WORSE:
        since = f.review.neurology.day or f.today
    elif course is CourseStatus.PERSISTENT and f.review.neurology.present:
        since = months_after(f.began, FIRST_YEAR[0])
    if since is None or since > f.today:
        return
    if not any(day >= since for day in days_of(results_of(f.review, Analyte.MMA))):
        yield Item("M6", since, (LabTest.MMA, LabTest.B12), place=2)


def potassium(f: FollowUp) -> Iterator[Item]:
    """M7: potassium after the first dose in severe anaemia, in the first week only."""
    if f.began is None or not 0 <= (f.today - f.began).days <= f.review.t.potassium_shown_days:
        return
    if not f.treated or not severe_anaemia_at_start(f.review, f.began):
        return
    if not any(day > f.began for day in days_of(results_of(f.review, Analyte.POTASSIUM))):
        yield Item("M7", f.began + timedelta(days=f.review.t.potassium_check_days), (LabTest.POTASSIUM,), place=0)


def haemoglobin_has_not_risen(review: Review) -> bool:
    """10.2: less than 10 g/L above the count at the start, at 3 months or later; where that count was low."""
    began = review.patient.treatment.course_began
    if began is None:
        return False
    t, counts = review.t, results_of(review, Analyte.HAEMOGLOBIN)
    before = [r for r in counts if within_days(r.day, began, t.blood_count_valid_days)]
    from_day = months_after(began, FIRST_YEAR[0]) - timedelta(days=t.milestone_met_before_days)
    after = [r for r in counts if r.day >= from_day and r.day <= months_after(began, 12)]
    if not before or not after:
        return False
    first, last = before[0], after[0]
    low = first.lower_limit is not None and first.measured.is_below(first.lower_limit) is Answer.YES
    low = low or first.measured.is_below(t.severe_hb_g_l) is Answer.YES
    return low and last.measured.is_below(first.measured.value + t.haemoglobin_rise_g_l) is Answer.YES
