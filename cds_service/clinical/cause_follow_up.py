"""Follow-up of causes and of an unsettled status (derivations 4.3, 10.2 M9, M12, M14). Knows reviews; no words."""

from collections.abc import Iterator
from dataclasses import replace

from cds_service.clinical.concepts import Analyte, Answer, Ingredient
from cds_service.clinical.conditions import BARIATRIC, Concept
from cds_service.clinical.cover import Cover
from cds_service.clinical.deficiency import DeficiencyStatus, Strength
from cds_service.clinical.due_treatment import chart_cover
from cds_service.clinical.errands import LabTest
from cds_service.clinical.follow_up_item import B12_RESULTS, FollowUp, Item, days_of, due, results_of
from cds_service.clinical.monitoring import Milestone, months_after, yearly
from cds_service.clinical.purpose import long_term_metformin, metformin_began
from cds_service.clinical.review import Review
from cds_service.clinical.schedule import Way
from cds_service.clinical.tests_due import b12_tests
from cds_service.clinical.validity import within_months

_FIRST_YEAR = (3, 6, 12)


def cyanocobalamin_only(f: FollowUp) -> Iterator[Item]:
    """M9: cyanocobalamin with renal risk, because no other form can be had."""
    patient = f.review.patient
    taken = any(record.form is Ingredient.CYANOCOBALAMIN for record in patient.treatment.running())
    if not taken or not patient.renal_risk or not f.review.cyanocobalamin_is_the_only_form:
        return
    results = results_of(f.review, Analyte.CREATININE, Analyte.EGFR)
    months = f.review.t.creatinine_review_months
    milestone = Milestone(months_after(results[0].day, months) if results else f.today)
    for item in due(f, "M9", [milestone], days_of(results), LabTest.CREATININE_EGFR, place=2):
        yield replace(item, results=tuple(results[:1]))


def bariatric(f: FollowUp) -> Iterator[Item]:
    """M12; in pregnancy T-BARI-PREG. On injections B12 is not asked for (M5)."""
    patient = f.review.patient
    if not patient.has(*BARIATRIC) or pregnant_or_planning(f.review):
        return
    if any(record.way is Way.PARENTERAL for record in patient.treatment.running()):
        return
    done = days_of(results_of(f.review, *B12_RESULTS))
    operated = max((o.day for o in patient.snapshot.had_operation(*BARIATRIC) if o.day is not None), default=None)
    tests = (LabTest.B12, LabTest.VITAMIN_D, LabTest.CALCIUM)
    if operated is None:
        # Yearly from the last B12; never measured, it is due.
        milestones = [Milestone(months_after(done[0], 12) if done else f.today)]
    else:
        milestones = [Milestone(months_after(operated, n), operated) for n in _FIRST_YEAR]
        milestones += yearly(done[0] if done else None, months_after(operated, 12))
    yield from due(f, "M12", milestones, done, *tests)


def pregnant_or_planning(review: Review) -> bool:
    snapshot = review.patient.snapshot
    planning = any(x.concept is Concept.PLANNING_PREGNANCY and x.present for x in snapshot.findings)
    return review.patient.pregnant is Answer.YES or planning or review.patient.has(Concept.PLANNING_PREGNANCY)


def metformin(f: FollowUp) -> Iterator[Item]:
    """M14: neuropathy that began on metformin, or large red cells, and no B12 in date."""
    snapshot, t = f.review.patient.snapshot, f.review.t
    if not long_term_metformin(snapshot, t):
        return
    if any(within_months(day, f.today, t.b12_valid_months) for day in days_of(results_of(f.review, *B12_RESULTS))):
        return
    if _new_neuropathy(f.review) or large_red_cells(f.review):
        yield Item("M14", f.today, (LabTest.B12,))


def _new_neuropathy(review: Review) -> bool:
    found = review.neurology
    if not found.present and not found.other_cause_possible:
        return False
    days = [sign.began for sign in found.signs]
    days += [] if found.other_cause is None else [found.other_cause.onset or found.other_cause.recorded]
    since = metformin_began(review.patient.snapshot)
    return any(day is None or since is None or day >= since for day in days)


def large_red_cells(review: Review) -> bool:
    """Coded, or MCV above the report's own limit, else 100 fL, within the validity of B12."""
    snapshot, t = review.patient.snapshot, review.t
    if snapshot.current(Concept.MACROCYTIC_ANAEMIA):
        return True
    for mcv in snapshot.results_of(Analyte.MCV)[:1]:
        limit = t.macrocytosis_mcv_fl if mcv.upper_limit is None else mcv.upper_limit
        in_date = within_months(mcv.day, snapshot.today, t.b12_valid_months)
        return in_date and mcv.measured.is_above(limit) is Answer.YES
    return False


def unsettled_status(f: FollowUp) -> Iterator[Item]:
    """4.3: indeterminate, or suspected without neurological involvement, and not treated: the next test.

    Where methylmalonic acid can be read it says what T-FUNCTIONAL says (4.2 row 9).
    """
    review = f.review
    status = review.deficiency.status
    suspected = status is DeficiencyStatus.SUSPECTED and not review.neurology.present
    if not suspected and status is not DeficiencyStatus.INDETERMINATE:
        return
    if chart_cover(review).cover is Cover.FULL:
        return
    if tests := b12_tests(review):
        name = "functional" if review.deficiency.strength is Strength.FUNCTIONAL else "status"
        yield Item(name, f.today, tests, results=review.deficiency.inputs)
